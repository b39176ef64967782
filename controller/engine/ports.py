"""What the engine asks of the world. Drivers, store and faces implement or call these; nothing else.

All times given to a port as ``deadline`` are seconds on :meth:`Clock.monotonic`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from controller.domain.errors import OpenCause as OpenCause
from controller.domain.errors import OpenFailed as OpenFailed
from controller.domain.facts import Actor, Attested, EvidenceTaken, Fact, GateDecided, Noted
from controller.domain.hold import Baseline, Hold
from controller.domain.inventory import Device, Method, PointId
from controller.domain.lifecycle import RunState
from controller.domain.path import Credential
from controller.domain.playbook import Action
from controller.domain.probe import Probe
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec, Question
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Outcome
from controller.domain.startup import StartupState
from controller.domain.tags import Tag


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, in UTC. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump: all deadlines are on it."""
        ...

    def pause(self, seconds: float) -> None:
        """Waits."""
        ...


# --- devices ---------------------------------------------------------------------------------------


class Purpose(StrEnum):
    """Why a command is in a block. Only ``change`` can alter the device, and ``commit`` where that is a
    candidate until then; ``discard`` throws the candidate away; ``escape`` leads out of where a refused line
    left the session."""

    MODE = "mode"
    READ = "read"
    CHANGE = "change"
    COMMIT = "commit"
    DISCARD = "discard"
    ESCAPE = "escape"


@dataclass(frozen=True, slots=True)
class Command:
    """One line to send. ``change`` lines of one ``group`` stand together: when the device refuses one, the
    rest of its group is left out; when it refuses a ``mode`` line, every ``change`` line after it is. So no
    line lands in a context that was never entered; nor is a mode left that was never entered. A ``commit`` is
    sent where something was taken and nothing of it failed before; a ``discard`` wherever a commit was not
    done, an ``escape`` where a line of its group was refused. ``answers``: the questions that may follow it.
    ``ahead``: a line that reads, and neither it nor any part of it does anything else, so that it may be sent
    before the one before it is answered."""

    text: str
    purpose: Purpose
    group: int = 0
    answers: tuple[Question, ...] = ()
    ahead: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """``commit``: what its commits are judged by, where that is not the commit of the session."""

    commands: tuple[Command, ...]
    commit: CommitSpec | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device printed after one command, echo and prompt removed.

    ``complete`` is False when the prompt never came back; ``sent`` is False when the line was left out or
    the session ended before it. ``paged``: the device waited for a key before it went on."""

    command: Command
    text: str
    complete: bool
    sent: bool = True
    paged: bool = False


class Trial(Protocol):
    """One login at one device, as its run sees it."""

    def may_begin(self) -> bool:
        """Asked right before the login is offered: other devices may have rejected it meanwhile."""
        ...

    def ended(self, *, accepted: bool) -> None:
        """What the device said. Not called where it judged nothing (no answer, another way of log-in)."""
        ...


@dataclass(frozen=True, slots=True)
class Login:
    """Resolved secrets of one credential, for the moment of log-in only; never printed or stored."""

    username: str
    password: str | None = field(repr=False, default=None)
    key: str | None = field(repr=False, default=None)
    enable: str | None = field(repr=False, default=None)
    credential: str = field(default="", compare=False)
    trial: Trial | None = field(repr=False, default=None, compare=False)


class Secrets(Protocol):
    def login(self, credential: Credential) -> Login:
        """Raises OpenFailed(secret-missing), naming the variable, file or vault entry that lacks."""
        ...


class Session(Protocol):
    """One authenticated session, prepared (paging off, enabled). One thread at a time."""

    @property
    def is_open(self) -> bool: ...

    def write(self, block: Block) -> Outcome:
        """Begins sending. ``not_sent``: certainly nothing of it went out; ``sent``: something may have."""
        ...

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        """The answers to the block written last, one per command in order. Returns at the deadline at the
        latest, with ``complete=False`` and ``sent=False`` telling how far it got; never raises."""
        ...

    def close(self) -> None:
        """Ends the session at once, without dialogue; never blocks, never raises."""
        ...


class Driver(Protocol):
    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> Session:
        """Tries the device's paths in order, each login once. Raises OpenFailed with the cause."""
        ...

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        """Begins all of them as near to at once as it can, in their order, each block whole in one write,
        while nobody reads what comes; then each session is collected as after its ``write``. Sessions of this
        driver. ``not_sent``: certainly nothing of that block went out. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """``finished_at`` is monotonic. ``answered`` and ``control`` are None where the probe could not be
    sent."""

    probe: Probe
    answered: bool | None
    control: bool | None
    finished_at: float


class Prober(Protocol):
    def ask(self, probe: Probe, deadline: float) -> ProbeResult:
        """Asks target and control once each, from the controller itself; never raises."""
        ...


# --- armed -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArmedSession:
    """A session held open beforehand, and what it last read at its device. ``states``: per point, None where
    what was read cannot be understood; ``read_at`` is of the oldest of them."""

    session: Session
    states: Mapping[PointId, Mapping[str, str] | None]
    read_at: datetime


class Armed(Protocol):
    """The sessions held open beforehand."""

    def take(self, device: str) -> ArmedSession | None:
        """Hands the device's session over for good: who takes it closes it. None where none is ready."""
        ...

    def make_room(self, device: str) -> ArmedSession | None:
        """As :meth:`take`, for who found no line free there: the device is not armed again by itself."""
        ...


# --- records ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Committed:
    """``degraded``: the facts are on disk in the spool, not yet in the database; with ``unrecorded`` they are
    on no disk at all, as a person permitted."""

    seq: int | None
    degraded: bool
    unrecorded: bool = False


class Journal(Protocol):
    """The one way to put facts on disk; only the leader has one. Safe to call from many threads: commits
    that arrive together share one transaction."""

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        """Returns once the facts are durable. After 250 ms without the database they go to the spool.

        Raises JournalUnavailable when neither took them, StaleEpoch when the lead was lost."""
        ...

    @property
    def degraded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The last that is known of one point in one run; proof is as recorded, not aged."""

    point: PointId
    device: str
    outcome: Outcome
    proof: str
    state: Mapping[str, str] | None
    read_at: datetime | None
    cause: str
    method: str


@dataclass(frozen=True, slots=True)
class PendingIntent:
    """An intent without outcome: its process died between the two, or the operation is under way."""

    run: str
    wave: int
    device: str
    attempt: int
    action: Action
    steps: tuple[tuple[PointId, str], ...]


@dataclass(frozen=True, slots=True)
class StartupRecord:
    """The last that became of a device's startup configuration, in ``run``. ``cut``: it may hold points cut.
    ``stale``: the device was changed since. ``compared``: how it stood before that run's first change."""

    run: str
    device: str
    state: StartupState
    cause: str
    cut: bool
    at: datetime
    stale: bool = False
    compared: StartupState | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """``attempts``: the highest attempt intended so far per device, ``startups`` and ``evidence`` what became
    of startup configurations and what was kept; known where ``steps`` are."""

    run: str
    action: Action
    plan: str
    playbook: str
    level: int | None
    inventory: str
    profiles: str
    state: RunState
    opened_at: datetime
    moved_at: datetime
    actor: str
    joins: str | None
    steps: tuple[StepRecord, ...]
    waves_done: frozenset[int]
    pending: tuple[PendingIntent, ...]
    attempts: Mapping[str, int] = field(default_factory=dict)
    startups: Mapping[str, StartupRecord] = field(default_factory=dict)
    evidence: tuple[EvidenceTaken, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """``file`` below the home's evidence directory, the SHA-256 of its content and its bytes."""

    file: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a subject's return. ``since_cut``: after its last cut; ``ago`` in seconds."""

    fact: Attested | GateDecided
    at: datetime
    since_cut: bool
    ago: float


@dataclass(frozen=True, slots=True)
class Statements:
    """All that was said of one subject's return, oldest first. ``cut_ago``: seconds since its last cut.

    Seconds are those in which the machine was seen running: a clock that is set adds none, and the time
    from the last entry before it was switched off counts for nothing."""

    words: tuple[Said, ...] = ()
    cut_ago: float = 0.0


class EvidenceFiles(Protocol):
    """Where what a device said is kept whole, out of the database: tables may be large."""

    def keep(self, run: str, device: str, table: TableKind, content: str) -> Kept:
        """Returns once it is on disk. Raises OSError."""
        ...


class History(Protocol):
    """What is on record, read without the lead. Spooled facts not yet merged are included for the leader."""

    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, oldest first, without their steps."""
        ...

    def run(self, run: str) -> RunRecord:
        """One run with its steps. ``run`` may be a unique prefix. Raises NotFound."""
        ...

    def open_holds(self) -> tuple[Hold, ...]: ...

    def returned(self) -> Mapping[str, frozenset[PointId]]:
        """By subject, the points of it that came back and are not held for it again, while others are."""
        ...

    def baselines(self) -> Mapping[PointId, Baseline]:
        """The baseline of every point that has an open hold."""
        ...

    def methods_sent(self) -> Mapping[PointId, tuple[Method, ...]]:
        """Every method intended at a point with an open hold since its baseline, in order: all of them have
        to be undone, also those of holds that ended while another kept the point cut."""
        ...

    def last_reads(self) -> Mapping[PointId, StepRecord]:
        """The latest reading of every point with an open hold."""
        ...

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        """What was noted of ``subjects``, oldest first, with its time; without the texts."""
        ...

    def statements(self, subject: str) -> Statements:
        """What was said of a subject's return; without the texts."""
        ...

    def statements_of(self, subjects: Iterable[str]) -> Mapping[str, Statements]:
        """The same of many at one moment, by subject."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """What this thread asks inside is answered of one moment."""
        ...

    def changes(self) -> Hashable:
        """Differs from an earlier one whenever anything came on record that a plan of return may rest on: not
        for what persons state or note, for probations, nor for a reading that says of a point what was known
        of it. May differ where nothing did."""
        ...

    def startups(self) -> Mapping[str, StartupRecord]:
        """The last that became of the startup configuration of each device, where any is on record."""
        ...

    def revision(self, kind: str, digest: str) -> str:
        """The stored content. Raises NotFound."""
        ...
