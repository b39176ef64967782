"""What a report tells of an incident, as values; the words for it belong to whoever prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from controller.domain.facts import Actor, Fact
from controller.domain.hold import Ending
from controller.domain.inventory import Method, PointId
from controller.domain.lifecycle import RunState
from controller.domain.logbook import FactStatus
from controller.domain.plan import Hazard
from controller.domain.playbook import Action, Gate
from controller.domain.proof import Proof


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as it is read. ``monotonic`` in nanoseconds since the machine named by ``boot`` started."""

    seq: int
    at: datetime
    tag: str
    actor: Actor
    facts: tuple[Fact, ...]
    degraded: bool = False
    monotonic: int = 0
    boot: str = ""


# --- decisions -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person did at a moment, with what they said of it."""

    actor: Actor
    at: datetime
    seq: int
    text: str = ""
    number: str = ""


@dataclass(slots=True)
class Consent:
    """A request for the consent of others. ``ended`` tells who refused, withdrew or used it, or that it
    lapsed; ``end`` is that tag, "" while it is open."""

    id: str
    asked: Act | None = None
    needed: str = ""
    cause: str = ""
    given: list[Act] = field(default_factory=list)
    ended: Act | None = None
    end: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said of the return of a subject: a ``statement`` (taken back where not ``given``), or
    ``go``, or that it may not."""

    subject: str
    act: Act
    statement: str = ""
    dated: str = ""
    given: bool = True
    go: bool = False


@dataclass(frozen=True, slots=True)
class GateTold:
    """How the gate of a subject stood before a wave; ``wants``: codes of what was missing."""

    subject: str
    wave: int
    passed: bool
    wants: tuple[str, ...]
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Watched:
    """How the watch over a subject that came back stood at last; ``state`` is that of a probation."""

    subject: str
    state: str
    at: datetime
    seq: int


@dataclass(slots=True)
class Wave:
    """``proofs``: the points of the wave by what was known of each when the run ended. Times are those of the
    first intent and of the last result."""

    index: int
    seq: int
    first: datetime
    last: datetime
    through: int
    devices: set[str] = field(default_factory=set)
    proofs: Mapping[Proof, int] = field(default_factory=dict)


@dataclass(slots=True)
class Lack:
    """Points of a device that did not get their proof in a run, ``cause`` as a code."""

    device: str
    proof: Proof
    cause: str
    points: int
    at: datetime
    seq: int


@dataclass(slots=True)
class RunTold:
    """``plan`` is its hash; ``overridden`` the hazards it was decided in spite of; ``planned`` its points,
    ``proofs`` what was known of them at its end; ``let_go`` the points whose last hold it ended with a
    return, ``moved`` and ``retired`` those without one. ``words``
    are what was said of the return of its subjects before its end, ``checked`` how their gates stood,
    ``watched`` how they fared afterwards, by subject."""

    run: str
    action: Action
    playbook: str
    level: int | None
    plan: str
    decided: Act
    state: RunState = RunState.RUNNING
    cause: str = ""
    ended_at: datetime | None = None
    ended_seq: int = 0
    joined: list[Act] = field(default_factory=list)
    resumed: list[Act] = field(default_factory=list)
    aborted: list[Act] = field(default_factory=list)
    claimed: list[Act] = field(default_factory=list)
    countersigned: Act | None = None
    glass: Act | None = None
    consents: tuple[Consent, ...] = ()
    words: tuple[Word, ...] = ()
    checked: list[GateTold] = field(default_factory=list)
    watched: dict[str, Watched] = field(default_factory=dict)
    overridden: tuple[Hazard, ...] = ()
    gates: tuple[Gate, ...] = ()
    lapse: Mapping[str, str] = field(default_factory=dict)
    rehearses: bool = False
    known: bool = False
    planned: int = 0
    subjects: tuple[str, ...] = ()
    devices: int = 0
    waves: list[Wave] = field(default_factory=list)
    proofs: Mapping[Proof, int] = field(default_factory=dict)
    first_proof: datetime | None = None
    last_proof: datetime | None = None
    lacking: tuple[Lack, ...] = ()
    let_go: int = 0
    moved: int = 0
    retired: int = 0


# --- what was cut --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cut:
    """A point of a subject from its first hold to the end of its last. ``best`` is the strongest of claimed,
    confirmed and proven that was ever reached, ``last`` and ``cause`` the last that was known; ``back`` the
    read-back of its return. ``foreign``: it was shut before anybody cut it."""

    subject: str
    point: PointId
    runs: list[str]
    method: Method
    since: datetime
    foreign: bool = False
    best: Proof = Proof.UNKNOWN
    first_proof: datetime | None = None
    last_proof: datetime | None = None
    last: Proof = Proof.UNKNOWN
    cause: str = ""
    upstream: bool = False
    reopened: int = 0
    ended: datetime | None = None
    by: str = ""
    ending: Ending | None = None
    back: Proof | None = None
    back_cause: str = ""

    @property
    def held(self) -> bool:
        return self.ended is None


@dataclass(frozen=True, slots=True)
class Unproven:
    """A point that was to be cut and never had its proof. ``attempted``: whether anybody tried."""

    point: PointId
    proof: Proof
    cause: str
    attempted: bool


@dataclass(frozen=True, slots=True)
class SubjectTold:
    """One segment or conduit. ``points`` were to be cut; ``best`` counts them by the strongest proof each
    ever had. ``first`` and ``complete`` are when the first and the last of the proven points had it first,
    ``seen`` when one was last read shut. ``returned`` came back and were read so, ``let_go`` without that; of
    ``moved`` another point took the place, ``retired`` are left cut: what they were was rebuilt elsewhere."""

    subject: str
    points: int
    best: Mapping[Proof, int]
    upstream: int
    foreign: int
    first: datetime | None
    complete: datetime | None
    seen: datetime | None
    reopened: int
    returned: int
    let_go: int
    back_from: datetime | None
    back_to: datetime | None
    held: int
    unproven: tuple[Unproven, ...]
    lost_proof: tuple[Unproven, ...] = ()
    moved: int = 0
    retired: int = 0

    @property
    def without(self) -> int:
        return len(self.unproven)


# --- the time line -------------------------------------------------------------------------------------


class Kind(StrEnum):
    NOTE = "note"
    DECISION = "decision"
    WAVE = "wave"
    LACK = "lack"
    ENDED = "ended"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote; ``at`` is when it was so, where it was written down later. ``files``: name and
    SHA-256 of what is attached."""

    text: str
    status: FactStatus | None = None
    by: str = ""
    at: datetime | None = None
    corrects: int | None = None
    nothing: bool = False
    handed_to: str = ""
    files: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Line:
    """One line: one entry, or ``count`` of the same kind, up to entry ``through`` at ``until``. ``data`` are
    those of the first; ``devices`` the first few that are meant."""

    kind: Kind
    seq: int
    at: datetime
    tag: str
    actor: Actor
    run: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    note: Note | None = None
    corrected: int | None = None
    wave: Wave | None = None
    lack: Lack | None = None
    degraded: bool = False
    through: int = 0
    until: datetime | None = None
    count: int = 1
    devices: list[str] = field(default_factory=list)


# --- the machine ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """The wall clock moved by ``seconds`` against the monotonic one, before entry ``seq``."""

    seq: int
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Degraded:
    """From entry ``first`` to ``last`` (None: not over) the database did not answer in time; ``entries``
    went through the spool meanwhile."""

    first: int
    last: int | None
    since: datetime
    until: datetime | None
    entries: int


@dataclass(frozen=True, slots=True)
class PersonTold:
    """Who acted, and in how many of the entries."""

    id: str
    name: str
    entries: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class TagTold:
    tag: str
    entries: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """``entries`` were read, ``first`` to ``last`` (without their facts); ``left_out`` lines of the time line
    are not in it. ``points`` counts every point that was to be cut once, by the strongest proof it had, where
    UNKNOWN stands for none; ``held`` those still cut, by what was known last.
    ``documents``: the digests of inventory and profiles the runs rest on, the latest last; ``unrecorded``
    how many records are on no disk."""

    site: str
    entries: int
    first: Record | None
    last: Record | None
    runs: tuple[RunTold, ...]
    consents: tuple[Consent, ...]
    glass: tuple[Act, ...]
    subjects: tuple[SubjectTold, ...]
    points: Mapping[Proof, int]
    held: Mapping[Proof, int]
    canaries: tuple[PointId, ...]
    lines: tuple[Line, ...]
    left_out: int
    persons: tuple[PersonTold, ...]
    tags: tuple[TagTold, ...]
    steps: tuple[Step, ...]
    restarts: tuple[Act, ...]
    degraded: tuple[Degraded, ...]
    unrecorded: int
    undecided: tuple[Line, ...]
    documents: tuple[tuple[str, str], ...]

    @property
    def cuts(self) -> tuple[RunTold, ...]:
        return tuple(run for run in self.runs if run.action is Action.ISOLATE and not run.rehearses)

    @property
    def returns(self) -> tuple[RunTold, ...]:
        return tuple(run for run in self.runs if run.action is Action.RESTORE and not run.rehearses)
