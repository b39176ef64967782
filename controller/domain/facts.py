"""What the journal records. Facts of one commit stand or fall together and are covered by one entry.

Values only: identifiers, enums, numbers, states. Whatever names a person, is free text or is a device's
answer is :class:`Text`, which the store commits to with a salt and keeps where it can be erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import Method, Point, PointId
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.playbook import Action
from controller.domain.profile.reading import State
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import StartupState

Text = NewType("Text", str)
"""Erasable content, already redacted of secrets."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a stable ``id`` (``os:1000``, ``user:7``, ``system``), and a name for people to read."""

    id: str
    name: Text = Text("")


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class RevisionStored:
    """A source a run rests on. ``kind``: ``inventory``, ``profiles``, ``playbook`` or ``plan``; ``digest``
    is the SHA-256 of ``content``, or the plan hash. Stored once however often it is cited."""

    kind: str
    digest: str
    content: str


@dataclass(frozen=True, slots=True)
class RunOpened:
    """The decision. ``joins`` is the run already under way that carries out the same plan, if any."""

    run: str
    action: Action
    plan: str
    playbook: str
    level: int | None
    inventory: str
    profiles: str
    reason: Text
    joins: str | None = None


@dataclass(frozen=True, slots=True)
class RunMoved:
    run: str
    state: RunState
    cause: str = ""


@dataclass(frozen=True, slots=True)
class WaveMoved:
    run: str
    wave: int
    state: WaveState


@dataclass(frozen=True, slots=True)
class BaselineTaken:
    run: str
    point: Point
    state: State | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class HoldOpened:
    run: str
    subject: str
    point: Point
    method: Method
    attribution: Attribution


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """``run`` is the run that held; ``by`` the one that let go."""

    run: str
    subject: str
    point: PointId
    ending: Ending
    by: str


@dataclass(frozen=True, slots=True)
class IntentRecorded:
    """On disk before the operation's first byte. ``attempt`` counts from 1 per (run, device);
    ``steps`` are the points with the method about to be sent, in order."""

    run: str
    wave: int
    device: str
    attempt: int
    action: Action
    steps: tuple[tuple[PointId, Method], ...]


@dataclass(frozen=True, slots=True)
class OutcomeRecorded:
    """The end of one attempt at one device. ``cause`` is a code (``open.*``, ``deadline``, ``hung-up``)
    or ""; ``transcript`` the commands and answers of the block. ``attempt`` 0: it never came to an intent."""

    run: str
    device: str
    attempt: int
    outcome: Outcome
    cause: str
    transcript: Text


@dataclass(frozen=True, slots=True)
class PointRead:
    """What is now known of a point: by read-back, by probe, by a person, or that it is unknown.

    ``wanted`` is the action it was judged against, ``method`` the one last sent. ``cause`` is a code."""

    run: str
    point: PointId
    wanted: Action
    method: Method
    outcome: Outcome
    proof: Proof
    state: State | None
    read_at: datetime | None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class ProbeAnswered:
    """``answered`` and ``control`` as seen from ``source``; ``phase`` is ``before`` or ``after``."""

    run: str
    subject: str
    source: str
    target: str
    phase: str
    answered: bool
    control: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class StartupMoved:
    """What became of a device's startup configuration in a run. ``cut``: points of the device were held when
    it was written, so it holds them cut. ``transcript``: the commands that save, and the answers."""

    run: str
    device: str
    state: StartupState
    cause: str = ""
    cut: bool = False
    transcript: Text = Text("")


@dataclass(frozen=True, slots=True)
class EvidenceTaken:
    """What a device knew of those connected to it, read before its first change. ``file`` is below the
    home's evidence directory, ``digest`` the SHA-256 of its content, ``size`` its bytes; where it was not
    had, both names are "" and ``cause`` is a code."""

    run: str
    device: str
    kind: TableKind
    file: str
    digest: str
    size: int
    read_at: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointSigned:
    """The first ``size`` entries, their Merkle root and a signature over both: ``note`` is a signed note, see
    :mod:`controller.domain.checkpoint`."""

    size: int
    note: str


@dataclass(frozen=True, slots=True)
class Attested:
    """What a named person states of a subject so that it may return, or (``given`` False) takes back.
    ``attestation`` is its id, ``dated`` the day it speaks of, ISO 8601 or "", ``attachment`` the SHA-256 of a
    file or ""."""

    attestation: str
    subject: str
    statement: str
    person: str
    given: bool
    dated: str
    attachment: str
    text: Text


@dataclass(frozen=True, slots=True)
class GateDecided:
    """A named person's go or no-go for the return of a subject; each person's last word counts."""

    subject: str
    person: str
    go: bool
    text: Text


@dataclass(frozen=True, slots=True)
class GateChecked:
    """How a subject's gate stood right before a wave. ``plan``: the hash of exactly what goes to the subject
    and of what that rests on; ``wants``: the codes of what was missing."""

    run: str
    wave: int
    subject: str
    plan: str
    passed: bool
    wants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """Anything else worth an entry. ``data`` is values only; ``text`` what a person wrote or a device
    said."""

    subject: str
    data: tuple[tuple[str, str], ...] = ()
    text: Text = Text("")


Fact = (
    RevisionStored
    | RunOpened
    | RunMoved
    | WaveMoved
    | BaselineTaken
    | HoldOpened
    | HoldEnded
    | IntentRecorded
    | OutcomeRecorded
    | PointRead
    | ProbeAnswered
    | StartupMoved
    | EvidenceTaken
    | CheckpointSigned
    | Attested
    | GateDecided
    | GateChecked
    | Noted
)
