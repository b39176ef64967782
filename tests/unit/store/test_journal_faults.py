"""When the database does not take what is committed: nothing is lost, nothing is recorded twice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from controller.domain.errors import JournalUnavailable, JournalUnreadable
from controller.domain.facts import SYSTEM, Fact, HoldOpened, Noted, PointRead, RunOpened, Text
from controller.domain.hold import Attribution
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.store.home import Home, open_home
from controller.store.leader import Lead
from controller.store.spool import Spool
from controller.store.writer import Patience
from tests.contract.test_journal import ALICE, answers, ticking
from tests.fakes.facts import COMMITS
from tests.fakes.homes import new_home
from tests.fakes.journal import MemoryHistory, MemoryJournal
from tests.unit.store.processes import LOCK, leader, other

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example is a home on disk: to shrink a failing one would take longer than a test may."""

PORT = Point(PointId("acc-1", "Gi1/0/1"), PointKind.INTERFACE)
QUICK = Patience(database=0.3, spool=2.0, retry=0.01, longest_retry=0.05, closing=0.2)
REFUSED = replace(QUICK, database=30.0)
"""For a database that refuses at once: to a slow one nothing is due."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Somebody holds the database's write lock."""
    with closing(sqlite3.connect(home.path / "cordon.db", isolation_level=None, timeout=10)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield


def note(lead: Lead, name: str) -> bool:
    """Commits a note of that name; whether it went to the spool."""
    return lead.journal.commit(Tag.LOG_WRITTEN, [Noted(name, (), Text(name))], SYSTEM).degraded


def names(home: Home) -> list[str]:
    return [
        fact.subject
        for record in home.entries(tag=Tag.LOG_WRITTEN)
        for fact in record.facts
        if isinstance(fact, Noted)
    ]


def until(condition: object, seconds: float = 20.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def test_a_database_locked_for_two_seconds_by_another_process(home: Home) -> None:
    took: list[float] = []
    with home.lead(patience=Patience(database=0.5)) as lead:
        assert not note(lead, "before")
        with other(home, LOCK) as lock:
            ended = threading.Timer(2.0, lock.end)
            ended.start()
            number = 0
            while lock.process.poll() is None:
                began = time.monotonic()
                assert note(lead, f"during {number}")
                took.append(time.monotonic() - began)
                number += 1
                time.sleep(0.05)
            ended.join()
        until(lambda: not lead.journal.degraded)
        assert not note(lead, "after")
    assert names(home) == ["before", *(f"during {index}" for index in range(number)), "after"]
    # The first waits for the database, the others know better.
    assert 0.5 <= took[0] < 1.25
    assert sorted(took)[len(took) // 2] < 0.1
    found = home.verify()
    assert found.sound
    (interval,) = found.degraded
    tags = [record.tag for record in home.entries()]
    assert tags[interval.first - 1] == Tag.JOURNAL_DEGRADED
    assert tags[(interval.last or 0) - 1] == Tag.JOURNAL_RESTORED
    spooled = range(interval.first, interval.last or 0)
    between = [record for record in home.entries() if record.entry.seq in spooled]
    assert all(record.degraded for record in between)
    assert len(between) >= number


def test_what_was_slow_but_made_it_is_recorded_once(home: Home) -> None:
    """The transaction under way goes through once the lock is gone, after its facts went to the spool."""
    with home.lead(patience=QUICK) as lead:
        with locked(home):
            assert note(lead, "slow")
            assert note(lead, "next")
        until(lambda: not lead.journal.degraded)
    assert names(home) == ["slow", "next"]
    assert home.verify().sound


def test_many_threads_through_locks_that_come_and_go(home: Home) -> None:
    with home.lead(patience=QUICK) as lead, ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(note, lead, f"{number}") for number in range(60)]
        for _ in range(5):
            with locked(home):
                pending += [pool.submit(note, lead, f"{len(pending) + extra}") for extra in range(20)]
                until(lambda: lead.journal.degraded)
            until(lambda: not lead.journal.degraded)
        degraded = [one.result() for one in pending]
        until(lambda: not lead.journal.degraded)
    assert any(degraded)
    assert Counter(names(home)) == Counter(str(number) for number in range(len(pending)))
    assert home.verify().sound
    assert len(home.verify().degraded) == 5


def test_leader_and_readers_see_what_is_only_spooled(home: Home) -> None:
    hold = HoldOpened("r-1", "emergency", PORT, Method.SHUTDOWN, Attribution.OURS)
    opened = RunOpened("r-1", Action.ISOLATE, "f00d", "level-5", 5, "1a", "2b", Text("why"))
    read = PointRead(
        "r-0", PORT.id, Action.RESTORE, Method.SHUTDOWN, Outcome.ACCEPTED, Proof.CONFIRMED, {}, None
    )
    with home.lead(patience=QUICK) as lead:
        lead.journal.commit(Tag.OPERATION_SETTLED, [read], ALICE)
        with locked(home):
            assert lead.journal.commit(Tag.RUN_OPENED, [opened, hold], ALICE).degraded
            assert lead.history.last_reads()[PORT.id].proof == "confirmed"
            assert lead.history.run("r").actor == ALICE.id
            assert [one.key.point for one in lead.history.open_holds()] == [PORT.id]
            assert home.history().open_holds() == lead.history.open_holds()
            assert home.history().run("r") == lead.history.run("r")
            assert all(record.tag != Tag.RUN_OPENED for record in home.entries())
        until(lambda: not lead.journal.degraded)
        assert lead.history.open_holds() == home.history().open_holds() != ()
        assert lead.history.run("r") == home.history().run("r")


@settings(
    max_examples=15, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(before=COMMITS, during=COMMITS)
def test_spooled_facts_are_told_like_any_other(
    tmp_path_factory: pytest.TempPathFactory, before: list[list[Fact]], during: list[list[Fact]]
) -> None:
    home = new_home(tmp_path_factory.mktemp("spooled") / "home")
    fake = MemoryJournal(ticking())
    with home.lead(patience=QUICK) as lead:
        for facts in before:
            lead.journal.commit(Tag.LOG_WRITTEN, facts, ALICE)
            fake.commit(Tag.LOG_WRITTEN, facts, ALICE)
        with locked(home):
            for facts in during:
                assert lead.journal.commit(Tag.LOG_WRITTEN, facts, ALICE).degraded
                fake.commit(Tag.LOG_WRITTEN, facts, ALICE)
            assert answers(lead.history) == answers(home.history()) == answers(MemoryHistory(fake))
        until(lambda: not lead.journal.degraded)
        assert answers(lead.history) == answers(home.history()) == answers(MemoryHistory(fake))


def test_the_next_leader_merges_what_a_killed_one_spooled(home: Home) -> None:
    body = """
    from controller.domain.facts import SYSTEM, Noted
    from controller.domain.tags import Tag
    import sqlite3
    lead.journal.commit(Tag.LOG_WRITTEN, [Noted("before")], SYSTEM)
    database = sqlite3.connect(home.path / "cordon.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    for name in ("one", "two"):
        assert lead.journal.commit(Tag.LOG_WRITTEN, [Noted(name)], SYSTEM).degraded
"""
    with leader(home, body.strip()) as killed:
        killed.signal(signal.SIGKILL)
        killed.process.wait()
    assert names(home) == ["before"]
    with home.lead() as lead:
        assert not note(lead, "after")
    assert names(home) == ["before", "one", "two", "after"]
    assert home.verify().sound
    assert [record.epoch for record in home.entries(tag=Tag.LOG_WRITTEN)] == [2, 2, 2, 3]


def test_a_spool_merged_but_not_emptied_is_not_merged_again(home: Home) -> None:
    with home.lead(patience=QUICK) as lead:
        with locked(home):
            note(lead, "one")
            note(lead, "two")
            left = (home.path / "spool").read_bytes()
        until(lambda: not lead.journal.degraded)
    (home.path / "spool").write_bytes(left)
    for _ in range(2):
        with home.lead() as lead:
            note(lead, "after")
    assert names(home) == ["one", "two", "after", "after"]
    found = home.verify()
    assert found.sound
    assert len(found.degraded) == 1


def test_closed_in_the_middle_of_it_nothing_is_lost(home: Home) -> None:
    with locked(home), home.lead(patience=QUICK) as lead:
        assert note(lead, "one")
    with pytest.raises(JournalUnavailable):
        note(lead, "too late")
    with home.lead():
        pass
    assert names(home) == ["one"]
    assert home.verify().epochs == 3
    assert home.verify().sound


def test_a_cut_can_begin_while_the_database_is_locked_to_readers_too(home: Home) -> None:
    """Not even the epoch can be read: it is known from the lock file."""
    with home.lead():
        pass
    with closing(sqlite3.connect(home.path / "cordon.db", isolation_level=None)) as database:
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        with open_home(home.path).lead(patience=QUICK) as lead:
            assert lead.epoch == 3
            assert note(lead, "cut")
            with pytest.raises(JournalUnreadable):
                lead.history.open_holds()
    with home.lead() as lead:
        assert lead.epoch == 4
    assert names(home) == ["cut"]
    assert home.verify().sound


def test_with_the_spool_gone_too_it_says_so(home: Home) -> None:
    with home.lead(patience=QUICK) as lead:
        with locked(home):
            with pytest.raises(JournalUnavailable) as refused:  # noqa: PT012 - at which one is not the point
                for _ in range(100):
                    big = Noted("big", (), Text(os.urandom(20000).hex()))
                    lead.journal.commit(Tag.LOG_WRITTEN, [big], SYSTEM)
            assert refused.value.data["cause"] == "spool-full"
            # A smaller one still finds room.
            assert note(lead, "small")
            spooled = len(lead.journal.unmerged(0))
        until(lambda: not lead.journal.degraded)
        assert not note(lead, "after")
    assert names(home)[-2:] == ["small", "after"]
    assert len(names(home)) - 1 == spooled - 1  # less the entry that says it was degraded
    assert home.verify().sound


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a disk of its own needs root and mount")
    mounted = tmp_path / "disk"
    mounted.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", str(mounted)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no disk of its own: {made.stderr.decode()}")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


def fill(disk: Path) -> Path:
    """Takes all room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_a_full_disk(small_disk: Path) -> None:
    home = new_home(small_disk / "home")
    with home.lead(patience=REFUSED) as lead:
        assert not note(lead, "before")
        filler = fill(small_disk)
        number = 0
        while not note(lead, f"{number}"):
            number += 1
            assert number < 2000
        assert note(lead, "spooled")
        filler.unlink()
        until(lambda: not lead.journal.degraded)
        assert not note(lead, "after")
    assert names(home) == ["before", *(f"{index}" for index in range(number + 1)), "spooled", "after"]
    assert home.verify().sound
    (degraded,) = home.entries(tag=Tag.JOURNAL_DEGRADED)
    assert "full" in str(degraded.facts)


def test_a_disk_full_before_the_leader_began(small_disk: Path) -> None:
    """Not even the files beside the database can be made: it is read without, and the spool is used."""
    home = new_home(small_disk / "home")
    with home.lead() as lead:
        lead.journal.commit(
            Tag.OPERATION_INTENDED,
            [HoldOpened("r-1", "emergency", PORT, Method.SHUTDOWN, Attribution.OURS)],
            SYSTEM,
        )
    filler = fill(small_disk)
    with open_home(home.path).lead(patience=REFUSED) as lead:
        assert note(lead, "cut")
        assert len(lead.history.open_holds()) == 1
        filler.unlink()
        until(lambda: not lead.journal.degraded)
    assert names(home) == ["cut"]
    assert home.verify().sound


def test_a_disk_that_cannot_be_written_for_a_while(small_disk: Path) -> None:
    home = new_home(small_disk / "home")
    with home.lead() as lead:
        assert not note(lead, "before")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with open_home(home.path).lead(patience=QUICK) as lead:
        with pytest.raises(JournalUnavailable):
            note(lead, "nowhere")
        assert lead.history.runs() == ()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with home.lead(patience=REFUSED) as lead:
        assert not note(lead, "after")
        database, spool = home.path / "cordon.db", home.path / "spool"
        assert database.exists()
        assert spool.exists()
    assert names(home) == ["before", "after"]
    assert home.verify().sound


def test_a_leader_that_could_record_nothing_at_first(home: Home) -> None:
    """Its epoch is put on record before anything else of it, as soon as anything can be."""
    spool = home.path / "spool"
    spool.rename(home.path / "elsewhere")
    spool.mkdir()  # neither to be opened nor made anew
    with locked(home):
        lead_of = home.lead(patience=QUICK)
        lead = lead_of.__enter__()
        for _ in range(2):
            with pytest.raises(JournalUnavailable):
                note(lead, "nowhere")
    try:
        until(lambda: not lead.journal.degraded)
        assert not note(lead, "after")
    finally:
        lead_of.__exit__(None, None, None)
    assert names(home) == ["after"]
    assert home.verify().sound
    assert home.verify().epochs == 2


def test_a_spool_that_hangs_is_waited_for_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_again, write = threading.Event(), Spool.append

    def append(spool: Spool, records: list[bytes]) -> list[bool]:
        assert answers_again.wait(30.0)
        return write(spool, records)

    monkeypatch.setattr(Spool, "append", append)
    took: list[float] = []
    with home.lead(patience=Patience(database=0.1, spool=1.5, retry=0.01)) as lead:
        with locked(home):
            for _ in range(3):
                began = time.monotonic()
                with pytest.raises(JournalUnavailable):
                    note(lead, "nowhere")
                took.append(time.monotonic() - began)
            answers_again.set()
            until(lambda: not lead.journal.commit(Tag.LOG_WRITTEN, [Noted("back")], SYSTEM).unrecorded)
        until(lambda: not lead.journal.degraded)
    assert took[0] >= 1.5
    assert max(took[1:]) < 1.5
    assert home.verify().sound
