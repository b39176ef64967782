"""The way from a restore to the cut of what it was to bring back: one press away."""

from __future__ import annotations

from urllib.parse import urlencode

from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.engine.planning.recut import brings_back, brought_back_by
from controller.text import Catalogue
from controller.web.telling import joined, title_of


def ways_to_cut_again(plan: Plan, inventory: Inventory, words: Catalogue) -> list[tuple[str, str]]:
    """What the link says and where it leads: all of it, then wave by wave where there are several. None for
    what brings nothing back."""
    if not brings_back(plan):
        return []
    waves: list[int | None] = [None]
    if len(plan.waves) > 1:
        waves.extend(range(1, len(plan.waves) + 1))
    found = []
    for wave in waves:
        subjects = [name for name in brought_back_by(plan, wave) if inventory.subject(name) is not None]
        titles = joined((title_of(inventory.subject(name), name, words) for name in subjects), words)
        code = "run-page.again-all" if wave is None else "run-page.again-wave"
        address = f"/isolate?{urlencode([('subjects', name) for name in subjects])}#confirm"
        if subjects:
            found.append((words.text(code, wave=wave, subjects=titles), address))
    return found
