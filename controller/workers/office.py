"""What a face may ask of a home, whoever leads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.engine.events import RunEnded, Watcher
from controller.engine.handwork import HandWork, Located
from controller.engine.plans import Documents, Return
from controller.engine.ports import RunRecord
from controller.engine.situation import Situation
from controller.engine.walklist import Errand


@dataclass(frozen=True, slots=True)
class Cut:
    """What to isolate: exactly one of a playbook, a level or named subjects; ``overrides`` as in the
    planner."""

    playbook: str | None = None
    level: int | None = None
    subjects: tuple[str, ...] = ()
    overrides: frozenset[str] = frozenset()


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
    through the spool."""

    entries: int
    head: str
    first_bad: int | None
    problem: str
    detail: str
    degraded: tuple[tuple[str, str], ...]
    erased: int


class Office(Protocol):
    """What a face may ask. Everything raises CordonError on refusal; nothing here prints or asks."""

    def documents(self) -> Documents:
        """Loads and validates inventory, profiles and playbooks. Raises InvalidInput."""
        ...

    def plan_cut(self, cut: Cut) -> Plan: ...

    def plan_return(self, wanted: Return) -> Plan: ...

    def isolate(
        self,
        cut: Cut,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        without_journal: bool = False,
    ) -> Execution: ...

    def restore(
        self, wanted: Return, plan: Plan, reason: str, actor: Actor, watcher: Watcher
    ) -> Execution: ...

    def resume(
        self, run: str, actor: Actor, watcher: Watcher, accept_drift: frozenset[str] = frozenset()
    ) -> Execution: ...

    def abort(self, run: str, actor: Actor, reason: str) -> None: ...

    def situation(self) -> Situation: ...

    def runs(self) -> tuple[RunRecord, ...]: ...

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]: ...

    def locate(self, code: str, run: str = "") -> Located:
        """The step a code names, as it is on record; ``run`` may be a prefix of its run. Raises
        InvalidRequest for a code that names none, or several."""
        ...

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        """Records that a person did a step by hand, or takes that back. Returns the sequence of the entry,
        None while it is only in the spool. Raises InvalidRequest where there is nothing to say of it."""
        ...

    def inventory_of(self, plan: Plan) -> Inventory:
        """The revision a plan on record was made from, whatever has become of the file."""
        ...

    def write_log(self, text: str, actor: Actor) -> int | None:
        """Returns the sequence of the entry, None while it is only in the spool."""
        ...

    def log(self, *, since: int = 0, tag: str | None = None, run: str | None = None) -> Iterator[LogLine]: ...

    def verify(self) -> Verdict: ...

    def log_head(self) -> tuple[int, str] | None:
        """How many entries the log has and its chain hash, unchecked; None where there is no home, or it
        cannot be read: paper is printed all the same."""
        ...

    def trust(self, device: str) -> tuple[str, str]:
        """The device's present host key and its SHA-256 fingerprint; nothing is recorded yet."""
        ...
