"""What a change of documents would change: names that come, go or differ, and what a cut would do then."""

from __future__ import annotations

from dataclasses import dataclass

from controller.api.models.plans import difference
from controller.domain.plan import Hazard, Plan
from controller.domain.playbook import Playbook
from controller.text import Catalogue
from controller.web.telling import hazards_told

NAMED = 12
"""Names of one kind of change; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """``what``: of which kind, as ``inventory.<what>``; ``more``: names that are only counted."""

    what: str
    count: int
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What one playbook would do otherwise; ``level`` is 0 where it is none. ``points``: before and after.
    ``hazards``: said only then, each with whether it refuses; ``gone``: said no longer."""

    name: str
    level: int
    title: str
    before: int
    after: int
    changes: tuple[Change, ...]
    hazards: tuple[tuple[str, bool], ...]
    gone: tuple[tuple[str, bool], ...]


def changes_named(*kinds: tuple[str, list[str]]) -> tuple[Change, ...]:
    """Of those kinds that have any."""
    return tuple(
        Change(what, len(names), tuple(names[:NAMED]), max(0, len(names) - NAMED))
        for what, names in kinds
        if names
    )


def plan_change(playbook: Playbook, old: Plan, new: Plan, words: Catalogue) -> PlanChange:
    """``playbook``: as it would be."""
    found = difference(old, new, words)
    changes = changes_named(
        *(
            (what, [f"{each.device} {each.object}" for each in points])
            for what, points in (
                ("added", found.added),
                ("removed", found.removed),
                ("changed", found.changed),
            )
        )
    )
    return PlanChange(
        name=playbook.name,
        level=playbook.level or 0,
        title=words.pick(playbook.title),
        before=sum(1 for _ in old.steps()),
        after=sum(1 for _ in new.steps()),
        changes=changes,
        hazards=hazards_told(_beyond(new, old), words),
        gone=hazards_told(_beyond(old, new), words),
    )


def _beyond(one: Plan, other: Plan) -> tuple[Hazard, ...]:
    known = {(each.code, each.culprit) for each in other.hazards}
    return tuple(each for each in one.hazards if (each.code, each.culprit) not in known)
