"""Access lists of AOS-S, and what they let through.

ArubaOS-Switch 16.07 Access Security Guide, "Inserting an ACE in an existing ACL", "Duplicating an ACE"
(refused: ``Duplicate access control entry``), "General editing rules": an empty list filters nothing, any
other denies what none of its entries matches. In the configuration IPv4 networks have a wildcard mask, IPv6
ones their prefix length.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from controller.simulator.grammar import Rejected, Word, incomplete, invalid

PROTOCOLS = {
    "ip": ("ip", "tcp", "udp", "icmp", "igmp", "ospf", "gre", "esp", "ah"),
    "ipv6": ("ipv6", "tcp", "udp", "icmp", "esp", "ah"),
}
ANY = {"ip": "0.0.0.0 255.255.255.255", "ipv6": "::/0"}
_OPERATORS = {"eq": 1, "gt": 1, "lt": 1, "neq": 1, "range": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    action: str
    what: str
    log: bool = False

    @property
    def words(self) -> str:
        return f"{self.number} {self.action} {self.what}" + (" log" if self.log else "")


@dataclass(frozen=True, slots=True)
class AccessList:
    """``family``: ``ip`` or ``ipv6``."""

    family: str
    name: str
    entries: tuple[Entry, ...] = ()

    def with_entry(self, entry: Entry) -> AccessList:
        """At its number, 0: behind the last; the device's refusal where there is such an entry."""
        number = entry.number or max((each.number for each in self.entries), default=0) + 10
        if any(each.number == number or _same(each, entry) for each in self.entries):
            raise Rejected("Duplicate access control entry")
        entries = sorted([*self.entries, replace(entry, number=number)], key=lambda each: each.number)
        return replace(self, entries=tuple(entries))

    def without(self, number: int) -> AccessList:
        return replace(self, entries=tuple(each for each in self.entries if each.number != number))

    @property
    def denies_all(self) -> bool:
        everything = f"{self.family} {ANY[self.family]} {ANY[self.family]}"
        for entry in self.entries:
            if entry.what == everything or entry.action == "permit":
                return entry.action == "deny"
        return bool(self.entries)

    def lines(self) -> list[str]:
        """As the configuration has it."""
        head = "ip access-list extended" if self.family == "ip" else "ipv6 access-list"
        return [f'{head} "{self.name}"', *(f"     {entry.words}" for entry in self.entries), "   exit"]


def _same(one: Entry, other: Entry) -> bool:
    return (one.action, one.what) == (other.action, other.what)


def parsed(family: str, number: int, tokens: list[Word]) -> Entry:
    """``deny ip any any`` as the device takes it; raises its error at the word that does not fit."""
    rest = list(tokens)
    action = _take(rest, ("permit", "deny"))
    what = [_take(rest, PROTOCOLS[family])]
    for _end in ("source", "destination"):
        what.append(_network(family, rest))
        what += _ports(what[0], rest)
    log = bool(rest) and rest[0].text == "log"
    if rest[log:]:
        raise invalid(rest[log].start)
    return Entry(number, action, " ".join(what), log)


def _take(rest: list[Word], known: tuple[str, ...] = ()) -> str:
    if not rest:
        raise incomplete()
    if known and rest[0].text not in known:
        raise invalid(rest[0].start)
    return rest.pop(0).text


def _network(family: str, rest: list[Word]) -> str:
    if not rest:
        raise incomplete()
    word = rest.pop(0)
    if word.text == "any":
        return ANY[family]
    try:
        given = _take(rest) if word.text == "host" else word.text
        if family == "ipv6":
            return str(ipaddress.IPv6Interface(given if "/" in given else f"{given}/128"))
        if word.text != "host" and "/" not in given:
            given = f"{given}/{ipaddress.IPv4Address(int(ipaddress.IPv4Address(_take(rest))) ^ 0xFFFFFFFF)}"
        network = ipaddress.IPv4Interface(given)
    except ValueError:
        raise invalid(word.start) from None
    return f"{network.ip} {network.network.hostmask}"


def _ports(protocol: str, rest: list[Word]) -> list[str]:
    if protocol not in ("tcp", "udp") or not rest or rest[0].text not in _OPERATORS:
        return []
    operator = _take(rest)
    return [operator, *(_take(rest) for _ in range(_OPERATORS[operator]))]
