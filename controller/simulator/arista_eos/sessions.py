"""Configuration sessions and their commit timer.

Arista EOS User Manual, "Configure Session": a session is a copy of the running configuration under its own
name, entered, changed and left without an effect; ``commit`` puts it in place of the running configuration,
whatever else changed there meanwhile, ``abort`` throws it away; it outlives the log-in that opened it, not a
restart. EOS "Config Session Commit Timer": after ``commit timer`` the former configuration returns unless the
session is committed once more in time; meanwhile the session cannot be entered, and no other committed. "show
configuration sessions".
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from controller.simulator.arista_eos.configuration import Configuration

MOST_PENDING = 5

_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")


def seconds(text: str) -> int | None:
    """Of ``hh:mm:ss``; None where it is none, or no time at all."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, left = map(int, found.groups())
    return hours * 3600 + minutes * 60 + left or None


@dataclass(slots=True)
class CommitTimer:
    """``ends`` on the monotonic clock; ``minute`` the seconds of one of the device's."""

    session: str
    kept: Configuration
    ends: float
    minute: float
    handle: asyncio.TimerHandle

    @property
    def left(self) -> str:
        left = max(0, int((self.ends - time.monotonic()) * 60 / self.minute))
        hours, rest = divmod(left, 3600)
        return f"{f'{hours}h' if hours else ''}{rest // 60}m{rest % 60}s"


@dataclass(slots=True)
class Sessions:
    """What is known of sessions beside the drafts of those pending."""

    timer: CommitTimer | None = None
    completed: str = ""
    numbered: int = 0

    def timed(self, name: str) -> bool:
        return self.timer is not None and self.timer.session == name


def shown(sessions: Sessions, pending: Iterable[str], *, detail: bool) -> list[str]:
    """As a table whose columns are as wide as what they hold; ``pending``: the names of those."""
    head = ["Name", "State", "User", "Terminal"]
    head += ["PID", "Commit Time Left", "Description"] if detail else []
    rows = [[name, "pending"] for name in pending]
    if sessions.timer is not None:
        left = ["", "", "", sessions.timer.left] if detail else []
        rows.append([sessions.timer.session, "pendingCommitTimer", *left])
    if sessions.completed:
        rows.append([sessions.completed, "completed"])
    filled = [row + [""] * (len(head) - len(row)) for row in rows]
    widths = [max(len(row[index]) for row in (head, *filled)) for index in range(len(head))]
    written = ["  " + " ".join(map(str.ljust, row, widths)) for row in filled]
    lines = [
        "Maximum number of completed sessions: 1",
        f"Maximum number of pending sessions: {MOST_PENDING}",
        "Merge on commit is disabled",
        "Autosave to startup-config on commit is disabled",
        "",
        "  " + " ".join(map(str.center, head, widths)),
        "  " + " ".join("-" * width for width in widths),
        *written,
    ]
    return [line.rstrip() for line in lines]
