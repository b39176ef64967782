"""What somebody changed since the cut: told field by field, decided by a person: ours, theirs or stop."""

from __future__ import annotations

from controller.domain.drift import Drift, keeping
from controller.domain.errors import OpenCause
from controller.domain.facts import HoldEnded, Noted
from controller.domain.inventory import PointId
from controller.domain.proof import Outcome, Proof
from controller.engine.execution.running import Services
from controller.engine.holding.watched import Basis, basis_of
from controller.engine.points.holds import HoldBook
from controller.engine.readiness.drifting import find_drift
from tests.fakes.board import Board, Port
from tests.fakes.site import (
    Keys,
    PlainReader,
    Site,
    by_point,
    device,
    documents,
    inventory,
    port,
    segment,
)

A = PointId("a", "p1")


def site() -> Site:
    known = inventory(
        [device("a"), device("b")], [segment("one", [port("a", "p1"), port("a", "p2"), port("b", "p1")])]
    )
    boards = [Board("a", {"p1": Port(), "p2": Port()}), Board("b", {"p1": Port()})]
    return Site(documents(known), boards)


def look(at: Site, *devices: str) -> Drift:
    services = Services(at.clock, at.driver, Keys(), at.prober, at.journal, at.limits)
    reader = PlainReader(at.documents.profiles)

    def basis(run: str) -> Basis:
        return basis_of(at.history, reader, run)

    book = HoldBook(at.history, at.clock)
    return find_drift(at.history, book, services, basis, at.documents.inventory, devices)


def told(found: Drift) -> dict[str, dict[str, tuple[str | None, str | None, str]]]:
    return {
        str(each.point): {one.name: (one.before, one.left, one.now) for one in each.fields if one.differs}
        for each in found.changed
    }


def test_what_is_as_cordon_left_it_is_no_drift() -> None:
    at = site()
    at.cut("one")
    found = look(at)
    assert (found.looked_at, found.changed, found.unread) == (3, (), ())


def test_nothing_held_is_nothing_to_look_at() -> None:
    assert look(site()) == Drift(0, (), ())


def test_what_somebody_changed_is_told_with_what_it_was() -> None:
    at = site()
    at.cut("one")
    at.board("a").ports["p1"].admin = "up"
    assert told(look(at)) == {"a p1": {"admin": ("up", "down", "up")}}


def test_only_the_devices_asked_for_are_read() -> None:
    at = site()
    at.cut("one")
    at.board("a").ports["p1"].admin = "up"
    assert told(look(at, "b")) == {}
    assert look(at, "b").looked_at == 1


def test_looking_changes_nothing_and_puts_nothing_on_record() -> None:
    at = site()
    at.cut("one")
    at.board("a").ports["p1"].admin = "up"
    before, facts = at.configuration(), len(at.journal.facts)
    look(at)
    assert (at.configuration(), len(at.journal.facts)) == (before, facts)


def test_a_device_that_does_not_answer_is_unread_not_unchanged() -> None:
    at = site()
    at.cut("one")
    at.board("a").closed = OpenCause.TIMEOUT
    found = look(at)
    assert [(str(each.point), each.unread) for each in found.unread] == [
        ("a p1", "open.timeout"),
        ("a p2", "open.timeout"),
    ]


# --- decided ------------------------------------------------------------------------------------------


def changed(at: Site) -> None:
    """Somebody gave the port another VLAN and left it shut."""
    at.board("a").ports["p1"].pvid = "77"


def test_without_a_decision_the_restore_stops_there() -> None:
    at = site()
    at.cut("one")
    changed(at)
    ended = at.bring_back("one")
    assert by_point(ended)["a p1"].cause == "drift"
    assert at.board("a").ports["p1"].admin == "down"


def test_ours_brings_back_what_was_before_the_cut() -> None:
    at = site()
    before = at.configuration()
    at.cut("one")
    at.board("a").ports["p1"].admin = "up"
    assert by_point(at.bring_back("one"))["a p1"].cause == "drift"
    at.bring_back("one", accept_drift={"a"})
    assert at.configuration() == before


def test_theirs_stays_as_they_made_it_and_the_rest_returns() -> None:
    at = site()
    at.cut("one")
    changed(at)
    ended = at.bring_back("one", accept_drift={keeping("a")})
    left = by_point(ended)["a p1"]
    assert (left.cause, left.proof, left.outcome) == (
        "kept-theirs",
        Proof.CONFIRMED,
        Outcome.NOT_ATTEMPTED,
    )
    assert (at.board("a").ports["p1"].pvid, at.board("a").ports["p1"].admin) == ("77", "down")
    assert at.board("a").ports["p2"].admin == "up", "what nobody changed returns as any other"
    assert at.board("b").ports["p1"].admin == "up"
    ends = [fact.point for fact in at.journal.facts if isinstance(fact, HoldEnded)]
    assert A in ends
    assert at.history.open_holds() == ()


def test_a_decision_for_one_device_is_none_for_another() -> None:
    at = site()
    at.cut("one")
    changed(at)
    ended = at.bring_back("one", accept_drift={keeping("b")})
    assert by_point(ended)["a p1"].cause == "drift"


def test_the_decision_is_on_record() -> None:
    at = site()
    at.cut("one")
    changed(at)
    run = at.bring_back("one", accept_drift={keeping("a"), "b"}).run
    notes = [fact for fact in at.journal.facts if isinstance(fact, Noted) and fact.subject == run]
    assert [dict(note.data) for note in notes] == [{"drift-decided": "b, keep a"}]
