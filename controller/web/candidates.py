"""Inventories that may come into force: examined, and compiled to be compared, once for one state of the
documents in force."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from controller.domain.plan import Plan
from controller.engine.planning.plans import Documents, plan_playbook
from controller.workers.resident import Resident

KEPT = 3
"""Candidates kept examined: somebody compares one, or goes back and forth between a few."""


@dataclass(slots=True)
class _Candidate:
    """``before``: what was in force when it was examined; ``plans``: by level, as now and as then."""

    before: Documents
    documents: Documents
    plans: dict[int, tuple[Plan, Plan]] = field(default_factory=dict)


class Candidates:
    """Safe to call from many threads; one examines and compiles at a time."""

    def __init__(self, office: Resident) -> None:
        self._office = office
        self._lock = Lock()
        self._kept: OrderedDict[str, _Candidate] = OrderedDict()

    def documents(self, text: str) -> Documents:
        """What would be in force with this inventory. Raises InvalidInput with every mistake."""
        with self._lock:
            return self._candidate(text).documents

    def plans(self, text: str, level: int, before: str, after: str) -> tuple[Plan, Plan]:
        """Of the playbooks that are the level now and then. Raises InvalidInput."""
        with self._lock:
            found = self._candidate(text)
            if level not in found.plans:
                found.plans[level] = (
                    plan_playbook(found.before, before),
                    plan_playbook(found.documents, after),
                )
            return found.plans[level]

    def _candidate(self, text: str) -> _Candidate:
        digest, present = sha256(text.encode()).hexdigest(), self._office.documents_in_force()
        found = self._kept.get(digest)
        if found is None or found.before is not present:
            found = _Candidate(present, self._office.revisions.documents(text))
            self._kept[digest] = found
        self._kept.move_to_end(digest)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found
