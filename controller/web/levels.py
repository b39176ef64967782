"""The levels of isolation with what each costs: compiled once for one state of inventory and playbooks."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from controller.domain.inventory import Bilingual
from controller.domain.plan import Plan
from controller.engine.planning.kept import levels
from controller.engine.planning.plans import Documents
from controller.text.costs import subjects_of
from controller.workers.office import Cut
from controller.workers.resident import Resident


@dataclass(frozen=True, slots=True)
class LevelCost:
    """``adds``: segments and conduits that the level below does not cut."""

    level: int
    title: Bilingual
    points: int
    devices: int
    subjects: tuple[str, ...]
    adds: tuple[str, ...]
    refused: bool


class Levels:
    """Safe to call from many threads. What is kept is that of the documents in force when it was asked."""

    def __init__(self, office: Resident) -> None:
        self._office = office
        self._lock = Lock()
        self._of: Documents | None = None
        self._found: tuple[LevelCost, ...] = ()

    def costs(self) -> tuple[LevelCost, ...]:
        """From the lowest. Raises InvalidInput where there is no inventory at all."""
        documents = self._office.documents_in_force()
        with self._lock:
            if self._of is not documents:
                self._found = self._made(documents)
                self._of = documents
            return self._found

    def _made(self, documents: Documents) -> tuple[LevelCost, ...]:
        found: list[LevelCost] = []
        below: frozenset[str] = frozenset()
        for playbook in levels(documents):
            plan = self._office.plan_cut(Cut(playbook=playbook.name))
            names = subjects_of(plan, documents.inventory)
            adds = tuple(name for name in names if name not in below)
            found.append(
                LevelCost(
                    level=playbook.level or 0,
                    title=playbook.title,
                    points=sum(1 for _ in plan.steps()),
                    devices=len(devices_of(plan)),
                    subjects=names,
                    adds=adds,
                    refused=bool(plan.refusals),
                )
            )
            below = frozenset(names)
        return tuple(found)


def devices_of(plan: Plan) -> frozenset[str]:
    return frozenset(operation.device for wave in plan.waves for operation in wave.operations)
