"""Plans as faces ask for them: of the documents in force, with what the home knows of devices and secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from controller.bootstrap import Composition
from controller.domain.errors import CordonError, NotFound
from controller.domain.plan import Plan
from controller.domain.rehearsal import Rehearsals
from controller.engine.holding.waiting import Awaited, Waiting, may_wait, uncompiled
from controller.engine.planning import plans
from controller.engine.planning.canaries import plan_rehearsal
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.recut import brought_back
from controller.engine.planning.untested import rehearsals, untested
from controller.engine.planning.vaulting import vault_users, with_vault
from controller.engine.points.holds import HoldBook
from controller.engine.ports import History
from controller.workers.documents import CurrentDocuments
from controller.workers.leading import Leading
from controller.workers.office import Cut
from controller.workers.returns import Returns
from controller.workers.vaulting import HomeVault


class Planning:
    """As :class:`controller.workers.office.Office` says of each."""

    def __init__(
        self,
        composition: Composition,
        documents: CurrentDocuments,
        leader: Leading,
        vault: Callable[[], HomeVault],
    ) -> None:
        self._composition = composition
        self._documents = documents
        self._leader = leader
        self._vault = vault
        self._told: dict[str, tuple[Plan, Plan]] = {}
        self._returns = Returns(composition.clock())

    def cut(self, cut: Cut) -> Plan:
        return self._with_vault(self._with_untested(self._cut(cut)))

    def back(self, wanted: Return) -> Plan:
        documents = self._documents.present()
        history = self._leader.history()
        with history.together():
            plan = self._returns.plan(documents, history, wanted)
        return self._with_vault(plan)

    def book(self, documents: Documents) -> HoldBook:
        """What is held now; to be read only."""
        history = self._leader.history()
        with history.together():
            return self._returns.book(documents, history)

    def gates(self, playbook: str | None = None) -> tuple[Waiting, ...]:
        history, documents = self._leader.history(), self._documents.in_force()
        if not may_wait(documents, history, playbook):
            return ()
        with history.together():
            found = self._returns.awaited(documents, history, playbook)
        return self._waiting(found, history)

    def gates_at_hand(self) -> tuple[Waiting, ...]:
        """As :meth:`gates`, having compiled nothing: where that would have to be done, those that others
        consent to are ``counting``."""
        history, documents = self._leader.history(), self._documents.in_force()
        if not may_wait(documents, history):
            return ()
        with history.together():
            found = self._returns.at_hand(documents, history) or uncompiled(documents, history)
            return self._waiting(found, history)

    def _waiting(self, found: Awaited, history: History) -> tuple[Waiting, ...]:
        try:
            approvals = self._leader.access().approvals
            requests, present = approvals.requests(), approvals.present
        except CordonError:  # accounts that cannot be read: nobody's consent is known
            requests, present = (), _nobody
        return found.now(history, requests, present)

    def rehearsal(self, devices: Sequence[str] = ()) -> tuple[Plan, ...]:
        return plan_rehearsal(self._documents.present(), devices)

    def rehearsals(self) -> Rehearsals:
        try:
            return rehearsals(self._composition.home(create=False).history())
        except NotFound:
            return Rehearsals(())

    def _cut(self, cut: Cut) -> Plan:
        documents = self._documents.in_force()
        if cut.level is not None or cut.playbook is not None:
            name = cut.playbook or plans.playbook_of_level(documents, cut.level or 0).name
            changed = cut.overrides or cut.at_neighbour
            kept = None if changed else self._documents.kept_plan(documents, name)
            return kept or plans.plan_playbook(documents, name, cut.overrides, cut.at_neighbour)
        names = cut.subjects
        if cut.again:
            names = brought_back(self._leader.history(), cut.of, cut.wave)
        return plans.plan_subjects(documents, names, cut.overrides, cut.at_neighbour)

    def _with_untested(self, plan: Plan) -> Plan:
        """Where the home cannot be read nobody can tell: that holds up no cut."""
        try:
            known = self.rehearsals()
        except CordonError:
            return plan
        expires_after = timedelta(days=self._composition.settings.rehearsal_days)
        now = self._composition.clock().now()
        found = untested(plan, self._documents.in_force().inventory, known, now, expires_after)
        # The same plan again where it says the same: its hash is known already.
        last = self._told.get(plan.playbook)
        if last is not None and last[0] is plan and last[1].hazards == found.hazards:
            return last[1]
        self._told[plan.playbook] = (plan, found)
        return found

    def _with_vault(self, plan: Plan) -> Plan:
        inventory = self._documents.in_force().inventory
        if not vault_users(inventory):
            return plan
        return with_vault(plan, inventory, self._vault().state())


def _nobody(persons: Collection[str]) -> frozenset[str]:
    del persons
    return frozenset()
