"""Access lists and their entries.

Cisco IOS Security Command Reference, "ip access-list", "deny (IP)", "permit (IP)"; Security Configuration
Guide: Access Control Lists, "IP Access List Entry Sequence Numbering": entries are numbered 10, 20, …; an
entry equal to an existing one changes nothing; a number already taken by another entry is refused with
"% Duplicate sequence number". IPv6 Command Reference, "ipv6 access-list". Every list ends in an implicit
deny, except that an undefined or empty list bound to an interface filters nothing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from controller.simulator.filters import BadEntry, Entry, without

PROTOCOLS4 = (
    "ahp",
    "eigrp",
    "esp",
    "gre",
    "icmp",
    "igmp",
    "ip",
    "ipinip",
    "nos",
    "ospf",
    "pcp",
    "pim",
    "tcp",
    "udp",
)
PROTOCOLS6 = ("ahp", "esp", "icmp", "ipv6", "pcp", "sctp", "tcp", "udp")
PORTS = {
    "www": 80,
    "domain": 53,
    "smtp": 25,
    "telnet": 23,
    "ftp": 21,
    "bootps": 67,
    "bootpc": 68,
    "ntp": 123,
    "snmp": 161,
}
_OPERATORS = {"eq": 1, "neq": 1, "gt": 1, "lt": 1, "range": 2}


@dataclass(frozen=True, slots=True)
class AccessList:
    """``kind``: ``standard``, ``extended`` or ``ipv6``."""

    kind: str
    name: str
    entries: tuple[Entry, ...] = ()

    def with_entry(self, sequence: int | None, action: str, what: str) -> AccessList | None:
        """With the entry added; unchanged where an equal one exists; None where the number is taken."""
        if any((entry.action, entry.what) == (action, what) for entry in self.entries):
            return self
        if sequence is None:
            sequence = (max((entry.sequence for entry in self.entries), default=0) // 10 + 1) * 10
        if any(entry.sequence == sequence for entry in self.entries):
            return None
        entries = (*self.entries, Entry(sequence, action, what))
        return replace(self, entries=tuple(sorted(entries, key=lambda entry: entry.sequence)))

    def without(self, sequence: int | None, action: str = "", what: str = "") -> AccessList:
        """Without the entry of that number, or else of that content."""
        return replace(self, entries=without(self.entries, sequence, action, what))

    @property
    def denies_all(self) -> bool:
        """What is undefined or empty filters nothing; else every list ends in an implicit deny."""
        entries = [entry for entry in self.entries if entry.action != "remark"]
        for entry in entries:
            everything = entry.what.split(" log")[0] in ("any", "ip any any", "ipv6 any any")
            if everything or entry.action == "permit":
                return entry.action == "deny"
        return bool(entries)

    @property
    def header(self) -> str:
        return (
            f"ipv6 access-list {self.name}"
            if self.kind == "ipv6"
            else f"ip access-list {self.kind} {self.name}"
        )

    def configuration(self) -> list[str]:
        if self.kind == "ipv6":
            return [self.header, *(f" sequence {e.sequence} {e.action} {e.what}" for e in self.entries)]
        return [self.header, *(f" {entry.sequence} {entry.action:<6} {entry.what}" for entry in self.entries)]

    def shown(self) -> list[str]:
        """As ``show access-lists`` prints it."""
        if self.kind == "ipv6":
            lines = [f"    {entry.action} {entry.what} sequence {entry.sequence}" for entry in self.entries]
            return [f"IPv6 access list {self.name}", *lines]
        lines = []
        for entry in self.entries:
            what = entry.what
            if self.kind == "standard" and what != "any" and " " in what and not what.startswith("host"):
                what = what.replace(" ", ", wildcard bits ", 1)
            padded = f"{entry.action:<6}" if self.kind == "standard" else entry.action
            lines.append(f"    {entry.sequence} {padded} {what}")
        return [f"{self.kind.capitalize()} IP access list {self.name}", *lines]


def numbered_kind(name: str) -> str | None:
    """The kind of an IPv4 list that is named by a number; None outside the documented ranges."""
    if not name.isdigit():
        return None
    value = int(name)
    if 1 <= value <= 99 or 1300 <= value <= 1999:
        return "standard"
    return "extended" if 100 <= value <= 199 or 2000 <= value <= 2699 else None


def parse_entry(kind: str, words: list[str]) -> tuple[str, str]:
    """Action and canonical rest of ``deny ip any any`` …; raises BadEntry."""
    reader = _Words(words)
    action = reader.keyword(("permit", "deny", "remark"))
    if action == "remark":
        return action, " ".join(words[1:])
    if kind == "standard":
        what = [reader.address4(bare=True)]
    else:
        protocol = reader.keyword(PROTOCOLS6 if kind == "ipv6" else PROTOCOLS4, number=True)
        address = reader.address6 if kind == "ipv6" else reader.address4
        what = [protocol, address(), *reader.ports(protocol), address(), *reader.ports(protocol)]
        what += reader.flags(protocol)
    if reader.more and (logged := reader.keyword(("log", "log-input"))):
        what.append(logged)
    if reader.more:
        raise BadEntry(reader.index)
    return action, " ".join(what)


class _Words:
    def __init__(self, words: list[str]) -> None:
        self.words, self.index = words, 0

    @property
    def more(self) -> bool:
        return self.index < len(self.words)

    def take(self) -> str:
        if not self.more:
            raise BadEntry(self.index)
        self.index += 1
        return self.words[self.index - 1]

    def keyword(self, known: tuple[str, ...], number: bool = False) -> str:
        word = self.take().lower()
        if number and word.isdigit() and int(word) < 256:
            return word
        if word in known:
            return word
        fits = [each for each in known if each.startswith(word)]
        if len(fits) != 1:
            raise BadEntry(self.index - 1)
        return fits[0]

    def address4(self, bare: bool = False) -> str:
        word = self.take()
        if "any".startswith(word.lower()):
            return "any"
        if "host".startswith(word.lower()):
            address = self._ip4(self.take())
            return address if bare else f"host {address}"
        address = self._ip4(word)
        if bare and (not self.more or not self.words[self.index][0].isdigit()):
            return address
        wildcard = self._ip4(self.take())
        if wildcard == "255.255.255.255":
            return "any"
        if wildcard == "0.0.0.0":  # noqa: S104 - a wildcard mask, not an address to bind
            return address if bare else f"host {address}"
        network = ipaddress.IPv4Address(
            int(ipaddress.IPv4Address(address)) & ~int(ipaddress.IPv4Address(wildcard))
        )
        return f"{network} {wildcard}"

    def _ip4(self, word: str) -> str:
        try:
            return str(ipaddress.IPv4Address(word))
        except ValueError:
            raise BadEntry(self.index - 1) from None

    def address6(self) -> str:
        word = self.take()
        if "any".startswith(word.lower()):
            return "any"
        try:
            if "host".startswith(word.lower()):
                return f"host {ipaddress.IPv6Address(self.take())}".upper().replace("HOST", "host")
            if "/" not in word:
                raise BadEntry(self.index - 1)
            return str(ipaddress.IPv6Network(word, strict=False)).upper().replace("::/0", "any")
        except ValueError:
            raise BadEntry(self.index - 1) from None

    def ports(self, protocol: str) -> list[str]:
        if (
            protocol not in ("tcp", "udp")
            or not self.more
            or self.words[self.index].lower() not in _OPERATORS
        ):
            return []
        operator = self.take().lower()
        values = [self.take().lower() for _ in range(_OPERATORS[operator])]
        names = {str(value): name for name, value in PORTS.items()}
        if any(not (v in PORTS or (v.isdigit() and int(v) < 65536)) for v in values):
            raise BadEntry(self.index - 1)
        return [operator, *(names.get(value, value) for value in values)]

    def flags(self, protocol: str) -> list[str]:
        """``established`` of TCP, and the message names of ICMP that are in common use."""
        known = {
            "tcp": ("established",),
            "icmp": ("echo", "echo-reply", "unreachable", "nd-na", "nd-ns"),
        }.get(protocol, ())
        if self.more and self.words[self.index].lower() in known:
            return [self.take().lower()]
        return []
