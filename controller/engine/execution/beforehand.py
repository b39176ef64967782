"""What is read of a device before its first change in a run: how its startup configuration stands, and the
tables kept as evidence.

All of it is read in a session of its own, opened once the operation has its own, so that nothing that hangs
here costs the cut its session or its log-in. A change waits for it until its time is over, and no longer;
what comes later is not counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock

from controller.domain.errors import CordonError, OpenFailed
from controller.domain.facts import EvidenceTaken, Fact, StartupMoved
from controller.domain.inventory import MANUAL, Device
from controller.domain.playbook import Action, Save
from controller.domain.profile import DeviceProfile
from controller.domain.profile.surroundings import TableKind
from controller.domain.startup import StartupState
from controller.domain.tags import Tag
from controller.engine.execution.running import Running
from controller.engine.points.blocks import complete_answers
from controller.engine.points.startup import compared
from controller.engine.ports import Block, Command, Purpose, Session

TIME_BOX = "time-box"
"""The cause of what was not there in time."""

COMPARE_WITHIN = 5.0
"""Seconds a change waits, at most, to learn how the startup configuration stands."""

_log = logging.getLogger(__name__)


@dataclass
class _Look:
    """One device being looked at. ``over``: whoever waits, waits no more."""

    until: float
    done: Flag = field(default_factory=Flag)
    over: bool = False
    state: StartupState | None = None


class Beforehand:
    def __init__(self, running: Running) -> None:
        self._running = running
        self._clock = running.services.clock
        self._sessions = running.sessions.apart(self._longest())
        self._looks: dict[str, _Look] = {}
        self._compared = dict(running.compared)
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begins with the chosen devices the plan does not touch: nobody waits for those."""
        evidence = self._running.plan.evidence
        if evidence is None or self._running.action is Action.RESTORE:
            return
        touched = {each.device for wave in self._running.plan.waves for each in wave.operations}
        for name in evidence.devices:
            device = self._running.inventory.devices.get(name)
            if device is not None and device.platform != MANUAL and name not in touched:
                self.begin(device)

    def wanted(self, device: Device) -> bool:
        """Whether the run's first change there waits for something to be read."""
        profile = self._running.profiles.get(device.platform)
        return profile is not None and bool(self._tables(device, profile) or self._compares(device, profile))

    def begin(self, device: Device) -> None:
        """Once a run and device, when its operation has a session."""
        profile = self._running.profiles.get(device.platform)
        if profile is None:
            return
        tables = self._tables(device, profile)
        wants = self._compares(device, profile)
        if not tables and not wants:
            return
        with self._lock:
            if device.name in self._looks:
                return
            look = self._looks[device.name] = _Look(self._clock.monotonic() + self._box(tables, wants=wants))
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    self._running.services.limits.threads, thread_name_prefix="before"
                )
            self._pool.submit(self._look, device, profile, tables, look, wants=wants)

    def before_change(self, device: Device) -> list[Fact]:
        """Waits until the time box is over, at most; what belongs on record with the intent."""
        look = self._looks.get(device.name)
        if look is None:
            return []
        look.done.wait(max(0.0, look.until - self._clock.monotonic()))
        with self._lock:
            if look.over:
                return []
            look.over = True
        self._sessions.drop(device.name)
        profile = self._running.profiles[device.platform]
        if not self._compares(device, profile):
            return []
        state = look.state or StartupState.UNKNOWN
        self._compared[device.name] = state
        return [StartupMoved(self._running.run, device.name, state)]

    def stood(self, device: str) -> StartupState | None:
        """How the startup configuration stood before the run's first change there; None: nobody looked."""
        return self._compared.get(device)

    def close(self) -> None:
        with self._lock:
            for look in self._looks.values():
                look.over = True
        self._sessions.close()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._sessions.close()

    # --- parts -------------------------------------------------------------------------------------

    def _tables(self, device: Device, profile: DeviceProfile) -> Mapping[TableKind, tuple[str, ...]]:
        evidence = self._running.plan.evidence
        if evidence is None or self._running.services.evidence is None:
            return {}
        if self._running.action is Action.RESTORE or device.name not in evidence.devices:
            return {}
        values = {**profile.settings, **device.settings}
        return {
            kind: tuple(read.send.fill(values) for read in profile.tables[kind])
            for kind in evidence.tables
            if kind in profile.tables
        }

    def _compares(self, device: Device, profile: DeviceProfile) -> bool:
        """Only where a save rests on it, and never after the run's first change there."""
        running = self._running
        return (
            running.plan.save is Save.IF_EQUAL
            and profile.save is not None
            and bool(profile.save.send)
            and running.saves_at(device.name)
            and device.name not in self._compared
            and not running.attempts.get(device.name)
        )

    def _longest(self) -> float:
        evidence = self._running.plan.evidence
        return max(COMPARE_WITHIN, float(evidence.within) if evidence else 0.0)

    def _box(self, tables: Mapping[TableKind, object], *, wants: bool) -> float:
        evidence = self._running.plan.evidence
        return max(COMPARE_WITHIN if wants else 0.0, float(evidence.within) if evidence and tables else 0.0)

    def _look(
        self,
        device: Device,
        profile: DeviceProfile,
        tables: Mapping[TableKind, tuple[str, ...]],
        look: _Look,
        *,
        wants: bool,
    ) -> None:
        left = dict(tables)
        cause = TIME_BOX
        try:
            session = self._sessions.get(device)
            if wants:
                look.state = self._compare(session, profile, look)
            for kind, commands in tables.items():
                answers = self._ask(session, commands, look.until)
                if len(answers) < len(set(commands)):
                    break
                del left[kind]
                self._keep(device, profile, kind, commands, answers, look)
        except OpenFailed as failure:
            cause = f"open.{failure.cause}"
        except CordonError:
            pass  # the journal: the run itself finds out
        except Exception:  # noqa: BLE001 - a defect here must not reach the cut
            cause = "internal"
            with suppress(Exception):
                extra = {"run": self._running.run, "device": device.name}
                _log.exception("reading before the change failed", extra=extra)
        finally:
            self._sessions.drop(device.name)
            with suppress(CordonError):
                self._without(device, left, cause)
            look.done.set()

    def _compare(self, session: Session, profile: DeviceProfile, look: _Look) -> StartupState:
        spec = profile.save
        if spec is None or spec.running is None or spec.startup is None:
            return StartupState.UNKNOWN
        return compared(profile, self._ask(session, (spec.running, spec.startup), look.until))

    def _ask(self, session: Session, commands: Iterable[str], until: float) -> Mapping[str, str]:
        block = Block(tuple(Command(text, Purpose.READ) for text in dict.fromkeys(commands)))
        session.write(block)
        return complete_answers(session.collect(until))

    def _keep(
        self,
        device: Device,
        profile: DeviceProfile,
        kind: TableKind,
        commands: Iterable[str],
        answers: Mapping[str, str],
        look: _Look,
    ) -> None:
        running = self._running
        if any(profile.error_in(answer) for answer in answers.values()):
            self._without(device, [kind], "device-refused")
            return
        if look.over or running.services.evidence is None:
            self._without(device, [kind], TIME_BOX)
            return
        read_at = self._clock.now()
        content = "".join(f"> {command}\n{answers[command]}\n" for command in commands)
        try:
            kept = running.services.evidence.keep(running.run, device.name, kind, content)
        except OSError:
            self._without(device, [kind], "not-kept")
            return
        fact = EvidenceTaken(running.run, device.name, kind, kept.file, kept.digest, kept.size, read_at)
        running.commit(Tag.EVIDENCE_TAKEN, [fact])

    def _without(self, device: Device, kinds: Iterable[TableKind], cause: str) -> None:
        now = self._clock.now()
        facts = [EvidenceTaken(self._running.run, device.name, kind, "", "", 0, now, cause) for kind in kinds]
        if facts:
            self._running.commit(Tag.EVIDENCE_TAKEN, facts)
