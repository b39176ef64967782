"""Startup configurations written after a run's changes, device by device, as its playbook says.

Only once every point of the device is confirmed, beside what else the run does: no wave waits for it, and a
cut that wants the device ends it. The intent is on disk before the first byte; startup and running
configuration are read again afterwards, and only that they are equal counts as saved.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress

from controller.domain.errors import CordonError, OpenFailed
from controller.domain.facts import StartupMoved, Text
from controller.domain.inventory import Device
from controller.domain.playbook import Action, Save
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import SaveSpec
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import StartupState
from controller.domain.tags import Tag
from controller.engine.events import StepResult
from controller.engine.execution.beforehand import Beforehand
from controller.engine.execution.running import Running, StopCause
from controller.engine.points.blocks import complete_answers, interrupted, transcript
from controller.engine.points.startup import compared, needs_saving
from controller.engine.ports import Block, Command, Purpose

_log = logging.getLogger(__name__)

_AT_A_TIME = 20
"""Devices that save side by side: more would only take threads from nothing that waits."""


class Saving:
    """What a run saves. :meth:`begin` never raises and never waits; :meth:`finish` waits for what began."""

    def __init__(self, running: Running, beforehand: Beforehand) -> None:
        self._running = running
        self._beforehand = beforehand
        self._jobs: list[Future[None]] = []
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, device: Device, profile: DeviceProfile, results: Sequence[StepResult]) -> bool:
        """Called when the last operation of the run at the device is over. True: the device's session is
        still needed."""
        running = self._running
        cuts = running.action is Action.ISOLATE
        if running.plan.rehearses or (cuts and running.plan.save is Save.NEVER):
            return False
        if not running.saves_at(device.name):
            return False
        if not needs_saving(profile, (result.step for result in results)):
            return False
        spec = profile.save
        why_not = self._why_not(device, spec, results)
        if why_not or spec is None:
            with suppress(CordonError):
                self._told(device, StartupState.NOT_SAVED, why_not)
            return False
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="save")
        self._jobs.append(self._pool.submit(self._save, device, profile, spec))
        return True

    def finish(self) -> None:
        wait(self._jobs)
        for job in self._jobs:
            job.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    # --- whether -----------------------------------------------------------------------------------

    def _why_not(self, device: Device, spec: SaveSpec | None, results: Sequence[StepResult]) -> str:
        running = self._running
        if running.plan.save is Save.NEVER:
            return "save-never"
        if running.cause not in ("", StopCause.FAILED):
            return running.cause
        if spec is None or not spec.send:
            return "save-unknown"
        if not all(result.proof.satisfies(Proof.CONFIRMED) for result in results):
            return "save-unconfirmed"
        if running.plan.save is Save.IF_EQUAL and any(
            result.outcome is not Outcome.NOT_ATTEMPTED for result in results
        ):
            stood = self._beforehand.stood(device.name)
            if stood is StartupState.DIFFERENT:
                return "startup-differed"
            if stood is not StartupState.EQUAL:
                return "startup-unread"
        return ""

    # --- saving ------------------------------------------------------------------------------------

    def _save(self, device: Device, profile: DeviceProfile, spec: SaveSpec) -> None:
        running, name = self._running, device.name
        # As what gives way: a cut that wants the device does not wait for this.
        with running.slots.hold(name, Action.RESTORE, lambda: running.sessions.drop(name)):
            try:
                state, cause, said = self._written(device, profile, spec)
                self._told(device, state, cause, said)
            except CordonError:
                return  # the journal: what was sent is on record as intended
            except Exception:  # noqa: BLE001 - a defect of ours makes no proof worse
                with suppress(Exception):
                    _log.exception("saving failed", extra={"run": running.run, "device": name})
            finally:
                running.sessions.drop(name)

    def _written(
        self, device: Device, profile: DeviceProfile, spec: SaveSpec
    ) -> tuple[StartupState, str, str]:
        running = self._running
        deadline = running.services.clock.monotonic() + running.services.limits.save
        before = self._read(device, profile, spec, deadline)
        if before is StartupState.EQUAL:
            return StartupState.SAVED, "", ""
        if running.cause not in ("", StopCause.FAILED):
            return StartupState.NOT_SAVED, running.cause, ""
        try:
            session = running.sessions.get(device)
        except OpenFailed as failure:
            return StartupState.NOT_SAVED, f"open.{failure.cause}", ""
        self._told(device, StartupState.INTENDED)
        block = Block(
            tuple(Command(text, Purpose.CHANGE, group=1, answers=spec.answers) for text in spec.send)
        )
        written = session.write(block)
        answers = () if written is Outcome.NOT_SENT else session.collect(deadline)
        said = transcript(answers)
        refused = any(profile.error_in(answer.text) for answer in answers if answer.sent)
        if interrupted(answers):
            running.sessions.drop(device.name)
        after = self._read(device, profile, spec, deadline)
        if after is StartupState.EQUAL:
            return StartupState.SAVED, "", said
        if refused:
            return StartupState.NOT_SAVED, "device-refused", said
        if after is StartupState.UNKNOWN:
            return StartupState.NOT_SAVED, "hung-up" if interrupted(answers) else "startup-unread", said
        return StartupState.NOT_SAVED, "startup-differs", said

    def _read(self, device: Device, profile: DeviceProfile, spec: SaveSpec, deadline: float) -> StartupState:
        commands = [text for text in (spec.running, spec.startup) if text is not None]
        try:
            session = self._running.sessions.get(device)
        except OpenFailed:
            return StartupState.UNKNOWN
        session.write(Block(tuple(Command(text, Purpose.READ) for text in commands)))
        answers = session.collect(deadline)
        if interrupted(answers):
            self._running.sessions.drop(device.name)
        return compared(profile, complete_answers(answers))

    def _told(self, device: Device, state: StartupState, cause: str = "", said: str = "") -> None:
        """Whether what was written holds points cut: those of the device that are held at that moment."""
        running = self._running
        held = any(hold.point.id.device == device.name for hold in running.book.holds())
        doubtful = state is StartupState.NOT_SAVED and cause in _IN_DOUBT and bool(said)
        writes = state in (StartupState.SAVED, StartupState.INTENDED) or doubtful
        holds = held and writes
        fact = StartupMoved(running.run, device.name, state, cause, cut=holds, transcript=Text(said))
        running.commit(Tag.STARTUP_MOVED, [fact])


_IN_DOUBT = frozenset({"hung-up", "startup-unread"})
"""Causes after which the device may have saved all the same."""
