"""Several commands at once: a cut joins or goes first, a restore waits, a leader that is gone is replaced."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.crash import Ground
from tests.faults.home_cli import Command, wait_for
from tests.faults.home_house import House, asked, both, house
from tests.faults.site import DEVICES, SICK

pytestmark = pytest.mark.faults


def _connected(leader: Command) -> int:
    """How many others the leader has on its socket."""
    sockets = {path.readlink().name for path in Path(f"/proc/{leader.pid}/fd").iterdir() if path.is_symlink()}
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return sum(
        line[5] == "03" and f"socket:[{line[6]}]" in sockets and line[-1].endswith("leader.sock")
        for line in lines
    )


def _arrives(leader: Command, second: Command, action: str) -> None:
    """Until ``second`` has the ear of the leader: a cut is told its run, a restore waits without a word."""
    if action == "isolate":
        second.until(r"Intervention \S+ commencée|déjà en cours")
    else:
        wait_for(lambda: _connected(leader) and _has_loaded(second), "a second command at the leader")


def _has_loaded(command: Command) -> bool:
    """It has the database's library mapped, which planning by itself needs."""
    return "_sqlite3" in Path(f"/proc/{command.pid}/maps").read_text()


def _one_at_a_time(at: House) -> None:
    """Once a second session configures a device, the one that was at it never sends anything again."""
    for device in DEVICES:
        inside, gone = "", set()
        for record in at.sent():
            if record["device"] != device:
                continue
            session, configures = record["session"], record["mode"].startswith("config")
            assert session not in gone, (
                f"{device}: {record['line']!r} of {session} within the block of another"
            )
            if configures and inside not in ("", session):
                gone.add(inside)
            if configures:
                inside = "" if record["line"] == "end" else session


@both
def test_the_same_twice(ground: Ground, action: str) -> None:
    with house(ground, "two-at-once", action) as at:
        with at.midway(action) as first:
            second = at.start(*asked(action))
            _arrives(first, second, action)
        at.judge(first.end(), second.end())
        _one_at_a_time(at)
        runs = [run for run in at.office.runs() if run.action.value == action]
        assert len(runs) == 1
        if action == "isolate":
            assert "engine:run:joined" in at.tags()


@both
def test_two_different_ones(ground: Ground, action: str) -> None:
    with house(ground, "two-different-at-once", action) as at:
        at.hold()
        first = at.start(action, "--segment", "emergency", "--yes")
        at.held()
        other = asked(action) if action == "isolate" else (action, "--segment", "admin", "--yes")
        second = at.start(*other)
        _arrives(first, second, action)
        at.go_on()
        at.judge(first.end(), second.end())
        _one_at_a_time(at)


@both
def test_a_cut_and_a_restore(ground: Ground, action: str) -> None:
    """``action`` is what comes second."""
    under_way = {"isolate": "restore", "restore": "isolate"}[action]
    with house(ground, "cut-against-restore", action, ready_for=under_way) as at:
        with at.midway(under_way) as first:
            second = at.start(*asked(action))
            _arrives(first, second, action)
            if action == "isolate":
                # It takes the device from the restore, which would hang there for its full time.
                first.end(20)
        at.judge(first.end(), second.end())
        _one_at_a_time(at)


def test_a_restore_outrun_by_a_cut(ground: Ground) -> None:
    """One device lets nobody in yet: what the cut takes there later, the restore was not shown."""
    with house(ground, "restore-outrun", "restore", ready_for="isolate") as at:
        assert at.run("isolate", "--segment", "laboratory", "--yes").exit == 0
        at.site.simulation.fault(SICK, "hang", at="shell")
        cut = at.start(*asked("isolate"))
        at.site.simulation.wait(device=SICK, event="login", since=at.began, timeout=60)
        restore = at.start(*asked("restore"))
        _arrives(cut, restore, "restore")
        at.go_on()
        at.judge(cut.end(), restore.end())


@both
def test_the_leader_is_frozen(ground: Ground, action: str) -> None:
    with house(ground, "leader-frozen", action) as at:
        with at.midway(action) as first:
            first.signal(signal.SIGSTOP)
            # What it was about to change is not known, whatever was read there before.
            proofs = at.run("status", "--json").answer["proofs"]
            assert proofs["unknown"] == {"isolate": 2, "restore": 1}[action]
        second = at.run(*asked(action))
        at.judge(first.end(), second)
        assert "home:leader:killed" in at.tags()
        _one_at_a_time(at)


@both
def test_the_leader_is_killed_under_another(ground: Ground, action: str) -> None:
    with house(ground, "leader-killed", action) as at:
        with at.midway(action) as first:
            second = at.start(*asked(action))
            _arrives(first, second, action)
            first.signal(signal.SIGKILL)
            killed = first.end()
        at.judge(killed, second.end())
        runs = [run.state.value for run in at.office.runs() if run.action.value == action]
        assert runs == {"isolate": ["finished"], "restore": ["interrupted", "finished"]}[action]
