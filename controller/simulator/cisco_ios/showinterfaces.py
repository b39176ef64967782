"""``show interfaces``, ``show ip interface`` and ``show ipv6 interface``.

Cisco IOS Interface and Hardware Component Command Reference, "show interfaces"; LAN Switching Command
Reference, "show interfaces" with ``status``, ``switchport`` and ``trunk`` (the tables of all ports leave out
those that do not trunk at this moment); IP Application Services Command Reference, "show ip interface" (a
layer-2 port shows its inbound access list only); IPv6 Command Reference, "show ipv6 interface".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from controller.simulator.cisco_ios.device import IosSwitch
from controller.simulator.cisco_ios.names import short_name
from controller.simulator.cisco_ios.shell import Handler, Shell
from controller.simulator.cisco_ios.tunnels import tunnel_detail
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_spans, vlan_text, wrapped

Render = Callable[[IosSwitch, list[Interface]], list[str]]


def _detail(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for index, each in enumerate(interfaces):
        status = device.status(each)
        reason = f" ({status.reason})" if status.reason else ""
        protocol = "up" if status.protocol else "down"
        kind = "Ethernet SVI" if each.is_svi else "EtherChannel" if each.is_aggregate else "Gigabit Ethernet"
        mac = f"0050.56{each.number % 256:02x}.{index:04x}"
        lines.append(f"{each.name} is {status.link_text}, line protocol is {protocol}{reason}")
        if each.is_tunnel:
            lines += tunnel_detail(each)
            continue
        lines.append(f"  Hardware is {kind}, address is {mac} (bia {mac})")
        if each.description:
            lines.append(f"  Description: {each.description}")
        if each.address:
            prefix = ipaddress.IPv4Network(f"0.0.0.0/{each.address[1]}").prefixlen
            lines.append(f"  Internet address is {each.address[0]}/{prefix}")
        lines += [
            "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,",
            "     reliability 255/255, txload 1/255, rxload 1/255",
            "  Encapsulation ARPA, loopback not set",
        ]
        if each.is_aggregate:
            members = [short_name(m.name) for m in device.members(each.number) if device.bundled(m)]
            lines += [f"  Members in this channel: {' '.join(members)} "] if members else []
            lines.append("  ARP type: ARPA, ARP Timeout 04:00:00")
        packets, broadcasts = device.counted.get(each.name, (0, 0))
        lines += [
            "  Last input never, output never, output hang never",
            "  5 minute input rate 0 bits/sec, 0 packets/sec",
            "  5 minute output rate 0 bits/sec, 0 packets/sec",
            f"     {packets} packets input, {64 * packets} bytes, 0 no buffer",
            f"     Received {broadcasts} broadcasts (0 multicasts)",
            "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored",
            "     0 packets output, 0 bytes, 0 underruns",
            "     0 output errors, 0 collisions, 1 interface resets",
        ]
    return lines


def _switched(interfaces: list[Interface]) -> list[Interface]:
    return sorted(
        (each for each in interfaces if not each.is_svi and not each.is_tunnel),
        key=lambda each: each.is_aggregate,
    )


def _status(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines = ["", "Port         Name               Status       Vlan       Duplex  Speed Type"]
    for each in _switched(interfaces):
        status = device.status(each)
        vlan = "trunk" if device.is_trunk(each) else str(each.access_vlan)
        missing = status.protocol and vlan.isdigit() and int(vlan) not in device.running.vlans
        word = "inactive" if missing else status.reason
        speed = ("a-full", "a-1000") if status.protocol else ("auto", "auto")
        kind = "N/A" if each.is_aggregate else "10/100/1000BaseTX"
        lines.append(
            f"{short_name(each.name):<12} {each.description[:18]:<18} {word:<12} {vlan:<10} "
            f"{speed[0]:>6} {speed[1]:>6} {kind}"
        )
    return lines


def _switchport(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in _switched(interfaces):
        status = device.status(each)
        trunk = device.is_trunk(each)
        operational = "down" if not status.protocol else "trunk" if trunk else "static access"
        if each.channel_group is not None and device.bundled(each):
            operational += f" (member of bundle Po{each.channel_group})"
        vlans = device.running.vlans
        enabled = "Trunking VLANs Enabled: "
        spans = ["ALL"] if each.allowed == ALL_VLANS else vlan_spans(each.allowed) or ["NONE"]
        lines += [
            f"Name: {short_name(each.name)}",
            "Switchport: Enabled",
            f"Administrative Mode: {'static access' if each.mode == 'access' else each.mode}",
            f"Operational Mode: {operational}",
            "Administrative Trunking Encapsulation: dot1q",
            *(
                [f"Operational Trunking Encapsulation: {'dot1q' if trunk else 'native'}"]
                if status.protocol
                else []
            ),
            f"Negotiation of Trunking: {'Off' if each.mode == 'access' else 'On'}",
            f"Access Mode VLAN: {each.access_vlan} ({vlans.get(each.access_vlan, 'Inactive')})",
            f"Trunking Native Mode VLAN: {each.native_vlan} ({vlans.get(each.native_vlan, 'Inactive')})",
            "Administrative Native VLAN tagging: enabled",
            "Voice VLAN: "
            + (
                "none"
                if each.voice_vlan is None
                else f"{each.voice_vlan} ({vlans.get(each.voice_vlan, 'Inactive')})"
            ),
            "Administrative private-vlan host-association: none",
            "Administrative private-vlan mapping: none",
            "Operational private-vlan: none",
            *_continued(wrapped(enabled, "     ", spans)),
            "Pruning VLANs Enabled: 2-1001",
            "Capture Mode Disabled",
            "Capture VLANs Allowed: ALL",
            "",
            "Protected: false",
            "Unknown unicast blocked: disabled",
            "Unknown multicast blocked: disabled",
            "Appliance trust: none",
            "",
        ]
    return lines


def _continued(lines: list[str]) -> list[str]:
    """A list that goes on in the next line ends in a comma."""
    return [*(line + "," for line in lines[:-1]), lines[-1]]


def _trunk(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    """One port is shown even while it does not trunk; of all ports, only those that do."""
    trunks = [
        each
        for each in _switched(interfaces)
        if len(interfaces) == 1 or (_trunking(device, each) and each.channel_group is None)
    ]
    if not trunks:
        return []

    def table(title: str, cell: Callable[[Interface], str]) -> list[str]:
        return ["", title, *(f"{short_name(each.name):<12}{cell(each)}" for each in trunks)]

    def forwarded(each: Interface) -> str:
        return vlan_text(vlan for vlan in device.running.vlans if device.carries(each, vlan))

    def port(each: Interface) -> str:
        mode = {"trunk": "on", "access": "off"}.get(each.mode, "auto")
        status = "trunking" if _trunking(device, each) else "not-trunking"
        return f"{mode:<17}{'802.1q':<15}{status:<14}{each.native_vlan}"

    def allowed(each: Interface) -> str:
        return vlan_text(each.allowed) if device.is_trunk(each) else str(each.access_vlan)

    return [
        *table("Port        Mode             Encapsulation  Status        Native vlan", port),
        *table("Port        Vlans allowed on trunk", allowed),
        *table("Port        Vlans allowed and active in management domain", forwarded),
        *table("Port        Vlans in spanning tree forwarding state and not pruned", forwarded),
    ]


def _trunking(device: IosSwitch, interface: Interface) -> bool:
    return device.is_trunk(interface) and device.status(interface).protocol


def _descriptions(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines = ["Interface                      Status         Protocol Description"]
    for each in interfaces:
        status = device.status(each)
        link = "admin down" if status.admin_down else status.link_text
        protocol = "up" if status.protocol else "down"
        lines.append(f"{short_name(each.name):<30} {link:<14} {protocol:<8} {each.description}".rstrip())
    return lines


def _brief(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines = ["Interface              IP-Address      OK? Method Status                Protocol"]
    for each in sorted(interfaces, key=lambda each: not each.is_svi):
        status = device.status(each)
        address, method = (each.address[0], "NVRAM ") if each.address else ("unassigned", "unset ")
        protocol = "up" if status.protocol else "down"
        lines.append(f"{each.name:<22} {address:<15} YES {method} {status.link_text:<21} {protocol}")
    return lines


def _header(device: IosSwitch, each: Interface) -> str:
    status = device.status(each)
    return f"{each.name} is {status.link_text}, line protocol is {'up' if status.protocol else 'down'}"


def _ip(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        lines.append(_header(device, each))
        inbound, outbound = each.group("ip in") or "not set", each.group("ip out") or "not set"
        if not each.is_svi:
            lines.append(f"  Inbound  access list is {inbound}")
            continue
        if not each.address:
            lines.append("  Internet protocol processing disabled")
            continue
        prefix = ipaddress.IPv4Network(f"0.0.0.0/{each.address[1]}").prefixlen
        lines += [
            f"  Internet address is {each.address[0]}/{prefix}",
            "  Broadcast address is 255.255.255.255",
            "  Address determined by non-volatile memory",
            "  MTU is 1500 bytes",
            "  Helper address is not set",
            "  Directed broadcast forwarding is disabled",
            "  Outgoing Common access list is not set",
            f"  Outgoing access list is {outbound}",
            "  Inbound Common access list is not set",
            f"  Inbound  access list is {inbound}",
            "  Proxy ARP is enabled",
            "  Split horizon is enabled",
            "  ICMP redirects are always sent",
            "  ICMP unreachables are always sent",
        ]
    return lines


def _ipv6(device: IosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        if not each.is_svi or not each.addresses6:
            continue
        lines += [
            _header(device, each),
            f"  IPv6 is enabled, link-local address is FE80::250:56FF:FE00:{each.number:X} ",
            "  No Virtual link-local address(es):",
            "  Global unicast address(es):",
        ]
        for text in each.addresses6:
            address = ipaddress.IPv6Interface(text)
            lines.append(f"    {str(address.ip).upper()}, subnet is {str(address.network).upper()} ")
        lines += [
            "  Joined group address(es):",
            "    FF02::1",
            "  MTU is 1500 bytes",
            "  ICMP error messages limited to one every 100 milliseconds",
            "  ICMP redirects are enabled",
            "  ICMP unreachables are sent",
        ]
        for which, feature, words in (("in", "Input", "Inbound"), ("out", "Output", "Outgoing")):
            if each.group(f"ipv6 {which}"):
                lines += [
                    f"  {feature} features: Access List",
                    f"  {words} access list {each.group(f'ipv6 {which}')}",
                ]
        lines += [
            "  ND DAD is enabled, number of DAD attempts: 1",
            "  Hosts use stateless autoconfig for addresses.",
        ]
    return lines


def _all(render: Render) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> Reply:
        interfaces = shell.device.running.ordered_interfaces()
        ordered = [each for each in interfaces if each.is_svi] + [
            each for each in interfaces if not each.is_svi
        ]
        return paged(render(shell.device, ordered))

    return handler


def _one(render: Render) -> Handler:
    return lambda shell, arguments: paged(render(shell.device, [shell.interface(arguments)]))


def add_show_interfaces(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    tails: dict[str, Render] = {
        "": _detail,
        " status": _status,
        " switchport": _switchport,
        " trunk": _trunk,
        " description": _descriptions,
    }
    for grammar in (user, enabled):
        for tail, render in tails.items():
            grammar.add(f"show interfaces{tail}", _all(render))
            grammar.add(f"show interfaces <interface>{tail}", _one(render))
        for tail in ("counters", "transceiver", "stats"):
            grammar.add(f"show interfaces {tail}", None)
            grammar.add(f"show interfaces <interface> {tail}", None)
        grammar.add("show ip interface", _all(_ip))
        grammar.add("show ip interface brief", _all(_brief))
        grammar.add("show ip interface <interface>", _one(_ip))
        grammar.add("show ipv6 interface", _all(_ipv6))
        grammar.add("show ipv6 interface <interface>", _one(_ipv6))
