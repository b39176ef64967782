"""The Driver port over worker processes: a device is spoken to by one of them, as long as that one lives."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock, Thread

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import Device
from controller.domain.path import Credential
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers.shards.nursery import Nursery
from controller.drivers.shards.session import LATE, ShardSession, fire_in
from controller.drivers.shards.shard import OpeningFailed, Shard, WorkerFailed, WorkerGone
from controller.engine.ports import Block, Driver, Login, Secrets, Session

LOOKS_EVERY, MOST_UNANSWERED = 0.75, 3
"""Seconds between two looks at the workers, and how many of them one may leave unanswered."""

MOST_DEATHS = 3
"""Workers of one share that may end before its devices are spoken to from here; at once where none comes."""

_log = logging.getLogger(__name__)


class ShardedDriver:
    """Implements the Driver port. Safe to call from many threads. ``nursery`` says whether sessions belong
    into workers, and makes them; ``here`` makes the driver in this process, which speaks to the devices where
    no worker can; ``secrets`` are those that workers may ask for.

    A device stays with one worker. Those reached by jump hosts and console servers share one: how many log in
    there at a time, and what was rejected there, is counted in its process."""

    def __init__(self, nursery: Nursery, here: Callable[[], Driver], secrets: Secrets | None = None) -> None:
        self._nursery = nursery
        self._make_here = here
        self._secrets = secrets
        self._shares = [_Share(nursery) for _ in range(nursery.workers)]
        self._share_of: dict[str, int] = {}
        self._lock = Lock()
        self._over = Event()
        self._watching: Thread | None = None
        self._callers = ThreadPoolExecutor(8 * max(1, nursery.workers), thread_name_prefix="worker-asks")
        self._in_process: Driver | None = None

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> Session:
        """As :meth:`controller.drivers.netmiko_driver.NetmikoDriver.open`. A worker that ends meanwhile is
        followed by another, which tries once more: a login that was not judged yet counts as not offered."""
        while self._nursery.wanted and time.monotonic() < deadline:
            shard = self._shard_for(device)
            if shard is None:
                break
            try:
                return _open_in(shard, device, profile, logins, deadline)
            except WorkerGone:
                continue
        return self._here().open(device, profile, logins, deadline)

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        """Each worker fires its part at the same time as the others."""
        outcomes = [Outcome.NOT_SENT] * len(volley)
        parts: dict[Shard | None, list[int]] = defaultdict(list)
        for index, (session, _) in enumerate(volley):
            parts[session.shard if isinstance(session, ShardSession) else None].append(index)
        here = parts.pop(None, [])
        fired = [
            (indices, fire_in(shard, [volley[index] for index in indices]))
            for shard, indices in parts.items()
            if shard is not None
        ]
        if here:
            fired.append((here, lambda: self._here().fire([volley[index] for index in here])))
        for indices, outcome in fired:
            for index, each in zip(indices, outcome(), strict=True):
                outcomes[index] = each
        return tuple(outcomes)

    def close(self) -> None:
        """All sessions end, and their workers."""
        self._over.set()
        for share in self._shares:
            share.dismiss()
        for share in self._shares:
            share.wait()
        self._callers.shutdown(wait=False)

    def _here(self) -> Driver:
        with self._lock:
            if self._in_process is None:
                self._in_process = self._make_here()
            return self._in_process

    def _shard_for(self, device: Device) -> Shard | None:
        with self._lock:
            if device.name not in self._share_of:
                self._share_of[device.name] = self._least_used() if not _waypoints(device) else 0
            share = self._shares[self._share_of[device.name]]
            if self._watching is None:
                self._watching = Thread(target=self._watch, name="worker-watch", daemon=True)
                self._watching.start()
        return share.shard(self._secrets, self._callers)

    def _least_used(self) -> int:
        used = Counter(self._share_of.values())
        # The first one last: it has the devices behind waypoints as well.
        return min(reversed(range(len(self._shares))), key=lambda share: used[share])

    def _watch(self) -> None:
        while not self._over.wait(LOOKS_EVERY):
            for share in self._shares:
                share.look()


class _Share:
    """The devices of one worker, and the worker that has them now."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._lock = Lock()
        self._shard: Shard | None = None
        self._deaths = 0

    def shard(self, secrets: Secrets | None, callers: ThreadPoolExecutor) -> Shard | None:
        """None where there can be no worker."""
        with self._lock:
            if self._shard is not None and self._shard.gone:
                self._shard = None
                self._deaths += 1
            if self._shard is None and self._deaths < MOST_DEATHS:
                try:
                    self._shard = Shard(self._nursery.worker(), secrets, callers)
                except (OSError, WorkerGone) as error:
                    self._deaths = MOST_DEATHS
                    _log.warning("no worker process: %s", error)
            return self._shard

    def look(self) -> None:
        shard = self._shard
        if shard is not None and not shard.gone:
            shard.look(MOST_UNANSWERED)

    def dismiss(self) -> None:
        if self._shard is not None:
            self._shard.dismiss()

    def wait(self) -> None:
        if self._shard is not None:
            self._shard.wait(1.0)


def _open_in(
    shard: Shard, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
) -> Session:
    number = shard.number()
    lent = shard.lend(logins, _waypoints(device))
    trials = iter(lent)
    given = [
        (replace(login, trial=None), next(trials) if login.trial is not None else None) for login in logins
    ]
    try:
        known = shard.profile(profile)
        shard.order("open", number, device, known, given, deadline, until=deadline + LATE)
    except OpeningFailed as failed:
        raise OpenFailed(device.name, OpenCause(failed.cause), failed.detail) from None
    except TimeoutError:
        shard.post("close", number)
        raise OpenFailed(device.name, OpenCause.TIMEOUT, "worker process") from None
    except WorkerFailed as defect:
        raise OpenFailed(device.name, OpenCause.NOT_READY, str(defect)) from None
    finally:
        shard.take_back(tuple(lent))
    return ShardSession(shard, number)


def _waypoints(device: Device) -> tuple[Credential, ...]:
    """The credentials of whatever stands between."""
    between = (each for path in device.paths for each in (path.via, path.console) if each is not None)
    return tuple(credential for waypoint in between for credential in waypoint.credentials)
