"""How long ago an entry was, in time the machine was seen running: no clock that is set adds to it."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from controller.store import schema
from controller.store.locks import boot_id
from controller.store.moment import Moment

_TOGETHER = 500


class Ticks:
    """Every entry bears the ticks of its boot. Between two of one boot they count; what lies between the last
    entry of one boot and the first of the next does not, since nobody saw how long it was."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._now = time.monotonic_ns()  # one for all that is asked of a moment: what is older is not younger
        epoch = schema.epoch
        begun = moment.connection.execute(select(epoch.c.entry).order_by(epoch.c.entry)).scalars()
        self._begun = list(begun)
        self._seen: dict[int, tuple[str, int]] = {}

    def look(self, entries: Iterable[int]) -> None:
        """Reads at once what :meth:`since` will be asked of."""
        entry = schema.entry
        wanted = sorted({each for each in entries if each <= self._moment.seq} - self._seen.keys())
        for at in range(0, len(wanted), _TOGETHER):
            some = entry.c.seq.in_(wanted[at : at + _TOGETHER])
            for seq, body in self._moment.connection.execute(select(entry.c.seq, entry.c.body).where(some)):
                said = json.loads(body)
                self._seen[seq] = (str(said["boot"]), int(said["monotonic"]))

    def since(self, entry: int) -> float:
        """Seconds from ``entry`` until now; 0 for one that is not in the database yet."""
        if entry > self._moment.seq:
            return 0.0
        starts = [entry, *self._begun[bisect_right(self._begun, entry) :]]
        ends = [*(start - 1 for start in starts[1:]), self._moment.seq]
        numbers = {*starts, *ends}
        self.look(numbers)
        seen: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            boot, ticks = self._seen[number]
            seen[boot].append(ticks)
        if boot_id() in seen:
            seen[boot_id()].append(self._now)
        return sum(max(ticks) - min(ticks) for ticks in seen.values()) / 1e9
