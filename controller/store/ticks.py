"""How long ago an entry was, in time the machine was seen running: no clock that is set adds to it."""

from __future__ import annotations

import json
import time
from collections import defaultdict

from sqlalchemy import select

from controller.store import schema
from controller.store.locks import boot_id
from controller.store.moment import Moment


class Ticks:
    """Every entry bears the ticks of its boot. Between two of one boot they count; what lies between the last
    entry of one boot and the first of the next does not, since nobody saw how long it was."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._now = time.monotonic_ns()  # one for all that is asked of a moment: what is older is not younger

    def since(self, entry: int) -> float:
        """Seconds from ``entry`` until now; 0 for one that is not in the database yet."""
        if entry > self._moment.seq:
            return 0.0
        epoch = schema.epoch
        begun = self._moment.connection.execute(
            select(epoch.c.entry).where(epoch.c.entry > entry).order_by(epoch.c.entry)
        ).scalars()
        starts = [entry, *begun]
        ends = [*(start - 1 for start in starts[1:]), self._moment.seq]
        seen: dict[str, list[int]] = defaultdict(list)
        for number in {*starts, *ends}:
            boot, ticks = self._at(number)
            seen[boot].append(ticks)
        if boot_id() in seen:
            seen[boot_id()].append(self._now)
        return sum(max(ticks) - min(ticks) for ticks in seen.values()) / 1e9

    def _at(self, entry: int) -> tuple[str, int]:
        body = self._moment.connection.execute(select(schema.entry.c.body).where(schema.entry.c.seq == entry))
        said = json.loads(body.scalar_one())
        return str(said["boot"]), int(said["monotonic"])
