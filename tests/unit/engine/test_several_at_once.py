"""Several people act at once, with real threads: the cut wins, everywhere, and nobody waits for the sick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from controller.domain.errors import JournalUnavailable
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.events import Event, RunEnded, RunStarted
from controller.engine.execution.crew import PATIENCE
from controller.engine.execution.running import Limits
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import (
    ACTOR,
    Site,
    by_point,
    device,
    documents,
    inventory,
    playbook,
    port,
    segment,
    stage,
)

T = TypeVar("T")
LONG = 20.0
"""Seconds until a test that should have gone on is given up."""


class Meeting:
    """A place in one thread where another finds it waiting."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._free = threading.Event()

    def wait_here(self) -> None:
        self._reached.set()
        assert self._free.wait(LONG)

    def reached(self) -> None:
        assert self._reached.wait(LONG)

    def go_on(self) -> None:
        self._free.set()


def at_once(act: Callable[[], T]) -> Future[T]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(act)
    pool.shutdown(wait=False)
    return future


def three_switches() -> Site:
    names = ("a", "b", "c")
    known = inventory(
        [device(name) for name in names],
        [segment("one", [port(name, "p1") for name in names]), segment("two", [port("c", "p2")])],
    )
    books = [playbook("level-1", stage("one"), level=1), playbook("level-5", stage(), level=5)]
    boards = [Board(name, {"p1": Port(), "p2": Port()}) for name in names]
    return Site(documents(known, books), boards)


def stop_once(site: Site, board: str, line: str) -> Meeting:
    """The next time ``line`` reaches ``board``, its session waits."""
    meeting, met = Meeting(), threading.Event()

    def at_line(at: Board, text: str) -> None:
        if at.name == board and text == line and not met.is_set():
            met.set()
            meeting.wait_here()

    site.driver.at_line = at_line
    return meeting


def test_a_second_isolation_of_the_same_plan_joins_the_first() -> None:
    site = three_switches()
    meeting = stop_once(site, "a", "port p1 down")
    first = at_once(lambda: site.cut("one"))
    meeting.reached()
    plan = site.controller.plan_subjects(["one"])
    told: list[Event] = []
    joined = threading.Event()

    def watch(event: Event) -> None:
        told.append(event)
        joined.set()

    second = at_once(lambda: site.controller.isolate(plan, "me too", ACTOR, watch))
    assert joined.wait(LONG)
    meeting.go_on()
    assert first.result(LONG) == second.result(LONG)
    assert isinstance(told[0], RunStarted)
    assert told[0].joined
    assert isinstance(told[-1], RunEnded)
    assert [site.board(name).changes for name in "abc"] == [["port p1 down"]] * 3
    assert len(site.history.runs()) == 1


def test_an_isolation_being_aborted_is_not_joined() -> None:
    site = three_switches()
    meeting = stop_once(site, "a", "port p1 down")
    first = at_once(lambda: site.cut("one"))
    meeting.reached()
    assert site.controller.abort(site.history.runs()[0].run, ACTOR, "mistake")
    second = at_once(lambda: site.cut("one"))
    meeting.go_on()
    assert first.result(LONG).state is RunState.ABORTED
    ended = second.result(LONG)
    assert ended.state is RunState.FINISHED
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}


def test_two_different_isolations_both_finish_one_at_a_time_on_each_device() -> None:
    site = three_switches()
    meeting = stop_once(site, "c", "port p1 down")
    first = at_once(lambda: site.cut("one"))
    meeting.reached()
    second = at_once(lambda: site.cut("two"))
    assert not [line for line in site.board("c").received if "p2" in line]
    meeting.go_on()
    for future in (first, second):
        assert {result.proof for result in future.result(LONG).results} == {Proof.CONFIRMED}
    lines = site.board("c").received
    last_of_first = max(at for at, line in enumerate(lines) if "p1" in line)
    first_of_second = min(at for at, line in enumerate(lines) if "p2" in line)
    assert last_of_first < first_of_second


def test_an_isolation_during_a_restore_wins_on_every_device() -> None:
    site = three_switches()
    site.cut("one")
    meeting = stop_once(site, "b", "port p1 up")
    restore = at_once(lambda: site.bring_back("one"))
    meeting.reached()
    cut = at_once(lambda: site.cut(level=5))
    _until(lambda: len(site.history.runs()) == 3)
    meeting.go_on()
    ended = restore.result(LONG)
    assert ended.state is RunState.STOPPED
    assert {result.proof for result in cut.result(LONG).results} == {Proof.CONFIRMED}
    assert all(site.board(name).ports["p1"].admin == "down" for name in "abc")
    held = {hold.key.point.device for hold in site.history.open_holds() if hold.key.subject == "one"}
    assert held == {"a", "b", "c"}
    assert site.bring_back(everything=True, accept_drift="abc").state is RunState.FINISHED
    assert all(site.board(name).ports == {"p1": Port(), "p2": Port()} for name in "abc")


def test_a_restore_that_hangs_in_a_device_does_not_keep_the_cut_from_it() -> None:
    site = three_switches()
    site.cut("one")
    site.driver.blocking = True
    site.board("b").strikes.append(Strike(Fault.HANG, "show port p1", times=1))
    hanging = threading.Event()
    site.driver.at_line = lambda board, _line: hanging.set() if board.name == "b" else None
    restore = at_once(lambda: site.bring_back("one"))
    assert hanging.wait(LONG)
    ended = site.cut(level=5)
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert restore.result(LONG).state is RunState.STOPPED
    assert all(site.board(name).ports["p1"].admin == "down" for name in "abc")


def test_a_restore_opening_its_session_when_the_cut_comes_sends_nothing_with_it() -> None:
    site = three_switches()
    site.cut("one")
    meeting, met = Meeting(), threading.Event()

    def at_open(name: str) -> None:
        if name == "b" and not met.is_set():
            met.set()
            meeting.wait_here()

    site.driver.at_open = at_open
    restore = at_once(lambda: site.bring_back("one"))
    meeting.reached()
    before = len(site.board("b").received)
    cut = at_once(lambda: site.cut(level=5))
    _until(lambda: len(site.history.runs()) == 3)
    meeting.go_on()
    restore.result(LONG)
    assert {result.proof for result in cut.result(LONG).results} == {Proof.CONFIRMED}
    assert "port p1 up" not in site.board("b").received[before:]


def test_a_resumed_isolation_ends_a_restore_too() -> None:
    site = three_switches()
    site.board("c").strikes.append(Strike(Fault.REFUSE, "^port"))
    meeting = stop_once(site, "a", "port p1 down")
    first = at_once(lambda: site.cut("one"))
    meeting.reached()
    run = site.history.runs()[0].run
    site.journal.failing = JournalUnavailable(home="h")
    meeting.go_on()
    assert first.exception(LONG) is not None
    site.journal.failing = None
    site.board("c").strikes.clear()
    site.restart()
    site.cut("two")
    meeting = stop_once(site, "c", "port p2 up")
    restore = at_once(lambda: site.bring_back("two"))
    meeting.reached()
    resumed = at_once(lambda: site.resume(run))
    _until(lambda: site.history.run(run).state is RunState.RUNNING)
    meeting.go_on()
    assert restore.result(LONG).state is RunState.STOPPED
    assert {result.proof for result in resumed.result(LONG).results} == {Proof.CONFIRMED}


def test_a_run_resumed_by_two_people_runs_once() -> None:
    site = three_switches()
    site.cut("one")
    site.board("b").strikes.append(Strike(Fault.REFUSE, "port p1 up"))
    run = site.bring_back("one").run
    site.board("b").strikes.clear()
    meeting = stop_once(site, "b", "port p1 up")
    first = at_once(lambda: site.resume(run))
    meeting.reached()
    second = at_once(lambda: site.resume(run))
    error = second.exception(LONG)
    meeting.go_on()
    assert type(error).__name__ == "InvalidRequest"
    assert first.result(LONG).state is RunState.FINISHED


def test_a_restore_waits_for_the_isolation_and_is_refused_where_that_changed_its_plan() -> None:
    site = three_switches()
    site.cut("one")
    wanted = Return(everything=True)
    plan = site.controller.plan_return(wanted)
    meeting = stop_once(site, "c", "port p2 down")
    cut = at_once(lambda: site.cut("two"))
    meeting.reached()
    restore = at_once(lambda: site.controller.restore(wanted, plan.hash, "", ACTOR, lambda _: None))
    meeting.go_on()
    cut.result(LONG)
    error = restore.exception(LONG)
    assert [hazard.code for hazard in getattr(error, "hazards", ())] == ["plan-changed"]


def test_hundreds_of_devices_of_which_a_tenth_hangs() -> None:
    """Healthy ones are all cut while the sick still hang: by the devices' clock within a few patiences."""
    count, threads = 300, 20
    names = [f"d{number:03}" for number in range(count)]
    known = inventory(
        [device(name) for name in names], [segment("all", [port(name, "p1") for name in names])]
    )
    boards = [Board(name, {"p1": Port()}) for name in names]
    site = Site(documents(known), boards, Limits(threads=threads))
    site.driver.blocking = True
    sick = set(names[::10])
    for name in sick:
        site.board(name).strikes.append(Strike(Fault.HANG, "show"))
    hanging: set[str] = set()
    lock = threading.Lock()
    tick, cut_at = threading.Event(), []

    def at_line(board: Board, line: str) -> None:
        if line == "port p1 down":
            with lock:
                cut_at.append(site.clock.monotonic())
        if board.name in sick:
            with lock:
                hanging.add(board.name)

    site.driver.at_line = at_line
    run = at_once(lambda: site.cut("all"))
    waited = 0
    while len(cut_at) < count - len(sick):
        tick.wait(0.05)  # the fake clock moves twice as fast as the crew can look
        site.clock.pause(0.1)
        waited += 1
        assert waited < 20 * LONG, f"{len(cut_at)} cut, {len(hanging)} hang"
    assert max(cut_at) <= 4 * PATIENCE
    # the watchdog of the driver: at their deadline the sessions of the sick end
    while not run.done():
        for session in site.driver.still_open:
            if session.board.name in sick:
                session.close()
        tick.wait(0.01)
    results = by_point(run.result(LONG))
    assert sum(result.proof is Proof.CONFIRMED for result in results.values()) == count - len(sick)
    assert all(results[f"{name} p1"].proof is Proof.UNKNOWN for name in sick)


def test_a_watcher_that_never_returns_holds_up_nothing() -> None:
    site = three_switches()
    stuck = threading.Event()
    plan = site.controller.plan_subjects(["one"])
    run = at_once(lambda: site.controller.isolate(plan, "", ACTOR, lambda _: _wait(stuck)))
    _until(lambda: all(site.board(name).ports["p1"].admin == "down" for name in "abc"))
    stuck.set()
    assert {result.proof for result in run.result(LONG).results} == {Proof.CONFIRMED}


def _wait(event: threading.Event) -> None:
    event.wait(LONG)


def _until(condition: Callable[[], bool]) -> None:
    """Waits for what another thread is about to do; there is no event of its own to wait for."""
    tick = threading.Event()
    for _ in range(int(LONG * 100)):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("it never happened")
