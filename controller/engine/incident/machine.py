"""What became of the record itself: jumps of the clock, restarts, times in which the database did not
answer."""

from __future__ import annotations

from controller.domain.facts import Noted
from controller.domain.tags import Tag
from controller.engine.incident.told import Act, Degraded, Record, Step

LEAST_STEP = 2.0
"""Seconds by which the wall clock may leave the monotonic one between two entries: less is correction in
small steps, or a busy machine."""

_NANO = 1_000_000_000


class MachineBook:
    """Takes entries in the order of the log. Those that came by way of the spool are older than their place
    and say nothing of the clock."""

    def __init__(self) -> None:
        self.unrecorded = 0
        self._before: Record | None = None
        self._steps: list[Step] = []
        self._restarts: list[Act] = []
        self._degraded: list[Degraded] = []
        self._since: Record | None = None
        self._spooled = 0

    def take(self, record: Record) -> None:
        self._journal(record)
        if record.degraded or not record.boot:
            return
        before = self._before
        if before is not None and before.boot != record.boot:
            self._restarts.append(Act(record.actor, record.at, record.seq))
        elif before is not None and record.monotonic >= before.monotonic:
            passed = (record.monotonic - before.monotonic) / _NANO
            seconds = (record.at - before.at).total_seconds() - passed
            if abs(seconds) > LEAST_STEP:
                self._steps.append(Step(record.seq, record.at, seconds))
        if before is None or before.boot != record.boot or record.monotonic >= before.monotonic:
            self._before = record

    def _journal(self, record: Record) -> None:
        if record.tag == Tag.JOURNAL_BYPASSED:
            missing = (dict(fact.data).get("missing", "") for fact in record.facts if isinstance(fact, Noted))
            self.unrecorded += sum(int(each) for each in missing if each.isdigit())
        if record.degraded or record.tag == Tag.JOURNAL_DEGRADED:
            self._since = self._since or record
            self._spooled += record.degraded
        if record.tag == Tag.JOURNAL_RESTORED and self._since is not None:
            since = self._since
            self._degraded.append(Degraded(since.seq, record.seq, since.at, record.at, self._spooled))
            self._since, self._spooled = None, 0

    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def restarts(self) -> tuple[Act, ...]:
        return tuple(self._restarts)

    def degraded(self) -> tuple[Degraded, ...]:
        if self._since is None:
            return tuple(self._degraded)
        since = self._since
        return (*self._degraded, Degraded(since.seq, None, since.at, None, self._spooled))
