"""Who is cut together at one point, and what a cut there must spare on their account. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from controller.domain.inventory import Conduit, Inventory, PointId, Port, Segment, Subject


@dataclass(frozen=True, slots=True)
class Company:
    """The subjects cut at one point together, and what follows from who they are. ``kept`` are those kept
    alive, ``through`` what must go on through the point, without what a person lets go; ``more_ipv6``: one of
    them may have IPv6 networks that nobody wrote down."""

    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    kept: frozenset[str]
    through: frozenset[str]
    more_ipv6: bool


class Companies:
    """The companies of an inventory, each worked out once for all its points. ``overrides`` names segments
    kept alive that a person lets go."""

    def __init__(self, inventory: Inventory, overrides: Collection[str]) -> None:
        self._overrides = frozenset(overrides)
        self._owners: dict[Port, set[str]] = defaultdict(set)
        at: dict[PointId, list[Subject]] = defaultdict(list)
        for subject in inventory.subjects():
            for point in subject.points:
                at[point.id].append(subject)
                self._owners[point.port].add(subject.name)
        found: dict[tuple[str, ...], Company] = {}
        self._at: dict[PointId, Company] = {}
        for point_id, subjects in at.items():
            names = tuple([each.name for each in subjects])
            company = found.get(names)
            if company is None:
                company = found[names] = self._company(names, subjects)
            self._at[point_id] = company
        segments, conduits = inventory.segments.values(), inventory.conduits.values()
        self._alive = frozenset(
            {each.name for each in segments if each.keep_alive}.union(*(each.keep_alive for each in conduits))
        )

    def at(self, point: PointId) -> Company:
        """Raises KeyError for a point that is nobody's."""
        return self._at[point]

    def others(self, port: Port, company: Company) -> frozenset[str]:
        """The subjects that have a point on the port and are neither of the company nor let go."""
        return frozenset(self._owners[port].difference(company.names, self._overrides))

    def keeps_alive(self, names: Iterable[str]) -> bool:
        """Whether one of the subjects is kept alive, or is excepted from the cut of a conduit."""
        return not self._alive.isdisjoint(names)

    def _company(self, names: tuple[str, ...], subjects: Sequence[Subject]) -> Company:
        kept = {each.name for each in subjects if isinstance(each, Segment) and each.keep_alive}
        through = {name for each in subjects if isinstance(each, Conduit) for name in each.keep_alive}
        prefixes = (prefix for each in subjects if isinstance(each, Segment) for prefix in each.prefixes)
        return Company(
            names,
            tuple(dict.fromkeys(prefixes)),
            frozenset(kept - self._overrides),
            frozenset(through - self._overrides),
            any(_may_have_more_ipv6(each) for each in subjects),
        )


def _may_have_more_ipv6(subject: Subject) -> bool:
    """Whether nobody wrote down its IPv6 networks, nor that it has none."""
    if not isinstance(subject, Segment) or subject.ipv6_none:
        return False
    return not any(":" in prefix for prefix in subject.prefixes)
