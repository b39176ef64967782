"""Inventories and playbooks that may come into force: examined, and compiled to be compared, once for one
state of the documents in force."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock

from controller.domain.plan import Plan
from controller.engine.planning.plans import Documents, plan_playbook
from controller.workers.resident import Resident

KEPT = 3
"""Candidates kept examined: somebody compares one, or goes back and forth between a few."""


@dataclass(slots=True)
class _Candidate:
    """``before``: what was in force when it was examined; ``plans``: by what is compared, as now and as
    then."""

    before: Documents
    documents: Documents
    plans: dict[tuple[str, str], tuple[Plan, Plan]] = field(default_factory=dict)


class Candidates:
    """Safe to call from many threads; one examines and compiles at a time."""

    def __init__(self, office: Resident) -> None:
        self._office = office
        self._lock = Lock()
        self._kept: OrderedDict[str, _Candidate] = OrderedDict()

    def documents(self, text: str, playbook: str = "") -> Documents:
        """What would be in force with this inventory, or this text of the playbook. Raises InvalidInput with
        every mistake."""
        with self._lock:
            return self._candidate(text, playbook).documents

    def plans(self, text: str, before: str, after: str, playbook: str = "") -> tuple[Plan, Plan]:
        """Of the playbooks called so now and then; "" where there is none now. Raises InvalidInput."""
        with self._lock:
            found = self._candidate(text, playbook)
            key = (before, after)
            if key not in found.plans:
                new = plan_playbook(found.documents, after)
                nothing = replace(new, waves=(), hazards=())
                found.plans[key] = (plan_playbook(found.before, before) if before else nothing, new)
            return found.plans[key]

    def _candidate(self, text: str, playbook: str) -> _Candidate:
        digest, present = (
            sha256(f"{playbook}\n{text}".encode()).hexdigest(),
            self._office.documents_in_force(),
        )
        found = self._kept.get(digest)
        if found is None or found.before is not present:
            office = self._office
            documents = (
                office.playbooks.documents(playbook, text) if playbook else office.revisions.documents(text)
            )
            found = self._kept[digest] = _Candidate(present, documents)
        self._kept.move_to_end(digest)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found
