"""What a face may ask of a home, whoever leads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from controller.domain.armed import ArmedDevice
from controller.domain.drift import Drift
from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.domain.logbook import NO_DETAILS, Attachment, LogDetails, Rhythm
from controller.domain.plan import Hazard, Plan
from controller.domain.readiness import DeviceReadiness, Readiness
from controller.domain.rehearsal import Rehearsals
from controller.engine.events import RehearsalEnded, RunEnded, Watcher
from controller.engine.execution.handwork import HandWork, Located
from controller.engine.execution.marks import Marks
from controller.engine.execution.neutralising import Neutralised
from controller.engine.execution.walklist import Errand
from controller.engine.holding.situation import Situation
from controller.engine.holding.waiting import Waiting
from controller.engine.planning.kept import KeptPlan
from controller.engine.planning.plans import Documents, Return
from controller.engine.ports import RunRecord
from controller.engine.readiness.discovery import Comparison
from controller.workers.auditing import LogSeal, Witness
from controller.workers.vaulting import HomeVault

if TYPE_CHECKING:
    from controller.engine.people.access import Access
    from controller.engine.people.accounts import Credentials
    from controller.workers.erasing import Erasing
    from controller.workers.exporting import Extract, Handed
    from controller.workers.forwarding import LogForwarding
    from controller.workers.moving import HoldTransfers
    from controller.workers.reporting.handing import ReportHanded


@dataclass(frozen=True, slots=True)
class Cut:
    """What to isolate: exactly one of a playbook, a level, named subjects, or what a restore was to bring
    back: all of the run ``of`` (the last one without), or its ``wave``, counted from 1, alone. ``overrides``
    and ``at_neighbour`` as in the planner."""

    playbook: str | None = None
    level: int | None = None
    subjects: tuple[str, ...] = ()
    overrides: frozenset[str] = frozenset()
    at_neighbour: frozenset[str] = frozenset()
    wave: int | None = None
    of: str = ""

    @property
    def again(self) -> bool:
        """Whether it is what a restore was to bring back."""
        return self.wave is not None or bool(self.of)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The plans of all levels that the home keeps compiled; how many were compiled just now, how much of what
    was kept before was ``damaged``. ``problem``: why they could not be kept: ``busy`` (another process is at
    it), or what the disk says; "" where they are."""

    plans: tuple[KeptPlan, ...] = ()
    compiled: int = 0
    damaged: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """How a run that was asked for ended. ``degraded``: part of its record went through the spool,
    with ``unrecorded`` part of it is nowhere.
    ``confirmed_after``: seconds from its beginning to the read-back of the last confirmed point."""

    run: str
    plan: Plan
    inventory: Inventory
    ended: RunEnded
    joined: bool
    degraded: bool
    errands: tuple[Errand, ...]
    confirmed_after: float | None = None
    unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a rehearsal ended; ``errands`` bring back by hand the canary ports that are ``left`` cut.
    ``degraded``: part of its record went through the spool."""

    ended: RehearsalEnded
    runs: tuple[str, ...]
    errands: tuple[Errand, ...]
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """``unrecorded`` is the code of why the log does not tell of it, "" where it does."""

    readiness: Readiness
    unrecorded: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What ``asked`` devices tell, against the inventory in ``file``. ``diff`` is the proposal, "" where
    there is none; ``unrecorded`` the code of why the log does not say that it was made."""

    found: Comparison
    diff: str
    file: Path
    asked: int
    unrecorded: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the log as a person reads it."""

    seq: int
    at: str
    tag: str
    actor: str
    run: str | None
    data: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole: ``problem`` is "" then, else the code of the first fault, whose text is
    ``verify.<code>``. ``entries`` and ``head`` (the chain hash) are the end of the good part; ``first_bad``
    the sequence of the first bad entry, None where a fault is in none; ``degraded`` intervals that went
    through the spool.

    ``origin`` names the log, ``root`` is its Merkle root; its first ``signed`` entries are under one of
    ``checkpoints`` signatures of ``keys``; at the entries ``replaced`` a key followed without the old one's
    word. ``erased`` texts are gone from the entries ``erased_in``, and so are ``erased_files``, as the
    entries ``erasures`` say."""

    entries: int
    head: str
    first_bad: int | None
    problem: str
    detail: str
    degraded: tuple[tuple[str, str], ...]
    erased: int
    origin: str = ""
    root: str = ""
    signed: int = 0
    checkpoints: int = 0
    keys: tuple[str, ...] = ()
    replaced: tuple[int, ...] = ()
    erased_in: tuple[int, ...] = ()
    erased_files: tuple[str, ...] = ()
    erasures: tuple[int, ...] = ()


class Office(Protocol):
    """What a face may ask. Everything raises CordonError on refusal; nothing here prints or asks."""

    def documents(self, *, anew: bool = False) -> Documents:
        """Inventory, profiles and playbooks as the files say, validated; ``anew``: read again even if they
        are to the byte what was found valid before. Raises InvalidInput."""
        ...

    def documents_in_force(self) -> Documents:
        """The same; where the files have mistakes, what was valid last and is kept in the home, with its
        ``lapse``. Raises InvalidInput where there is nothing. What cuts and what shows goes by these."""
        ...

    def keep(self, *, make_home: bool = True) -> Keeping:
        """Keeps the plans of all levels compiled, if the documents were found valid; never raises for a home
        that cannot be written. ``make_home``: also where there is no home yet."""
        ...

    def vault(self) -> HomeVault:
        """The device secrets sealed in the home."""
        ...

    def plan_cut(self, cut: Cut) -> Plan: ...

    def plan_return(self, wanted: Return) -> Plan: ...

    def gates(self, playbook: str | None = None) -> tuple[Waiting, ...]:
        """As :func:`controller.engine.holding.waiting.waiting`."""
        ...

    def isolate(
        self,
        cut: Cut,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        without_journal: bool = False,
        credentials: Credentials | None = None,
        code: str = "",
    ) -> Execution:
        """``credentials``: of a person who asks by their account; ``code``: break-glass. Raises
        AwaitingApproval."""
        ...

    def restore(
        self,
        wanted: Return,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        credentials: Credentials | None = None,
    ) -> Execution: ...

    def ask_accounts(self, call: str, **given: object) -> Any:
        """Has the leader carry out a use case of :class:`controller.workers.accounting.Accounting`, by name;
        its answer. Raises what it raises, LeaderElsewhere, LeaderLost."""
        ...

    def stored_plan(self, digest: str) -> Plan:
        """A plan on record. Raises NotFound."""
        ...

    def access(self) -> Access:
        """The accounts, to be looked at: who would change something asks the leader."""
        ...

    def resume(
        self,
        run: str,
        actor: Actor,
        watcher: Watcher,
        accept_drift: frozenset[str] = frozenset(),
        *,
        credentials: Credentials | None = None,
    ) -> Execution:
        """``credentials``: of a person who goes on with a return by their account."""
        ...

    def plan_rehearsal(self, devices: Sequence[str] = ()) -> tuple[Plan, ...]:
        """One cut of canary ports a method, of all devices by default. Raises NotFound, InvalidRequest."""
        ...

    def rehearse(
        self, plans: Sequence[Plan], devices: Sequence[str], reason: str, actor: Actor, watcher: Watcher
    ) -> Rehearsal:
        """Cuts and brings back what ``plans`` say. ``devices``: those that were named, none for all. The
        watcher hears of every run."""
        ...

    def rehearsals(self) -> Rehearsals:
        """What was rehearsed, as the home has it; nothing where there is no home."""
        ...

    def abort(self, run: str, actor: Actor, reason: str) -> None: ...

    def situation(self) -> Situation: ...

    def runs(self) -> tuple[RunRecord, ...]: ...

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]: ...

    def reboots(self, run: str, plan: Plan) -> tuple[Hazard, ...]:
        """Where a reboot would undo what ``run``, that of ``plan``, did."""
        ...

    def locate(self, code: str, run: str = "") -> Located:
        """The step a code names, as it is on record; ``run`` may be a prefix of its run. Raises
        InvalidRequest for a code that names none, or several."""
        ...

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        """Records that a person did a step by hand, or takes that back. Returns the sequence of the entry,
        None while it is only in the spool. Raises InvalidRequest where there is nothing to say of it."""
        ...

    def let_pass(
        self, subject: str, reason: str, actor: Actor, *, credentials: Credentials | None = None
    ) -> int | None:
        """Ends the watch over what came back, where nobody can tell how it fares. Returns the sequence of the
        entry. Raises InvalidRequest where it is not watched, or the watch goes on by itself."""
        ...

    def inventory_of(self, plan: Plan) -> Inventory:
        """The revision a plan on record was made from, whatever has become of the file."""
        ...

    def write_log(
        self, text: str, actor: Actor, details: LogDetails = NO_DETAILS, marks: Marks = ()
    ) -> int | None:
        """Returns the sequence of the entry, None while it is only in the spool. Raises NotFound where it
        corrects no entry of the logbook, InvalidRequest where it says nothing, or of a time to come."""
        ...

    def agree_rhythm(self, minutes: int, actor: Actor, marks: Marks = ()) -> int | None:
        """Every so many minutes something is to be written, 0: no more. Returns as ``write_log``. Raises
        InvalidRequest."""
        ...

    def rhythm(self) -> Rhythm | None:
        """When something is to be written next; None where no rhythm was agreed."""
        ...

    def attach(self, path: Path) -> Attachment:
        """Keeps a copy of the file in the home, for an entry that is about to cite it. Raises
        InvalidRequest."""
        ...

    def attach_content(self, name: str, content: bytes) -> Attachment:
        """As ``attach``, for what came over a wire: the ``name`` it had."""
        ...

    def attachment(self, digest: str, name: str) -> Attachment:
        """One that is kept already, by its SHA-256. Raises InvalidRequest where there is none."""
        ...

    def log(
        self, *, since: int = 0, tag: str | None = None, run: str | None = None, device: str | None = None
    ) -> Iterator[LogLine]:
        """``device``: of a run only what tells of that device too."""
        ...

    def verify(self, witnesses: Sequence[Witness] = ()) -> Verdict:
        """``witnesses``: what others kept of the log."""
        ...

    def seal(self) -> LogSeal:
        """Checkpoints, proofs, witnesses and the key."""
        ...

    def export(self, path: Path, extract: Extract, actor: Actor | None = None) -> Handed:
        """Writes the log, or a part of it, into one file that proves itself, and puts on record that
        ``actor`` took it; without one the home is only read. Raises NotFound, InvalidRequest,
        JournalUnreadable."""
        ...

    def report(self, extract: Extract, lang: str, actor: Actor | None = None) -> ReportHanded:
        """The report of an incident as PDF. Puts on record that ``actor`` took it; without one the home is
        only read. Raises NotFound, InvalidRequest, JournalUnreadable."""
        ...

    def transfers(self) -> HoldTransfers:
        """Holds moved to the points that took the place of others."""
        ...

    def erasing(self) -> Erasing:
        """What is erased of what the log holds beside it."""
        ...

    def forwarding(self) -> LogForwarding:
        """The sending on of the log to a receiver elsewhere."""
        ...

    def log_head(self) -> tuple[int, str] | None:
        """How many entries the log has and its chain hash, unchecked; None where there is no home, or it
        cannot be read: paper is printed all the same."""
        ...

    def service_fingerprint(self) -> str:
        """Of the service's certificate kept in the home; "" where none was made there."""
        ...

    def check_live(
        self, names: Sequence[str], actor: Actor, told: Callable[[DeviceReadiness], None]
    ) -> LiveCheck:
        """Looks at devices, at all that Cordon manages without ``names``, changing nothing; ``told`` hears of
        each, from many threads. Raises NotFound."""
        ...

    def neutralise(self, device: str, reason: str, actor: Actor) -> tuple[Neutralised, ...]:
        """Takes away what would undo a cut at the device, as its own act on record. Raises NotFound,
        InvalidRequest where nothing is pending, OpenFailed."""
        ...

    def armed(self) -> tuple[ArmedDevice, ...] | None:
        """How it stands with the sessions held open, those to be armed first; None where no process holds
        any."""
        ...

    def arm(self, devices: Sequence[str], on: bool, actor: Actor) -> int | None:
        """Holds a session with each open, or no longer, until the leader ends. Raises NotFound,
        InvalidRequest for one that cannot be armed, LeaderElsewhere."""
        ...

    def last_readiness(self) -> Readiness | None:
        """The last live check of all devices that is on record."""
        ...

    def drift(self, devices: Sequence[str], actor: Actor) -> Drift:
        """Reads held points, of all devices by default, for what somebody changed since the cut. Changes
        nothing. Raises NotFound for a device at which nothing is held."""
        ...

    def discover(self, devices: Sequence[str], actor: Actor) -> Discovery:
        """Asks devices, of all by default, what they see around them. Changes nothing. Raises NotFound,
        InvalidInput."""
        ...

    def trust(self, device: str) -> tuple[str, str]:
        """The device's present host key and its SHA-256 fingerprint; nothing is recorded yet."""
        ...
