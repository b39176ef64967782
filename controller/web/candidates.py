"""Inventories and playbooks that may come into force: examined, and compiled to be compared, once for one
state of the documents in force."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock, Thread

from controller.domain.errors import CordonError
from controller.domain.plan import Plan
from controller.domain.playbook import Playbook
from controller.engine.planning.plans import Documents, plan_playbook
from controller.text import Catalogue
from controller.web.comparing import PlanChange, plan_change
from controller.workers.resident import Resident

KEPT = 3
"""Candidates kept examined: somebody compares one, or goes back and forth between a few."""


AT_ONCE = 300
"""Devices of a site that is compared while the page waits."""

WORKS = 8


@dataclass(slots=True)
class _Candidate:
    """``before``: what was in force when it was examined; ``plans``: by what is compared, as now and as
    then."""

    before: Documents
    documents: Documents
    plans: dict[tuple[str, str], tuple[Plan, Plan]] = field(default_factory=dict)
    changes: dict[tuple[str, str, str], PlanChange] = field(default_factory=dict)


class Candidates:
    """Safe to call from many threads; one examines and compiles at a time."""

    def __init__(self, office: Resident) -> None:
        self._office = office
        self._lock = Lock()
        self._kept: OrderedDict[str, _Candidate] = OrderedDict()
        self._begun = Lock()
        self._works: OrderedDict[tuple[object, ...], Thread] = OrderedDict()

    def ready(self, asked: tuple[str, ...], work: Callable[[], object]) -> bool:
        """Whether what ``work`` makes is at hand, as ``asked`` names it. Of a large site it is made beside
        the page, which comes again; of any other while the page waits."""
        present = self._office.documents_in_force()
        key = (id(present), *asked)
        with self._begun:
            thread = self._works.get(key)
            if thread is None:
                thread = self._works[key] = Thread(
                    target=_quietly, args=(work,), name="examining", daemon=True
                )
                while len(self._works) > WORKS:
                    self._works.popitem(last=False)
                thread.start()
        if len(present.inventory.devices) <= AT_ONCE:
            thread.join()
        return not thread.is_alive()

    def documents(self, text: str, playbook: str = "") -> Documents:
        """What would be in force with this inventory, or this text of the playbook. Raises InvalidInput with
        every mistake."""
        with self._lock:
            return self._candidate(text, playbook).documents

    def change(
        self, text: str, before: str, after: Playbook, words: Catalogue, playbook: str = ""
    ) -> PlanChange:
        """Of the playbooks called so now and then; ``before`` is "" where there is none now. Raises
        InvalidInput."""
        with self._lock:
            found = self._candidate(text, playbook)
            key, told = (before, after.name), (before, after.name, words.lang)
            if key not in found.plans:
                new = plan_playbook(found.documents, after.name)
                nothing = replace(new, waves=(), hazards=())
                found.plans[key] = (plan_playbook(found.before, before) if before else nothing, new)
            if told not in found.changes:
                found.changes[told] = plan_change(after, *found.plans[key], words)
            return found.changes[told]

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


def _quietly(work: Callable[[], object]) -> None:
    with suppress(CordonError):  # the page that asks for it says what is wrong
        work()
