"""One leader at a time; what is left of an earlier one is outlasted, or ended and said so."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from controller.domain.errors import LeaderElsewhere, StaleEpoch
from controller.domain.facts import SYSTEM, Actor, IntentRecorded, Noted
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.store.home import Home
from tests.fakes.homes import new_home
from tests.unit.store.processes import WORKER, leader, other

INTENT = IntentRecorded("r-1", 0, "acc-1", 1, Action.ISOLATE, ())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def tags(home: Home) -> list[str]:
    return [record.tag for record in home.entries()]


def test_every_lead_is_an_epoch_of_its_own(home: Home) -> None:
    epochs = []
    for _ in range(3):
        with home.lead() as lead:
            epochs.append(lead.epoch)
    assert epochs == [2, 3, 4]
    assert [record.epoch for record in home.entries(tag="home:lead:taken")] == epochs
    assert home.verify().epochs == 4


def test_a_second_leader_is_told_who_leads(home: Home) -> None:
    with leader(home) as first:
        for frozen in (False, True):
            with pytest.raises(LeaderElsewhere) as refused, home.lead(takeover_frozen=frozen):
                pass
            assert refused.value.data["pid"] == first.pid
        assert first.end() == 0
    with home.lead() as lead:
        assert lead.epoch == 3


def test_a_killed_leader_is_followed_at_once(home: Home) -> None:
    with leader(home) as first:
        first.signal(signal.SIGKILL)
        first.process.wait()
        with home.lead() as lead:
            assert lead.epoch == 3
    assert Tag.LEADER_KILLED not in tags(home)


def test_a_stopped_leader_is_killed_only_on_demand_and_on_record(home: Home) -> None:
    with leader(home) as first:
        first.signal(signal.SIGSTOP)
        with pytest.raises(LeaderElsewhere), home.lead():
            pass
        assert first.process.poll() is None
        with home.lead(takeover_frozen=True, actor=Actor("os:7")) as lead:
            assert first.process.wait() == -signal.SIGKILL
            assert lead.epoch == 3
    (killed,) = home.entries(tag="home:leader:killed")
    assert killed.actor.id == "os:7"
    assert killed.facts == (Noted("lead", (("leader", str(first.pid)), ("workers", ""))),)


def test_of_two_contenders_for_a_stopped_leader_one_wins(home: Home) -> None:
    won: list[int] = []
    lost: list[LeaderElsewhere] = []
    all_done = threading.Barrier(2)

    def contend() -> None:
        try:
            with home.lead(takeover_frozen=True) as lead:
                won.append(lead.epoch)
                all_done.wait(20)
        except LeaderElsewhere as error:
            lost.append(error)
            all_done.wait(20)

    with leader(home) as first:
        first.signal(signal.SIGSTOP)
        threads = [threading.Thread(target=contend) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (won, len(lost)) == ([3], 1)
    assert tags(home).count(Tag.LEADER_KILLED) == 1


def test_a_new_leader_waits_for_the_workers_of_the_last(home: Home) -> None:
    with other(home, WORKER) as worker:
        ended = threading.Timer(0.4, worker.end)
        began = time.monotonic()
        ended.start()
        with home.lead():
            assert time.monotonic() - began >= 0.4
            assert worker.process.wait(5) == 0


def test_a_worker_that_does_not_end_keeps_the_next_leader_out(home: Home) -> None:
    with other(home, WORKER) as worker:
        worker.signal(signal.SIGSTOP)
        with pytest.raises(LeaderElsewhere) as refused, home.lead():
            pass
        assert refused.value.data["pid"] == worker.pid
        with home.lead(takeover_frozen=True):
            assert worker.process.wait() == -signal.SIGKILL
    (killed,) = home.entries(tag="home:leader:killed")
    assert killed.facts == (Noted("lead", (("leader", ""), ("workers", str(worker.pid)))),)


def test_a_leader_lets_its_own_workers_in(home: Home) -> None:
    with home.lead(), other(home, WORKER) as worker:
        assert worker.end() == 0


def test_a_process_number_used_again_is_not_killed(home: Home) -> None:
    """The lock's content is of a leader long gone whose number a stranger has now."""
    with leader(home) as first:
        lock = home.path / "leader.lock"
        content = lock.read_text()
        lock.write_text(content.replace('"start": ', '"start": 9'))
        first.signal(signal.SIGSTOP)
        with pytest.raises(LeaderElsewhere), home.lead(takeover_frozen=True):
            pass
        assert first.process.poll() is None


def test_a_leader_whose_lead_was_taken_can_write_no_more(home: Home) -> None:
    """Its lock file was removed under it: only the epoch in the database stands between the two."""
    with home.lead() as old:
        old.journal.commit(Tag.OPERATION_INTENDED, [INTENT], SYSTEM)
        for name in ("leader.lock", "acting.lock"):
            (home.path / name).unlink()
        with home.lead() as new:
            for _ in range(2):
                with pytest.raises(StaleEpoch) as refused:
                    old.journal.commit(Tag.OPERATION_INTENDED, [INTENT], SYSTEM)
                assert dict(refused.value.data) == {"epoch": old.epoch, "current": new.epoch}
            new.journal.commit(Tag.OPERATION_INTENDED, [INTENT], SYSTEM)
    assert tags(home).count(Tag.OPERATION_INTENDED) == 2
    assert home.verify().sound
