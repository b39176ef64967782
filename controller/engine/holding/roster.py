"""Of every device whether it is to be armed and how it stands: by inventory, by role, by a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from threading import Condition

from controller.domain.armed import ArmedDevice, Standing, Why
from controller.domain.errors import CordonError, InvalidRequest, NotFound, OpenCause
from controller.domain.facts import SYSTEM, Fact, Noted
from controller.domain.inventory import Device
from controller.domain.tags import Tag
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.holding.armed import ArmingBasis, wanted
from controller.engine.holding.place import Place, Rhythm
from controller.engine.ports import Journal, Session

_REFUSED = {
    Why.MANUAL: "not-armable-manual",
    Why.NO_SSH: "not-armable-no-ssh",
    Why.NO_POINTS: "not-armable-no-points",
}
_SUBJECT = "armed"


class Roster:
    """The places. Whoever reads or changes one holds ``changed``, which is told when a reading has ended;
    every method but :meth:`write_down` is called with it held. Sessions that are returned are to be ended,
    without it.

    ``record``: the log-ins that devices rejected. ``over``: no session is opened any more."""

    def __init__(self, rhythm: Rhythm) -> None:
        self.changed = Condition()
        self.places: dict[str, Place] = {}
        self.basis: ArmingBasis | None = None
        self.record = CredentialRecord()
        self.over = False
        self._rhythm = rhythm
        self._told: dict[str, tuple[bool, str]] = {}
        self._notes: list[tuple[Tag, Noted]] = []

    def follow(self, basis: ArmingBasis) -> list[Session]:
        """From now on what is armed is as ``basis`` says."""
        if self.basis is None or basis.inventory.digest != self.basis.inventory.digest:
            self.record = CredentialRecord()
            for place in self.places.values():  # what was wrong there may be put right
                place.stopped = False
        self.basis = basis
        gone = [name for name in self.places if name not in basis.inventory.devices]
        ended = [self._stand_down(self.places.pop(name)) for name in gone]
        ended.extend(self._settle(device, basis) for device in basis.inventory.devices.values())
        return [session for session in ended if session is not None]

    def refuse(self, devices: Sequence[str], *, on: bool) -> None:
        """Raises NotFound, and InvalidRequest (not-armable-…) naming one that cannot be armed."""
        basis = self.basis
        for name in devices:
            device = basis.inventory.devices.get(name) if basis is not None else None
            if device is None or basis is None:
                raise NotFound(kind="device", name=name)
            why = wanted(device, on, basis, last_line=False)[1]
            if on and why in _REFUSED:
                raise InvalidRequest(_REFUSED[why], device=name)

    def tell(self, devices: Sequence[str], *, on: bool, by: str) -> list[Session]:
        """What a person wants, whatever inventory and roles say. ``by``: the person's id."""
        ended: list[Session | None] = []
        for name in devices:
            self._told[name] = (on, by)
            place = self.places[name]
            place.stopped = place.last_line = place.proven = False
            place.kept = on
            place.try_again(self._rhythm)
            if on and place.failure in (OpenCause.LOGIN_REJECTED, OpenCause.CREDENTIAL_DROPPED):
                self.record = CredentialRecord()  # a person says that it may be tried again
            if self.basis is not None:
                ended.append(self._settle(place.device, self.basis))
        return [session for session in ended if session is not None]

    def standings(self) -> tuple[ArmedDevice, ...]:
        """Every device that is armed or was told anything of, by name, then the others."""
        found = [self._standing(name, place) for name, place in self.places.items()]
        return tuple(sorted(found, key=lambda each: (not each.wanted, each.device)))

    def _standing(self, name: str, place: Place) -> ArmedDevice:
        standing = place.standing(self._rhythm.monotonic())
        until: datetime | None = None
        if standing is Standing.WAITING:
            until = self._rhythm.moment(place.at)
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

    def _settle(self, device: Device, basis: ArmingBasis) -> Session | None:
        place = self.places.get(device.name)
        told = self._told.get(device.name)
        last_line = place.last_line if place is not None else False
        on, why = wanted(device, told[0] if told else None, basis, last_line=last_line)
        now = self._rhythm.now()
        if place is None:
            self.places[device.name] = Place(device, on, why, now, self._rhythm.monotonic())
            return None
        ended: Session | None = None
        if place.device != device or (place.on and not on):
            ended = self._stand_down(place) if not on else place.drop()
            place.stopped = False
        if on != place.on:
            place.since = now
        place.device, place.on, place.why = device, on, why
        place.turn, place.at = -1, min(place.at, self._rhythm.monotonic())
        return ended

    def _stand_down(self, place: Place) -> Session | None:
        self.ended(place)
        return place.drop()

    def give_up(self, place: Place) -> None:
        """Its session would be the device's last line, which belongs to people."""
        place.last_line, place.on, place.why = True, False, Why.LAST_LINE
        place.since = self._rhythm.now()
        self.ended(place)

    # --- on record -------------------------------------------------------------------------------------

    def opened(self, place: Place, session: Session) -> None:
        place.opened(session, self._rhythm)
        if not place.kept:
            place.kept = True
            self._notes.append((Tag.SESSION_ARMED, self._note(place)))

    def ended(self, place: Place) -> None:
        """It is not to be armed any more."""
        if place.kept:
            place.kept = False
            self._notes.append((Tag.SESSION_DISARMED, self._note(place)))

    def _note(self, place: Place) -> Noted:
        return armed_fact(place.device.name, place.why)

    def write_down(self, journal: Journal) -> None:
        """A log that does not answer ends no session; what became of it is told with the next."""
        with self.changed:
            notes, self._notes = self._notes, []
        for tag in (Tag.SESSION_ARMED, Tag.SESSION_DISARMED):
            facts: list[Fact] = [note for noted, note in notes if noted is tag]
            if facts:
                with suppress(CordonError):
                    journal.commit(tag, facts, SYSTEM)


def armed_fact(device: str, why: Why) -> Noted:
    return Noted(_SUBJECT, (("device", device), ("why", why.value)))
