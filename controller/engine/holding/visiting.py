"""A visit at one device: its session is opened where there is none, and its points are read by it."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import Device
from controller.domain.proof import Outcome
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.holding.armed import ArmingBasis, reads_of, states_of
from controller.engine.holding.place import Place, Rhythm
from controller.engine.holding.roster import Roster
from controller.engine.points.blocks import complete_answers, interrupted
from controller.engine.ports import Block, Command, Purpose, Session

READ_EVERY = 120.0
"""Seconds between two readings, give or take a fifth. The shortest idle time a platform is delivered with is
five minutes (FortiOS), then ten (IOS)."""

BUSY = 2.0
"""Seconds until a device where somebody acted is read again, give or take a share."""

_ANSWERS_WITHIN = 20.0


class Visiting:
    def __init__(self, services: Services, slots: DeviceSlots, roster: Roster, rhythm: Rhythm) -> None:
        self._services = services
        self._clock = services.clock
        self._slots = slots
        self._roster = roster
        self._changed = roster.changed
        self._rhythm = rhythm

    def visit(self, device: str) -> None:
        """Opens the session of a device that is due, and reads its points."""
        with self._changed:
            place, basis = self._roster.places.get(device), self._roster.basis
        if place is None or basis is None:
            return
        try:
            if not self._roster.over and place.session is None and place.taken is None:
                self._open(place, basis)
            self._read(place, basis)
        finally:
            with self._changed:
                place.working = False
                ended = place.drop() if self._roster.over or not place.on else None
            if ended is not None:
                ended.close()

    def _open(self, place: Place, basis: ArmingBasis) -> None:
        device = replace(place.device, paths=place.device.ssh_paths)
        sessions = self._sessions(basis)
        try:
            session = sessions.get(device)
        except OpenFailed as failure:
            with self._changed:
                place.failed(failure.cause, self._rhythm)
            return
        if not place.proven and not self._line_left(device, basis):
            session.close()
            with self._changed:
                self._roster.give_up(place)
            return
        with self._changed:
            self._roster.opened(place, session)

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

    def _sessions(self, basis: ArmingBasis) -> Sessions:
        services = self._services
        return Sessions(
            basis.inventory,
            basis.profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            self._roster.record,
        )

    def _read(self, place: Place, basis: ArmingBasis) -> None:
        with self._changed:
            session = place.session
            if session is None or self._roster.over or not place.on:
                return
            if self._slots.acted_at(place.device.name):
                place.at = self._rhythm.later(BUSY, 0.5)
                return
            place.reading = True
        try:
            self._read_by(session, place, basis)
        finally:
            with self._changed:
                place.reading = False
                self._changed.notify_all()

    def _read_by(self, session: Session, place: Place, basis: ArmingBasis) -> None:
        name = place.device.name
        turn, read_at = self._slots.turn(name), self._clock.now()
        lines = reads_of(place.device, basis)
        block = Block(tuple(Command(text, Purpose.READ, ahead=True) for text in lines))
        deadline = self._clock.monotonic() + _ANSWERS_WITHIN
        answers = () if session.write(block) is Outcome.NOT_SENT else session.collect(deadline)
        if interrupted(answers) or not session.is_open:
            session.close()
            with self._changed:
                place.lost(self._rhythm)
            return
        states = states_of(place.device, basis, complete_answers(answers))
        with self._changed:
            undisturbed = self._slots.turn(name) == turn and not self._slots.acted_at(name)
            place.states, place.read_at = dict(states), read_at
            place.turn = turn if undisturbed else -1
            place.at = self._rhythm.later(READ_EVERY if undisturbed else BUSY, 0.2)
