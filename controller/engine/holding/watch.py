"""The watch over held points: each is read again before its proof expires, and cut again where it is found
open. It only ever moves towards isolation: what it sends are the lines of the cut that holds the point.

Where a point found open is left to a person (:mod:`controller.engine.holding.reassertion`), it only raises
the alarm. What a return brought back and nobody could confirm goes back to isolation as soon as its device
can be reached: the timer that the controller holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from threading import Condition, Thread

from controller.domain.errors import CordonError, OpenFailed
from controller.domain.facts import SYSTEM, Fact, Noted
from controller.domain.inventory import MANUAL, Device, Inventory, PointId
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.domain.timer import HELD_FOR, Holder, TimerState
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import DeviceSlots, Sessions, Visit
from controller.engine.execution.timers import thrown_away
from controller.engine.holding.reassertion import Reassertion
from controller.engine.holding.watched import (
    READ_AFTER,
    REOPENED,
    SILENT,
    Basis,
    Watched,
    age_of,
    alarm,
    basis_of,
    by_run,
    profiles_of,
    reading,
    share_of,
    watched_at,
    with_present,
)
from controller.engine.planning.revisions import DocumentReader
from controller.engine.points.blocks import complete_answers, interrupted, read_block
from controller.engine.points.holds import HoldBook
from controller.engine.points.reading import read_state
from controller.engine.points.renderer import operation, point_context, timer_lines
from controller.engine.ports import Block, Command, History, Purpose

OVERDUE = timedelta(minutes=12)
"""Readings this old are renewed also while a run is under way: they expire before long."""

RETRY = timedelta(minutes=1)
"""Before a device that did not answer, or where somebody was, is tried again."""

SOON = timedelta(minutes=3)
"""Before a device is read again that did answer: what it says of some points may be no reading."""

REMIND = timedelta(hours=1)
"""Before the same alarm about a point that waits for a person is raised again."""

AT_ONCE = timedelta(seconds=2)
"""Before a device is tried again at which something came back that nobody has confirmed."""

_TICK = 5.0
_THREADS = 4

_log = logging.getLogger(__name__)


class Watch:
    """Looks in threads of its own between :meth:`start` and :meth:`stop`, or device by device with
    :meth:`look`. ``current``: the present inventory, for a device's present address and login, or None;
    ``busy``: whether a run is under way."""

    def __init__(
        self,
        services: Services,
        history: History,
        reader: DocumentReader,
        book: HoldBook,
        slots: DeviceSlots,
        busy: Callable[[], bool],
        current: Callable[[], Inventory | None],
    ) -> None:
        self._services = services
        self._clock = services.clock
        self._history = history
        self._reader = reader
        self._book = book
        self._slots = slots
        self._busy = busy
        self._current = current
        self._reassertion = Reassertion(services, history, book, slots)
        self._basis = lru_cache(maxsize=8)(self._read_basis)
        self._not_before: dict[str, datetime] = {}
        self._reminded: dict[PointId, datetime] = {}
        self._silent: set[str] = set()
        self._timed: frozenset[str] = frozenset()
        self._credentials = (CredentialRecord(), self._clock.now())
        self._told: set[str] = set()
        self._changed = Condition()
        self._over = False
        self._began = services.clock.monotonic()
        self._thread = Thread(target=self._keep_watch, name="watch", daemon=True)

    # --- in the background ----------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Nothing begins any more; what is under way at a device comes to its end."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(self._services.limits.operation)

    def _keep_watch(self) -> None:
        visits: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="watch") as pool:
            while True:
                visits = {name: visit for name, visit in visits.items() if not visit.done()}
                with self._changed:
                    tick = AT_ONCE.total_seconds() if self._book.timed() else _TICK
                    self._changed.wait_for(partial(self._wanted, frozenset(visits)), tick)
                    if self._over:
                        break
                try:
                    due = self.due()
                except Exception:  # noqa: BLE001 - a history that cannot be read now may be read later
                    _log.exception("the watch cannot tell what is due")
                    continue
                for name in due:
                    if name not in visits:
                        visits[name] = pool.submit(self._visit, name)
            pool.shutdown(cancel_futures=True)

    def _wanted(self, visited: frozenset[str]) -> bool:
        """Whether there is something to do before the next tick. Called with the lock held."""
        return self._over or not self._told <= visited

    def _visit(self, device: str) -> None:
        if self._over:
            return
        try:
            self.look(device)
        except CordonError as error:  # no journal, no lead: whoever acts is told; the watch tries again
            _log.warning("the watch could not look", extra={"device": device, "why": str(error)})
        except Exception:  # noqa: BLE001 - a defect at one device must not end the watch over the others
            _log.exception("the watch failed", extra={"device": device})

    def soon(self, devices: Collection[str]) -> None:
        """Something happened there, as somebody says (a restart, a manager that pushed): they are read at
        once, however lately they were."""
        with self._changed:
            self._told.update(devices)
            self._changed.notify_all()

    # --- what is due -----------------------------------------------------------------------------------

    def due(self) -> tuple[str, ...]:
        """The devices to be read now, the oldest reading first."""
        now, reads = self._clock.now(), self._history.last_reads()
        busy, timed = self._busy(), self._book.timed()
        oldest: dict[str, timedelta] = {}
        for hold in self._book.holds():
            point = hold.key.point
            # What is being cut right now has no reading yet: its run is about to make one.
            fresh = busy and point not in reads
            age = now - hold.opened_at if fresh else age_of(reads.get(point), now)
            oldest[point.device] = max(age, oldest.get(point.device, timedelta(0)))
        with self._changed:
            self._told &= oldest.keys()
            told = frozenset(self._told)
            for device in timed - self._timed:  # whatever the device was left alone for before
                self._not_before.pop(device, None)
            self._timed = timed
        due = [
            (age, device)
            for device, age in oldest.items()
            if (device in told | timed or age >= (OVERDUE if busy else READ_AFTER + share_of(device)))
            and (device in told or now >= self._not_before.get(device, now))
        ]
        return tuple(device for _, device in sorted(due, reverse=True))

    # --- one device --------------------------------------------------------------------------------------

    def look(self, device: str) -> None:
        """Reads the held points of a device and cuts again those found open. Nothing where somebody acts
        there. Raises JournalUnavailable, StaleEpoch."""
        now = self._clock.now()
        with self._changed:
            self._told.discard(device)
        self._not_before[device] = now + self._retry(device)
        reads = self._history.last_reads()
        watched = watched_at(device, self._book.holds(), reads, self._basis, self._book.limit)
        if not watched:
            self._not_before[device] = now + READ_AFTER
            return
        inventory = with_present(watched[0].basis.inventory, self._current())
        found, profiles = inventory.devices.get(device), profiles_of(watched)
        if found is None or found.platform == MANUAL or found.platform not in profiles:
            self._not_before[device] = now + READ_AFTER
            return
        sessions = self._sessions(inventory, profiles)
        try:
            sessions.get(found)  # before anybody is kept out: who acts there must not wait for a log-in
            with self._slots.visit(device, lambda: sessions.drop(device)) as visit:
                if visit is not None:
                    self._read(visit, found, profiles[found.platform], watched, sessions)
        except OpenFailed as failure:
            self._unanswered(device, failure)
        finally:
            sessions.close()

    def _read(
        self,
        visit: Visit,
        device: Device,
        profile: DeviceProfile,
        watched: Sequence[Watched],
        sessions: Sessions,
    ) -> None:
        session = sessions.get(device)
        # Somebody may have let go of points since the list was made; now nobody can.
        held = [each for each in watched if self._book.hold(each.hold.key) is not None]
        if not held:
            return
        block = operation({device.platform: profile}, device, [each.step for each in held])
        read_at = self._clock.now()
        deadline = self._clock.monotonic() + self._services.limits.operation
        if session.write(read_block(block)) is Outcome.NOT_SENT:
            return
        answers = session.collect(deadline)
        if interrupted(answers):
            return
        self._silent.discard(device.name)
        known = complete_answers(answers)
        open_points: list[tuple[Watched, State]] = []
        facts: list[Fact] = []
        for each in held:
            context = point_context(each.step.point, each.step.subjects, each.step.prefixes, device, profile)
            state = read_state(context, known) if context is not None else None
            proof = each.confirmed_by(state)
            if proof is Proof.CONFIRMED:
                facts.append(reading(each, Proof.CONFIRMED, state, read_at, ""))
            elif proof is Proof.CONTRADICTED and state is not None:
                open_points.append((each, state))
        if facts:
            self._commit(Tag.POINT_WATCHED, facts)
        self._not_before[device.name] = read_at + SOON
        if open_points:
            self._found_open(visit, device, profile, open_points, read_at, sessions)
        if self._book.timers(device.name):
            self._not_before[device.name] = read_at + AT_ONCE
            self._timers_over(device, profile, sessions)

    # --- found open -----------------------------------------------------------------------------------

    def _found_open(
        self,
        visit: Visit,
        device: Device,
        profile: DeviceProfile,
        found: Sequence[tuple[Watched, State]],
        read_at: datetime,
        sessions: Sessions,
    ) -> None:
        """The alarm first, then the cut again: both are on record before a byte is sent."""
        reads, told = self._history.last_reads(), self._reassertion.counts()
        again: list[Watched] = []
        facts: list[Fact] = []
        alarms: list[Fact] = []
        struck = self._struck(device.name)
        for each, state in found:
            if each.point in struck:
                again.append(each)
                continue
            if each.point in self._awaited(device.name):
                continue
            before = told[each.hold.key.run, each.point]
            why = self._reassertion.left_to_a_person(each, reads.get(each.point), before)
            facts.append(reading(each, Proof.CONTRADICTED, state, read_at, REOPENED))
            if not why:
                again.append(each)
            elif read_at - self._reminded.get(each.point, read_at - REMIND) < REMIND:
                continue
            self._reminded[each.point] = read_at
            alarms.append(alarm(each, why))
        if facts:
            self._commit(Tag.POINT_REOPENED if alarms else Tag.POINT_WATCHED, [*facts, *alarms])
        if struck.intersection(each.point for each in again):
            timers = self._book.timers(device.name)
            self._commit(Tag.TIMER_MOVED, [replace(each, state=TimerState.STRUCK).fact() for each in timers])
        self._not_before[device.name] = read_at + RETRY
        if again and visit.stay():
            for run, wave, part in by_run(again):
                self._reassertion.cut_again(run, wave, part, device, profile, sessions)

    def _unanswered(self, device: str, failure: OpenFailed) -> None:
        """Said once; the age of its proofs says the rest."""
        self._not_before[device] = self._clock.now() + self._retry(device)
        if device not in self._silent:
            self._silent.add(device)
            note = Noted(SILENT, (("device", device), ("cause", f"open.{failure.cause}")))
            self._commit(Tag.WATCH_BLIND, [note])

    # --- timers of returns ---------------------------------------------------------------------------

    def _retry(self, device: str) -> timedelta:
        return AT_ONCE if device in self._book.timed() else RETRY

    def _struck(self, device: str) -> frozenset[PointId]:
        """The points there that a return opened and nobody confirmed, once they are to be cut again."""
        return frozenset() if self._awaited(device) else self._doubted(device)

    def _awaited(self, device: str) -> frozenset[PointId]:
        """Such points as an earlier process left: a person may go on with its run as long as the timer would
        have run."""
        waits = self._clock.monotonic() < self._began + HELD_FOR
        left = waits and any(self._book.from_before(timer) for timer in self._book.timers(device))
        return self._doubted(device) if left else frozenset()

    def _doubted(self, device: str) -> frozenset[PointId]:
        return self._book.doubtful(device) if self._book.timers(device) else frozenset()

    def _timers_over(self, device: Device, profile: DeviceProfile, sessions: Sessions) -> None:
        """The end of timers at a device of which nothing is in doubt any more; its own, once it says so."""
        if self._book.doubtful(device.name):
            return
        timers = self._book.timers(device.name)
        if any(timer.holder is Holder.DEVICE for timer in timers) and not self._none_runs(
            device, profile, sessions
        ):
            timers = tuple(timer for timer in timers if timer.holder is Holder.CONTROLLER)
        if timers:
            self._commit(Tag.TIMER_MOVED, [replace(each, state=TimerState.OVER).fact() for each in timers])

    def _none_runs(self, device: Device, profile: DeviceProfile, sessions: Sessions) -> bool:
        lines = timer_lines(profile, device)
        if lines is None or profile.timer is None:
            return False
        session = sessions.get(device)
        if session.write(Block((Command(lines.read, Purpose.READ),))) is Outcome.NOT_SENT:
            return False
        deadline = self._clock.monotonic() + self._services.limits.operation
        answers = session.collect(deadline)
        if not profile.timer.none.search(complete_answers(answers).get(lines.read, "")):
            return False
        ours = [timer for timer in self._book.timers(device.name) if timer.holder is Holder.DEVICE]
        return all(thrown_away(session, deadline, lines.named(timer.name)) for timer in ours)

    # --- parts -------------------------------------------------------------------------------------

    def _commit(self, tag: Tag, facts: Sequence[Fact]) -> None:
        self._services.journal.commit(tag, facts, SYSTEM)
        self._book.apply(facts)

    def _sessions(self, inventory: Inventory, profiles: Mapping[str, DeviceProfile]) -> Sessions:
        """What devices say of credentials counts for an hour: nobody's account is locked by a watch."""
        record, since = self._credentials
        if self._clock.now() - since > REMIND:
            record = CredentialRecord()
            self._credentials = (record, self._clock.now())
        services = self._services
        return Sessions(
            inventory,
            profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            record,
            services.armed,
        )

    def _read_basis(self, run: str) -> Basis:
        return basis_of(self._history, self._reader, run)
