"""What a plan costs, in words: what it cuts, what stays, what fails with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.domain.inventory import Inventory, Subject
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.text.catalogue import Catalogue
from controller.text.times import duration


def subjects_of(plan: Plan, inventory: Inventory) -> tuple[str, ...]:
    """Names of what the plan cuts or brings back, in the inventory's order; names it no longer knows last."""
    named = dict.fromkeys(name for _, _, step in plan.steps() for name in step.subjects)
    if plan.action is Action.RESTORE:
        named = dict.fromkeys(plan.brought_back)
    known = [subject.name for subject in inventory.subjects() if subject.name in named]
    return (*known, *(name for name in named if inventory.subject(name) is None))


def title(subject: Subject | None, name: str, words: Catalogue) -> str:
    """``Urgences (emergency)``; the bare name where there is no other."""
    shown = words.pick(subject.title) if subject else ""
    return f"{shown} ({name})" if shown and shown != name else name


def kept_through(names: Sequence[str], inventory: Inventory, words: Catalogue) -> Iterator[str]:
    for name in names:
        conduit = inventory.conduits.get(name)
        if conduit and conduit.keep_alive:
            through = ", ".join(conduit.keep_alive)
            yield words.text("cost.kept-through", conduit=title(conduit, name, words), subjects=through)


def dying(names: Sequence[str], inventory: Inventory, words: Catalogue) -> Iterator[str]:
    """Segments that stay connected but live on something cut."""
    for segment in inventory.segments.values():
        for need in segment.needs:
            if segment.name in names or need.segment not in names:
                continue
            shown = title(segment, segment.name, words)
            if need.dies_after is None:
                yield words.text("cost.dies-now", segment=shown, need=need.segment)
            else:
                after = duration(words, need.dies_after)
                yield words.text("cost.dies-later", segment=shown, need=need.segment, duration=after)
