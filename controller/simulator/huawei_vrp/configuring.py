"""Commands of user view, system view and the views below it; those about access lists are in ``filtering``.

S2720, S5700, and S6700 V200R019C10 Command Reference: Basic Configuration ("system-view", "quit", "return",
"screen-length", "save", "reboot", "sysname", "terminal monitor"); Ethernet Switching ("vlan", "vlan batch",
"port link-type": another type takes the VLANs of the former away; "port default vlan": the VLAN must exist;
"port trunk allow-pass vlan"; "eth-trunk": an interface joins with its defaults, and what is set on the
Eth-Trunk is set for its members); Interface Management ("interface", "shutdown").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.huawei_vrp.configuration import ONLY_FIRST, made
from controller.simulator.huawei_vrp.filtering import NO_VLAN, add_lists
from controller.simulator.huawei_vrp.shell import Handler, Shell
from controller.simulator.ports import Change, description, each, value
from controller.simulator.shell import Ask, Reply
from controller.simulator.switching import Interface
from controller.simulator.views import (
    add_leaving,
    address,
    carried,
    listed,
    not_carried,
    of_mode,
    reboot,
    unpaged,
)
from controller.simulator.vlans import ALL_VLANS

# --- user view -------------------------------------------------------------------------------------------


def _system_view(shell: Shell, _arguments: Arguments) -> str:
    shell.enter("system")
    way_back = "return command" if shell.device.two_stage else "Ctrl+Z"
    return f"Enter system view, return user view with {way_back}."


def _unpaged(shell: Shell, arguments: Arguments) -> str:
    unpaged(shell, arguments)
    return "Info: The configuration takes effect on the current user terminal interface only."


def _monitor(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> str:
        shell.monitor = on
        return f"Info: Current terminal monitor is {'on' if on else 'off'}."

    return handler


def _save(shell: Shell, _arguments: Arguments) -> Reply:
    def written(_name: str = "") -> Reply:
        if shell.device.faults.get("nvram_full"):
            return Reply("Error: The space on the device is not enough.", result="rejected")
        shell.device.save()
        return Reply(
            "Now saving the current configuration to the slot 0.\nSave the configuration successfully."
        )

    def answered(given: str) -> Reply:
        match given.strip().lower():
            case "n":
                return Reply()
            case "y":
                pass
            case _:
                question = "Error: Please choose 'YES' or 'NO' first before pressing 'Enter'. [Y/N]:"
                return Reply(ask=Ask(question, answered))
        if shell.device.startup is None:
            return Reply(ask=Ask("Info: Please input the file name ( *.cfg, *.zip ) [vrpcfg.zip]:", written))
        return written()

    question = "The current configuration will be written to the device.\nAre you sure to continue?[Y/N]"
    return Reply(ask=Ask(question, answered))


def _forget(shell: Shell, _arguments: Arguments) -> Reply:
    def answered(given: str) -> Reply:
        if given.strip().lower() == "y":
            shell.device.startup = None
        return Reply()

    question = "Warning: The action will delete the saved configuration in the device.\nContinue? [Y/N]:"
    return Reply(ask=Ask(question, answered))


# --- VLANs -----------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> None:
    vlan = arguments.number()
    shell.device.running.vlans.setdefault(vlan, f"VLAN {vlan:04}")
    shell.enter("vlan", str(vlan))


def _vlan_batch(shell: Shell, arguments: Arguments) -> str:
    for vlan in listed(arguments):
        shell.device.running.vlans.setdefault(vlan, f"VLAN {vlan:04}")
    return "Info: This operation may take a few seconds. Please wait for a moment...done."


def _undo_vlan(shell: Shell, arguments: Arguments) -> None:
    if arguments.number() == 1:
        raise Rejected("Error: The default VLAN can not be deleted.")
    if shell.device.running.vlans.pop(arguments.number(), None) is None:
        raise Rejected(NO_VLAN)


def _vlan_description(shell: Shell, arguments: Arguments) -> None:
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
            raise Rejected(NO_VLAN)
        interfaces[name] = new
    shell.enter("interface", name)


def _undo_interface(shell: Shell, arguments: Arguments) -> None:
    gone = shell.interface(arguments)
    if gone.is_physical:
        raise invalid(arguments.starts[0])
    if gone.is_aggregate and shell.device.members(gone.number):
        raise Rejected("Error: The Eth-Trunk has member interfaces.")
    del shell.device.running.interfaces[gone.name]


def _up(shell: Shell, _arguments: Arguments) -> str:
    name = shell.selected[0]
    interface = shell.device.running.interfaces[name]
    if not interface.shutdown:
        return f"Info: Interface {name} is not shutdown."
    shell.device.running.interfaces[name] = replace(interface, shutdown=False)
    return ""


def _link_type(mode: str) -> Change:
    def change(interface: Interface, _arguments: Arguments) -> Interface:
        if interface.mode == mode:
            return interface
        return replace(interface, mode=mode, access_vlan=1, native_vlan=1, allowed=ONLY_FIRST)

    return change


def _untagged(vlan: Callable[[Arguments], int]) -> Handler:
    """Of an access port, or of one that negotiates its link type."""

    def change(interface: Interface, arguments: Arguments) -> Interface:
        if interface.mode not in ("access", "auto"):
            raise invalid(arguments.tokens[0].start)
        return replace(interface, access_vlan=vlan(arguments))

    return each(change, layer2=True)


def _default_vlan(shell: Shell, arguments: Arguments) -> None:
    if arguments.number() not in shell.device.running.vlans:
        raise Rejected(NO_VLAN)
    _untagged(lambda given: given.number())(shell, arguments)


def _join(shell: Shell, arguments: Arguments) -> None:
    trunk = shell.device.aggregate(arguments.number())
    port = shell.device.running.interfaces[shell.selected[0]]
    if trunk is None or not port.is_physical:
        raise Rejected("Error: The Eth-Trunk does not exist.")
    if replace(port, shutdown=False, description="") != made(port.name):
        raise Rejected(f"Error: Interface {port.name} has other configurations.")
    shell.device.running.interfaces[port.name] = replace(port, channel_group=trunk.number)


# --- all of them -----------------------------------------------------------------------------------------


def add_views(views: dict[str, Grammar[Handler]], *, two_stage: bool) -> None:
    add_leaving(views)
    _add_user(views["user"])
    if two_stage:
        return
    _add_system(views["system"])
    views["vlan"].add("description <line>", _vlan_description)
    add_lists(views)
    _add_interface(views["interface"])


def _add_user(user: Grammar[Handler]) -> None:
    user.add("system-view", _system_view)
    user.add("quit", lambda _shell, _arguments: Reply(close=True))
    user.add("screen-length 0 temporary", _unpaged)
    user.add("terminal monitor", _monitor(True))
    user.add("undo terminal monitor", _monitor(False))
    user.add("save", _save)
    user.add("reset saved-configuration", _forget)
    user.add("reboot", reboot("System will reboot! Continue ? [y/n]:"))
    for word in (
        "clock",
        "compare",
        "copy",
        "debugging",
        "delete",
        "dir",
        "ping",
        "startup",
        "tracert",
    ):
        user.add(word, None)


def _add_system(system: Grammar[Handler]) -> None:
    def sysname(shell: Shell, arguments: Arguments) -> None:
        shell.device.rename(arguments.text())

    system.add("sysname <word>", sysname)
    system.add("vlan <number:1-4094>", _vlan)
    system.add("vlan batch <line>", _vlan_batch)
    system.add("undo vlan <number:1-4094>", _undo_vlan)
    system.add("interface <interface>", _interface)
    system.add("undo interface <interface>", _undo_interface)
    for word in (
        "aaa",
        "arp",
        "dhcp",
        "info-center",
        "ip",
        "lldp",
        "ntp-service",
        "snmp-agent",
        "stp",
        "user-interface",
    ):
        system.add(word, None)
        system.add(f"undo {word}", None)


def _add_interface(interface: Grammar[Handler]) -> None:
    changes = {
        "shutdown": value(shutdown=True),
        "description <line>": description,
        "undo description": value(description=""),
        "ip address <ipv4> <ipv4>": address,
        "undo ip address": value(address=None),
    }
    for pattern, change in changes.items():
        interface.add(pattern, each(change))
    interface.add("undo shutdown", _up)
    for mode in ("access", "trunk", "hybrid"):
        interface.add(f"port link-type {mode}", each(_link_type(mode), layer2=True))
    interface.add("undo port link-type", each(_link_type("auto"), layer2=True))
    interface.add("port default vlan <number:1-4094>", _default_vlan)
    interface.add("undo port default vlan", _untagged(lambda _given: 1))
    interface.add("port trunk allow-pass vlan all", of_mode("trunk", value(allowed=ALL_VLANS)))
    interface.add("port trunk allow-pass vlan <line>", of_mode("trunk", carried))
    interface.add("undo port trunk allow-pass vlan all", of_mode("trunk", value(allowed=frozenset())))
    interface.add("undo port trunk allow-pass vlan <line>", of_mode("trunk", not_carried))
    interface.add(
        "port trunk pvid vlan <number:1-4094>",
        of_mode("trunk", lambda one, given: replace(one, native_vlan=given.number())),
    )
    interface.add("eth-trunk <number:0-127>", _join)
    interface.add("undo eth-trunk", each(value(channel_group=None)))
    for word in ("arp", "dhcp", "dot1x", "duplex", "lldp", "loopback-detect", "poe", "qos", "speed", "stp"):
        interface.add(word, None)
        interface.add(f"undo {word}", None)
