"""What a restore brought back is cut again by its wave, also while the restore goes on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.lifecycle import RunState
from controller.engine.events import RunEnded
from controller.engine.planning.recut import brought_back
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, device, documents, inventory, port, segment


def site_of_two() -> Site:
    known = inventory(
        [device("a"), device("b")],
        [segment("one", [port("a", "p1"), port("a", "p2")], 1), segment("two", [port("b", "p1")], 2)],
    )
    return Site(documents(known), [Board("a", {"p1": Port(), "p2": Port()}), Board("b", {"p1": Port()})])


def down(site: Site) -> set[str]:
    every = ((board, name, each) for board in "ab" for name, each in site.board(board).ports.items())
    return {f"{board} {name}" for board, name, each in every if each.admin == "down"}


def test_a_wave_is_named_by_its_number_and_its_run() -> None:
    site = site_of_two()
    with pytest.raises(NotFound):
        brought_back(site.history)
    cut = site.cut("one", "two").run
    first = site.bring_back("one").run
    site.cut("one")
    both = site.bring_back(everything=True).run
    assert [brought_back(site.history, wave=each) for each in (1, 2, None)] == [
        ("one",),
        ("two",),
        ("one", "two"),
    ]
    assert brought_back(site.history, first) == ("one",)
    assert brought_back(site.history, both, 2) == ("two",)
    for run, wave in ((cut, None), (both, 3), (both, 0)):
        with pytest.raises(InvalidRequest):
            brought_back(site.history, run, wave)
    site.cut(*brought_back(site.history, both, 1))
    assert down(site) == {"a p1", "a p2"}


def test_in_the_middle_of_the_restore_the_cut_wins() -> None:
    site = site_of_two()
    site.cut("one", "two")
    done: list[Future[RunEnded]] = []
    with ThreadPoolExecutor(1) as pool:

        def at_line(board: Board, line: str) -> None:
            if board.name == "b" and line == "configure" and not done:
                done.append(pool.submit(lambda: site.cut(*brought_back(site.history, wave=1))))
                done[0].result(20)

        site.driver.at_line = at_line
        ended = site.bring_back(everything=True)
    assert (ended.state, ended.cause) == (RunState.STOPPED, "cut-under-way")
    assert done[0].result().state is RunState.FINISHED
    assert {"a p1", "a p2"} <= down(site)
    held = {hold.key.subject for hold in site.history.open_holds()}
    assert "one" in held
