"""Access lists of AOS-CX, and what they let through.

AOS-CX 10.06 ACLs and Classifier Policies Guide, "access-list ip", "access-list ipv6": an entry is a number,
``permit`` or ``deny``, a protocol, source and destination with their ports, and what else is to match;
networks are written with their mask. "Access Control Lists (ACLs) overview": the first entry that matches
decides, what none matches is denied.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace

from controller.simulator.grammar import Word, incomplete, invalid

PROTOCOLS = {
    "ip": ("any", "ah", "gre", "esp", "icmp", "igmp", "ospf", "pim", "sctp", "tcp", "udp"),
    "ipv6": ("any", "ah", "gre", "esp", "icmpv6", "ospf", "pim", "sctp", "tcp", "udp"),
}
_WITH_PORTS = ("sctp", "tcp", "udp")
_OPERATORS = {"eq": 1, "gt": 1, "lt": 1, "range": 2}
_SIGNS = {"eq": "=", "gt": ">", "lt": "<"}
_FLAGS = ("count", "log")
_ENABLED = {"count": "Hit-counts", "log": "Logging"}

_EVERYTHING = "any any any"


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    action: str
    what: str
    flags: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return " ".join((str(self.number), self.action, self.what, *self.flags))

    def table(self) -> list[str]:
        """As ``show access-list`` has it: each end on a line, with its ports beside it."""
        protocol, *rest = self.what.split()
        lines = [f"{self.number:>10} {self.action:<31} {protocol}"]
        while rest:
            network, ports = rest.pop(0), ""
            if rest and rest[0] in _OPERATORS:
                count = _OPERATORS[rest[0]]
                ports = f"{_SIGNS.get(rest[0], rest[0]):>2}  {' '.join(rest[1 : 1 + count])}"
                rest = rest[1 + count :]
            lines.append(f"{'':11}{network:<32}{ports}".rstrip())
        return [*lines, *(f"{'':11}{_ENABLED[flag]}: enabled" for flag in self.flags)]


@dataclass(frozen=True, slots=True)
class AccessList:
    """``family``: ``ip`` or ``ipv6``."""

    family: str
    name: str
    entries: tuple[Entry, ...] = ()

    def with_entry(self, entry: Entry) -> AccessList:
        """In place of the one of that number; 0: behind the last."""
        number = entry.number or max((each.number for each in self.entries), default=0) + 10
        kept = [each for each in self.entries if each.number != number]
        entries = sorted([*kept, replace(entry, number=number)], key=lambda each: each.number)
        return replace(self, entries=tuple(entries))

    def without(self, number: int) -> AccessList:
        return replace(self, entries=tuple(each for each in self.entries if each.number != number))

    @property
    def denies_all(self) -> bool:
        """A list without an entry is taken for one that denies nothing: the guide does not say."""
        for entry in self.entries:
            if entry.what == _EVERYTHING or entry.action == "permit":
                return entry.action == "deny"
        return bool(self.entries)


def parsed(family: str, number: int, tokens: list[Word]) -> Entry:
    """``deny any any any count`` as the device takes it; raises its error at the word that does not fit."""
    words = iter(tokens)
    action = _next(words)
    if action.text not in ("permit", "deny"):
        raise invalid(action.start)
    protocol = _next(words)
    if protocol.text not in PROTOCOLS[family] and not (protocol.text.isdigit() and int(protocol.text) < 256):
        raise invalid(protocol.start)
    rest = list(words)
    what = [protocol.text]
    for _end in ("source", "destination"):
        what.append(_network(family, rest))
        what += _ports(protocol.text, rest)
    for flag in rest:
        if flag.text not in _FLAGS:
            raise invalid(flag.start)
    return Entry(number, action.text, " ".join(what), tuple(flag.text for flag in rest))


def _next(words: Iterator[Word]) -> Word:
    found = next(words, None)
    if found is None:
        raise incomplete()
    return found


def _network(family: str, rest: list[Word]) -> str:
    if not rest:
        raise incomplete()
    word = rest.pop(0)
    if word.text == "any":
        return "any"
    try:
        if family == "ipv6":
            return str(ipaddress.IPv6Interface(word.text)) if "/" in word.text else word.text.lower()
        given = ipaddress.IPv4Interface(word.text)
    except ValueError:
        raise invalid(word.start) from None
    return str(given.ip) if given.network.prefixlen == 32 else given.with_netmask


def _ports(protocol: str, rest: list[Word]) -> list[str]:
    if protocol not in _WITH_PORTS or not rest or rest[0].text not in _OPERATORS:
        return []
    operator = rest.pop(0)
    ports = [rest.pop(0) for _ in range(min(_OPERATORS[operator.text], len(rest)))]
    if len(ports) < _OPERATORS[operator.text]:
        raise incomplete()
    for port in ports:
        if not port.text.isdigit() or int(port.text) > 65535:
            raise invalid(port.start)
    return [operator.text, *(port.text for port in ports)]
