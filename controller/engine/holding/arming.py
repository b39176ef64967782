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
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Condition, Thread

from controller.domain.armed import LOST, ArmedDevice, Standing, Why
from controller.domain.errors import CordonError, InvalidRequest, NotFound, OpenCause, OpenFailed
from controller.domain.facts import SYSTEM, Actor, Fact, Noted
from controller.domain.inventory import Device, PointId
from controller.domain.profile import State
from controller.domain.proof import Outcome
from controller.domain.tags import Tag
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.execution.marks import Marks, marked
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.holding.armed import ArmingBasis, reads_of, states_of, wanted
from controller.engine.points.blocks import complete_answers, interrupted
from controller.engine.ports import ArmedSession, Block, Command, Purpose, Session

READ_EVERY = 120.0
"""Seconds between two readings, give or take a fifth. The shortest idle time a platform is delivered with is
five minutes (FortiOS), then ten (IOS)."""

FIRST_RETRY, LONGEST_RETRY = 15.0, 900.0
"""Seconds until a device that gave no session is asked again: twice as long each time, give or take a
quarter."""

LOOKED_AFTER = 10.0
"""Seconds between two looks whether the sessions that rest still stand."""

TAKEN_WITHIN = 0.1
"""Seconds a cut waits for the end of a reading, at most: then it logs in as ever."""

_ANSWERS_WITHIN = 20.0
_TICK = 2.0
_THREADS = 4
_FOR_A_PERSON = frozenset(
    {
        OpenCause.LOGIN_REJECTED,
        OpenCause.CREDENTIAL_DROPPED,
        OpenCause.HOST_KEY_CHANGED,
        OpenCause.HOST_KEY_UNKNOWN,
        OpenCause.MANUAL,
    }
)
_REFUSED = {
    Why.MANUAL: "not-armable-manual",
    Why.NO_SSH: "not-armable-no-ssh",
    Why.NO_POINTS: "not-armable-no-points",
}
_SUBJECT = "armed"

_log = logging.getLogger(__name__)


@dataclass
class _Place:
    """One device. ``at``: monotonic, when something is due; ``turn``: of the device's slot at the last
    reading; ``proven``: that a line is left for people; ``kept``: that its session is on record as begun.
    ``working``: given out to be visited; ``reading``: its session is in use."""

    device: Device
    on: bool
    why: Why
    since: datetime
    at: float
    session: Session | None = None
    taken: Session | None = None
    states: dict[PointId, State | None] = field(default_factory=dict)
    read_at: datetime | None = None
    turn: int = -1
    failures: int = 0
    failure: str = ""
    stopped: bool = False
    proven: bool = False
    last_line: bool = False
    working: bool = False
    reading: bool = False
    kept: bool = False


class Arming:
    """Implements Armed. Does its work in threads of its own between :meth:`start` and :meth:`close`, or
    device by device with :meth:`visit`. ``cutting``: whether a cut is under way."""

    def __init__(self, services: Services, slots: DeviceSlots, cutting: Callable[[], bool]) -> None:
        self._services = services
        self._clock = services.clock
        self._slots = slots
        self._cutting = cutting
        self._random = random.Random()  # noqa: S311 - spreads readings, guards nothing
        self._changed = Condition()
        self._basis: ArmingBasis | None = None
        self._current: Callable[[], ArmingBasis | None] = lambda: None
        self._chosen = False
        self._record = CredentialRecord()
        self._places: dict[str, _Place] = {}
        self._told: dict[str, tuple[bool, str]] = {}
        self._notes: list[tuple[Tag, Noted]] = []
        self._look_at = 0.0
        self._over = False
        self._thread: Thread | None = None

    # --- Armed -----------------------------------------------------------------------------------------

    def take(self, device: str) -> ArmedSession | None:
        with self._changed:
            place = self._places.get(device)
            if place is None or place.session is None:
                return None
            if place.reading:
                self._changed.wait_for(lambda: not place.reading, TAKEN_WITHIN)
            session = place.session
            if place.reading or session is None:
                return None
            place.session, place.taken = None, session
            place.since = self._clock.now()
            place.at = self._later(FIRST_RETRY, 0.25)
            fresh = place.turn == self._slots.turn(device)
            read_at = place.read_at or place.since
            return ArmedSession(session, dict(place.states) if fresh else {}, read_at)

    def make_room(self, device: str) -> ArmedSession | None:
        found = self.take(device)
        with self._changed:
            place = self._places.get(device)
            if found is not None and place is not None:
                self._give_up(place)
        return found

    # --- in the background -----------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether this process holds sessions open."""
        return self._chosen and not self._over

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
        with self._changed:
            self._over = True
            sessions = [each.session for each in self._places.values() if each.session is not None]
            self._changed.notify_all()
        for session in sessions:
            session.close()
        if self._thread is not None:
            self._thread.join()
        with self._changed:
            for place in self._places.values():
                self._ended(place)
                if place.session is not None:
                    place.session.close()
                    place.session = None
        self._write_down()

    def _keep(self) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="armed") as pool:
            while True:
                with self._changed:
                    if self._over:
                        break
                try:
                    for name in self.due():
                        pool.submit(self._visit, name)
                except Exception:  # noqa: BLE001 - what cannot be told now may be told later
                    _log.exception("the armed sessions cannot tell what is due")
                self._write_down()
                with self._changed:
                    self._changed.wait_for(lambda: self._over, _TICK)
            pool.shutdown(cancel_futures=True)

    def _visit(self, device: str) -> None:
        try:
            self.visit(device)
        except Exception:  # noqa: BLE001 - a defect at one device must not end the sessions with the others
            _log.exception("arming failed", extra={"device": device})

    # --- what is due -----------------------------------------------------------------------------------

    def follow(self, basis: ArmingBasis | None) -> None:
        """From now on what is armed is as ``basis`` says."""
        if basis is None or basis is self._basis:
            return
        with self._changed:
            if self._basis is None or basis.inventory.digest != self._basis.inventory.digest:
                self._record = CredentialRecord()
                for place in self._places.values():  # what was wrong there may be put right
                    place.stopped = False
            self._basis = basis
            gone = [name for name in self._places if name not in basis.inventory.devices]
            ended = [self._stand_down(self._places.pop(name)) for name in gone]
            ended.extend(self._settle(device, basis) for device in basis.inventory.devices.values())
        for session in ended:
            if session is not None:
                session.close()

    def due(self) -> tuple[str, ...]:
        """The devices to be visited now, those that wait longest first; each is given out once."""
        self.follow(self._current())
        now, cutting = self._clock.monotonic(), self._cutting()
        if not cutting:
            self._look(now)
        with self._changed:
            late = now - (READ_EVERY if cutting else 0.0)
            found = [
                (place.at, name)
                for name, place in self._places.items()
                if place.on and not place.working and not place.stopped and place.at <= late
                if place.taken is None  # one session a device
            ]
            for _, name in found:
                self._places[name].working = True
            return tuple(name for _, name in sorted(found))

    def _look(self, now: float) -> None:
        """Which sessions ended: each is asked without holding up who wants to take one."""
        with self._changed:
            resting = now >= self._look_at
            if resting:
                self._look_at = now + LOOKED_AFTER
            found = [
                (place, session)
                for place in self._places.values()
                for session in (place.session if resting and not place.working else None, place.taken)
                if session is not None
            ]
        ended = [(place, session) for place, session in found if not session.is_open]
        with self._changed:
            for place, session in ended:
                if place.taken is session:
                    place.taken = None
                elif place.session is session and not place.working:
                    self._lost(place)

    # --- one device ------------------------------------------------------------------------------------

    def visit(self, device: str) -> None:
        """Opens the session of a device that is due, and reads its points."""
        with self._changed:
            place, basis = self._places.get(device), self._basis
        if place is None or basis is None:
            return
        try:
            if not self._over and place.session is None and place.taken is None:
                self._open(place, basis)
            self._read(place, basis)
        finally:
            with self._changed:
                place.working = False
                ended = self._drop(place) if self._over or not place.on else None
            if ended is not None:
                ended.close()

    def _open(self, place: _Place, basis: ArmingBasis) -> None:
        device = replace(place.device, paths=place.device.ssh_paths)
        sessions = self._sessions(basis)
        try:
            session = sessions.get(device)
        except OpenFailed as failure:
            self._failed(place, failure)
            return
        if not place.proven and not self._line_left(device, basis):
            session.close()
            with self._changed:
                self._give_up(place)
            return
        with self._changed:
            place.proven = True
            place.session, place.since = session, self._clock.now()
            place.failures, place.failure = 0, ""
            if not place.kept:
                place.kept = True
                self._notes.append((Tag.SESSION_ARMED, self._note(place)))

    def _line_left(self, device: Device, basis: ArmingBasis) -> bool:
        """For a person: shown once, by having it."""
        second = self._sessions(basis)
        try:
            second.get(device)
        except OpenFailed as failure:
            return failure.cause != OpenCause.NO_LINE
        finally:
            second.close()
        return True

    def _read(self, place: _Place, basis: ArmingBasis) -> None:
        name = place.device.name
        with self._changed:
            session = place.session
            if session is None or self._over or not place.on:
                return
            if self._slots.acted_at(name):
                place.at = self._later(_TICK, 0.5)
                return
            place.reading = True
        try:
            self._read_by(session, place, basis)
        finally:
            with self._changed:
                place.reading = False
                self._changed.notify_all()

    def _read_by(self, session: Session, place: _Place, basis: ArmingBasis) -> None:
        name = place.device.name
        turn, read_at = self._slots.turn(name), self._clock.now()
        lines = reads_of(place.device, basis)
        block = Block(tuple(Command(text, Purpose.READ, ahead=True) for text in lines))
        deadline = self._clock.monotonic() + _ANSWERS_WITHIN
        answers = () if session.write(block) is Outcome.NOT_SENT else session.collect(deadline)
        if interrupted(answers) or not session.is_open:
            session.close()
            with self._changed:
                self._lost(place)
            return
        states = states_of(place.device, basis, complete_answers(answers))
        with self._changed:
            undisturbed = self._slots.turn(name) == turn and not self._slots.acted_at(name)
            place.states, place.read_at = dict(states), read_at
            place.turn = turn if undisturbed else -1
            place.at = self._later(READ_EVERY if undisturbed else _TICK, 0.2)

    # --- switching -------------------------------------------------------------------------------------

    def switch(self, devices: Sequence[str], *, on: bool, actor: Actor, marks: Marks = ()) -> int | None:
        """What a person wants until this process ends, whatever inventory and roles say. Returns the number
        of the entry. Raises NotFound, InvalidRequest (not-armable-…) naming one that cannot be armed,
        JournalUnavailable."""
        self.follow(self._current())
        with self._changed:
            basis = self._basis
            for name in devices:
                device = basis.inventory.devices.get(name) if basis is not None else None
                if device is None or basis is None:
                    raise NotFound(kind="device", name=name)
                why = wanted(device, on, basis, last_line=False)[1]
                if on and why in _REFUSED:
                    raise InvalidRequest(_REFUSED[why], device=name)
        tag = Tag.SESSION_ARMED if on else Tag.SESSION_DISARMED
        facts: list[Fact] = [
            Noted(_SUBJECT, (("device", name), ("why", Why.PERSON.value))) for name in devices
        ]
        seq = self._services.journal.commit(tag, [*facts, *marked(marks)], actor).seq
        ended: list[Session | None] = []
        with self._changed:
            for name in devices:
                self._told[name] = (on, actor.id)
                place = self._places[name]
                place.stopped = place.last_line = place.proven = False
                place.kept = on
                place.failures, place.at = 0, self._clock.monotonic()
                if on and place.failure in (OpenCause.LOGIN_REJECTED, OpenCause.CREDENTIAL_DROPPED):
                    self._record = CredentialRecord()  # a person says that it may be tried again
                if basis is not None:
                    ended.append(self._settle(place.device, basis))
        for session in ended:
            if session is not None:
                session.close()
        return seq

    def try_again(self) -> None:
        """Something that stood in the way may be gone (a vault is open): who waits, waits no longer."""
        with self._changed:
            for place in self._places.values():
                if place.session is None and place.taken is None:
                    place.failures, place.at = 0, self._clock.monotonic()

    def standings(self) -> tuple[ArmedDevice, ...]:
        """Every device that is armed or was told anything of, by name, then the others."""
        with self._changed:
            found = [self._standing(name, place) for name, place in self._places.items()]
        return tuple(sorted(found, key=lambda each: (not each.wanted, each.device)))

    def _standing(self, name: str, place: _Place) -> ArmedDevice:
        standing = self._how(place)
        until: datetime | None = None
        if standing is Standing.WAITING:
            left = max(0.0, place.at - self._clock.monotonic())
            until = self._clock.now() + timedelta(seconds=left)
        told = self._told.get(name)
        return ArmedDevice(
            name,
            standing,
            place.why,
            place.since,
            place.read_at if place.session is not None else None,
            until,
            place.failure,
            told[1] if told is not None else "",
        )

    def _how(self, place: _Place) -> Standing:
        if not place.on:
            return Standing.OFF
        if place.session is not None:
            return Standing.ARMED
        if place.stopped:
            return Standing.STOPPED
        if place.taken is not None:
            return Standing.TAKEN
        due = place.working or place.at <= self._clock.monotonic()
        return Standing.OPENING if due else Standing.WAITING

    # --- parts; all but the last few are called with the lock held ---------------------------------------

    def _settle(self, device: Device, basis: ArmingBasis) -> Session | None:
        """A session that is to be ended, if any."""
        place = self._places.get(device.name)
        told = self._told.get(device.name)
        last_line = place.last_line if place is not None else False
        on, why = wanted(device, told[0] if told else None, basis, last_line=last_line)
        now = self._clock.now()
        if place is None:
            at = self._clock.monotonic()
            self._places[device.name] = _Place(device, on, why, now, at)
            return None
        ended: Session | None = None
        if place.device != device or (place.on and not on):
            ended = self._stand_down(place) if not on else self._drop(place)
            place.stopped = False
        if on != place.on:
            place.since = now
        place.device, place.on, place.why = device, on, why
        place.turn, place.at = -1, min(place.at, self._clock.monotonic())
        return ended

    def _drop(self, place: _Place) -> Session | None:
        """Who reads by it ends it."""
        session = place.session
        if not place.reading:
            place.session = None
        return session

    def _stand_down(self, place: _Place) -> Session | None:
        self._ended(place)
        return self._drop(place)

    def _ended(self, place: _Place) -> None:
        if place.kept:
            place.kept = False
            self._notes.append((Tag.SESSION_DISARMED, self._note(place)))

    def _give_up(self, place: _Place) -> None:
        place.last_line, place.on, place.why = True, False, Why.LAST_LINE
        place.since = self._clock.now()
        self._ended(place)

    def _lost(self, place: _Place) -> None:
        place.session, place.failure = None, LOST
        place.since = self._clock.now()
        place.at = self._back_off(place)

    def _failed(self, place: _Place, failure: OpenFailed) -> None:
        with self._changed:
            place.failure = failure.cause
            place.stopped = failure.cause in _FOR_A_PERSON
            if not place.failures:
                place.since = self._clock.now()
            place.at = self._back_off(place)

    def _back_off(self, place: _Place) -> float:
        wait = min(FIRST_RETRY * 2.0**place.failures, LONGEST_RETRY)
        place.failures = min(place.failures + 1, 10)
        return self._later(wait, 0.25)

    def _later(self, seconds: float, share: float) -> float:
        return self._clock.monotonic() + seconds * self._random.uniform(1 - share, 1 + share)

    def _note(self, place: _Place) -> Noted:
        return Noted(_SUBJECT, (("device", place.device.name), ("why", place.why.value)))

    def _write_down(self) -> None:
        """A log that does not answer ends no session; what became of it is told with the next."""
        with self._changed:
            notes, self._notes = self._notes, []
        for tag in (Tag.SESSION_ARMED, Tag.SESSION_DISARMED):
            facts: list[Fact] = [note for noted, note in notes if noted is tag]
            if facts:
                with suppress(CordonError):
                    self._services.journal.commit(tag, facts, SYSTEM)

    def _sessions(self, basis: ArmingBasis) -> Sessions:
        services = self._services
        return Sessions(
            basis.inventory,
            basis.profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            self._record,
        )
