"""The configuration of an SNS firewall: what its configuration files hold, section by section.

CLI Serverd Commands Reference Guide (v4), "CONFIG NETWORK INTERFACE SHOW" (``[ethernet0]``, ``Name``,
``State``), "CONFIG NETWORK INTERFACE AGGREGATE" (``Agg``), "CONFIG FILTER RULE UPDATE" (what a rule has),
"CONFIG IPSEC POLICY GATEWAY UPDATE", "CONFIG SLOT STATE" (ten slots of rules, of which one is active).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

Values = tuple[tuple[str, str], ...]

MODULES: Mapping[str, tuple[str, ...]] = {
    "NETWORK": ("interfaces",),
    "OBJECT": ("networks",),
    "FILTER": ("filters", "slots"),
    "IPSEC": ("gateways",),
    "SSH": ("settings",),
    "HA": ("settings",),
}
"""What each ``ACTIVATE`` puts in force."""


@dataclass(frozen=True, slots=True)
class Section:
    """``values`` in the order they were first set."""

    values: Values = ()

    @classmethod
    def of(cls, **values: str) -> Section:
        return cls(tuple(values.items()))

    def get(self, key: str, default: str = "") -> str:
        return dict(self.values).get(key, default)

    def having(self, values: Mapping[str, str]) -> Section:
        return Section(tuple({**dict(self.values), **values}.items()))


@dataclass(slots=True)
class Configuration:
    """``filters`` and ``gateways``: the rules of each slot in their order. ``slots``: the active one of
    ``filter`` and ``vpn``."""

    settings: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    interfaces: dict[str, Section] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=lambda: {"filter": 1, "vpn": 1})
    filters: dict[int, tuple[Section, ...]] = field(default_factory=dict)
    gateways: dict[int, tuple[Section, ...]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.objects() == other.objects()

    __hash__ = None  # type: ignore[assignment] # it is altered

    def copy(self) -> Configuration:
        return Configuration(*(dict(getattr(self, each.name)) for each in fields(self)))

    def objects(self) -> dict[str, object]:
        return {
            f"{each.name} {key}": value
            for each in fields(self)
            for key, value in getattr(self, each.name).items()
        }

    def taking(self, other: Configuration, module: str) -> Configuration:
        """With what belongs to a module as ``other`` has it."""
        taken = self.copy()
        for name in MODULES[module]:
            setattr(taken, name, dict(getattr(other, name)))
        return taken

    def rules(self, kind: str) -> dict[int, tuple[Section, ...]]:
        return self.filters if kind == "filter" else self.gateways

    def text(self) -> str:
        lines = ["[Config]", *(f"{key}={value}" for key, value in self.settings.items())]
        lines += [f"user={name} {secret}" for name, secret in self.users.items()]
        for name, section in self.interfaces.items():
            lines += [f"[{name}]", *(f"{key}={value}" for key, value in section.values)]
        lines += ["[Object]", *(f"{name}={network}" for name, network in self.networks.items())]
        lines += [f"active {kind}={number}" for kind, number in self.slots.items()]
        for kind in ("filter", "vpn"):
            for number, rules in sorted(self.rules(kind).items()):
                lines.append(f"[{kind} {number:02}]")
                lines += [" ".join(f'{key}="{value}"' for key, value in rule.values) for rule in rules]
        return "\n".join(lines)


def digest(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return "$5$" + hashlib.sha256(b"simulated" + secret.encode()).hexdigest()[:40]
