"""Commands that change something: ports, VLANs, aggregates, and what a restart finds.

OmniSwitch AOS Release 8 CLI Reference Guide, "interfaces admin-state", "vlan", "vlan members untagged", "vlan
members tagged", "linkagg lacp agg size", "linkagg lacp agg admin-state", "linkagg lacp agg actor admin-key",
"linkagg lacp port actor admin-key", "linkagg static agg size", "linkagg static agg admin-state", "linkagg
static port agg", "mvrp", "system name", "session prompt", "write memory". Of the refusals, ``ERROR: Vlan 2200
does not exist`` is theirs, the others are of its kind.
"""

from __future__ import annotations

from dataclasses import replace

from controller.simulator.alcatel_aos.configuration import aggregate
from controller.simulator.alcatel_aos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface


def _put(shell: Shell, *changed: Interface) -> None:
    shell.device.running.interfaces.update({each.name: each for each in changed})


# --- ports -----------------------------------------------------------------------------------------------


def _admin(*, shutdown: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        ports = [shell.interface(name) for name in arguments.text().split()]
        _put(shell, *(replace(each, shutdown=shutdown) for each in ports))

    return handler


def _alias(shell: Shell, arguments: Arguments) -> None:
    ports = [shell.interface(name) for name in arguments.text().split()]
    _put(shell, *(replace(each, description=arguments.text(1).strip('"')) for each in ports))


# --- VLANs -----------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans():
        shell.device.running.vlans.setdefault(vlan, f"VLAN {vlan}")


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    _vlan(shell, arguments)
    for vlan in arguments.vlans():
        shell.device.running.vlans[vlan] = arguments.text(1).strip('"')


def _no_vlan(shell: Shell, arguments: Arguments) -> None:
    """Its ports go back to VLAN 1."""
    gone = arguments.vlans()
    for vlan in gone:
        _existing(shell, vlan)
        if vlan == 1:
            raise Rejected("ERROR: Vlan 1 cannot be deleted")
    for vlan in gone:
        del shell.device.running.vlans[vlan]
    for each in shell.device.ordered():
        vlan = 1 if each.access_vlan in gone else each.access_vlan
        _put(shell, replace(each, access_vlan=vlan, allowed=each.allowed - gone))


def _existing(shell: Shell, vlan: int) -> None:
    if vlan not in shell.device.running.vlans:
        raise Rejected(f"ERROR: Vlan {vlan} does not exist")


def _members(*, tagged: bool, remove: bool = False) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        vlans = arguments.vlans()
        for vlan in sorted(vlans):
            _existing(shell, vlan)
        members = [shell.interface(name) for name in arguments.text(1).split()]
        for each in members:
            if each.channel_group is not None:
                raise Rejected(f"ERROR: Port {each.name} is a member of linkagg {each.channel_group}")
        for each in members:
            if tagged:
                _put(shell, replace(each, allowed=each.allowed - vlans if remove else each.allowed | vlans))
            elif not remove or each.access_vlan in vlans:
                _put(shell, replace(each, access_vlan=1 if remove else max(vlans)))

    return handler


def _no_member(shell: Shell, arguments: Arguments) -> None:
    """Tagged or untagged: a port without a VLAN of its own goes back to VLAN 1."""
    for tagged in (True, False):
        _members(tagged=tagged, remove=True)(shell, arguments)


# --- aggregates ------------------------------------------------------------------------------------------


def _lacp(shell: Shell, arguments: Arguments) -> None:
    number, size, key = (arguments.number(index) for index in range(3))
    _made(shell, aggregate("lacp", number, size, key))


def _static(shell: Shell, arguments: Arguments) -> None:
    number, size = arguments.number(0), arguments.number(1)
    _made(shell, aggregate("static", number, size, number))


def _made(shell: Shell, made: Interface) -> None:
    if made.name in shell.device.running.interfaces:
        raise Rejected(f"ERROR: Linkagg {made.name} already exists")
    _put(shell, made)
    shell.device.running.join()


def _joins(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        for name in arguments.text().split():
            each = replace(shell.interface(name), channel_mode=mode)
            _put(shell, each.with_extra("key", str(arguments.number(1))))
        shell.device.running.join()

    return handler


def _aggregate_admin(mode: str, *, shutdown: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        each = shell.interface(arguments.text())
        if each.channel_mode != mode:
            raise Rejected(f"ERROR: Linkagg {each.name} is not of this type")
        _put(shell, replace(each, shutdown=shutdown))

    return handler


# --- the system ------------------------------------------------------------------------------------------


def _system_name(shell: Shell, arguments: Arguments) -> None:
    settings = replace(shell.device.running.settings, name=arguments.text().strip('"'))
    shell.device.running.settings = settings


def _prompt(shell: Shell, arguments: Arguments) -> None:
    settings = replace(shell.device.running.settings, prompt=arguments.text().strip('"'))
    shell.device.running.settings = settings


def _mvrp(*, learns: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.device.running.settings = replace(shell.device.running.settings, mvrp=learns)

    return handler


def _write(*, certified: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> Reply:
        device = shell.device
        if device.faults.get("nvram_full"):
            return Reply("ERROR: Not enough space on flash", result="rejected")
        device.working = device.running.copy()
        if certified:
            device.save()
        replaced = "\nFile /flash/working/vcsetup.cfg replaced.\nPlease wait...\n\n"
        return Reply(replaced + "File /flash/working/vcboot.cfg replaced.")

    return handler


def _close(_shell: Shell, _arguments: Arguments) -> Reply:
    return Reply(close=True)


def add_configuring(grammar: Grammar[Handler]) -> None:
    for state, shutdown in (("enable", False), ("disable", True)):
        for words in ("interfaces", "interfaces port"):
            grammar.add(f"{words} <ports> admin-state {state}", _admin(shutdown=shutdown))
            grammar.add(f"{words} <ports> alias <line>", _alias)
        for mode in ("lacp", "static"):
            handler = _aggregate_admin(mode, shutdown=shutdown)
            grammar.add(f"linkagg {mode} agg <number:0-127> admin-state {state}", handler)
    grammar.add("vlan <vlans>", _vlan)
    grammar.add("vlan <vlans> admin-state enable", _vlan)
    grammar.add("vlan <vlans> name <line>", _vlan_name)
    grammar.add("no vlan <vlans>", _no_vlan)
    for where in ("port <ports>", "linkagg <number:0-127>"):
        for kind in ("tagged", "untagged"):
            tagged = kind == "tagged"
            grammar.add(f"vlan <vlans> members {where} {kind}", _members(tagged=tagged))
            removed = _members(tagged=tagged, remove=True)
            grammar.add(f"no vlan <vlans> members {where} {kind}", removed)
        grammar.add(f"no vlan <vlans> members {where}", _no_member)
    for state, learns in (("enable", True), ("disable", False)):
        grammar.add(f"mvrp {state}", _mvrp(learns=learns))
    grammar.add("linkagg lacp agg <number:0-127> size <number:1-16> actor admin-key <number:0-65535>", _lacp)
    grammar.add("linkagg lacp port <ports> actor admin-key <number:0-65535>", _joins("lacp"))
    grammar.add("linkagg static agg <number:0-127> size <number:1-16>", _static)
    grammar.add("linkagg static port <ports> agg <number:0-127>", _joins("static"))
    grammar.add("system name <line>", _system_name)
    grammar.add("session prompt default <line>", _prompt)
    grammar.add("write memory", _write(certified=False))
    grammar.add("write memory flash-synchro", _write(certified=True))
    for word in ("exit", "logout"):
        grammar.add(word, _close)
    for word in ("ip", "policy", "qos", "reload", "spantree", "unp", "copy", "command-log", "swlog"):
        grammar.add(word, None)
