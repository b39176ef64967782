"""The configuration of a FortiGate and the text it is written as.

FortiOS Administration Guide, "CLI basics", "Subcommands": a configuration is tables of entries with options,
``edit`` opens an entry, ``set`` gives an option all its values, ``append`` and ``unselect`` one more or one
less. FortiOS CLI Reference, "config system interface", "config firewall policy", "config firewall address",
"config firewall address6", "config system global", "config system admin", "config router bgp", "config vpn
ipsec phase1-interface", "config vpn ipsec phase2-interface": the options, those that must be set, and the
defaults, which ``show`` does not print.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from controller.simulator.grammar import Rejected


@dataclass(frozen=True, slots=True)
class Option:
    """``kind``: ``text``, ``choice``, ``choices``, ``number``, ``netmask``, ``network6`` or ``names``, of
    entries of ``tables``. ``default`` is what it is while it is not set."""

    kind: str = "text"
    choices: tuple[str, ...] = ()
    default: str = ""
    tables: tuple[str, ...] = ()
    many: bool = False

    @property
    def quoted(self) -> bool:
        return self.kind in ("text", "names")


@dataclass(frozen=True, slots=True)
class Table:
    """``single``: no table, but one object. ``numbered``: its keys are numbers, and their order counts.
    ``inside``: the object it is a part of, opened by a ``config`` of its own there."""

    options: dict[str, Option]
    needed: tuple[str, ...] = ()
    single: bool = False
    numbered: bool = False
    inside: str = ""


def _one(*choices: str) -> Option:
    return Option("choice", choices, choices[0])


def _names(*tables: str, many: bool = True) -> Option:
    return Option("names", tables=tables, many=many)


_INTERFACES = _names("system interface")
_BUILT_IN = {
    "firewall service": ("ALL", "DNS", "HTTP", "HTTPS", "PING", "SSH"),
    "firewall schedule": ("always", "none"),
}

TABLES: dict[str, Table] = {
    "system global": Table(
        {
            "cfg-save": _one("automatic", "manual", "revert"),
            "hostname": Option(),
            "post-login-banner": _one("disable", "enable"),
        },
        single=True,
    ),
    "system ha": Table({"group-name": Option(), "mode": _one("standalone", "a-a", "a-p")}, single=True),
    "system central-management": Table({"type": _one("none", "fortimanager", "fortiguard")}, single=True),
    "system admin": Table(
        {"accprofile": Option(), "vdom": Option(), "password": Option("word", many=True)},
        needed=("accprofile",),
    ),
    "system interface": Table(
        {
            "vdom": Option(),
            "ip": Option("netmask"),
            "allowaccess": Option(
                "choices", ("ping", "https", "ssh", "snmp", "http", "fgfm", "fabric"), many=True
            ),
            "status": _one("up", "down"),
            "type": Option("choice", ("physical", "vlan", "aggregate", "loopback", "tunnel")),
            "member": _names("system interface"),
            "description": Option(),
            "alias": Option(),
            "role": _one("undefined", "lan", "wan", "dmz"),
            "interface": _names("system interface", many=False),
            "vlanid": Option("number"),
        },
        needed=("vdom",),
    ),
    "vpn ipsec phase1-interface": Table(
        {
            "interface": _names("system interface", many=False),
            "ike-version": _one("1", "2"),
            "remote-gw": Option("netmask"),
            "proposal": Option("word", many=True),
            "psksecret": Option("word", many=True),
        },
        needed=("interface",),
    ),
    "vpn ipsec phase2-interface": Table(
        {
            "phase1name": _names("vpn ipsec phase1-interface", many=False),
            "proposal": Option("word", many=True),
        },
        needed=("phase1name",),
    ),
    "router bgp": Table({"as": Option("word"), "router-id": Option("word")}, single=True),
    "router bgp neighbor": Table(
        {
            "shutdown": _one("disable", "enable"),
            "description": Option(),
            "remote-as": Option("word"),
        },
        needed=("remote-as",),
        inside="router bgp",
    ),
    "firewall address": Table({"subnet": Option("netmask")}),
    "firewall address6": Table({"ip6": Option("network6")}),
    "firewall policy": Table(
        {
            "status": _one("enable", "disable"),
            "name": Option(),
            "srcintf": _INTERFACES,
            "dstintf": _INTERFACES,
            "action": _one("deny", "accept"),
            "srcaddr": _names("firewall address"),
            "dstaddr": _names("firewall address"),
            "srcaddr6": _names("firewall address6"),
            "dstaddr6": _names("firewall address6"),
            "schedule": _names("firewall schedule", many=False),
            "service": _names("firewall service"),
            "logtraffic": _one("utm", "all", "disable"),
        },
        needed=("srcintf", "dstintf", "schedule"),
        numbered=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The options that are set."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, **options: Sequence[str]) -> Entry:
        return cls(tuple(sorted((name, tuple(values)) for name, values in options.items())))

    def get(self, option: str) -> tuple[str, ...]:
        return dict(self.values).get(option, ())

    def having(self, option: str, values: Sequence[str]) -> Entry:
        """Without the option where there are no values."""
        kept = {**dict(self.values), option: tuple(values)}
        return Entry(tuple(sorted((name, given) for name, given in kept.items() if given)))


@dataclass(slots=True, eq=False)
class Configuration:
    """The entries of every table by their keys, in their order; a single object's key is empty."""

    tables: dict[str, dict[str, Entry]] = field(
        default_factory=lambda: {name: {"": Entry()} if each.single else {} for name, each in TABLES.items()}
    )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.objects() == other.objects()

    __hash__ = None  # type: ignore[assignment] # it is altered

    def copy(self) -> Configuration:
        return Configuration({name: dict(entries) for name, entries in self.tables.items()})

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, entries in self.tables.items():
            found.update({f"{name} {key}".strip(): entry for key, entry in entries.items()})
            if TABLES[name].numbered:
                found[f"{name} order"] = tuple(entries)
        return found

    def one(self, table: str, option: str, key: str = "") -> str:
        """A value, or the option's default."""
        entry = self.tables[table].get(key, Entry())
        return next(iter(entry.get(option)), TABLES[table].options[option].default)

    def text(self) -> str:
        return "\n".join(
            line for table, spec in TABLES.items() if not spec.inside for line in self.written(table)
        )

    def written(self, table: str, only: str | None = None) -> Iterator[str]:
        """As ``show`` prints a table, or one of its entries."""
        yield f"config {table}"
        spec = TABLES[table]
        for key, entry in self.tables[table].items():
            if only is not None and key != only:
                continue
            indent = "    " if spec.single else "        "
            if not spec.single:
                yield f"    edit {key}" if spec.numbered else f'    edit "{key}"'
            for name, option in spec.options.items():
                values = entry.get(name)
                if values and values != (option.default,):
                    yield f"{indent}set {name} {' '.join(quoted(option, each) for each in values)}"
            if not spec.single:
                yield "    next"
        for inner, part in TABLES.items():
            if part.inside == table and self.tables[inner]:
                name = inner.removeprefix(f"{table} ")
                yield from (
                    f"    {line}".replace(f"config {inner}", f"config {name}") for line in self.written(inner)
                )
        yield "end"

    def known(self, option: Option, name: str) -> bool:
        """Whether an option may name it: an interface of a policy may be ``any``."""
        if option.tables == ("system interface",) and name == "any":
            return True
        return any(
            name in self.tables.get(table, {}) or name in _BUILT_IN.get(table, ()) for table in option.tables
        )

    def taken(self, option: Option, values: list[str]) -> tuple[str, ...]:
        """The values as they are kept. Raises Rejected."""
        if not values:
            raise Rejected("incomplete command in the end\nCommand fail. Return code -160")
        expected = {"netmask": (1, 2)}.get(option.kind, (1, 1000 if option.many else 1))
        if not expected[0] <= len(values) <= expected[1]:
            raise _unparsed(values[-1])
        match option.kind:
            case "choice" | "choices":
                return tuple(self._chosen(option, each) for each in values)
            case "number":
                if not values[0].isdigit() or not 1 <= int(values[0]) <= 4094:
                    raise _unparsed(values[0], -8)
            case "netmask":
                return _masked("/".join(values))
            case "network6":
                try:
                    return (str(ipaddress.IPv6Interface(values[0])),)
                except ValueError:
                    raise _unparsed(values[0], -8) from None
            case "names":
                for each in values:
                    if not self.known(option, each):
                        raise Rejected(
                            f"entry not found in datasource\n\nvalue parse error before '{each}'\n"
                            "Command fail. Return code -3"
                        )
        return tuple(values)

    def _chosen(self, option: Option, given: str) -> str:
        fits = [each for each in option.choices if each.startswith(given)]
        if given in option.choices:
            return given
        if len(fits) != 1:
            raise _unparsed(given)
        return fits[0]


def _masked(text: str) -> tuple[str, ...]:
    try:
        network = ipaddress.IPv4Interface(text)
    except ValueError:
        raise _unparsed(text.partition("/")[0], -8) from None
    return str(network.ip), str(network.netmask)


def _unparsed(value: str, code: int = -651) -> Rejected:
    return Rejected(f"value parse error before '{value}'\nCommand fail. Return code {code}")


def quoted(option: Option, value: str) -> str:
    return f'"{value}"' if option.quoted else value


def encoded(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return base64.b64encode(hashlib.sha256(b"simulated" + secret.encode()).digest()).decode()
