"""Commit points and writes of a run, named, noted and, at one of them, the process ended or frozen there.

Everything is wrapped around the ports the product is composed of; the product itself knows nothing of it.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from controller.bootstrap import Composition
from controller.domain.facts import Actor, Fact, IntentRecorded, PointRead, RunMoved, WaveMoved
from controller.domain.inventory import Device
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.domain.tags import Tag
from controller.engine.execution.running import Services
from controller.engine.planning.plans import plan_level
from controller.engine.ports import Answer, Block, Committed, Driver, Journal, Login, Purpose, Session
from tests.fakes.armed import Ready


class Blind(StrEnum):
    """How recovery is spoilt on purpose: what a device says before a change is what it said ``first`` in an
    undisturbed run (everything will be sent again) or ``last`` (all that was intended counts as done)."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Hooks:
    """``notes``: the file that takes one JSON line a point. ``at``: the point where ``signal`` strikes the
    process itself. ``reads``: a file that takes what devices answer when they are read; with ``blind`` they
    are not asked, and the file answers for them. ``armed``: every device has a session held open beforehand
    when the run begins; with ``waits`` it begins once there is a file of that name with ``.go``, and one with
    ``.armed`` tells that they are open."""

    notes: str
    at: str = ""
    signal: int = 0
    reads: str = ""
    blind: Blind | None = None
    armed: bool = False
    waits: str = ""


class Points:
    """Notes every point passed; a note is on the file before the signal strikes."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._file = os.open(hooks.notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._seen: Counter[str] = Counter()
        self._lock = Lock()

    def number(self, label: str) -> str:
        """``label``, told apart from the same one before: ``intent acc-1``, ``intent acc-1 2``."""
        with self._lock:
            self._seen[label] += 1
            return label if self._seen[label] == 1 else f"{label} {self._seen[label]}"

    def passed(self, point: str, intends: Sequence[tuple[str, str]] = ()) -> None:
        note = {"point": point, "t": time.monotonic_ns(), "pid": os.getpid(), "intends": intends}
        os.write(self._file, json.dumps(note).encode() + b"\n")
        if point == self._hooks.at:
            os.kill(os.getpid(), self._hooks.signal)


def notes(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class HookedJournal:
    def __init__(self, journal: Journal, points: Points) -> None:
        self._journal, self._points = journal, points

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        label = self._points.number(_label(tag, facts))
        self._points.passed(f"before {label}")
        committed = self._journal.commit(tag, facts, actor)
        intended = [
            (point.device, point.object)
            for fact in facts
            if isinstance(fact, IntentRecorded)
            for point, _ in fact.steps
        ]
        self._points.passed(f"after {label}", intended)
        return committed

    @property
    def degraded(self) -> bool:
        return self._journal.degraded


def _label(tag: Tag, facts: Sequence[Fact]) -> str:
    for fact in facts:
        match fact:
            case IntentRecorded():
                return f"intent {fact.device}"
            case PointRead():
                return f"outcome {fact.point.device}"
            case WaveMoved():
                return f"wave {fact.wave} {fact.state}"
            case RunMoved():
                return f"run {fact.state}"
            case _:
                continue
    return tag.value.removeprefix("engine:").replace(":", " ")


class HookedSession:
    """A block that can change the device is a point: before it, with its first line out, and answered."""

    def __init__(self, session: Session, device: str, points: Points, hooks: Hooks) -> None:
        self._session, self._device, self._points, self._hooks = session, device, points, hooks
        self._block = ""

    @property
    def is_open(self) -> bool:
        return self._session.is_open

    def write(self, block: Block) -> Outcome:
        self._block = ""
        if any(command.purpose is Purpose.CHANGE for command in block.commands):
            self._block = self._points.number(f"block {self._device}")
            self._points.passed(f"before {self._block}")
        outcome = self._session.write(block)
        if self._block:
            self._points.passed(f"begun {self._block}")
        return outcome

    def aimed(self) -> Session:
        """The session within, with its block about to be fired."""
        self._block = self._points.number(f"block {self._device}")
        self._points.passed(f"before {self._block}")
        return self._session

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        answers = self._session.collect(deadline)
        if self._block:
            self._points.passed(f"after {self._block}")
        if self._hooks.reads and self._hooks.blind is None:
            remember(Path(self._hooks.reads), self._device, answers)
        elif self._hooks.blind and not self._block:
            return recalled(Path(self._hooks.reads), self._device, answers, self._hooks.blind)
        return answers

    def close(self) -> None:
        self._session.close()


class HookedDriver:
    def __init__(self, driver: Driver, points: Points, hooks: Hooks) -> None:
        self._driver, self._points, self._hooks = driver, points, hooks

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> HookedSession:
        session = self._driver.open(device, profile, logins, deadline)
        return HookedSession(session, device.name, self._points, self._hooks)

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        shots = [(each.aimed(), block) for each, block in volley if isinstance(each, HookedSession)]
        outcomes = self._driver.fire(shots)
        self._points.passed("volley fired")
        return outcomes


class HookedComposition(Composition):
    def __init__(self, hooks: Hooks | None, **overrides: Any) -> None:
        super().__init__(**overrides)
        self._hooks = hooks
        self._points = Points(hooks) if hooks else None
        self._ready: Ready | None = None

    def services(self, journal: Journal) -> Services:
        services = super().services(journal)
        if self._hooks is None or self._points is None:
            return services
        driver = HookedDriver(services.driver, self._points, self._hooks)
        if self._hooks.armed and self._ready is None:
            self._ready = self._armed(replace(services, driver=driver), self._hooks.waits)
        journal = HookedJournal(journal, self._points)
        return replace(services, journal=journal, driver=driver, armed=self._ready or services.armed)

    def _armed(self, services: Services, waits: str) -> Ready:
        documents, ready = self.documents(), Ready()
        plan = plan_level(documents, 5)
        planned = [operation for wave in plan.waves for operation in wave.operations]
        first = {each.device: each for each in reversed(planned)}
        login = services.secrets.login(documents.inventory.credentials["net-admin"])
        ready.arm(
            first.values(), documents.inventory, documents.profiles, services.driver, login, services.clock
        )
        if waits:
            Path(f"{waits}.armed").touch()
            while not Path(f"{waits}.go").exists():
                time.sleep(0.01)
        return ready


def remember(path: Path, device: str, answers: Sequence[Answer]) -> None:
    lines = [
        json.dumps([device, answer.command.text, answer.text])
        for answer in answers
        if answer.command.purpose is Purpose.READ and answer.complete
    ]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def recalled(path: Path, device: str, answers: Sequence[Answer], blind: Blind) -> tuple[Answer, ...]:
    """``answers`` with the texts that the file has for them."""
    known: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        owner, command, text = json.loads(line)
        if owner == device:
            known.setdefault(command, []).append(text)
    place = 0 if blind == Blind.FIRST else -1
    return tuple(replace(answer, text=known[answer.command.text][place]) for answer in answers)
