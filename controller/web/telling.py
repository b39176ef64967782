"""What several pages say alike: times, names, hazards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from controller.domain.errors import CordonError
from controller.domain.facts import SYSTEM
from controller.domain.inventory import Inventory, Subject
from controller.domain.plan import Hazard, Severity
from controller.engine.holding.watched import RUN as WATCH
from controller.text import Catalogue
from controller.text.sentences import hazard_text, hazards_by_kind
from controller.web.pages import clock_time, day_time
from controller.web.visits import Visit

HASH_SHOWN = 12
_ITSELF = "Cordon"

_TYPED = frozenset({"keep-alive-on-point"})
"""Hazards whose names are typed in a command."""

_NAMES = re.compile(r"(?<![\w./-])[\w.-]+(?![\w./-])")
_QUOTED = re.compile("(?<=“)[^”]+(?=”)|(?<=«\N{NO-BREAK SPACE})[^»]+(?=\N{NO-BREAK SPACE}»)")


def title_of(subject: Subject | None, name: str, words: Catalogue) -> str:
    return (words.pick(subject.title) if subject else "") or name


def asked_for(playbook: str, inventory: Inventory, words: Catalogue) -> str:
    """What others are to consent to. The part of a return that waits for it bears the subject's name behind
    the playbook's."""
    _, apart, name = playbook.partition(": ")
    return (
        words.text("to-do.return-of", title=title_of(inventory.subject(name), name, words))
        if apart
        else playbook
    )


def when(then: datetime, now: datetime) -> str:
    """The time alone on the same day."""
    same = then.astimezone().date() == now.astimezone().date()
    return clock_time(then) if same else day_time(then)


def joined(names: Iterable[str], words: Catalogue) -> str:
    """``A, B and C``."""
    every = list(names)
    if len(every) < 2:
        return "".join(every)
    return ", ".join(every[:-1]) + words.text("list.and") + every[-1]


def hazard_told(hazard: Hazard, words: Catalogue, inventory: Inventory | None) -> str:
    """With the titles of the segments and conduits it is about; commands to type keep their names, and so
    does everything for who edits the documents (None)."""
    if inventory is None:
        return hazard_text(hazard, words)

    def titled(found: re.Match[str]) -> str:
        name = found[0]
        subject = None if name.isdigit() or name in inventory.devices else inventory.subject(name)
        return title_of(subject, name, words)

    if hazard.code not in _TYPED:
        data = tuple((key, _NAMES.sub(titled, value)) for key, value in hazard.data)
        hazard = replace(hazard, data=data)
    return _QUOTED.sub(titled, hazard_text(hazard, words))


def hazards_told(
    hazards: Iterable[Hazard], words: Catalogue, inventory: Inventory | None = None
) -> tuple[tuple[str, bool], ...]:
    """Each with whether it refuses; many of one kind are cut short."""
    told: list[tuple[str, bool]] = []
    for shown, more in hazards_by_kind(hazards):
        rest = f" {words.text('web.alike', count=more)}" if more else ""
        for each in shown:
            last = rest if each is shown[-1] else ""
            told.append((hazard_told(each, words, inventory) + last, each.severity is Severity.REFUSE))
    return tuple(told)


def same_name(typed: str, name: str) -> bool:
    """Case, accents' encoding and outer spaces do not matter at 3 in the morning."""
    return _folded(typed) == _folded(name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def names_of(visit: Visit) -> dict[str, str]:
    """Persons by id; nothing where accounts cannot be read: then an id stays an id."""
    try:
        users = visit.service.users.users()
    except CordonError:
        users = ()
    return {SYSTEM.id: _ITSELF, **{each.id: each.name for each in users}}


def run_told(run: str | None) -> str:
    """The run a line of the log tells of, where it has a page: the watch over held points has none."""
    return "" if run is None or run == WATCH else run


def actor_told(actor: str) -> str:
    """Who it was, as a line of the log says it: what nobody did, Cordon did."""
    return _ITSELF if actor == SYSTEM.id else actor
