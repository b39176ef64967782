"""A cut and its return on devices that behave."""

from __future__ import annotations

from controller.domain.hold import Attribution
from controller.domain.lifecycle import RunState
from controller.domain.proof import Outcome, Proof
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, by_point, device, documents, inventory, playbook, port, segment, stage


def small_site() -> Site:
    """Two switches; segments one (both), two (the second), and a port of segment one shut beforehand."""
    known = inventory(
        [device("a"), device("b")],
        [
            segment("one", [port("a", "p1"), port("a", "p2"), port("b", "p1")], priority=1),
            segment("two", [port("b", "p2")], priority=2),
        ],
    )
    books = [playbook("level-1", stage("one"), level=1), playbook("level-5", stage(), level=5)]
    boards = [Board(name, {"p1": Port(), "p2": Port()}) for name in ("a", "b")]
    return Site(documents(known, books), boards)


def test_a_cut_is_confirmed_and_its_return_is_exact() -> None:
    site = small_site()
    site.board("a").ports["p2"].admin = "down"
    before = site.configuration()
    ended = site.cut("one", "two")
    assert ended.state is RunState.FINISHED
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert [port.admin for name in "ab" for port in site.board(name).ports.values()] == ["down"] * 4
    already = by_point(ended)["a p2"]
    assert (already.outcome, already.cause) == (Outcome.NOT_ATTEMPTED, "already-cut")
    assert {hold.key.point.object: hold.attribution for hold in site.history.open_holds()}[
        "p2"
    ] is not Attribution.ASSUMED
    back = site.bring_back(everything=True)
    assert back.state is RunState.FINISHED
    assert site.configuration() == before
    assert site.history.open_holds() == ()
    assert not site.driver.still_open
