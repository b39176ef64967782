"""What running processes have used of the processors."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_EVERY = 0.5
_RESTS = 0.03
"""Seconds of a processor in one look that are nothing to speak of."""


def tree(pid: int) -> list[int]:
    """A process and its worker processes."""
    try:
        below = [each.read_text("ascii") for each in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(deep for text in below for each in text.split() for deep in tree(int(each)))]


def spent(pid: int) -> float:
    """Seconds, of a process that runs (proc_pid_stat(5): utime and stime, behind the name in brackets)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def await_rest(pid: int, within: float) -> None:
    """Until the process and those below it do nothing to speak of. Raises TimeoutError."""
    until = time.monotonic() + within
    used = _together(pid)
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        before, used = used, _together(pid)
        if used - before < _RESTS:
            return
    raise TimeoutError(f"process {pid} does not come to rest")


def _together(pid: int) -> float:
    return sum(map(spent, tree(pid)))
