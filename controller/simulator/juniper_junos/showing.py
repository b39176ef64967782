"""What a Junos switch shows of its interfaces, its VLANs, and those connected to it.

Interfaces User Guide for Switches, "show interfaces terse", "show interfaces" (a disabled physical interface
is Administratively down); Ethernet Switching User Guide (ELS), "show ethernet-switching interface", "show
ethernet-switching table", "show vlans"; "show lldp neighbors", "show arp", "show ipv6 neighbors".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.juniper_junos.device import JunosSwitch
from controller.simulator.juniper_junos.shell import OPERATIONAL, Handler, JunosShell, Output
from controller.simulator.surroundings import cabled, hardware_address, hosts
from controller.simulator.switching import Interface

_TERSE = f"{'Interface':<24}{'Admin':<6}{'Link':<5}{'Proto':<9}{'Local':<22}Remote"
_FLAGS = (
    "Logical Interface flags (DL - disable learning, AD - packet action drop,",
    "                         LH - MAC limit hit, DN - interface down,",
    "                         MMAS - Mac-move action shutdown, AS - Autostate-exclude enabled,",
    "                         SCTL - shutdown by Storm-control, MI - MAC+IP limit hit)",
    "",
    "Logical          Vlan          TAG     MAC         MAC+IP STP         Logical           Tagging",
    "interface        members               limit       limit  state       interface flags",
)


def _mac(name: str) -> str:
    digits = hardware_address(name).replace(".", "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _selected(shell: JunosShell, arguments: Arguments) -> list[Interface]:
    """The interfaces a line names: all, one, or all units of ``irb``."""
    device = shell.device
    if not arguments.values:
        return device.ordered()
    name = arguments.text()
    found = [each for each in device.ordered() if each.name == name.removesuffix(".0")]
    if name == "irb":
        found = [each for each in device.ordered() if each.is_svi]
    if not found:
        raise Rejected(f"error: device {name} not found")
    return found


# --- interfaces --------------------------------------------------------------------------------------------


def _row(name: str, *, admin: bool, link: bool, family: str = "", local: str = "") -> str:
    head = f"{name:<24}{'up' if admin else 'down':<6}{'up' if link else 'down':<5}"
    return f"{head}{family:<9}{local}".rstrip()


def _addresses(device: JunosSwitch, unit: str) -> list[tuple[str, str]]:
    here = ("interfaces", "irb", "unit", unit, "family")
    found: list[tuple[str, str]] = []
    for family in ("inet", "inet6"):
        if device.running.active(*here, family):
            addresses = device.running.names(*here, family, "address")
            found += [(family if not at else "", each) for at, each in enumerate(addresses or [""])]
    return found


def _terse_rows(device: JunosSwitch, selected: Sequence[Interface]) -> Iterator[str]:
    if any(each.is_svi for each in selected) and len(selected) > 1:
        yield _row("irb", admin=not device.running.active("interfaces", "irb", "disable"), link=True)
    for each in selected:
        status = device.status(each)
        if each.is_svi:
            rows = _addresses(device, each.name.partition(".")[2]) or [("", "")]
            family, local = rows[0]
            yield _row(each.name, admin=not each.shutdown, link=status.link, family=family, local=local)
            yield from (f"{'':<35}{family:<9}{local}" for family, local in rows[1:])
            continue
        disabled = device.running.active("interfaces", each.name, "disable")
        yield _row(each.name, admin=not disabled, link=status.link)
        if not device.running.active("interfaces", each.name):
            continue
        if each.channel_group is not None:
            link = device.port_up(each)
            bundle = f"--> ae{each.channel_group}.0"
            yield _row(f"{each.name}.0", admin=True, link=link, family="aenet", local=bundle)
        elif device.running.names("interfaces", each.name, "unit"):
            off = device.running.active("interfaces", each.name, "unit", "0", "disable")
            yield _row(f"{each.name}.0", admin=not off, link=status.link, family="eth-switch")


def _terse(shell: JunosShell, arguments: Arguments) -> Output:
    return Output([_TERSE, *_terse_rows(shell.device, _selected(shell, arguments))])


def _detail(shell: JunosShell, arguments: Arguments) -> Output:
    device, lines = shell.device, list[str]()
    for each in _selected(shell, arguments):
        status = device.status(each)
        if each.is_svi:
            state = "Down" if each.shutdown else "Up"
            lines += [f"  Logical interface {each.name} (Index 551) (SNMP ifIndex 531)"]
            lines += [f"    Flags: {state} SNMP-Traps 0x4004000 Encapsulation: ENET2", ""]
            continue
        disabled = device.running.active("interfaces", each.name, "disable")
        state = "Administratively down" if disabled else "Enabled"
        mac = _mac(device.name + each.name)
        packets, _broadcasts = device.counted.get(each.name, (0, 0))
        lines += [
            f"Physical interface: {each.name}, {state}, Physical link is {'Up' if status.link else 'Down'}",
            "  Interface index: 650, SNMP ifIndex: 514",
            *([f"  Description: {each.description}"] if each.description else []),
            "  Link-level type: Ethernet, MTU: 1514, LAN-PHY mode, Speed: 1000mbps, BPDU Error: None,",
            f"  Device flags   : Present Running{'' if status.link else ' Down'}",
            f"  Current address: {mac}, Hardware address: {mac}",
            "  Input rate     : 0 bps (0 pps)",
            "  Output rate    : 0 bps (0 pps)",
            "",
        ]
        if device.running.names("interfaces", each.name, "unit"):
            lines += [
                f"  Logical interface {each.name}.0 (Index 551) (SNMP ifIndex 515)",
                "    Flags: Up SNMP-Traps 0x24024000 Encapsulation: Ethernet-Bridge",
                f"    Input packets : {packets}",
                "    Output packets: 0",
                "    Protocol eth-switch, MTU: 1514",
                "",
            ]
    return Output(lines)


# --- switching ---------------------------------------------------------------------------------------------


def _in(device: JunosSwitch, each: Interface) -> list[tuple[int, str, bool]]:
    """The VLANs the interface is in: number, name, and whether they are tagged there."""
    vlans = device.running.vlans
    if device.is_trunk(each):
        return [(vlan, name, True) for vlan, name in sorted(vlans.items()) if vlan in each.allowed]
    return [(each.access_vlan, vlans[each.access_vlan], False)] if each.access_vlan in vlans else []


def _switched(device: JunosSwitch, selected: Sequence[Interface]) -> list[Interface]:
    here = (each for each in selected if not each.is_svi and each.channel_group is None)
    return [each for each in here if device.running.names("interfaces", each.name, "unit")]


def _switching(shell: JunosShell, arguments: Arguments) -> Output:
    device = shell.device
    switched = _switched(device, _selected(shell, arguments))
    text = ["Routing Instance Name : default-switch", *_FLAGS]
    for each in switched:
        down = "" if device.status(each).link else "DN"
        tagging = "tagged" if device.is_trunk(each) else "untagged"
        text.append(f"{each.name + '.0':<39}294912      0                  {down:<18}{tagging}")
        for vlan, name, tagged in _in(device, each):
            state = "Discarding" if down else "Forwarding"
            tagging = "tagged" if tagged else "untagged"
            text.append(f"{'':<17}{name:<14}{vlan:<8}294912      0      {state:<30}{tagging}")
    return Output(text, xml=lambda: list(_switching_xml(device, switched)))


def _switching_xml(device: JunosSwitch, switched: Sequence[Interface]) -> Iterator[str]:
    entry = "l2ng-l2ald-iff-interface-entry"
    yield "<l2ng-l2ald-iff-interface-information>"
    yield f'    <{entry} junos:style="brief">'
    yield "        <l2iff-interface-rtt-name>default-switch</l2iff-interface-rtt-name>"
    for each in switched:
        link = device.status(each).link
        yield f'        <{entry} junos:style="brief">'
        for tag, value in (
            ("name", f"{each.name}.0"),
            ("mac-limit", "294912"),
            ("flags", "" if link else "DN"),
            ("vlan-member-tagness", "tagged" if device.is_trunk(each) else "untagged"),
        ):
            yield f"            <l2iff-interface-{tag}>{value}</l2iff-interface-{tag}>"
        yield f"        </{entry}>"
        for vlan, name, tagged in _in(device, each):
            yield f'        <{entry} junos:style="brief">'
            for tag, value in (
                ("vlan-name", name),
                ("vlan-id", str(vlan)),
                ("vlan-member-tagness", "tagged" if tagged else "untagged"),
                ("mac-limit", "294912"),
                ("vlan-member-stp-state", "Forwarding" if link else "Discarding"),
            ):
                yield f"            <l2iff-interface-{tag}>{value}</l2iff-interface-{tag}>"
            yield f"        </{entry}>"
    yield f"    </{entry}>"
    yield "</l2ng-l2ald-iff-interface-information>"


def _vlans(shell: JunosShell, _arguments: Arguments) -> Output:
    device = shell.device
    lines = ["", "Routing instance        VLAN name             Tag          Interfaces"]
    for vlan, name in sorted(device.running.vlans.items(), key=lambda each: each[1]):
        lines.append(f"default-switch          {name:<22}{vlan}")
        members = [
            f"{'':<59}{each.name}.0{'*' if device.status(each).link else ''}"
            for each in _switched(device, device.ordered())
            if any(vlan == there for there, _name, _tagged in _in(device, each))
        ]
        lines += members or [""]
    return Output(lines)


# --- who is there ------------------------------------------------------------------------------------------


def _lldp(shell: JunosShell, _arguments: Arguments) -> Output:
    lines = ["Local Interface    Parent Interface    Chassis Id          Port info          System Name"]
    if shell.device.running.active("protocols", "lldp", "interface", "all"):
        for each, far, port in cabled(shell.device):
            parent = f"ae{each.channel_group}" if each.channel_group is not None else "-"
            lines.append(f"{each.name:<19}{parent:<20}{_mac(far.name)}   {port:<19}{far.hostname}")
    return Output(lines)


def _macs(shell: JunosShell, _arguments: Arguments) -> Output:
    device = shell.device
    rows = [
        f"    {device.running.vlans[vlan]:<20}{_mac(host.name)}   D             -   {each.name}.0"
        for host, each, vlan in hosts(device)
    ]
    return Output(
        [
            "",
            "MAC flags (S - static MAC, D - dynamic MAC, L - locally learned, P - Persistent static",
            "           SE - statistics enabled, NM - non configured MAC, R - remote PE MAC, O - ovsdb MAC)",
            "",
            "",
            f"Ethernet switching table : {len(rows)} entries, {len(rows)} learned",
            "Routing instance : default-switch",
            "    Vlan                MAC                 MAC         Age    Logical",
            "    name                address             flags              interface",
            *rows,
        ]
    )


def _arp(shell: JunosShell, _arguments: Arguments) -> Output:
    routed = {each.number: each.name for each in shell.device.ordered() if each.is_svi}
    rows = [
        f"{_mac(host.name)} {host.address:<15} {routed[vlan]} [{each.name}.0]       none"
        for host, each, vlan in hosts(shell.device)
        if host.address and vlan in routed
    ]
    head = "MAC Address       Address         Interface                Flags"
    return Output([head, *rows, f"Total entries: {len(rows)}"])


def _neighbours6(_shell: JunosShell, _arguments: Arguments) -> Output:
    return Output(
        ["IPv6 Address                            Linklayer Address  State       Exp   Rtr  Interface"]
    )


def add_showing(grammars: dict[str, Grammar[Handler]]) -> None:
    grammar = grammars[OPERATIONAL]
    grammar.add("show interfaces", _detail)
    grammar.add("show interfaces <word>", _detail)
    grammar.add("show interfaces terse", _terse)
    grammar.add("show interfaces terse <word>", _terse)
    grammar.add("show ethernet-switching interface", _switching)
    grammar.add("show ethernet-switching interface <word>", _switching)
    grammar.add("show ethernet-switching table", _macs)
    grammar.add("show vlans", _vlans)
    grammar.add("show lldp neighbors", _lldp)
    grammar.add("show arp no-resolve", _arp)
    grammar.add("show ipv6 neighbors", _neighbours6)
