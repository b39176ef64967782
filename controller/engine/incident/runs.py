"""The runs of an incident: who decided them, on whose consent, and what each achieved wave by wave."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controller.domain.codec import from_plain
from controller.domain.facts import IntentRecorded, OutcomeRecorded, PointRead, RevisionStored, RunOpened
from controller.domain.hold import Ending
from controller.domain.inventory import PointId
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Hazard, Plan, Severity
from controller.domain.playbook import Action, Gate
from controller.domain.proof import Proof
from controller.engine.incident.told import Act, Consent, GateTold, Lack, RunTold, Watched, Wave, Word

_OVERRIDES = frozenset(
    {
        "keep-alive-overridden",
        "keep-alive-depends",
        "keep-alive-on-point",
        "own-path",
        "own-console",
        "attribution-assumed",
    }
)
"""Refusals that a person can answer for; in a plan that was carried out they are warnings."""


@dataclass(frozen=True, slots=True)
class PlanTold:
    """What of a plan a report needs; ``points`` by subject, in order, with the wave of each."""

    site: str
    points: tuple[tuple[str, PointId], ...]
    waves: Mapping[PointId, int]
    overridden: tuple[Hazard, ...]
    gates: tuple[Gate, ...]
    subjects: tuple[str, ...]
    rehearses: bool


def plan_told(content: str) -> PlanTold | None:
    """None for a plan this Cordon cannot read: an older one wrote it."""
    try:
        plan = from_plain(Plan, json.loads(content))
        steps = [
            (wave.index, step.point.id, subject)
            for wave, _, step in plan.steps()
            for subject in step.subjects
        ]
    except (KeyError, TypeError, ValueError):
        return None
    named = plan.brought_back if plan.action is Action.RESTORE else ()
    return PlanTold(
        site=plan.site,
        points=tuple((subject, point) for _, point, subject in steps),
        waves={point: wave for wave, point, _ in steps},
        overridden=tuple(
            each for each in plan.hazards if each.code in _OVERRIDES and each.severity is Severity.WARN
        ),
        gates=tuple(dict.fromkeys(gate for gate in plan.gates if not gate.open)),
        subjects=tuple(dict.fromkeys(named or (subject for _, _, subject in steps))),
        rehearses=plan.rehearses,
    )


@dataclass(slots=True)
class _Reading:
    proof: Proof
    cause: str
    at: datetime
    seq: int
    wave: int | None


@dataclass(slots=True)
class _Run:
    told: RunTold
    plan: PlanTold | None
    waves: dict[int, Wave] = field(default_factory=dict)
    attempts: dict[tuple[str, int], int] = field(default_factory=dict)
    reads: dict[PointId, _Reading] = field(default_factory=dict)
    at_end: Mapping[PointId, _Reading] | None = None


class RunBook:
    """Takes facts in the order of the log. A run whose decision was not read is told as far as it is known:
    it began before the entries that are reported on."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._plans: dict[str, PlanTold | None] = {}
        self._requests: dict[str, Consent] = {}
        self._broken: dict[str, Act] = {}
        self._words: list[Word] = []

    def revision(self, fact: RevisionStored) -> None:
        if fact.kind == "plan":
            self._plans[fact.digest] = plan_told(fact.content)

    def opened(self, fact: RunOpened, act: Act) -> PlanTold | None:
        plan = self._plans.get(fact.plan)
        told = RunTold(fact.run, fact.action, fact.playbook, fact.level, fact.plan, act, known=True)
        told.glass = self._broken.get(fact.run)
        if plan is not None:
            told.overridden, told.gates, told.rehearses = plan.overridden, plan.gates, plan.rehearses
            told.subjects, told.planned = plan.subjects, len(plan.waves)
            told.devices = len({point.device for point in plan.waves})
        self._runs[fact.run] = _Run(told, plan)
        return plan

    def run(self, run: str) -> RunTold | None:
        found = self._runs.get(run)
        return found.told if found else None

    def moved(self, run: str, state: RunState, cause: str, at: datetime, seq: int) -> None:
        found = self._runs.get(run)
        if found is None:
            return
        told = found.told
        told.state, told.cause = state, cause
        if state in OVER or state in (RunState.STOPPED, RunState.INTERRUPTED):
            told.ended_at, told.ended_seq = at, seq
            found.at_end = dict(found.reads)

    # --- waves -----------------------------------------------------------------------------------------

    def intended(self, fact: IntentRecorded, at: datetime, seq: int) -> None:
        found = self._runs.get(fact.run)
        if found is None:
            return
        found.attempts[fact.device, fact.attempt] = fact.wave
        wave = found.waves.setdefault(fact.wave, Wave(fact.wave, seq, at, at, seq))
        wave.devices.add(fact.device)

    def settled(self, fact: OutcomeRecorded, at: datetime, seq: int) -> None:
        found = self._runs.get(fact.run)
        number = found.attempts.get((fact.device, fact.attempt)) if found else None
        if found is not None and number is not None:
            _reaches(found.waves[number], at, seq)

    def read(self, fact: PointRead, at: datetime, seq: int) -> None:
        found = self._runs.get(fact.run)
        if found is None or fact.wanted is not found.told.action:
            return
        wave = found.plan.waves.get(fact.point) if found.plan else None
        if wave is not None:
            known = found.waves.setdefault(wave, Wave(wave, seq, at, at, seq))
            known.devices.add(fact.point.device)
        found.reads[fact.point] = _Reading(fact.proof, fact.cause, at, seq, wave)
        if fact.proof.satisfies(Proof.CONFIRMED) and fact.read_at is not None:
            told, at = found.told, fact.read_at
            told.first_proof = min(told.first_proof or at, at)
            told.last_proof = max(told.last_proof or at, at)

    def gate(self, run: str, gate: GateTold) -> None:
        found = self._runs.get(run)
        if found is not None:
            found.told.checked.append(gate)

    def watched(self, run: str, watched: Watched) -> None:
        found = self._runs.get(run)
        if found is not None:
            found.told.watched[watched.subject] = watched

    def word(self, word: Word) -> None:
        self._words.append(word)

    def let_go(self, run: str, ending: Ending) -> None:
        found = self._runs.get(run)
        if found is None:
            return
        match ending:
            case Ending.RESTORE:
                found.told.let_go += 1
            case Ending.TRANSFER:
                found.told.moved += 1
            case Ending.RETIREMENT:
                found.told.retired += 1

    # --- consents ----------------------------------------------------------------------------------------

    def consent(self, subject: str, action: str, data: Mapping[str, str], act: Act) -> Consent:
        name = subject.partition(":")[2]
        request = self._requests.setdefault(name, Consent(name))
        match action:
            case "opened":
                request.asked = act
                request.needed, request.cause = data.get("needed", ""), data.get("cause", "")
            case "approved":
                request.given.append(act)
            case _:
                request.ended, request.end = act, action
                request.run = data.get("run", "")
        return request

    def glass(self, purpose: str, act: Act) -> None:
        self._broken[purpose] = act

    # --- told ------------------------------------------------------------------------------------------

    def told(self) -> tuple[RunTold, ...]:
        for name, found in self._runs.items():
            _finish(found)
            told = found.told
            told.consents = tuple(each for each in self._requests.values() if each.run == name)
            told.words = tuple(word for word in self._words if _is_about(word, told))
        return tuple(found.told for found in self._runs.values())

    def consents(self) -> tuple[Consent, ...]:
        return tuple(self._requests.values())

    def broken(self) -> tuple[Act, ...]:
        return tuple(self._broken.values())


def _is_about(word: Word, run: RunTold) -> bool:
    over = run.ended_seq and word.act.seq > run.ended_seq
    return run.action is Action.RESTORE and word.subject in run.subjects and not over


def _reaches(wave: Wave, at: datetime, seq: int) -> None:
    wave.last, wave.through = max(wave.last, at), max(wave.through, seq)


def _finish(run: _Run) -> None:
    told, reads = run.told, run.reads if run.at_end is None else run.at_end
    told.proofs = Counter(each.proof for each in reads.values())
    counts: dict[int, Counter[Proof]] = defaultdict(Counter)
    for each in reads.values():
        if each.wave is not None:
            counts[each.wave][each.proof] += 1
            _reaches(run.waves[each.wave], each.at, each.seq)
    for index, wave in run.waves.items():
        wave.proofs = counts[index]
    told.waves = sorted(run.waves.values(), key=lambda wave: wave.seq)
    told.lacking = tuple(_lacking(reads))


def _lacking(reads: Mapping[PointId, _Reading]) -> Iterator[Lack]:
    found: dict[tuple[str, Proof, str], Lack] = {}
    for point, each in reads.items():
        if each.proof.satisfies(Proof.CONFIRMED):
            continue
        key = (point.device, each.proof, each.cause)
        lack = found.setdefault(key, Lack(*key, 0, each.at, each.seq))
        lack.points += 1
        lack.at, lack.seq = max(lack.at, each.at), max(lack.seq, each.seq)
    yield from found.values()
