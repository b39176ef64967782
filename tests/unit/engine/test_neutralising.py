"""A revert taken away by the leader: on record before its first byte, and judged by what is read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from controller.domain.errors import InvalidRequest, JournalUnavailable, NotFound
from controller.domain.facts import Fact, Noted
from controller.domain.profile.readiness import ReadinessSpec, RevertKind, RevertSpec
from controller.domain.tags import Tag
from controller.domain.template import Template
from controller.engine.planning.plans import Documents
from tests.fakes.board import PLATFORM, Board, Fault, Port, Strike
from tests.fakes.site import ACTOR, Site, device, documents, inventory, port, segment

UNDO = ("configure", "port timer down", "end")
PENDING = RevertSpec(
    RevertKind.TIMER,
    Template.parse("show port timer"),
    re.compile("admin up"),
    re.compile("admin down"),
    UNDO,
)


def made(spec: RevertSpec = PENDING) -> tuple[Documents, Site, Board]:
    board = Board("acc-1", {"p1": Port(), "timer": Port()})
    written = documents(inventory([device("acc-1")], [segment("lab", [port("acc-1", "p1")])]))
    profile = replace(written.profiles[PLATFORM], readiness=ReadinessSpec(reverts=(spec,)))
    known = replace(written, profiles={PLATFORM: profile})
    return known, Site(known, [board]), board


def notes(site: Site) -> list[tuple[Tag, dict[str, str]]]:
    found: list[tuple[Tag, dict[str, str]]] = []
    site.journal.after = lambda tag, facts: found.extend(
        (tag, dict(fact.data)) for fact in facts if isinstance(fact, Noted)
    )
    return found


def test_the_intent_is_on_record_before_the_first_byte_and_the_end_after_the_read_back() -> None:
    known, site, board = made()
    told = notes(site)
    seen: list[list[str]] = []

    def before(tag: Tag, _facts: Sequence[Fact]) -> None:
        if tag in (Tag.REVERT_INTENDED, Tag.REVERT_SETTLED):
            seen.append(list(board.changes))

    site.journal.before = before
    site.controller.neutralise(known, "acc-1", "asked its owner", ACTOR)
    assert seen == [[], ["port timer down"]]
    assert [tag for tag, _ in told] == [Tag.REVERT_INTENDED, Tag.REVERT_SETTLED]
    assert (told[-1][1]["outcome"], told[-1][1]["proof"]) == ("accepted", "confirmed")
    assert board.received[-1] == "show port timer"
    assert site.driver.still_open == []


@pytest.mark.parametrize(
    ("fault", "outcome", "proof"),
    [
        (Fault.IGNORE, "accepted", "contradicted"),
        (Fault.REFUSE, "rejected", "contradicted"),
        (Fault.DROP, "sent", "unknown"),
    ],
)
def test_only_what_is_read_back_says_that_it_is_gone(fault: Fault, outcome: str, proof: str) -> None:
    known, site, board = made()
    told = notes(site)
    board.strikes.append(Strike(fault, "^port timer down"))
    site.controller.neutralise(known, "acc-1", "x", ACTOR)
    assert (told[-1][1]["outcome"], told[-1][1]["proof"]) == (outcome, proof)


def test_nothing_is_sent_that_could_not_be_recorded() -> None:
    known, site, board = made()

    def refuse(tag: Tag, _facts: Sequence[Fact]) -> None:
        if tag is Tag.REVERT_INTENDED:
            raise JournalUnavailable(home="h", cause="full")

    site.journal.before = refuse
    with pytest.raises(JournalUnavailable):
        site.controller.neutralise(known, "acc-1", "x", ACTOR)
    assert board.changes == []


def test_nothing_pending_or_no_known_way_is_refused_without_a_byte() -> None:
    known, site, board = made()
    board.ports["timer"].admin = "down"
    with pytest.raises(InvalidRequest) as refused:
        site.controller.neutralise(known, "acc-1", "x", ACTOR)
    assert refused.value.reason == "nothing-to-neutralise"
    assert board.changes == []
    known, site, board = made(replace(PENDING, undo=()))
    with pytest.raises(InvalidRequest):
        site.controller.neutralise(known, "acc-1", "x", ACTOR)
    with pytest.raises(NotFound):
        site.controller.neutralise(known, "acc-9", "x", ACTOR)
    assert board.changes == []
