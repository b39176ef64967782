"""What faces ask of a leader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.domain.facts import SYSTEM, Actor
from controller.domain.logbook import NO_DETAILS, LogDetails
from controller.domain.plan import Plan
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Credentials
from controller.engine.planning.plans import Lapse, Return
from controller.engine.planning.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Isolate:
    """Exactly this plan. ``sources``: digest → text of the inventory, profiles and playbook it rests on, so
    that a leader with other revisions carries out what was shown. ``unrecorded``: go on without a journal.
    ``lapse``: why it does not rest on what the files say. ``marks`` as the controller takes them.
    ``credentials``: of whoever asks by their account; ``code``: break-glass."""

    plan: Plan
    sources: Mapping[str, str]
    reason: str
    actor: Actor
    unrecorded: bool = False
    lapse: Lapse | None = None
    marks: Marks = ()
    credentials: Credentials | None = None
    code: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class IsolateByLeader:
    """A cut that the leader plans itself, of the documents it reads: from ``files`` and no others, as
    :func:`controller.workers.handover.files_of` names them. Otherwise, or where a person has to be asked for
    something first, it answers ``request-not-understood`` and begins nothing."""

    files: tuple[str, ...]
    playbook: str | None
    level: int | None
    subjects: tuple[str, ...]
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Restore:
    """``plan`` is the hash of what was shown: a leader that would do anything else refuses."""

    wanted: Return
    plan: str
    reason: str
    actor: Actor
    marks: Marks = ()
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class MoveHolds:
    """Holds move to the points that took the place of others. ``plans``: the hashes of what was shown, one a
    level."""

    wanted: Transfer
    plans: tuple[str, ...]
    reason: str
    actor: Actor
    credentials: Credentials | None = None
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """``credentials``: of whoever goes on with a return by their account."""

    run: str
    accept_drift: frozenset[str]
    actor: Actor
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Rehearse:
    """These cuts of canary ports, each with its return; ``devices`` are asked what they run. ``sources`` as
    of a cut."""

    plans: tuple[Plan, ...]
    devices: tuple[str, ...]
    sources: Mapping[str, str]
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class AskAccounts:
    """The use case ``call`` of :mod:`controller.workers.accounting`; ``given`` as it is written there. The
    answer goes back over the home's socket only."""

    call: str
    given: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Abort:
    run: str
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class WriteLog:
    text: str
    actor: Actor
    marks: Marks = ()
    details: LogDetails = NO_DETAILS


@dataclass(frozen=True, slots=True)
class AgreeRhythm:
    """From now on something is written in the logbook every so many ``minutes``; 0: no more."""

    minutes: int
    actor: Actor
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class Confirm:
    work: HandWork
    actor: Actor
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class LetPass:
    """A person's word that what came back need not be watched any longer, where nobody can tell how it
    fares."""

    subject: str
    reason: str
    actor: Actor
    credentials: Credentials | None = None
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class LendVaultKey:
    """What opens the vault's records, for a leader that was not given the passphrase. Goes through the home's
    socket only, never to a disk. ``key`` is hexadecimal."""

    key: str = field(repr=False)
    actor: Actor = SYSTEM


@dataclass(frozen=True, slots=True)
class AskVault:
    """Whether the leader can get at the vault: 1 or 0."""

    actor: Actor = SYSTEM


@dataclass(frozen=True, slots=True)
class AskArmed:
    """How it stands with the sessions the leader holds open: the answer, over the home's socket; ``""`` where
    it holds none."""

    actor: Actor = SYSTEM


@dataclass(frozen=True, slots=True)
class Arm:
    """Sessions with ``devices`` are held open, or no longer, until the leader ends."""

    devices: tuple[str, ...]
    on: bool
    actor: Actor
    marks: Marks = ()


class VaultAct(StrEnum):
    """What a person did to the vault; the text is ``vault.act-<value>``."""

    CREATED = "created"
    SET = "set"
    ROTATED = "rotated"
    REMOVED = "removed"
    RESEALED = "resealed"


@dataclass(frozen=True, slots=True)
class RecordVault:
    """Names and numbers only. ``generation`` is that of the file once it is done."""

    act: VaultAct
    name: str
    generation: int
    actor: Actor


class SealAct(StrEnum):
    SIGN = "sign"
    ROTATE = "rotate"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class SealLog:
    """Signs the log now, or changes the key that signs it: ``rotate`` by the old one's word, ``replace``
    without, because it is lost."""

    act: SealAct
    reason: str
    actor: Actor


class ErasureAct(StrEnum):
    ASK = "ask"
    APPROVE = "approve"
    DENY = "deny"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Erase:
    """``ask`` for the erasure of a ``selection`` (as its ``data`` are), ``approve`` or ``deny`` the one whose
    digest begins with ``digest``, by the ``credentials`` of whoever does; ``expire`` what is older than
    ``retention`` says."""

    act: ErasureAct
    actor: Actor
    selection: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    retention: str = ""
    reason: str = ""
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class RecordWitness:
    """That ``name`` has the checkpoint over ``size`` entries; ``root`` is base64, ``way`` how they got it."""

    size: int
    root: str
    way: str
    name: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class RecordExport:
    """That somebody took ``shown`` of the first ``entries`` out of the house in one file: its SHA-256
    ``digest`` and ``size`` in bytes, ``scope`` as it was asked for, ``names`` ``in`` it or ``replaced``."""

    digest: str
    size: int
    scope: str
    names: str
    shown: int
    entries: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class Neutralise:
    """Takes away what would undo a cut at one device."""

    device: str
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class RecordReadiness:
    """``content`` is a live check in plain form, without what devices said; ``secrets`` are those of the
    vault that it read."""

    content: str
    secrets: tuple[str, ...]
    actor: Actor


@dataclass(frozen=True, slots=True)
class RecordDrift:
    """That held points were read for what somebody changed: how many, how many of them said nothing, which
    had changed; ``secrets`` are those of the vault that it read."""

    looked_at: int
    unread: int
    changed: tuple[str, ...]
    secrets: tuple[str, ...]
    actor: Actor


@dataclass(frozen=True, slots=True)
class RecordDiscovery:
    """That devices were asked what they see around them: how many, how many of them told nothing, whether the
    inventory differs; ``secrets`` are those of the vault that it read."""

    asked: int
    unreached: int
    differs: bool
    secrets: tuple[str, ...]
    actor: Actor


Request = (
    Isolate
    | Restore
    | MoveHolds
    | Resume
    | Rehearse
    | Abort
    | WriteLog
    | AgreeRhythm
    | Confirm
    | LetPass
    | LendVaultKey
    | AskVault
    | Arm
    | RecordVault
    | RecordReadiness
    | RecordDiscovery
    | RecordDrift
    | Neutralise
    | SealLog
    | RecordWitness
    | Erase
    | RecordExport
)
