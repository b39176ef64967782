"""Access lists of switches that write networks with their prefix length, and what such a list lets through.

RFC 4632 notation (``10.10.1.0/24``); a wildcard mask is taken and written as the prefix it stands for.
Entries are numbered 10, 20, …; a list ends in an implicit deny of everything.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from controller.simulator.grammar import Arguments, incomplete, invalid

PROTOCOLS = {
    "ip": ("ahp", "eigrp", "esp", "gre", "icmp", "igmp", "ip", "ospf", "pim", "tcp", "udp", "vrrp"),
    "ipv6": ("ahp", "esp", "icmp", "icmpv6", "ipv6", "ospf", "sctp", "tcp", "udp"),
}
_OPERATORS = {"eq": 1, "neq": 1, "gt": 1, "lt": 1, "range": 2}
_NAMED_PORTS = frozenset(
    ["bootpc", "bootps", "domain", "ftp", "http", "https", "ntp", "smtp", "snmp", "ssh", "telnet", "www"]
)


class BadEntry(Exception):
    """The word at ``index`` does not fit; an ``index`` past the last word means that more is wanted."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(index)


@dataclass(frozen=True, slots=True)
class Entry:
    sequence: int
    action: str
    what: str
    """The rest of the entry in canonical words."""

    @property
    def words(self) -> str:
        return f"{self.sequence} {self.action} {self.what}"


def without(
    entries: tuple[Entry, ...], sequence: int | None, action: str = "", what: str = ""
) -> tuple[Entry, ...]:
    """Without the entry of that number, or else of that content."""
    if sequence is not None:
        return tuple(entry for entry in entries if entry.sequence != sequence)
    return tuple(entry for entry in entries if (entry.action, entry.what) != (action, what))


@dataclass(frozen=True, slots=True)
class AccessList:
    """``family``: ``ip`` or ``ipv6``."""

    family: str
    name: str
    entries: tuple[Entry, ...] = ()

    def with_entry(self, sequence: int | None, action: str, what: str) -> AccessList:
        """With the entry added at its number, in place of the one there; unchanged where an equal one is."""
        if any((entry.action, entry.what) == (action, what) for entry in self.entries):
            return self
        if sequence is None:
            sequence = (max((entry.sequence for entry in self.entries), default=0) // 10 + 1) * 10
        kept = [entry for entry in self.entries if entry.sequence != sequence]
        entries = sorted([*kept, Entry(sequence, action, what)], key=lambda entry: entry.sequence)
        return replace(self, entries=tuple(entries))

    def without(self, sequence: int | None, action: str = "", what: str = "") -> AccessList:
        """Without the entry of that number, or else of that content."""
        return replace(self, entries=without(self.entries, sequence, action, what))

    @property
    def denies_all(self) -> bool:
        """Nothing gets through; what is undefined or empty filters nothing on these switches."""
        entries = [entry for entry in self.entries if entry.action != "remark"]
        for entry in entries:
            everything = entry.what.removesuffix(" log") == f"{self.family} any any"
            if everything or entry.action == "permit":
                return entry.action == "deny"
        return bool(entries)


def parse_entry(family: str, words: list[str]) -> tuple[str, str]:
    """Action and canonical rest of ``deny ip any any``…; raises BadEntry."""
    reader = _Words(family, words)
    action = reader.keyword(("permit", "deny", "remark"))
    if action == "remark":
        return action, " ".join(words[1:])
    protocol = reader.keyword(PROTOCOLS[family])
    what = [protocol, reader.address(), *reader.ports(protocol), reader.address(), *reader.ports(protocol)]
    if reader.more:
        what.append(reader.keyword(("log",)))
    if reader.more:
        raise BadEntry(reader.index)
    return action, " ".join(what)


def edited(current: AccessList, arguments: Arguments, *, remove: bool, numbered: bool) -> AccessList:
    """The list after ``10 deny ip any any`` and its like: with or without a number, and a ``no`` before it.
    Raises CommandError."""
    tokens = arguments.tokens[remove + numbered :]
    sequence = arguments.number() if numbered else None
    if remove and numbered:
        return current.without(sequence)
    try:
        action, what = parse_entry(current.family, [token.text for token in tokens])
    except BadEntry as bad:
        raise invalid(tokens[bad.index].start) if bad.index < len(tokens) else incomplete() from None
    return current.without(None, action, what) if remove else current.with_entry(sequence, action, what)


class _Words:
    def __init__(self, family: str, words: list[str]) -> None:
        self.family, self.words, self.index = family, words, 0

    @property
    def more(self) -> bool:
        return self.index < len(self.words)

    def take(self) -> str:
        if not self.more:
            raise BadEntry(self.index)
        self.index += 1
        return self.words[self.index - 1]

    def keyword(self, known: tuple[str, ...]) -> str:
        word = self.take().lower()
        if word in known:
            return word
        fits = [each for each in known if each.startswith(word)]
        if len(fits) != 1:
            raise BadEntry(self.index - 1)
        return fits[0]

    def address(self) -> str:
        word = self.take()
        if word.lower() == "any":
            return "any"
        try:
            if word.lower() == "host":
                return f"host {self._address(self.take())}"
            if "/" in word:
                return str(self._network(word))
            if self.family == "ip":
                # A wildcard mask has its bits the other way round.
                mask = int(ipaddress.IPv4Address(self.take())) ^ 0xFFFFFFFF
                return str(self._network(f"{word}/{ipaddress.IPv4Address(mask)}"))
        except ValueError:
            pass
        raise BadEntry(self.index - 1)

    def _address(self, text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        return ipaddress.IPv4Address(text) if self.family == "ip" else ipaddress.IPv6Address(text)

    def _network(self, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | str:
        if self.family == "ip":
            network = ipaddress.IPv4Network(text, strict=False)
        else:
            return self._any(ipaddress.IPv6Network(text, strict=False))
        return self._any(network)

    @staticmethod
    def _any(
        network: ipaddress.IPv4Network | ipaddress.IPv6Network,
    ) -> ipaddress.IPv4Network | ipaddress.IPv6Network | str:
        return network if network.prefixlen else "any"

    def ports(self, protocol: str) -> list[str]:
        operator = self.words[self.index].lower() if self.more else ""
        if protocol not in ("tcp", "udp") or operator not in _OPERATORS:
            return []
        self.take()
        values = [self.take().lower() for _ in range(_OPERATORS[operator])]
        if any(not (each in _NAMED_PORTS or (each.isdigit() and int(each) < 65536)) for each in values):
            raise BadEntry(self.index - 1)
        return [operator, *values]
