"""What holds for every Journal with its History: the store's, and the fake the engine is tested with."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from controller.domain.errors import CordonError, NotFound
from controller.domain.facts import (
    Actor,
    Attested,
    BaselineTaken,
    Fact,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    RevisionStored,
    RunMoved,
    RunOpened,
    Text,
    WaveMoved,
)
from controller.domain.hold import Attribution, Baseline, Ending, HoldKey
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.domain.transfer import Moved
from controller.engine.ports import History, Journal, RunRecord, StartupRecord, Statements
from tests.fakes.facts import COMMITS
from tests.fakes.homes import new_home
from tests.fakes.journal import MemoryHistory, MemoryJournal

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example is a home on disk: to shrink a failing one would take longer than a test may."""

ALICE = Actor("user:7", Text("Alice"))
MONDAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
PORT = Point(PointId("acc-1", "Gi1/0/1"), PointKind.INTERFACE)
TAGGED = Point(PointId("acc-1", "Gi1/0/1", 110), PointKind.INTERFACE, tagged=True)
UP, DOWN = {"admin": "up"}, {"admin": "down"}

Records = tuple[Journal, History]
Make = Callable[[Path], AbstractContextManager[Records]]


def ticking() -> Callable[[], datetime]:
    """A clock that goes on by one second whenever it is looked at."""
    seconds = itertools.count()
    return lambda: MONDAY + timedelta(seconds=next(seconds))


@contextmanager
def stored(directory: Path) -> Iterator[Records]:
    with new_home(directory / "home").lead(clock=ticking()) as lead:
        yield lead.journal, lead.history


@contextmanager
def stored_for_readers(directory: Path) -> Iterator[Records]:
    """Read by another process's eyes: without the lead."""
    home = new_home(directory / "home")
    with home.lead(clock=ticking()) as lead:
        yield lead.journal, home.history()


@contextmanager
def remembered(_directory: Path) -> Iterator[Records]:
    journal = MemoryJournal(ticking())
    yield journal, MemoryHistory(journal)


@pytest.fixture(params=[stored, stored_for_readers, remembered])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    make: Make = request.param
    with make(tmp_path) as made:
        yield made


def opened(run: str = "r-1", action: Action = Action.ISOLATE) -> RunOpened:
    return RunOpened(run, action, "f00d", "level-5", 5, "1a", "2b", Text("rançongiciel"))


def held(run: str, point: Point = PORT, method: Method = Method.SHUTDOWN) -> HoldOpened:
    return HoldOpened(run, "emergency", point, method, Attribution.OURS)


def released(run: str, point: Point = PORT) -> HoldEnded:
    return HoldEnded(run, "emergency", point.id, Ending.RESTORE, "r-9")


def taken(run: str, state: dict[str, str] | None, point: Point = PORT) -> BaselineTaken:
    return BaselineTaken(run, point, state, MONDAY)


def intended(run: str, attempt: int = 1, *methods: Method, action: Action = Action.ISOLATE) -> IntentRecorded:
    return IntentRecorded(run, 0, "acc-1", attempt, action, tuple((PORT.id, method) for method in methods))


def read(run: str, proof: Proof, state: dict[str, str] | None, point: PointId = PORT.id) -> PointRead:
    return PointRead(
        run, point, Action.ISOLATE, Method.SHUTDOWN, Outcome.ACCEPTED, proof, state, MONDAY, "cause"
    )


def commit(records: Records, *facts: Fact) -> None:
    assert not records[0].commit(Tag.LOG_WRITTEN, facts, ALICE).degraded


def test_commits_are_numbered_upwards(records: Records) -> None:
    journal, _ = records
    first, second = (journal.commit(Tag.LOG_WRITTEN, [], ALICE).seq for _ in range(2))
    assert first is not None
    assert second == first + 1
    assert not journal.degraded


def test_a_run_is_told_by_its_facts(records: Records) -> None:
    commit(records, opened())
    assert records[1].run("r-1").state is RunState.RUNNING
    commit(records, WaveMoved("r-1", 0, WaveState.DONE), WaveMoved("r-1", 1, WaveState.RUNNING))
    commit(records, RunMoved("r-1", RunState.WAITING))
    run = records[1].run("r-1")
    assert (run.run, run.action, run.plan, run.playbook, run.level) == (
        "r-1",
        Action.ISOLATE,
        "f00d",
        "level-5",
        5,
    )
    assert (run.inventory, run.profiles, run.actor, run.joins) == ("1a", "2b", "user:7", None)
    assert run.state is RunState.WAITING
    assert run.waves_done == {0}
    assert run.opened_at < run.moved_at


def test_a_run_is_found_by_a_unique_beginning(records: Records) -> None:
    commit(records, opened("abc-1"), opened("abd-2"), opened("ab"))
    assert records[1].run("abc").run == "abc-1"
    assert records[1].run("ab").run == "ab"
    for nobody in ("abx", "a"):
        with pytest.raises(NotFound):
            records[1].run(nobody)
    assert [one.run for one in records[1].runs()] == ["abc-1", "abd-2", "ab"]


def test_an_intent_is_pending_until_its_outcome(records: Records) -> None:
    commit(records, opened(), intended("r-1", 1, Method.SHUTDOWN), intended("r-1", 2))
    commit(records, OutcomeRecorded("r-1", "acc-1", 1, Outcome.ACCEPTED, "", Text("shutdown")))
    (pending,) = records[1].run("r-1").pending
    assert (pending.device, pending.attempt, pending.wave, pending.steps) == ("acc-1", 2, 0, ())
    assert records[1].runs()[0].pending == (pending,)
    commit(records, OutcomeRecorded("r-1", "acc-1", 2, Outcome.SENT, "deadline", Text("")))
    run = records[1].run("r-1")
    assert (run.pending, run.attempts) == ((), {"acc-1": 2})


def test_steps_are_the_latest_readings_of_the_run(records: Records) -> None:
    commit(records, opened("r-1"), opened("r-2"), read("r-1", Proof.UNKNOWN, None))
    commit(records, read("r-1", Proof.CONFIRMED, DOWN), read("r-1", Proof.ACCEPTED, UP, TAGGED.id))
    commit(records, read("r-2", Proof.CONTRADICTED, UP))
    steps = records[1].run("r-1").steps
    assert [(step.point, step.proof, step.state) for step in steps] == [
        (PORT.id, "confirmed", DOWN),
        (TAGGED.id, "accepted", UP),
    ]
    assert (steps[0].device, steps[0].outcome, steps[0].read_at) == ("acc-1", Outcome.ACCEPTED, MONDAY)
    assert (steps[0].cause, steps[0].method) == ("cause", "shutdown")
    assert all(one.steps == () for one in records[1].runs())


def test_a_hold_is_open_until_its_own_end(records: Records) -> None:
    commit(records, held("r-1"), held("r-2"), held("r-1", TAGGED))
    commit(records, released("r-1"))
    assert [hold.key for hold in records[1].open_holds()] == [
        HoldKey("r-2", "emergency", PORT.id),
        HoldKey("r-1", "emergency", TAGGED.id),
    ]


def test_what_came_back_counts_while_others_of_the_subject_are_held(records: Records) -> None:
    history = records[1]
    commit(records, held("r-1"), held("r-2"), held("r-1", TAGGED))
    commit(records, released("r-1"))
    assert history.returned() == {}  # the other run holds the point still
    commit(records, released("r-2"))
    assert history.returned() == {"emergency": frozenset({PORT.id})}
    commit(records, held("r-3"))
    assert history.returned() == {}
    commit(records, released("r-3"), released("r-1", TAGGED))
    assert history.returned() == {}


def test_a_hold_opened_again_keeps_its_time_and_takes_the_new_method(records: Records) -> None:
    commit(records, held("r-1"))
    (first,) = records[1].open_holds()
    commit(records, held("r-1", method=Method.ACL))
    (second,) = records[1].open_holds()
    assert (second.opened_at, second.method) == (first.opened_at, Method.ACL)
    commit(records, released("r-1"))
    commit(records, held("r-1"))
    assert records[1].open_holds()[0].opened_at > first.opened_at


def test_the_baseline_is_that_before_the_first_open_hold(records: Records) -> None:
    commit(records, taken("r-1", UP), held("r-1"))
    commit(records, taken("r-2", DOWN), held("r-2"))
    commit(records, released("r-1"))
    assert records[1].baselines() == {PORT.id: Baseline(PORT.id, UP, MONDAY, "r-1")}
    commit(records, released("r-2"))
    assert records[1].baselines() == {}
    commit(records, taken("r-3", None), taken("r-3", UP, TAGGED), held("r-3"))
    assert records[1].baselines() == {PORT.id: Baseline(PORT.id, None, MONDAY, "r-3")}


def test_methods_are_those_sent_since_the_baseline(records: Records) -> None:
    commit(records, taken("r-1", UP), held("r-1"), intended("r-1", 1, Method.SHUTDOWN))
    commit(records, held("r-2"), intended("r-2", 1, Method.VLAN, Method.ACL))
    commit(records, released("r-1"), intended("r-3", 1, Method.SVI, action=Action.RESTORE))
    assert records[1].methods_sent() == {PORT.id: (Method.SHUTDOWN, Method.VLAN, Method.ACL)}
    commit(records, released("r-2"))
    assert records[1].methods_sent() == {}
    commit(records, taken("r-4", UP), held("r-4"), intended("r-4", 1, Method.ACL))
    assert records[1].methods_sent() == {PORT.id: (Method.ACL,)}


def test_last_reads_are_of_held_points_by_whatever_run(records: Records) -> None:
    commit(
        records,
        held("r-1"),
        read("r-1", Proof.CONFIRMED, DOWN),
        read("r-1", Proof.CONFIRMED, DOWN, TAGGED.id),
    )
    commit(records, read("r-2", Proof.CONTRADICTED, UP))
    (last,) = records[1].last_reads().values()
    assert (last.point, last.proof, last.state) == (PORT.id, "contradicted", UP)
    commit(records, released("r-1"))
    assert records[1].last_reads() == {}


def test_notes_are_told_by_their_subject_in_order_with_their_time(records: Records) -> None:
    journal, history = records
    for subject, said in (("rehearsed", "1"), ("log", "2"), ("software", "3"), ("rehearsed", "4")):
        journal.commit(Tag.REHEARSAL_RECORDED, [Noted(subject, (("said", said),))], ALICE)
    found = history.noted("rehearsed", "software")
    assert [(note.subject, dict(note.data)["said"]) for _, note in found] == [
        ("rehearsed", "1"),
        ("software", "3"),
        ("rehearsed", "4"),
    ]
    assert all(at.tzinfo is not None for at, _ in found)
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert history.noted("nothing") == ()


def stated(number: str, *, given: bool = True) -> Attested:
    return Attested(number, "icu", "patched", "user:1", given, "2026-03-01", "", Text("seen"))


def test_what_was_said_of_a_return_is_told_by_whether_it_was_cut_since(records: Records) -> None:
    commit(records, stated("1"))
    commit(records, replace(held("r-1"), subject="icu"))
    commit(records, stated("2"), GateDecided("icu", "user:2", True, Text("")))
    commit(records, replace(held("r-2"), subject="ward"), GateDecided("ward", "user:2", False, Text("")))
    commit(records, stated("2", given=False))
    moving = Moved("r-4", PORT.id, TAGGED.id, MONDAY)
    commit(records, moving.fact(), replace(held("r-4", TAGGED), subject="icu"))  # cuts nothing that was open
    said = records[1].statements("icu")
    assert [(each.since_cut, getattr(each.fact, "attestation", "")) for each in said.words] == [
        (False, "1"),
        (True, "2"),
        (True, ""),
        (True, "2"),
    ]
    assert said.words[0].ago >= said.cut_ago >= said.words[1].ago >= said.words[-1].ago >= 0
    commit(records, replace(held("r-3"), subject="icu"))
    assert not any(each.since_cut for each in records[1].statements("icu").words)
    assert records[1].statements("nobody") == Statements()


def test_a_revision_is_stored_once(records: Records) -> None:
    content = "format: 1\nsite: été\n"
    revision = RevisionStored("inventory", hashlib.sha256(content.encode()).hexdigest(), content)
    commit(records, revision, revision)
    commit(records, revision)
    assert records[1].revision("inventory", revision.digest) == content
    for kind, digest in (("profiles", revision.digest), ("inventory", "00")):
        with pytest.raises(NotFound):
            records[1].revision(kind, digest)


def test_what_cannot_be_kept_is_refused_before_anything_is_written(records: Records) -> None:
    journal, history = records
    naive = datetime(2026, 3, 2, 3, 0)  # noqa: DTZ001 - what is refused
    for bad in (RevisionStored("inventory", "00", "other"), BaselineTaken("r-1", PORT, UP, naive)):
        with pytest.raises(ValueError, match=r"digest|time"):
            journal.commit(Tag.RUN_OPENED, [opened(), bad], ALICE)
    assert history.runs() == ()


def test_commits_of_many_threads_are_all_kept_whole(records: Records) -> None:
    journal, history = records

    def work(number: int) -> int | None:
        run = f"r-{number:03}"
        return journal.commit(Tag.RUN_OPENED, [opened(run), held(run), intended(run)], ALICE).seq

    with ThreadPoolExecutor(16) as pool:
        places = list(pool.map(work, range(100)))
    assert len(set(places)) == 100
    assert {one.run for one in history.runs()} == {f"r-{number:03}" for number in range(100)}
    assert len(history.open_holds()) == 100
    assert all(len(one.pending) == 1 for one in history.runs())


@settings(
    max_examples=60, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(COMMITS)
def test_the_store_tells_what_the_fake_works_out(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[Fact]]
) -> None:
    with (
        stored(tmp_path_factory.mktemp("real")) as (real, told),
        remembered(tmp_path_factory.mktemp("fake")) as (fake, worked_out),
    ):
        for number, facts in enumerate(commits):
            real.commit(Tag.LOG_WRITTEN, facts, ALICE)
            fake.commit(Tag.LOG_WRITTEN, facts, ALICE)
            if number % 4 == 3:
                # Asked in between, a history must not get stuck on what it knew then.
                assert answers(told) == answers(worked_out)
        assert answers(told) == answers(worked_out)


def answers(history: History) -> list[object]:
    """Everything a history says, but for times of commits: each journal has a clock of its own."""
    names = [run.run for run in history.runs()]
    return [
        [plain(history.run(name)) for name in names],
        [plain(run) for run in history.runs()],
        [(hold.key, hold.point, hold.method, hold.attribution) for hold in history.open_holds()],
        history.returned(),
        history.baselines(),
        history.methods_sent(),
        history.last_reads(),
        timeless(history.startups()),
    ]


def plain(run: object) -> dict[str, object]:
    names = [name for name in type(run).__dataclass_fields__ if name not in {"opened_at", "moved_at"}]  # type: ignore[attr-defined]  # the class of a dataclass instance
    found = {name: getattr(run, name) for name in names}
    return {**found, "startups": timeless(run.startups)} if isinstance(run, RunRecord) else found


def timeless(startups: Mapping[str, StartupRecord]) -> dict[str, StartupRecord]:
    return {
        device: replace(record, at=datetime.min.replace(tzinfo=UTC)) for device, record in startups.items()
    }


def test_the_fake_fails_when_told_to() -> None:
    journal = MemoryJournal()
    journal.failing = CordonError()
    with pytest.raises(CordonError):
        journal.commit(Tag.LOG_WRITTEN, [opened()], ALICE)
    assert journal.facts == []
