"""What befalls the process itself: its clock, its terminal, its descriptors."""

from __future__ import annotations

import resource
import time
from typing import Any

import pytest

from tests.faults.crash import Ground
from tests.faults.home_clock import FILE
from tests.faults.home_house import House, asked, both, house
from tests.faults.site import SICK

pytestmark = pytest.mark.faults

HOUR = 3600.0
CLOSING = 4.0
"""Seconds from the last answer to the end of a process, on a machine that has other work."""

ONE_BY_ONE = {"CORDON_THREADS": "1"}
TERMINAL: dict[str, Any] = {"terminal": True, "environ": {"TERM": "xterm", **ONE_BY_ONE}}


class Clock:
    """The wall clock of the commands started with :attr:`how`."""

    def __init__(self, at: House) -> None:
        self._file = at.home.parent / "clock"
        self.set(0)
        self.how: dict[str, Any] = {"module": "tests.faults.home_clock", "environ": {FILE: str(self._file)}}

    def set(self, seconds: float) -> None:
        """From now on it is off by that much."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self._file)


@both
def test_the_clock_is_set_back(ground: Ground, action: str) -> None:
    with house(ground, "clock-back", action) as at:
        clock = Clock(at)
        with at.midway(action, **clock.how) as run:
            clock.set(-HOUR)
        at.judge(run.end())


@both
def test_the_clock_is_set_forward(ground: Ground, action: str) -> None:
    with house(ground, "clock-forward", action) as at:
        clock = Clock(at)
        with at.midway(action, **clock.how) as run:
            clock.set(HOUR)
        said = run.end()
        assert "3600" not in said.all
        at.judge(said, at.run("status"))


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
@both
def test_deadlines_are_not_on_the_wall_clock(ground: Ground, action: str, jump: float) -> None:
    """Half of an operation's six seconds for the line that hangs, the rest to meet the device again."""
    with house(ground, "clock-and-deadline", action) as at:
        clock = Clock(at)
        environ = {**clock.how["environ"], "CORDON_OPERATION_TIMEOUT": "6"}
        with at.midway(action, **{**clock.how, "environ": environ}) as run:
            hung = time.monotonic()
            clock.set(jump)
            said = run.end(30)
            assert time.monotonic() - hung < 6 + CLOSING
        at.judge(said)


@both
def test_ctrl_c(ground: Ground, action: str) -> None:
    with house(ground, "ctrl-c", action) as at:
        with at.midway(action, others=False, **TERMINAL) as run:
            run.type("\x03")
            run.until("Arrêt demandé|Asked to stop")
            sent = len(at.sent())
        stopped = run.end()
        assert at.changed(sent) <= {SICK}
        assert at.office.runs()[-1].state.value == "aborted"
        at.judge(stopped, at.run(*asked(action)))


@both
def test_the_terminal_is_closed(ground: Ground, action: str) -> None:
    with house(ground, "terminal-closed", action) as at:
        with at.midway(action, others=False, **TERMINAL) as run:
            run.leave()
        at.judge(run.end())
        assert at.office.runs()[-1].state.value == "finished"


@both
def test_nobody_reads_any_more(ground: Ground, action: str) -> None:
    with house(ground, "reader-gone", action) as at:
        with at.midway(action, others=False, environ=ONE_BY_ONE) as run:
            run.leave()
        at.judge(run.end())
        assert at.office.runs()[-1].state.value == "finished"


@both
def test_no_descriptors_are_left(ground: Ground, action: str) -> None:
    with house(ground, "no-descriptors", action) as at:
        with at.midway(action, others=False, environ=ONE_BY_ONE) as run:
            run.limit(resource.RLIMIT_NOFILE, 3)
        starved = run.end()
        assert at.devices() is not at.end.devices
        at.judge(starved, at.run(*asked(action)))
