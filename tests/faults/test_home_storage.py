"""Where the home is kept fails: a cut goes on as long as anything takes its record, a restore stops."""

from __future__ import annotations

import json
import resource

import pytest

from tests.faults.crash import Ground
from tests.faults.home_cli import wait_for
from tests.faults.home_disk import disk, fill, locked, needs_root, read_only
from tests.faults.home_house import House, asked, both, house
from tests.faults.site import HEALTHY, SICK

pytestmark = pytest.mark.faults

NOTHING = {resource.RLIMIT_FSIZE: 0}
"""Not one byte more in any file."""

SPOOL_ONLY = 64 * 1024
"""Bytes: the beginning of the spool, long passed by the write-ahead log once a run is on record."""

UNRECORDED = ("--without-journal", "--reason", "nothing writes any more")


def merge(at: House) -> None:
    """Whoever leads next enters the spool into the log."""
    assert at.run("log", "the database is back").exit == 0
    assert {"home:journal:degraded", "home:journal:restored"} <= set(at.tags())
    assert at.office.verify().degraded


@needs_root
@both
def test_the_disk_is_full(ground: Ground, action: str) -> None:
    with house(ground, "disk-full", action) as at, disk(at) as place:
        fill(place)
        said = at.run(*asked(action))
        at.judge(said)
        (place / "filler").unlink()
        merge(at)
        at.judge(said)


@both
def test_the_database_cannot_grow_midway(ground: Ground, action: str) -> None:
    with house(ground, "disk-full-midway", action) as at:
        with at.midway(action) as run:
            run.limit(resource.RLIMIT_FSIZE, SPOOL_ONLY)
        said = run.end()
        at.judge(said)
        merge(at)
        at.judge(said)


@both
def test_the_database_is_locked(ground: Ground, action: str) -> None:
    with house(ground, "database-locked", action) as at:
        with locked(at, reading=True):
            said = [at.run(*asked(action))]
        if action == "isolate":
            said.append(at.run(*asked("restore")))
        at.judge(*said)
        if action == "isolate":
            devices = [each for device in at.site.before for each in ("--accept-drift", device)]
            decided = at.run(*asked("restore"), "--reason", "seen on site", *devices)
            assert decided.exit == 0
            assert at.site.open_ports()


@both
def test_the_database_is_locked_midway(ground: Ground, action: str) -> None:
    with house(ground, "database-locked-midway", action) as at:
        with at.midway(action) as run, locked(at):
            at.go_on()
            said = run.end()
        (found,) = [each.run for each in at.office.runs() if each.action.value == action]
        merge(at)
        then = ("audit", "verify") if action == "isolate" else ("resume", found, "--yes")
        at.judge(said, at.run(*then))
        assert "evidence=degraded" in at.run("audit", "show", "--run", found).out


@both
def test_the_database_comes_back_before_the_end(ground: Ground, action: str) -> None:
    with house(ground, "database-back", action) as at:
        at.hold(SICK, HEALTHY)
        run = at.start(*asked(action))
        at.held(SICK, HEALTHY)
        with locked(at):
            at.go_on(SICK)
            run.until("fichier de secours|through the spool")
        wait_for(lambda: "home:journal:restored" in at.tags(), "the spool in the log")
        at.go_on()
        said = run.end()
        at.judge(said, at.run("audit", "verify"))


@needs_root
@both
def test_the_database_is_read_only(ground: Ground, action: str) -> None:
    with house(ground, "database-read-only", action) as at:
        with read_only(at.home / "cordon.db"):
            said = at.run(*asked(action))
        at.judge(said)
        merge(at)
        at.judge(said)


@both
def test_nothing_writes(ground: Ground, action: str) -> None:
    with house(ground, "nothing-writes", action) as at:
        said = [at.run(*asked(action), limits=NOTHING)]
        assert not at.sent()
        if action == "isolate":
            said.append(at.run(*asked(action), *UNRECORDED, limits=NOTHING))
            _told_instead(said[1].err)
        at.judge(*said, recorded=False)


@needs_root
@both
def test_the_disk_is_read_only(ground: Ground, action: str) -> None:
    with house(ground, "disk-read-only", action) as at, disk(at, "ro"):
        said = [at.run(*asked(action))]
        assert not at.sent()
        if action == "isolate":
            said.append(at.run(*asked(action), *UNRECORDED))
            _told_instead(said[1].err)
        at.judge(*said, recorded=False)


def _told_instead(text: str) -> None:
    """Everything that would have been recorded, as JSON."""
    facts = [json.loads(line) for line in text.splitlines() if line.startswith('{"unrecorded"')]
    kinds = {fact["fact"] for fact in facts}
    assert {"RunOpened", "BaselineTaken", "HoldOpened", "IntentRecorded", "PointRead", "RunMoved"} <= kinds
    assert sum(fact["fact"] == "HoldOpened" for fact in facts) == 7


def test_json_tells_what_is_recorded_nowhere(ground: Ground) -> None:
    with house(ground, "nothing-writes", "isolate") as at:
        refused = at.run(*asked("isolate"), "--json", limits=NOTHING)
        assert (refused.exit, refused.answer["exit"]) == (7, 7)
        assert refused.answer["error"] == "journal-unavailable"
        done = at.run(*asked("isolate"), *UNRECORDED, "--json", limits=NOTHING)
        assert (done.exit, done.answer["unrecorded"], done.answer["proofs"]["confirmed"]) == (0, True, 7)


@both
def test_nothing_writes_midway(ground: Ground, action: str) -> None:
    with house(ground, "nothing-writes-midway", action) as at:
        with at.midway(action, others=False, environ={"CORDON_THREADS": "1"}) as run:
            run.limit(resource.RLIMIT_FSIZE, 0)
            sent = len(at.sent())
        said = run.end()
        # The block under way is carried to its end and read back; no other device gets a line.
        assert at.changed(sent) <= {SICK}
        at.judge(said, at.run("resume", at.office.runs()[-1].run, "--yes"))
