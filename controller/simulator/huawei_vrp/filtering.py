"""Access lists, and the filters that apply them.

S2720, S5700, and S6700 V200R019C10 Command Reference: Security ("acl name", "acl ipv6 name", "rule": one of
the same number is overwritten, without a number it gets the next multiple of 5); QoS ("traffic-filter
(interface view)", "traffic-filter (system view)"). Configuration Guide - QoS, "Licensing Requirements and
Limitations for ACL-based Simplified Traffic Policies": a list that is named there must exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.huawei_vrp.configuration import AccessList, Filter
from controller.simulator.huawei_vrp.shell import Handler, Shell

NO_VLAN = "Error: The VLAN does not exist."
_RULE = re.compile(r"(?:(\d+) +)?((?:permit|deny)\b.*)")
_CONDITIONS = {
    ("acl", "basic"): re.compile(r"(?:permit|deny)(?: source \S.*)?"),
    ("acl", "advance"): re.compile(r"(?:permit|deny) (?:ip|tcp|udp|icmp)(?: \S.*)?"),
    ("acl", "link"): re.compile(
        r"(?:permit|deny)(?: (?:source-mac|destination-mac|l2-protocol|vlan-id)\b.*)?"
    ),
    ("acl ipv6", "basic"): re.compile(r"(?:permit|deny)(?: source \S.*)?"),
    ("acl ipv6", "advance"): re.compile(r"(?:permit|deny) (?:ipv6|tcp|udp|icmpv6)(?: \S.*)?"),
}


def _acl(family: str, kind: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        running, key = shell.device.running, (family, arguments.text())
        there = running.lists.get(key)
        if there is not None and kind not in ("", there.kind):
            raise Rejected("Error: The type of the ACL is not the same as that of the existing one.")
        if there is None:
            new = kind or "advance"
            running.lists[key] = AccessList(new, running.free_number(family, new))
        shell.enter("acl", *key)

    return handler


def _undo_acl(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        key = (family, arguments.text())
        if any(each.listed == key for there in shell.device.running.filters.values() for each in there):
            raise Rejected("Error: The ACL is in use.")
        if shell.device.running.lists.pop(key, None) is None:
            raise Rejected("Error: The ACL does not exist.")

    return handler


def _rule(shell: Shell, arguments: Arguments) -> None:
    family, name = shell.selected
    there = shell.device.running.lists[family, name]
    found = _RULE.fullmatch(arguments.text())
    if found is None or not _CONDITIONS[family, there.kind].fullmatch(" ".join(found[2].split())):
        raise invalid(arguments.starts[0])
    index = int(found[1]) if found[1] else None
    shell.device.running.lists[family, name] = there.with_rule(index, " ".join(found[2].split()))


def _undo_rule(shell: Shell, arguments: Arguments) -> None:
    family, name = shell.selected
    there = shell.device.running.lists[family, name]
    if arguments.number() not in dict(there.rules):
        raise Rejected("Error: The specified rule does not exist.")
    shell.device.running.lists[family, name] = there.without_rule(arguments.number())


def _filter(one: Callable[[Arguments], tuple[int | None, Filter]], *, remove: bool) -> Handler:
    """``one`` gives the VLAN, None for the interface the view is of, and the filter."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        vlan, wanted = one(arguments)
        where: int | str = shell.selected[0] if vlan is None else vlan
        running = shell.device.running
        if isinstance(where, str) and running.interfaces[where].is_svi:
            raise invalid(arguments.tokens[0].start)
        if remove:
            if not running.take_away(where, wanted):
                raise Rejected("Error: The configuration does not exist.")
            return
        if wanted.listed not in running.lists:
            raise Rejected("Error: The ACL does not exist.")
        if vlan and vlan not in running.vlans:
            raise Rejected(NO_VLAN)
        running.apply(where, wanted)

    return handler


def _of_interface(family: str, direction: str) -> Callable[[Arguments], tuple[int | None, Filter]]:
    return lambda given: (None, Filter(direction, (family, given.text())))


def _of_vlan(family: str, direction: str) -> Callable[[Arguments], tuple[int | None, Filter]]:
    return lambda given: (given.number(), Filter(direction, (family, given.text(1))))


def add_lists(views: dict[str, Grammar[Handler]]) -> None:
    for family, kinds in (("acl", ("basic", "advance", "link")), ("acl ipv6", ("basic", "advance"))):
        for kind in ("", *kinds):
            views["system"].add(f"{family} name <word> {kind}", _acl(family, kind))
        views["system"].add(f"undo {family} name <word>", _undo_acl(family))
    views["acl"].add("rule <line>", _rule)
    views["acl"].add("undo rule <number:0-4294967294>", _undo_rule)
    for family in ("acl", "acl ipv6"):
        for direction in ("inbound", "outbound"):
            words = f"{direction} {family} name <word>"
            for undo, remove in (("", False), ("undo ", True)):
                at_port = _filter(_of_interface(family, direction), remove=remove)
                views["interface"].add(f"{undo}traffic-filter {words}", at_port)
                in_vlan = _filter(_of_vlan(family, direction), remove=remove)
                views["system"].add(f"{undo}traffic-filter vlan <number:1-4094> {words}", in_vlan)
