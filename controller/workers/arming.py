"""What the sessions held open are read for."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import structlog

from controller.domain.errors import CordonError
from controller.engine.holding.armed import ArmingBasis, basis_of_plans
from controller.engine.planning.plans import Documents, plan_playbook

if TYPE_CHECKING:
    from controller.workers.shared_documents import SharedDocuments

_log = structlog.get_logger(__name__)


class LevelsInForce:
    """Every point a level in force would cut. The same object as long as the documents are the same."""

    def __init__(self, documents: SharedDocuments) -> None:
        self._documents = documents
        self._lock = Lock()
        self._last: tuple[Documents, ArmingBasis] | None = None

    def __call__(self) -> ArmingBasis | None:
        try:
            documents = self._documents.in_force()
        except CordonError:
            return None
        with self._lock:
            if self._last is None or self._last[0] is not documents:
                self._last = documents, self._made(documents)
            return self._last[1]

    def _made(self, documents: Documents) -> ArmingBasis:
        plans = []
        for playbook in documents.playbooks.values():
            if playbook.level is None:
                continue
            try:
                kept = self._documents.kept_plan(documents, playbook.name)
                plans.append(kept or plan_playbook(documents, playbook.name))
            except CordonError as error:
                _log.warning("a level is not read beforehand", playbook=playbook.name, why=str(error))
        return basis_of_plans(documents.inventory, documents.profiles, plans)
