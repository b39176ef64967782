"""One kind of point: how its state is read, and by which methods it is cut, limited and restored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from types import MappingProxyType

from controller.domain.inventory import Method, PointKind
from controller.domain.profile.reading import Condition, CounterSpec, Each, Family, Read, RegexParse
from controller.domain.template import Template


@dataclass(frozen=True, slots=True)
class Line:
    """One command. With ``each`` it is repeated per prefix, and vanishes where there are none."""

    send: Template
    each: Each | None = None


@dataclass(frozen=True, slots=True)
class RestoreClause:
    """``send`` where the baseline satisfies ``when``; of a cut, what was read right before it."""

    send: tuple[Line, ...]
    when: Condition = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """How a cut point comes back for some networks alone. ``send`` writes what is let through and denies the
    rest, before the cut is taken away; ``limited`` is what that looks like, beside the baseline; ``lift``
    takes it away once nothing of it is wanted. A cut needs none of that: it comes first on the device."""

    send: tuple[Line, ...]
    limited: Condition
    lift: tuple[RestoreClause, ...]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """``isolated`` is what *confirmed* means. ``spares_keep_alive``: traffic of the conduit's kept
    segments goes on through the cut point. ``limit``: None where the method knows all or nothing.
    ``cases``: in place of ``isolate`` where the lines depend on the state; the first that fits it is sent.
    ``fixed``: ``isolated`` as values, where it names nothing of the point."""

    isolate: tuple[Line, ...]
    isolated: Condition
    restore: tuple[RestoreClause, ...]
    spares_keep_alive: bool = False
    limit: LimitSpec | None = None
    cases: tuple[RestoreClause, ...] = ()
    fixed: Mapping[str, tuple[str, ...]] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The same at every point of a large plan: filled in once.
        alike = not any(wanted.names for options in self.isolated.values() for wanted in options)
        fixed = {name: tuple(map(str, options)) for name, options in self.isolated.items()}
        object.__setattr__(self, "fixed", fixed if alike else None)

    @property
    def ways(self) -> tuple[RestoreClause, ...]:
        """What cuts: its cases, or the one for every state."""
        return self.cases or (RestoreClause(self.isolate),)


@dataclass(frozen=True, slots=True)
class PointSpec:
    """``counters``: what a tripwire may count there, by name. ``object``: what the object of such a point
    looks like as a whole, None where any will do; what its groups hold are names that templates may use,
    before settings of the same name (``interface`` is then that part of it)."""

    kind: PointKind
    reads: tuple[Read, ...]
    config: tuple[str, ...]
    observed: tuple[str, ...]
    methods: Mapping[Method, MethodSpec]
    tagged: bool = False
    counters: Mapping[str, CounterSpec] = field(default_factory=lambda: MappingProxyType({}))
    object: re.Pattern[str] | None = None
    per_ipv6_network: frozenset[str] = field(init=False, repr=False, compare=False)
    """The fields that tell of each IPv6 network cut there."""

    def __post_init__(self) -> None:
        parses = (parse for read in self.reads for parse in read.parse if isinstance(parse, RegexParse))
        fields = (
            name
            for parse in parses
            if parse.each is Each.PREFIX6
            for name in (*parse.matched, *parse.otherwise)
        )
        object.__setattr__(self, "per_ipv6_network", frozenset(fields))

    @property
    def fields(self) -> tuple[str, ...]:
        return self.config + self.observed

    def named(self, name: str) -> Mapping[str, str] | None:
        """What an object's name says beside being one; None where no such point has that name."""
        if self.object is None:
            return {}
        found = self.object.fullmatch(name)
        return found and {key: value for key, value in found.groupdict().items() if value is not None}

    def reading(self, name: str) -> PointSpec:
        """With the reads that an object of that name has."""
        if all(read.family is None for read in self.reads):
            return self
        try:
            own = Family(f"ipv{ip_address(name).version}")
        except ValueError:
            own = None
        return replace(self, reads=tuple(read for read in self.reads if read.family in (None, own)))

    @property
    def limiting(self) -> tuple[Method, LimitSpec] | None:
        """The method by which such a point comes back for some networks alone, if any does."""
        found = ((method, spec.limit) for method, spec in self.methods.items() if spec.limit is not None)
        return next(found, None)
