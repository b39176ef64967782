"""Sessions with devices: one a device and run, and one run at a device at a time, where a cut goes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition, Lock

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import Device, Inventory
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.ports import Armed, ArmedSession, Clock, Driver, Login, Secrets, Session


class Sessions:
    """The sessions of one run, kept open between its operations and closed with it. ``record`` is what the
    devices said of the run's credentials; ``armed`` the sessions held open beforehand: used where
    the run ``takes`` them, else only where a device has no other line."""

    def __init__(
        self,
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        driver: Driver,
        secrets: Secrets,
        clock: Clock,
        connect_seconds: float,
        record: CredentialRecord | None = None,
        armed: Armed | None = None,
    ) -> None:
        self.record = record or CredentialRecord()
        self.takes = False
        self._held_open = armed
        self._asked: set[str] = set()
        self._inventory = inventory
        self._profiles = profiles
        self._driver = driver
        self._secrets = secrets
        self._clock = clock
        self._connect_seconds = connect_seconds
        self._lock = Lock()
        self._open: dict[str, Session] = {}

    def apart(self, connect_seconds: float | None = None) -> Sessions:
        """Further sessions with the same devices, none shared; what is known of the credentials is.
        ``connect_seconds``: at most so long to have one."""
        patience = self._connect_seconds if connect_seconds is None else connect_seconds
        return Sessions(
            self._inventory,
            self._profiles,
            self._driver,
            self._secrets,
            self._clock,
            min(patience, self._connect_seconds),
            self.record,
        )

    def get(self, device: Device) -> Session:
        """An open session. Raises OpenFailed."""
        with self._lock:
            session = self._open.get(device.name)
        if session is not None and session.is_open:
            return session
        armed = self.armed(device)
        return self._opened(device) if armed is None else armed.session

    def armed(self, device: Device) -> ArmedSession | None:
        """The session held open beforehand: from now on it is that of this run, which asks once a device.
        None where there is none, or the run has one already."""
        with self._lock:
            session = self._open.get(device.name)
            ask = self.takes and device.name not in self._asked and (session is None or not session.is_open)
            self._asked.add(device.name)
        if self._held_open is None or not ask:
            return None
        armed = self._held_open.take(device.name)
        if armed is not None:
            with self._lock:
                self._open[device.name] = armed.session
        return armed

    def _opened(self, device: Device) -> Session:
        deadline = self._clock.monotonic() + self._connect_seconds
        profile = self._profiles[device.platform]
        try:
            session = self._driver.open(device, profile, self._logins(device), deadline)
        except OpenFailed as failure:
            last = self._last_line(device) if failure.cause == OpenCause.NO_LINE else None
            if last is None:
                raise
            session = last
        with self._lock:
            self._open[device.name] = session
        return session

    def _last_line(self, device: Device) -> Session | None:
        """A device that has no line left may have given its last one to the session held open."""
        armed = self._held_open.make_room(device.name) if self._held_open is not None else None
        return armed.session if armed is not None and armed.session.is_open else None

    def drop(self, device: str) -> None:
        with self._lock:
            session = self._open.pop(device, None)
        if session is not None:
            session.close()

    def close(self) -> None:
        with self._lock:
            sessions = list(self._open.values())
            self._open.clear()
        for session in sessions:
            session.close()

    def _logins(self, device: Device) -> list[Login]:
        """The device's credential, then its fallbacks, without those it rejected or the run dropped. One
        whose secret is missing is passed over while another is left."""
        chain = self._chain(device)
        logins: list[Login] = []
        missing: OpenFailed | None = None
        for name in self.record.usable(device.name, chain):
            try:
                login = self._secrets.login(self._inventory.credentials[name])
            except OpenFailed as failure:
                missing = OpenFailed(device.name, failure.cause, str(failure.data.get("detail", "")))
                continue
            trial = self.record.trial(device.name, name, chain)
            logins.append(replace(login, credential=name, trial=trial))
        if not logins:
            raise missing or self._none_left(device, chain)
        return logins

    def _chain(self, device: Device) -> tuple[str, ...]:
        names: list[str] = []
        name = device.credentials
        while name is not None:
            names.append(name)
            name = self._inventory.credentials[name].fallback
        return tuple(names)

    def _none_left(self, device: Device, chain: tuple[str, ...]) -> OpenFailed:
        """It rejected every credential itself, or those it did not are dropped."""
        if not chain:
            return OpenFailed(device.name, OpenCause.SECRET_MISSING)
        rejected = [name for name in chain if self.record.rejected_by(device.name, name)]
        cause = OpenCause.LOGIN_REJECTED if len(rejected) == len(chain) else OpenCause.CREDENTIAL_DROPPED
        return OpenFailed(device.name, cause, ", ".join(chain))


@dataclass
class _Slot:
    action: Action | None = None
    preempt: Callable[[], None] | None = None
    cuts_waiting: int = 0
    visited: bool = False
    turns: int = 0


class DeviceSlots:
    """One run at a device at a time. A cut that finds a restore there ends the restore's session and goes
    next; a restore waits for every cut. Who only looks gives way to both."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._slots: dict[str, _Slot] = defaultdict(_Slot)

    @contextmanager
    def hold(self, device: str, action: Action, preempt: Callable[[], None]) -> Iterator[None]:
        """``preempt`` is called, from another thread, when a cut wants the device a restore holds."""
        with self._changed:
            slot = self._slots[device]
            if action is Action.ISOLATE:
                slot.cuts_waiting += 1
                try:
                    if slot.action is Action.RESTORE and slot.preempt is not None:
                        slot.preempt()
                    self._changed.wait_for(lambda: slot.action is None)
                finally:
                    slot.cuts_waiting -= 1
            else:
                if slot.visited and slot.preempt is not None:
                    slot.preempt()
                self._changed.wait_for(lambda: slot.action is None and slot.cuts_waiting == 0)
            slot.action, slot.preempt = action, preempt
        try:
            yield
        finally:
            self.release(device)

    def seize(self, device: str) -> bool:
        """For a cut that waits for nobody: whether it has the device now, until :meth:`release`."""
        with self._changed:
            slot = self._slots[device]
            free = slot.action is None and not slot.cuts_waiting
            if free:
                slot.action, slot.preempt = Action.ISOLATE, None
            return free

    def release(self, device: str) -> None:
        with self._changed:
            slot = self._slots[device]
            slot.turns += 1
            slot.action, slot.preempt = None, None
            self._changed.notify_all()

    def turn(self, device: str) -> int:
        """Counts who acted there and is done: what was read before another turn may be no longer so."""
        with self._changed:
            return self._slots[device].turns

    def acted_at(self, device: str) -> bool:
        """Whether somebody is there now, or wants to be."""
        with self._changed:
            slot = self._slots[device]
            return slot.action is not None or slot.cuts_waiting > 0

    @contextmanager
    def visit(self, device: str, preempt: Callable[[], None]) -> Iterator[Visit | None]:
        """For a look at a device nobody acts at; None where somebody does. ``preempt`` is called, from
        another thread, when anybody wants to act there."""
        with self._changed:
            slot = self._slots[device]
            free = slot.action is None and slot.cuts_waiting == 0
            if free:
                slot.action, slot.preempt, slot.visited = Action.RESTORE, preempt, True
        if not free:
            yield None
            return
        visit = Visit(self._changed, slot)
        try:
            yield visit
        finally:
            with self._changed:
                slot.action, slot.preempt, slot.visited = None, None, False
                self._changed.notify_all()


class Visit:
    """A look at a device, given by :meth:`DeviceSlots.visit`."""

    def __init__(self, changed: Condition, slot: _Slot) -> None:
        self._changed = changed
        self._slot = slot

    def stay(self) -> bool:
        """To cut again what was found open: from now on it is an isolation like any other, and nobody ends
        it. False where another isolation waits: that one goes first."""
        with self._changed:
            if self._slot.cuts_waiting:
                return False
            self._slot.action, self._slot.preempt, self._slot.visited = Action.ISOLATE, None, False
            self._slot.turns += 1
            return True
