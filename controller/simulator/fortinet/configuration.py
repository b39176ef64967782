"""The configuration of a FortiGate and the text it is written as.

FortiOS Administration Guide, "CLI basics", "Subcommands": a configuration is tables of entries with options,
``edit`` opens an entry, ``set`` gives an option all its values, ``append`` and ``unselect`` one more or one
less; ``show`` does not print defaults. "Virtual Domains": some tables are global, each virtual domain has its
own of the others; interfaces belong to one of them. "Zone": an interface of a zone is none by itself to a
policy.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from controller.simulator.fortinet.tables import BUILT_IN, TABLES, Option
from controller.simulator.grammar import Rejected

ROOT = "root"
"""The virtual domain there always is, and all there is where they are not enabled."""

_CLASS_D = ipaddress.IPv4Address("224.0.0.0")

Entries = dict[str, "Entry"]
"""By their keys, in their order; a single object's key is empty."""


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


def _blank(*, shared: bool) -> dict[str, Entries]:
    spec = {name: each for name, each in TABLES.items() if each.shared is shared}
    return {name: {"": Entry()} if each.single else {} for name, each in spec.items()}


@dataclass(slots=True, eq=False)
class Configuration:
    """``shared``: the global tables; ``vdoms``: each virtual domain's own, in the order of their indices."""

    shared: dict[str, Entries] = field(default_factory=lambda: _blank(shared=True))
    vdoms: dict[str, dict[str, Entries]] = field(default_factory=lambda: {ROOT: _blank(shared=False)})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.objects() == other.objects()

    __hash__ = None  # type: ignore[assignment] # it is altered

    @property
    def divided(self) -> bool:
        """Whether virtual domains are enabled."""
        return self.one("system global", "vdom-mode") == "multi-vdom"

    def copy(self) -> Configuration:
        return Configuration(
            {name: dict(entries) for name, entries in self.shared.items()},
            {
                vdom: {name: dict(entries) for name, entries in tables.items()}
                for vdom, tables in self.vdoms.items()
            },
        )

    def add_vdom(self, name: str) -> None:
        self.vdoms[name] = _blank(shared=False)
        for table in ("firewall address", "firewall address6"):
            self.vdoms[name][table]["all"] = Entry()

    def table(self, name: str, vdom: str = ROOT) -> Entries:
        return self.shared[name] if TABLES[name].shared else self.vdoms[vdom][name]

    def put(self, name: str, entries: Entries, vdom: str = ROOT) -> None:
        (self.shared if TABLES[name].shared else self.vdoms[vdom])[name] = entries

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {f"vdom {vdom}": True for vdom in self.vdoms}
        scopes = [("", self.shared), *((vdom, tables) for vdom, tables in self.vdoms.items())]
        for scope, tables in scopes:
            of = f"{scope}: " if scope not in ("", ROOT) else ""
            for name, entries in tables.items():
                found.update({f"{of}{name} {key}".strip(): entry for key, entry in entries.items()})
                if TABLES[name].numbered:
                    found[f"{of}{name} order"] = tuple(entries)
        return found

    def one(self, table: str, option: str, key: str = "", vdom: str = ROOT) -> str:
        """A value, or the option's default."""
        entry = self.table(table, vdom).get(key, Entry())
        return next(iter(entry.get(option)), TABLES[table].options[option].default)

    def text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        outer = [name for name, spec in TABLES.items() if not spec.inside]
        if not self.divided:
            for table in outer:
                yield from self.written(table)
            return
        yield from ("config vdom", *(line for vdom in self.vdoms for line in (f"edit {vdom}", "next")), "end")
        yield "config global"
        for table in outer:
            if TABLES[table].shared:
                yield from self.written(table)
        yield "end"
        for vdom in self.vdoms:
            yield from ("config vdom", f"edit {vdom}")
            for table in outer:
                if not TABLES[table].shared:
                    yield from self.written(table, vdom=vdom)
            yield "end"

    def written(self, table: str, only: str | None = None, vdom: str = ROOT) -> Iterator[str]:
        """As ``show`` prints a table, or one of its entries."""
        yield f"config {table}"
        spec = TABLES[table]
        for key, entry in self.table(table, vdom).items():
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
            if part.inside == table and self.table(inner, vdom):
                name = inner.removeprefix(f"{table} ")
                yield from (
                    f"    {line}".replace(f"config {inner}", f"config {name}")
                    for line in self.written(inner, vdom=vdom)
                )
        yield "end"

    def known(self, option: Option, name: str, vdom: str) -> bool:
        """Whether an option may name it: an interface of a policy may be ``any``, and is none of a zone's."""
        ends = "system zone" in option.tables
        if ends and name == "any":
            return True
        if ends and any(name in zone.get("interface") for zone in self.table("system zone", vdom).values()):
            return False
        if option.tables == ("vdom",):
            return name in self.vdoms
        return any(
            name in (self._here(table, vdom) if table in TABLES else BUILT_IN.get(table, ()))
            for table in option.tables
        )

    def _here(self, table: str, vdom: str) -> Entries:
        """Of the interfaces, those that belong to the virtual domain."""
        entries = self.table(table, vdom)
        if table != "system interface" or not vdom or not self.divided:
            return entries
        return {name: entry for name, entry in entries.items() if entry.get("vdom") == (vdom,)}

    def taken(self, option: Option, values: list[str], vdom: str) -> tuple[str, ...]:
        """The values as they are kept. Raises Rejected."""
        if not values:
            raise Rejected("\nincomplete command in the end\nCommand fail. Return code -160")
        expected = {"netmask": (1, 2), "ip": (1, 2)}.get(option.kind, (1, 1000 if option.many else 1))
        if not expected[0] <= len(values) <= expected[1]:
            raise _unparsed(values[-1])
        match option.kind:
            case "choice" | "choices":
                return tuple(self._chosen(option, each) for each in values)
            case "number":
                if not values[0].isdigit() or not 1 <= int(values[0]) <= 4094:
                    raise _unparsed(values[0], -8)
            case "ip" | "netmask":
                return _masked("/".join(values), own=option.kind == "ip")
            case "network6":
                try:
                    return (str(ipaddress.IPv6Interface(values[0])),)
                except ValueError:
                    raise _unparsed(values[0], -8) from None
            case "names":
                for each in values:
                    if not self.known(option, each, vdom):
                        raise _unparsed(each, -3, "entry not found in datasource")
        return tuple(values)

    def _chosen(self, option: Option, given: str) -> str:
        fits = [each for each in option.choices if each.startswith(given)]
        if given in option.choices:
            return given
        if len(fits) != 1:
            raise _unparsed(given)
        return fits[0]


def _masked(text: str, *, own: bool) -> tuple[str, ...]:
    """Address and mask. ``own``: an address the device itself may have."""
    try:
        network = ipaddress.IPv4Interface(text)
    except ValueError:
        raise _unparsed(text.partition("/")[0], -8) from None
    if own and network.ip >= _CLASS_D:
        raise _unparsed(text, -8, "ip address must be a class A, B, or C ip")
    return str(network.ip), str(network.netmask)


def _unparsed(value: str, code: int = -651, reason: str = "") -> Rejected:
    """Behind the reason, or none, an empty line."""
    said = f"{reason}\n\n" if reason else "\n"
    return Rejected(f"{said}value parse error before '{value}'\nCommand fail. Return code {code}")


def quoted(option: Option, value: str) -> str:
    return f'"{value}"' if option.quoted else value


def encoded(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return base64.b64encode(hashlib.sha256(b"simulated" + secret.encode()).digest()).decode()
