"""What a home keeps of the documents valid last: their sources, what was read from them in a form that is
fast to read again, and the plans of all levels compiled from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from controller.domain.inventory import Inventory
from controller.domain.plan import Basis, Plan
from controller.domain.playbook import Action, Playbook, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.tables import Tables, from_tables, to_tables
from controller.engine.planning.plans import Documents
from controller.engine.points.renderer import RENDERER


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """The plan of one level. ``basis``: what it rests on; ``hash``: its own; ``content``: the digest of its
    stored form; ``refused``: it holds a refusal."""

    playbook: str
    level: int
    basis: Basis
    hash: str
    content: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one inventory file. ``files`` is the digest of every file that was read with it,
    ``program`` that of the Cordon that read and compiled: another's results count for nothing. ``inventory``
    and ``profiles`` are the revisions; ``sources`` and ``documents`` digests of stored contents."""

    file: str
    files: str
    program: str
    kept_at: datetime
    site: str
    inventory: str
    profiles: str
    sources: str
    documents: str
    plans: tuple[KeptPlan, ...]

    def plan(self, playbook: str, basis: Basis, program: str) -> KeptPlan | None:
        """The plan of ``playbook``, if it rests on just ``basis`` and was compiled by ``program``."""
        if self.program != program:
            return None
        return next((each for each in self.plans if (each.playbook, each.basis) == (playbook, basis)), None)


@dataclass(frozen=True, slots=True)
class _Read:
    """Documents without profiles, which are few and read from their source, and without the sources."""

    inventory: Inventory
    playbooks: Mapping[str, Playbook]
    stages: Mapping[str, tuple[Stage, ...]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of valid documents: digests, and ``texts`` by digest; ``playbooks`` by name."""

    inventory: str
    profiles: str
    playbooks: Mapping[str, str]
    texts: Mapping[str, str]


def levels(documents: Documents) -> tuple[Playbook, ...]:
    """The playbooks of the levels that cut, from the lowest."""
    found = (
        playbook
        for name, playbook in documents.playbooks.items()
        if playbook.level is not None
        and all(stage.action is Action.ISOLATE for stage in documents.stages.get(name, ()))
    )
    return tuple(sorted(found, key=lambda each: each.level or 0))


def basis_of(documents: Documents, playbook: Playbook) -> Basis:
    """What an isolation compiled now would rest on."""
    return Basis(documents.inventory.digest, documents.profiles_digest, playbook.digest, RENDERER)


def sources_of(documents: Documents) -> Sources:
    return Sources(
        documents.inventory.digest,
        documents.profiles_digest,
        {name: playbook.digest for name, playbook in documents.playbooks.items()},
        documents.sources,
    )


def documents_to_tables(documents: Documents) -> Tables:
    return to_tables(_Read, _Read(documents.inventory, documents.playbooks, documents.stages))


def documents_from_tables(
    tables: Tables, sources: Sources, profiles: Mapping[str, DeviceProfile]
) -> Documents:
    """Raises what :func:`controller.domain.tables.from_tables` raises."""
    read = from_tables(_Read, tables)
    return Documents(read.inventory, profiles, sources.profiles, read.playbooks, read.stages, sources.texts)


def plan_to_tables(plan: Plan) -> Tables:
    return to_tables(Plan, plan)


def plan_from_tables(tables: Tables) -> Plan:
    """Raises what :func:`controller.domain.tables.from_tables` raises."""
    return from_tables(Plan, tables)
