"""The sessions held open beforehand: opened, kept alive by reading, opened again when lost, handed over.

A reading is what keeps a session alive: a device's own idle time is reset by a command, not by SSH. It
refreshes at the same time what a cut would otherwise have to read first. All of it is done by few threads,
whatever the number of sessions, and gives way: nothing begins while a cut is under way unless it is long
overdue, and at no device where somebody acts.

A login that a device rejected is not offered to it again until a person says so or the inventory changes:
nobody's account is locked by a session that nobody needs yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from controller.domain.armed import ArmedDevice, Why
from controller.domain.facts import Actor, Fact
from controller.domain.tags import Tag
from controller.engine.execution.marks import Marks, marked
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import DeviceSlots
from controller.engine.holding.armed import ArmingBasis
from controller.engine.holding.place import Rhythm
from controller.engine.holding.roster import Roster, armed_fact
from controller.engine.holding.visiting import READ_EVERY, Visiting
from controller.engine.ports import ArmedSession

LOOKED_AFTER = 10.0
"""Seconds between two looks whether the sessions that rest still stand."""

TAKEN_WITHIN = 0.1
"""Seconds a cut waits for the end of a reading, at most: then it logs in as ever."""

_TICK = 2.0
_THREADS = 4

_log = logging.getLogger(__name__)


class Arming:
    """Implements Armed. Does its work in threads of its own between :meth:`start` and :meth:`close`, or
    device by device with :meth:`visit`. ``cutting``: whether a cut is under way."""

    def __init__(self, services: Services, slots: DeviceSlots, cutting: Callable[[], bool]) -> None:
        self._journal = services.journal
        self._slots = slots
        self._cutting = cutting
        self._rhythm = Rhythm(services.clock)
        self._roster = Roster(self._rhythm)
        self._changed = self._roster.changed
        self._visiting = Visiting(services, slots, self._roster, self._rhythm)
        self._current: Callable[[], ArmingBasis | None] = lambda: None
        self._chosen = False
        self._look_at = 0.0
        self._thread: Thread | None = None

    # --- Armed -----------------------------------------------------------------------------------------

    def take(self, device: str) -> ArmedSession | None:
        with self._changed:
            place = self._roster.places.get(device)
            if place is None or place.session is None:
                return None
            if place.reading:
                self._changed.wait_for(lambda: not place.reading, TAKEN_WITHIN)
            session = place.session
            if place.reading or session is None:
                return None
            place.hand_over(self._rhythm)
            fresh = place.turn == self._slots.turn(device)
            read_at = place.read_at or place.since
            return ArmedSession(session, dict(place.states) if fresh else {}, read_at)

    def make_room(self, device: str) -> ArmedSession | None:
        found = self.take(device)
        with self._changed:
            place = self._roster.places.get(device)
            if found is not None and place is not None:
                self._roster.give_up(place)
        return found

    # --- in the background -----------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether this process holds sessions open."""
        return self._chosen and not self._roster.over

    def hold(self, current: Callable[[], ArmingBasis | None]) -> None:
        """This process is to hold sessions. ``current``: what is in force now, the same object as long as
        it is the same; None where it cannot be told, and then all stays as it is."""
        self._current, self._chosen = current, True

    def start(self) -> None:
        with self._changed:
            if self.at_work:
                self._thread = Thread(target=self._keep, name="arming", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends every session and returns when no thread is left."""
        places = self._roster.places
        with self._changed:
            self._roster.over = True
            sessions = [each.session for each in places.values() if each.session is not None]
            self._changed.notify_all()
        for session in sessions:
            session.close()
        if self._thread is not None:
            self._thread.join()
        with self._changed:
            for place in places.values():
                self._roster.ended(place)
                if place.session is not None:
                    place.session.close()
                    place.session = None
        self._roster.write_down(self._journal)

    def _keep(self) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="armed") as pool:
            while True:
                with self._changed:
                    if self._roster.over:
                        break
                try:
                    for name in self.due():
                        pool.submit(self._visit, name)
                except Exception:  # noqa: BLE001 - what cannot be told now may be told later
                    _log.exception("the armed sessions cannot tell what is due")
                self._roster.write_down(self._journal)
                with self._changed:
                    self._changed.wait_for(lambda: self._roster.over, _TICK)
            pool.shutdown(cancel_futures=True)

    def _visit(self, device: str) -> None:
        try:
            self.visit(device)
        except Exception:  # noqa: BLE001 - a defect at one device must not end the sessions with the others
            _log.exception("arming failed", extra={"device": device})

    # --- what is due -----------------------------------------------------------------------------------

    def follow(self, basis: ArmingBasis | None) -> None:
        """From now on what is armed is as ``basis`` says."""
        if basis is None or basis is self._roster.basis:
            return
        with self._changed:
            ended = self._roster.follow(basis)
        for session in ended:
            session.close()

    def due(self) -> tuple[str, ...]:
        """The devices to be visited now, those that wait longest first; each is given out once."""
        self.follow(self._current())
        now, cutting = self._rhythm.monotonic(), self._cutting()
        if not cutting:
            self._look(now)
        with self._changed:
            places = self._roster.places
            late = now - (READ_EVERY if cutting else 0.0)
            found = [
                (place.at, name)
                for name, place in places.items()
                if place.on and not place.working and not place.stopped and place.at <= late
                if place.taken is None  # one session a device
            ]
            for _, name in found:
                places[name].working = True
            return tuple(name for _, name in sorted(found))

    def _look(self, now: float) -> None:
        """Which sessions ended: each is asked without holding up who wants to take one."""
        with self._changed:
            resting = now >= self._look_at
            if resting:
                self._look_at = now + LOOKED_AFTER
            found = [
                (place, session)
                for place in self._roster.places.values()
                for session in (place.session if resting and not place.working else None, place.taken)
                if session is not None
            ]
        ended = [(place, session) for place, session in found if not session.is_open]
        with self._changed:
            for place, session in ended:
                if place.taken is session:
                    place.taken = None
                elif place.session is session and not place.working:
                    place.lost(self._rhythm)

    def visit(self, device: str) -> None:
        """Opens the session of a device that is due, and reads its points."""
        self._visiting.visit(device)

    # --- switching -------------------------------------------------------------------------------------

    def switch(self, devices: Sequence[str], *, on: bool, actor: Actor, marks: Marks = ()) -> int | None:
        """What a person wants until this process ends, whatever inventory and roles say. Returns the number
        of the entry. Raises NotFound, InvalidRequest (not-armable-…) naming one that cannot be armed,
        JournalUnavailable."""
        self.follow(self._current())
        with self._changed:
            self._roster.refuse(devices, on=on)
        tag = Tag.SESSION_ARMED if on else Tag.SESSION_DISARMED
        facts: list[Fact] = [armed_fact(name, Why.PERSON) for name in devices]
        seq = self._journal.commit(tag, [*facts, *marked(marks)], actor).seq
        with self._changed:
            ended = self._roster.tell(devices, on=on, by=actor.id)
        for session in ended:
            session.close()
        return seq

    def try_again(self) -> None:
        """Something that stood in the way may be gone (a vault is open): who waits, waits no longer."""
        with self._changed:
            for place in self._roster.places.values():
                if place.session is None and place.taken is None:
                    place.try_again(self._rhythm)

    def standings(self) -> tuple[ArmedDevice, ...]:
        """Every device that is armed or was told anything of, by name, then the others."""
        with self._changed:
            return self._roster.standings()
