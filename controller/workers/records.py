"""What the home has on record, as faces show it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from controller.bootstrap import Composition
from controller.bootstrap.documents import StoredDocuments
from controller.domain.errors import CordonError, NotFound
from controller.domain.inventory import Inventory
from controller.domain.logbook import DUE, LOGBOOK, RHYTHM, Rhythm, rhythm_of
from controller.domain.plan import Hazard, Plan
from controller.engine.events import StepResult
from controller.engine.execution.handwork import Located, locate
from controller.engine.execution.walklist import Errand, results_on_record, walklist
from controller.engine.holding.remembered import Remembered
from controller.engine.holding.situation import Situation, situation
from controller.engine.planning.revisions import stored_plan
from controller.engine.points.startup import reboots_after
from controller.engine.ports import RunRecord
from controller.workers.auditing import Witness
from controller.workers.documents import CurrentDocuments
from controller.workers.leading import Leading
from controller.workers.loglines import log_line
from controller.workers.office import LogLine, Verdict

PLANS_AT_HAND = 8
INVENTORIES_AT_HAND = 2
"""Of earlier revisions, which plans on record were made from."""


@dataclass(frozen=True, slots=True)
class _Walked:
    record: RunRecord
    plan: Plan
    results: Sequence[StepResult]
    errands: tuple[Errand, ...]


class Records:
    """As :class:`controller.workers.office.Office` says of each. Raises NotFound where there is no home."""

    def __init__(self, composition: Composition, documents: CurrentDocuments, leader: Leading) -> None:
        self._composition = composition
        self._documents = documents
        self._leader = leader
        self._remembered = Remembered()
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._inventories: dict[tuple[str, str], Inventory] = {}
        self._walks: dict[str, _Walked] = {}

    # --- the situation and its runs ----------------------------------------------------------------

    def situation(self) -> Situation:
        documents = self._documents.in_force()
        now = self._composition.clock().now()
        history = self._leader.history()
        with history.together():
            return situation(documents.inventory, history, now, documents.profiles, self._remembered)

    def runs(self) -> tuple[RunRecord, ...]:
        return self._leader.history().runs()

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]:
        walked = self._walked(run)
        return walked.record, walked.plan, walked.errands

    def results(self, run: str) -> Sequence[StepResult]:
        """The steps of the run's plan with what is on record of them."""
        return self._walked(run).results

    def confirmed(self, run: str) -> list[tuple[datetime, int]]:
        """How many points of the run were read back as it wants them, as each answer went on record."""
        return self._leader.found_home().confirmed(run)

    def _walked(self, run: str) -> _Walked:
        """Kept for as long as nothing came of the run."""
        record = self._leader.history().run(run)
        found = self._walks.get(record.run)
        if found is None or found.record is not record:
            plan = self.stored_plan(record.plan)
            results = results_on_record(record, plan)
            errands = walklist(record.run, plan, self.inventory_of(plan), results)
            found = self._walks[record.run] = _Walked(record, plan, results, errands)
            for old in list(self._walks)[:-PLANS_AT_HAND]:
                self._walks.pop(old, None)
        return found

    def reboots(self, run: str, plan: Plan) -> tuple[Hazard, ...]:
        history = self._leader.history()
        record, known = history.run(run), self._documents.known(plan.basis)
        profiles = (
            known.profiles
            if known
            else StoredDocuments().profiles(history.revision("profiles", plan.basis.profiles))
        )
        return reboots_after(plan, record.steps, record.startups, profiles)

    def locate(self, code: str, run: str = "") -> Located:
        return locate(self._leader.history(), code, run)

    def remember(self, plan: Plan) -> None:
        """Whoever will ask for it on record need not have it read."""
        self._plans[plan.hash] = plan

    def stored_plan(self, digest: str) -> Plan:
        """Those asked for last are kept at hand: what stands under a digest never changes."""
        found = self._plans.get(digest)
        if found is None:
            found = stored_plan(self._leader.history(), digest)
        self._plans[digest] = found
        while len(self._plans) > PLANS_AT_HAND:
            with suppress(KeyError):  # another thread took it first
                self._plans.popitem(last=False)
        return found

    def inventory_of(self, plan: Plan) -> Inventory:
        basis = plan.basis
        known = self._documents.known(basis)
        if known is not None:
            return known.inventory
        key = (basis.inventory, basis.profiles)
        found = self._inventories.get(key)
        if found is None:
            history, reader = self._leader.history(), StoredDocuments()
            profiles = reader.profiles(history.revision("profiles", basis.profiles))
            found = reader.inventory(history.revision("inventory", basis.inventory), profiles)
            self._inventories[key] = found
            for old in list(self._inventories)[:-INVENTORIES_AT_HAND]:
                self._inventories.pop(old, None)
        return found

    # --- the log -----------------------------------------------------------------------------------

    def log(
        self, *, since: int = 0, tag: str | None = None, run: str | None = None, device: str | None = None
    ) -> Iterator[LogLine]:
        home = self._leader.found_home()
        for record in home.entries(after=since, tag=tag, run=run, device=device):
            yield log_line(
                record.entry.seq, record.at, record.tag, record.actor, record.degraded, record.facts
            )

    def leaf(self, after: int, through: int, wanted: Callable[[str], bool]) -> list[LogLine]:
        """The entries later than ``after`` up to ``through`` whose tag is ``wanted``: nothing else of the
        others is read."""
        return [
            log_line(record.entry.seq, record.at, record.tag, record.actor, record.degraded, record.facts)
            for record in self._leader.found_home().leaf(after, through, wanted)
        ]

    def rhythm(self) -> Rhythm | None:
        try:
            return rhythm_of(self._leader.history().noted(LOGBOOK, RHYTHM, DUE))
        except NotFound:
            return None

    def log_head(self) -> tuple[int, str] | None:
        try:
            seq, chain = self._composition.home(create=False).head()
        except CordonError:
            return None
        return seq, chain.hex()

    def verify(self, witnesses: Sequence[Witness] = ()) -> Verdict:
        found = self._leader.found_home().verify(witnesses)
        first = found.faults[0] if found.faults else None
        return Verdict(
            entries=found.seq,
            head=found.chain.hex(),
            first_bad=found.first_bad,
            problem=first.code if first else "",
            detail=first.detail if first else "",
            degraded=tuple(
                (each.since.isoformat(), each.until.isoformat() if each.until else "")
                for each in found.degraded
            ),
            erased=found.erased,
            origin=found.origin,
            root=found.root.hex(),
            signed=found.signed,
            checkpoints=found.checkpoints,
            keys=found.keys,
            replaced=found.replaced,
            erased_in=found.erased_in,
            erased_files=found.erased_files,
            erasures=found.erasures,
        )
