"""A night on record: a cut with consent and in spite of a refusal, what lacked its proof, people's words, a
return, a clock that was set. Written entry by entry, so that tests know what a report of it must say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.catalog.shipped import shipped_examples
from controller.domain.codec import to_plain
from controller.domain.facts import (
    SYSTEM,
    Actor,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    RevisionStored,
    RunMoved,
    Text,
    WaveMoved,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import PointId
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.logbook import FactStatus, LogDetails, logbook_facts
from controller.domain.plan import Condition, Plan, Step
from controller.domain.playbook import Action, Gate
from controller.domain.probation import Probation, ProbationState
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents
from controller.store.home import Home
from controller.store.leader import Lead
from controller.workers.front import HomeOffice, cordon_office
from controller.workers.office import Cut
from tests.fakes.entries import consent, found_open, opened, read, stated
from tests.fakes.homes import new_home

ALICE = Actor("user:3", Text("Alice Arnaud"))
CHLOE = Actor("user:4", Text("Chloé Caron"))
GLASS = Actor("glass:2", Text("Denis Duval"))
CUT, BACK, AGAIN = "20260301-030000-aaaa", "20260301-050000-bbbb", "20260301-060000-cccc"
SUBJECTS = ("pharmacy", "samu")
BERNARD, MARTIN = "Dr Bernard", "Mme Martin"
NAMES = ("Alice", "Arnaud", "Chloé", "Caron", "Denis", "Duval", "Bernard", "Martin")
JUMP = 3600.0


@dataclass
class Night:
    """``proofs``: what the cut's points had at best, by point; ``back`` those that came back."""

    home: Home
    office: HomeOffice
    plan: Plan
    proofs: dict[PointId, Proof] = field(default_factory=dict)
    back: list[PointId] = field(default_factory=list)
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The machine's clock, wrong once it was set."""
        return datetime.now(UTC) + self.ahead


def night(folder: Path) -> Night:
    source = shipped_examples() / "demo" / "inventory.yaml"
    home = new_home(folder / "home")
    office = cordon_office(home=folder / "home", inventory=source)
    plan = office.plan_cut(Cut(subjects=SUBJECTS, overrides=frozenset({"samu"})))
    found = Night(home, office, plan)
    with _leading(found) as lead:
        _evening(lead)
        _cut(lead, found, office.documents())
        _words(lead, found)
        _return(lead, found)
        found.ahead = timedelta(seconds=JUMP)
        _morning(lead, found)
    office.seal().checkpoint(ALICE, now=True)
    return found


@contextmanager
def _leading(found: Night) -> Iterator[Lead]:
    with found.home.lead(clock=found.now) as lead:
        yield lead


def _evening(lead: Lead) -> None:
    commit = lead.journal.commit
    details = LogDetails(FactStatus.HYPOTHESIS, by=BERNARD)
    commit(Tag.LOG_WRITTEN, logbook_facts("radiology is hit, says Bernard", details), ALICE)
    asked = consent("r1", ALICE.id, ("cause", "override"), ("needed", "1"), text="worm in the samu")
    commit(Tag.APPROVAL_REQUESTED, [asked], ALICE)
    commit(Tag.APPROVAL_GIVEN, [consent("r1", ALICE.id)], CHLOE)
    commit(Tag.APPROVAL_USED, [consent("r1", ALICE.id, ("run", CUT))], ALICE)
    commit(Tag.APPROVAL_REQUESTED, [consent("r2", ALICE.id, text="a second one")], ALICE)
    commit(Tag.APPROVAL_DENIED, [consent("r2", ALICE.id, text="far too early")], CHLOE)


def _cut(lead: Lead, found: Night, documents: Documents) -> None:
    """The first device stays silent; at the last nobody can be, and a person does it; the others obey."""
    commit, plan = lead.journal.commit, found.plan
    basis, sources = plan.basis, documents.sources
    facts: list[Fact] = [
        RevisionStored("inventory", basis.inventory, sources[basis.inventory]),
        RevisionStored("profiles", basis.profiles, sources[basis.profiles]),
        RevisionStored("plan", plan.hash, json.dumps(to_plain(plan))),
        opened(CUT, Action.ISOLATE, "ransomware on three stations, says Mme Martin", plan),
        RunMoved(CUT, RunState.RUNNING),
    ]
    commit(Tag.RUN_OPENED, facts, ALICE)
    devices = list(dict.fromkeys(operation.device for _, operation, _ in plan.steps()))
    for wave in plan.waves:
        commit(Tag.WAVE_MOVED, [WaveMoved(CUT, wave.index, WaveState.RUNNING)], ALICE)
        for operation in wave.operations:
            held = [
                HoldOpened(CUT, name, step.point, step.rendering.method, Attribution.OURS)
                for step in operation.steps
                for name in step.subjects
            ]
            steps = tuple((step.point.id, step.rendering.method) for step in operation.steps)
            intent = IntentRecorded(CUT, wave.index, operation.device, 1, Action.ISOLATE, steps)
            commit(Tag.OPERATION_INTENDED, [*held, intent], ALICE)
            silent = operation.device in (devices[0], devices[-1])
            proof = Proof.UNKNOWN if silent else Proof.CONFIRMED
            cause = "open.unreachable" if silent else ""
            outcome = Outcome.NOT_SENT if silent else Outcome.ACCEPTED
            reads = [_read(CUT, step, proof, found.now(), cause=cause) for step in operation.steps]
            said = OutcomeRecorded(CUT, operation.device, 1, outcome, cause, Text("> a secret transcript"))
            commit(Tag.OPERATION_SETTLED, [*reads, said], ALICE)
            found.proofs.update({step.point.id: proof for step in operation.steps})
    commit(Tag.RUN_MOVED, [RunMoved(CUT, RunState.FINISHED)], ALICE)
    for _, operation, step in plan.steps():
        if operation.device == devices[-1]:
            claim = _read(CUT, step, Proof.CLAIMED, found.now(), cause="open.unreachable")
            note = Noted(str(step.point.id), (("claim", "made"),), Text(f"{MARTIN}: pulled the plug"))
            commit(Tag.POINT_CLAIMED, [claim, note], ALICE)
            found.proofs[step.point.id] = Proof.CLAIMED
    commit(Tag.RUN_COUNTERSIGNED, [Noted(CUT, (("plan", plan.hash),))], CHLOE)


def _words(lead: Lead, found: Night) -> None:
    commit = lead.journal.commit
    paper = LogDetails(
        FactStatus.ESTABLISHED, at=found.now() - timedelta(hours=1), corrects=first_note(found)
    )
    commit(Tag.LOG_WRITTEN, logbook_facts("it was one kiosk", paper), ALICE)
    commit(Tag.LOG_WRITTEN, logbook_facts("the domain too", LogDetails(FactStatus.UNCONFIRMED)), CHLOE)
    commit(Tag.LOG_WRITTEN, logbook_facts("shift ends", LogDetails(handed_to=MARTIN)), ALICE)
    commit(Tag.LOG_WRITTEN, logbook_facts("", LogDetails(nothing=True)), CHLOE)


def _return(lead: Lead, found: Night) -> None:
    """Brings back the first subject's confirmed points."""
    commit, plan = lead.journal.commit, found.plan
    chosen = [step for _, _, step in plan.steps() if found.proofs[step.point.id] is Proof.CONFIRMED]
    chosen = [step for step in chosen if SUBJECTS[0] in step.subjects]
    subject = SUBJECTS[0]
    commit(Tag.ATTESTATION_GIVEN, [stated(subject, ALICE.id)], ALICE)
    commit(Tag.GATE_DECIDED, [GateDecided(subject, ALICE.id, True, Text("ready, says Bernard"))], ALICE)
    gate = Gate(approvals=2, roles=("approver",), attest=("edr-clean",), hold=1800, watch=600, go=True)
    let_go = tuple((CUT, subject, step.point.id) for step in chosen)
    conditions = (Condition(subject, (gate,), "", ""),)
    back = replace(plan, action=Action.RESTORE, hazards=(), conditions=conditions, ends=let_go)
    facts: list[Fact] = [
        RevisionStored("plan", back.hash, json.dumps(to_plain(back))),
        opened(BACK, Action.RESTORE, "clean", back),
        _running(BACK),
    ]
    commit(Tag.RUN_OPENED, facts, CHLOE)
    commit(Tag.GATE_CHECKED, [GateChecked(BACK, 0, subject, back.hash, True, ())], CHLOE)
    for step in chosen:
        ends = [HoldEnded(CUT, name, step.point.id, Ending.RESTORE, BACK) for name in step.subjects]
        seen = _read(BACK, step, Proof.CONFIRMED, found.now(), wanted=Action.RESTORE)
        commit(Tag.OPERATION_SETTLED, [seen, *ends], CHLOE)
        found.back.append(step.point.id)
    commit(Tag.RUN_MOVED, [RunMoved(BACK, RunState.FINISHED)], CHLOE)
    watched = Probation(BACK, 0, subject, 600, state=ProbationState.PASSED)
    commit(Tag.PROBATION_MOVED, [watched.fact()], SYSTEM)


def _morning(lead: Lead, found: Night) -> None:
    commit = lead.journal.commit
    commit(Tag.GLASS_BROKEN, [Noted("glass:2", (("for", AGAIN),), Text("alone in the house"))], GLASS)
    commit(Tag.RUN_OPENED, [opened(AGAIN, Action.ISOLATE, "", found.plan), _running(AGAIN)], GLASS)
    point = next(each for each, proof in found.proofs.items() if proof is Proof.CONFIRMED)
    commit(Tag.POINT_REOPENED, [found_open(CUT, point, "cut-again")], SYSTEM)
    for count in range(40):
        commit(Tag.SIGN_IN_REFUSED, [Noted("unknown", (("failed", str(count)),))], SYSTEM)
    commit(Tag.RUN_MOVED, [RunMoved(AGAIN, RunState.INTERRUPTED, "process-died")], SYSTEM)


def _running(run: str) -> RunMoved:
    return RunMoved(run, RunState.RUNNING)


def _read(
    run: str, step: Step, proof: Proof, at: datetime, *, wanted: Action = Action.ISOLATE, cause: str = ""
) -> PointRead:
    return read(run, step.point.id, proof, at, wanted, cause, step.rendering.method)


def first_note(found: Night) -> int:
    return next(each.entry.seq for each in found.home.entries(tag=Tag.LOG_WRITTEN))
