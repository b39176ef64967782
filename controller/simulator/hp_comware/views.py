"""Commands of user view, system view and the views below it.

Comware 7 command references: Fundamentals ("system-view", "quit", "return", "screen-length disable", "save",
"reboot", "sysname", "terminal monitor"); Layer 2 - LAN Switching ("vlan", "port link-type": another type
takes the VLANs of the former away; "port access vlan": the VLAN must exist; "port trunk permit vlan"; "port
link-aggregation group": what is set on the aggregate is set on its members); Interface ("interface",
"shutdown", "default"); ACL and QoS ("acl", "rule": within a list no two rules say the same; "packet-filter":
one list of a kind and direction).
"""

from __future__ import annotations

import re
from dataclasses import replace

from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.hp_comware.configuration import BOUND, DIRECTIONS, ONLY_FIRST, OPENED, made
from controller.simulator.hp_comware.shell import Handler, Shell
from controller.simulator.ports import Change, bound, description, each, value
from controller.simulator.shell import Ask, Reply
from controller.simulator.switching import Interface
from controller.simulator.views import (
    add_leaving,
    address,
    carried,
    not_carried,
    of_mode,
    reboot,
    unpaged,
)
from controller.simulator.vlans import ALL_VLANS

_RULE = re.compile(r"(?:(\d+) +)?((?:permit|deny)\b.*)")
_CONDITIONS = {
    "ip": re.compile(r"(?:permit|deny) (?:ip|tcp|udp|icmp)(?: \S.*)?"),
    "ipv6": re.compile(r"(?:permit|deny) (?:ipv6|tcp|udp|icmpv6)(?: \S.*)?"),
    "mac": re.compile(r"(?:permit|deny)(?: (?:source-mac|dest-mac|type|cos|counting)\b.*)?"),
}


# --- user view -------------------------------------------------------------------------------------------


def _system_view(shell: Shell, _arguments: Arguments) -> str:
    shell.enter("system")
    return "System View: return to User View with Ctrl+Z."


def _monitor(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> str:
        shell.monitor = on
        return f"The current terminal is {'enabled' if on else 'disabled'} to display logs."

    return handler


def _save_force(shell: Shell, _arguments: Arguments) -> Reply:
    if shell.device.faults.get("nvram_full"):
        return Reply("Validating file. Please wait...\nNot enough space on device.", result="rejected")
    shell.device.save()
    return Reply(
        "Validating file. Please wait...\nSaved the current configuration to mainboard device successfully."
    )


def _save(shell: Shell, arguments: Arguments) -> Reply:
    def named(given: str) -> Reply:
        if given.strip():
            return Reply(" The file name is invalid (does not end with .cfg).", result="rejected")
        if shell.device.startup is None:
            return _save_force(shell, arguments)
        return Reply(ask=Ask("flash:/startup.cfg exists, overwrite? [Y/N]:", overwritten))

    def overwritten(given: str) -> Reply:
        match given.strip().lower():
            case "y":
                return _save_force(shell, arguments)
            case "n":
                return Reply()
            case _:
                question = "Before pressing ENTER you must choose 'YES' or 'NO'[Y/N]:"
                return Reply(ask=Ask(question, overwritten))

    def answered(given: str) -> Reply:
        if given.strip().lower() != "y":
            return Reply()
        text = (
            "Please input the file name(*.cfg)[flash:/startup.cfg]\n"
            "(To leave the existing filename unchanged, press the enter key):"
        )
        return Reply(ask=Ask(text, named))

    question = "The current configuration will be written to the device. Are you sure? [Y/N]:"
    return Reply(ask=Ask(question, answered))


# --- VLANs -----------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> None:
    vlan = arguments.number()
    shell.device.running.vlans.setdefault(vlan, f"VLAN {vlan:04}")
    shell.enter("vlan", str(vlan))


def _undo_vlan(shell: Shell, arguments: Arguments) -> None:
    if arguments.number() == 1:
        raise Rejected("The default VLAN can't be deleted.")
    shell.device.running.vlans.pop(arguments.number(), None)


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.vlans[int(shell.selected[0])] = arguments.text()


# --- interfaces ------------------------------------------------------------------------------------------


def _interface(shell: Shell, arguments: Arguments) -> None:
    name = arguments.text()
    interfaces = shell.device.running.interfaces
    if name not in interfaces:
        if "Ethernet" in name:
            raise invalid(arguments.starts[0])
        new = made(name)
        if new.is_svi and new.number not in shell.device.running.vlans:
            raise Rejected("The VLAN does not exist.")
        interfaces[name] = new
    shell.enter("interface", name)


def _undo_interface(shell: Shell, arguments: Arguments) -> None:
    gone = shell.interface(arguments)
    if gone.is_physical:
        raise invalid(arguments.starts[0])
    for member in shell.device.members(gone.number) if gone.is_aggregate else ():
        shell.device.running.interfaces[member.name] = replace(member, channel_group=None)
    del shell.device.running.interfaces[gone.name]


def _link_type(mode: str) -> Change:
    def change(interface: Interface, _arguments: Arguments) -> Interface:
        if interface.mode == mode:
            return interface
        return replace(interface, mode=mode, access_vlan=1, native_vlan=1, allowed=ONLY_FIRST)

    return change


def _access_vlan(shell: Shell, arguments: Arguments) -> None:
    if arguments.number() not in shell.device.running.vlans:
        raise Rejected("The VLAN does not exist.")
    _of_mode("access", lambda interface, given: replace(interface, access_vlan=given.number()))(
        shell, arguments
    )


def _of_mode(mode: str, change: Change) -> Handler:
    return of_mode(mode, change, to_members=True)


def _join(shell: Shell, arguments: Arguments) -> None:
    aggregate = shell.device.aggregate(arguments.number())
    port = shell.device.running.interfaces[shell.selected[0]]
    if aggregate is None or not port.is_physical:
        raise Rejected("The aggregation group does not exist.")
    shell.device.running.interfaces[port.name] = replace(
        port,
        channel_group=aggregate.number,
        mode=aggregate.mode,
        access_vlan=aggregate.access_vlan,
        native_vlan=aggregate.native_vlan,
        allowed=aggregate.allowed,
    )


def _filter(which: str) -> Handler:
    def change(interface: Interface, arguments: Arguments) -> Interface:
        if interface.is_svi and which.startswith("mac"):
            raise invalid(arguments.starts[0])
        if interface.group(which) not in ("", arguments.text()):
            raise Rejected("Failed to apply the packet filter: an ACL of this type is applied already.")
        return interface.with_group(which, arguments.text())

    return each(change)


# --- access lists ----------------------------------------------------------------------------------------


def _acl(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.setdefault((family, arguments.text()), ())
        shell.enter("acl", family, arguments.text())

    return handler


def _undo_acl(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.pop((family, arguments.text()), None)

    return handler


def _rule(shell: Shell, arguments: Arguments) -> None:
    family, name = shell.selected
    found = _RULE.fullmatch(arguments.text())
    if found is None or not _CONDITIONS[family].fullmatch(" ".join(found[2].split())):
        raise invalid(arguments.starts[0])
    what = " ".join(found[2].split())
    rules = dict(shell.device.running.lists[family, name])
    index = int(found[1]) if found[1] else (max(rules) // 5 + 1) * 5 if rules else 0
    if any(each == what for at, each in rules.items() if at != index):
        raise Rejected("The rule already exists in the ACL.")
    rules[index] = what
    shell.device.running.lists[family, name] = tuple(sorted(rules.items()))


def _undo_rule(shell: Shell, arguments: Arguments) -> None:
    family, name = shell.selected
    rules = dict(shell.device.running.lists[family, name])
    if arguments.number() not in rules:
        raise Rejected("The rule does not exist.")
    del rules[arguments.number()]
    shell.device.running.lists[family, name] = tuple(sorted(rules.items()))


# --- all of them -----------------------------------------------------------------------------------------


def add_views(views: dict[str, Grammar[Handler]]) -> None:
    add_leaving(views)
    for view, grammar in views.items():
        if view in ("user", "display"):
            continue
        grammar.add("save force", _save_force)
        grammar.add("save", _save)
    _add_user(views["user"])
    _add_system(views["system"])
    views["vlan"].add("name <word>", _vlan_name)
    views["acl"].add("rule <line>", _rule)
    views["acl"].add("undo rule <number:0-65534>", _undo_rule)
    _add_interface(views["interface"])


def _add_user(user: Grammar[Handler]) -> None:
    user.add("system-view", _system_view)
    user.add("quit", lambda _shell, _arguments: Reply(close=True))
    user.add("screen-length disable", unpaged)
    user.add("terminal monitor", _monitor(True))
    user.add("undo terminal monitor", _monitor(False))
    user.add("save force", _save_force)
    user.add("save", _save)
    user.add("reboot", reboot("This command will reboot the device. Continue? [Y/N]:"))
    for word in (
        "backup",
        "boot-loader",
        "copy",
        "debugging",
        "delete",
        "dir",
        "ping",
        "reset",
        "restore",
        "startup",
    ):
        user.add(word, None)


def _add_system(system: Grammar[Handler]) -> None:
    def sysname(shell: Shell, arguments: Arguments) -> None:
        shell.device.rename(arguments.text())

    system.add("sysname <word>", sysname)
    system.add("vlan <number:1-4094>", _vlan)
    system.add("undo vlan <number:1-4094>", _undo_vlan)
    system.add("interface <interface>", _interface)
    system.add("undo interface <interface>", _undo_interface)
    for family, words in OPENED.items():
        system.add(f"{words} <word>", _acl(family))
        system.add(f"undo {words} <word>", _undo_acl(family))
    for word in (
        "arp",
        "dhcp",
        "ip",
        "irf",
        "line",
        "lldp",
        "local-user",
        "loopback-detection",
        "ntp-service",
        "snmp-agent",
    ):
        system.add(word, None)
        system.add(f"undo {word}", None)


def _add_interface(interface: Grammar[Handler]) -> None:
    changes = {
        "shutdown": value(shutdown=True),
        "undo shutdown": value(shutdown=False),
        "description <line>": description,
        "undo description": value(description=""),
        "ip address <ipv4> <ipv4>": address,
        "undo ip address": value(address=None),
    }
    for pattern, change in changes.items():
        interface.add(pattern, each(change))
    for mode in ("access", "trunk"):
        interface.add(f"port link-type {mode}", each(_link_type(mode), layer2=True, to_members=True))
    interface.add("undo port link-type", each(_link_type("access"), layer2=True, to_members=True))
    interface.add("port link-type hybrid", None)
    interface.add("port access vlan <number:1-4094>", _access_vlan)
    interface.add("undo port access vlan", _of_mode("access", value(access_vlan=1)))
    interface.add("port trunk permit vlan all", _of_mode("trunk", value(allowed=ALL_VLANS)))
    interface.add("port trunk permit vlan <line>", _of_mode("trunk", carried))
    interface.add("undo port trunk permit vlan all", _of_mode("trunk", value(allowed=frozenset())))
    interface.add("undo port trunk permit vlan <line>", _of_mode("trunk", not_carried))
    interface.add(
        "port trunk pvid vlan <number:1-4094>",
        _of_mode("trunk", lambda one, given: replace(one, native_vlan=given.number())),
    )
    interface.add("port link-aggregation group <number:1-1024>", _join)
    interface.add("undo port link-aggregation group", each(value(channel_group=None)))
    for family, words in BOUND.items():
        for direction, word in DIRECTIONS.items():
            which = f"{family} {direction}"
            interface.add(f"{words} <word> {word}", _filter(which))
            interface.add(f"undo {words} <word> {word}", each(bound(which, remove=True)))
    for word in (
        "arp",
        "broadcast-suppression",
        "dhcp",
        "dot1x",
        "duplex",
        "lldp",
        "loopback-detection",
        "poe",
        "qos",
        "speed",
        "stp",
    ):
        interface.add(word, None)
        interface.add(f"undo {word}", None)
