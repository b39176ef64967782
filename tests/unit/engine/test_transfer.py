"""Holds that outlive their points: device replaced, ports renamed, segment rebuilt elsewhere. At no moment
is a segment connected over a point that was cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from controller.domain.errors import InvalidRequest, NotFound, OpenCause, Refused
from controller.domain.facts import Attested, Fact, HoldEnded, Text
from controller.domain.hold import Ending
from controller.domain.inventory import Method, Point
from controller.domain.lifecycle import RunState
from controller.domain.tags import Tag
from controller.engine.events import RunEnded
from controller.engine.holding.situation import situation
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.transfer import Transfer, plan_transfer
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import ACTOR, Site, device, documents, inventory, playbook, port, segment, stage


def known(clinic: Sequence[Point], devices: Iterable[str] = ("a", "b")) -> Documents:
    """``clinic`` has these points, ``office`` b's second; level 3 cuts the clinic's VLAN, level 5 all."""
    subjects = [segment("clinic", clinic, 1), segment("office", [port("b", "p2")], 2)]
    books = [
        playbook("three", stage("clinic", methods=[Method.VLAN]), level=3),
        playbook("five", stage(attributes={"keep_alive": ("false",)}), level=5),
    ]
    return documents(inventory([device(each) for each in devices], subjects), books)


BEFORE = known([port("a", "p1"), port("a", "p2")])
RENAMED = known([port("a", "n1"), port("a", "n2")])
REPLACED = known([port("c", "p1"), port("c", "p2")], ("b", "c"))


def house() -> Site:
    """``a`` has its ports under both names, ``c`` is to replace it. The second port was shut beforehand."""
    shut = Port(admin="down")
    boards = [
        Board("a", {"p1": Port(), "p2": shut, "n1": Port(), "n2": Port()}),
        Board("b", {"p1": Port(), "p2": Port()}),
        Board("c", {"p1": Port(), "p2": Port()}),
    ]
    return Site(BEFORE, boards)


def move(site: Site, wanted: Transfer, documents: Documents) -> tuple[RunEnded, ...]:
    site.restart(documents)
    found = plan_transfer(documents, site.controller._book, site.history, wanted)  # noqa: SLF001 - as a face plans
    hashes = [each.plan.hash for each in found]
    return site.controller.transfer(wanted, hashes, "replaced", ACTOR, site.events.append)


def held(site: Site) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for hold in site.history.open_holds():
        found.setdefault(str(hold.key.point), set()).add(hold.key.subject)
    return found


RENAME = Transfer("a", "a", (("p1", "n1"), ("p2", "n2")))
REPLACE = Transfer("a", "c")


@pytest.mark.parametrize(("wanted", "now", "to"), [(RENAME, RENAMED, "a n"), (REPLACE, REPLACED, "c p")])
def test_what_was_held_is_held_at_the_new_points_and_returns_to_its_old_state(
    wanted: Transfer, now: Documents, to: str
) -> None:
    site = house()
    site.cut(level=5)
    since = situation(BEFORE.inventory, site.history, site.clock.now()).since
    site.clock.pause(3600)
    [ended] = move(site, wanted, now)
    assert ended.state is RunState.FINISHED
    assert held(site) == {f"{to}1": {"clinic"}, f"{to}2": {"clinic"}, "b p2": {"office"}}
    ends = [fact.ending for fact in site.facts(HoldEnded) if isinstance(fact, HoldEnded)]
    assert ends == [Ending.TRANSFER] * 2
    found = situation(now.inventory, site.history, site.clock.now())
    assert (found.since, found.level) == (since, 5)
    assert site.bring_back(level=5).state is RunState.FINISHED
    board = site.board(to[0])
    assert (board.ports[f"{to[2]}1"].admin, board.ports[f"{to[2]}2"].admin) == ("up", "down")
    assert held(site) == {}


def test_the_old_hold_ends_after_the_new_point_was_read_to_be_cut() -> None:
    site = house()
    site.cut("clinic")
    broken: list[str] = []

    def after(_tag: Tag, facts: Sequence[Fact]) -> None:
        ended = (fact.point for fact in facts if isinstance(fact, HoldEnded))
        broken.extend(str(each) for each in ended if site.board("c").ports[each.object].admin != "down")

    site.journal.after = after
    move(site, REPLACE, REPLACED)
    assert broken == []
    assert set(held(site)) == {"c p1", "c p2"}


@pytest.mark.parametrize("ill", [Strike(Fault.IGNORE, "port"), Strike(Fault.REFUSE, "port")])
def test_a_new_point_that_is_not_cut_takes_over_nothing(ill: Strike) -> None:
    site = house()
    site.cut("clinic")
    site.board("c").strikes.append(ill)
    move(site, REPLACE, REPLACED)
    assert {"a p1", "a p2"} <= set(held(site))
    site.board("c").strikes.clear()
    move(site, REPLACE, REPLACED)
    assert set(held(site)) == {"c p1", "c p2"}


def test_a_device_that_does_not_answer_takes_over_nothing_and_may_be_tried_again() -> None:
    site = house()
    site.cut("clinic")
    site.board("c").closed = OpenCause.UNREACHABLE
    move(site, REPLACE, REPLACED)
    assert {"a p1", "a p2"} <= set(held(site))
    site.board("c").closed = None
    move(site, REPLACE, REPLACED)
    assert set(held(site)) == {"c p1", "c p2"}
    assert site.bring_back(everything=True).state is RunState.FINISHED
    assert site.board("c").ports["p1"].admin == "up"


def test_each_level_returns_what_it_cut() -> None:
    site = house()
    site.cut(level=3)
    site.cut(level=5)
    assert len(move(site, REPLACE, REPLACED)) == 2
    assert site.bring_back(level=3).state is RunState.FINISHED
    assert site.board("c").ports["p1"].pvid == "999"
    assert set(held(site)) == {"c p1", "c p2", "b p2"}
    site.bring_back(level=5)
    assert (site.board("c").ports["p1"].pvid, held(site)) == ("10", {})


def test_a_leader_that_dies_between_the_two_goes_on_where_it_was() -> None:
    site = house()
    site.cut("clinic")

    def before(tag: Tag, _facts: Sequence[Fact]) -> None:
        if tag is Tag.HOLD_ENDED:
            site.journal.before = lambda _tag, _facts: None
            raise KeyboardInterrupt

    site.journal.before = before
    with pytest.raises(KeyboardInterrupt):
        move(site, REPLACE, REPLACED)
    assert {"a p1", "c p1"} <= set(held(site))
    move(site, REPLACE, REPLACED)
    assert set(held(site)) == {"c p1", "c p2"}


def test_where_a_person_says_so_it_returns_to_what_was_found_at_the_new_point() -> None:
    site = house()
    site.cut("clinic")
    site.board("c").ports["p1"].pvid = "30"
    site.board("c").ports["p2"].admin = "down"
    move(site, Transfer("a", "c", as_found=True), REPLACED)
    assert set(held(site)) == {"c p1", "c p2"}
    assert site.bring_back(everything=True).state is RunState.FINISHED
    ports = site.board("c").ports
    assert [(each.admin, each.pvid) for each in ports.values()] == [("up", "30"), ("down", "10")]


def test_what_was_stated_before_the_move_still_counts() -> None:
    site = house()
    site.cut("clinic")
    said = Attested("1", "clinic", "clean", "user:1", True, "", "", Text(""))
    site.journal.commit(Tag.ATTESTATION_GIVEN, [said], ACTOR)
    move(site, REPLACE, REPLACED)
    assert [each.since_cut for each in site.history.statements("clinic").words] == [True]
    site.cut("clinic")
    assert [each.since_cut for each in site.history.statements("clinic").words] == [False]


@pytest.mark.parametrize(
    ("wanted", "now", "code"),
    [
        (REPLACE, BEFORE, "old-point-still-listed"),
        (REPLACE, RENAMED, "new-point-not-listed"),
        (RENAME, known([port("a", "p1"), port("a", "n1")]), "old-point-still-listed"),
    ],
)
def test_only_what_the_new_inventory_says(wanted: Transfer, now: Documents, code: str) -> None:
    site = house()
    site.cut("clinic")
    before = site.configuration()
    with pytest.raises(Refused) as caught:
        move(site, wanted, now)
    assert code in {each.code for each in caught.value.hazards}
    assert (site.configuration(), set(held(site))) == (before, {"a p1", "a p2"})


def test_what_is_not_held_does_not_move() -> None:
    site = house()
    with pytest.raises(NotFound):
        move(site, REPLACE, REPLACED)
    site.cut("clinic")
    with pytest.raises(NotFound):
        move(site, Transfer("a", "a", (("p9", "n1"),)), RENAMED)


def test_other_plans_than_those_shown_are_not_carried_out() -> None:
    site = house()
    site.cut("clinic")
    site.restart(REPLACED)
    with pytest.raises(Refused):
        site.controller.transfer(REPLACE, ["0" * 64], "", ACTOR, site.events.append)
    assert set(held(site)) == {"a p1", "a p2"}


# --- rebuilt elsewhere ------------------------------------------------------------------------------------


def test_nobody_retires_a_hold_alone_or_one_whose_point_is_still_listed() -> None:
    site = house()
    site.cut("clinic")
    asked = Return(subjects=("clinic",), retire=True)
    with pytest.raises(Refused) as caught:
        site.bring_back("clinic", retire=True)
    assert {each.code for each in caught.value.hazards} == {"old-point-still-listed"}
    site.restart(REPLACED)
    plan = site.controller.plan_return(asked)
    with pytest.raises(InvalidRequest) as alone:
        site.controller.restore(asked, plan.hash, "rebuilt", ACTOR, site.events.append)
    assert alone.value.reason == "account-needed"
    assert set(held(site)) == {"a p1", "a p2"}
