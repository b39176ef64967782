"""Whether a subject may return: evaluated anew right before each wave that brings some of it back.

Nothing here waits, and nothing passes because time went by: what is missing is told, with from whom, and the
run stops there. What a consent rests on is used up before the wave is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from controller.domain.drift import decided_on
from controller.domain.errors import AwaitingApproval, CordonError, InvalidRequest, NotPermitted, Refused
from controller.domain.facts import Actor, Fact, GateChecked, ProbeAnswered
from controller.domain.inventory import Inventory, Subject, needed_by
from controller.domain.plan import Condition, Hazard, Plan
from controller.domain.tags import Tag
from controller.engine.execution.asking import Asking
from controller.engine.execution.running import Running
from controller.engine.people.approvals import Act, Consents, Pledge, need_of
from controller.engine.planning.gates import (
    Parts,
    missing,
    no_probe,
    speakers,
    too_early_to_consent,
    unanswered,
    unconsented,
    word,
)
from controller.engine.ports import History

CONSENTS = ("gate-approvals", "gate-approvals-to-ask")
"""What is missing where only the consent of others is."""

ASKED_AT_ONCE = 8
"""Probes of one subject."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants a restore, why, and for which devices whatever changed there may be overwritten. ``run``: the
    one that goes on."""

    actor: Actor
    reason: str = ""
    accept_drift: Collection[str] = frozenset()
    run: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subject's gate stands. ``wants``: what is missing, but for probes; ``because``: why a consent is
    not there; ``pledge``: what is used up when it returns."""

    condition: Condition
    act: Act
    wants: tuple[Hazard, ...]
    because: CordonError | None = None
    pledge: Pledge | None = None


class Gates:
    """The gates of one home."""

    def __init__(self, history: History, consents: Consents) -> None:
        self._history = history
        self._consents = consents
        self._parts: tuple[Plan, Parts] | None = None

    def standing(self, plan: Plan, condition: Condition, asked: Asked) -> Standing:
        """Puts a request on record where a consent is missing and what it rests on is there."""
        said = self._history.statements(condition.subject)
        known = word(said, self._consents.present(speakers(said)))
        wants = missing(condition, known, asked.actor.id)
        own = self._parts_of(plan).of(condition, known.attested)
        devices = {step.point.id.device for _, _, step in own.steps()}
        decided = frozenset(each for each in asked.accept_drift if decided_on(each) in devices)
        act = Act(own, decided)
        need = need_of(own)
        if need is None:
            return Standing(condition, act, wants)
        name = condition.subject
        if too_early_to_consent(wants):
            want = unconsented(name, "", 0, need.needed, need.roles)
            return Standing(condition, act, (*wants, want))
        try:
            pledge = self._consents.check(act, asked.reason, asked.actor, asked.run)
        except AwaitingApproval as waiting:
            data = waiting.data
            want = unconsented(name, str(data["request"]), int(str(data["given"])), need.needed, need.roles)
            return Standing(condition, act, (*wants, want), waiting)
        except InvalidRequest as problem:
            want = unconsented(name, "", 0, need.needed, need.roles)
            return Standing(condition, act, (*wants, want), problem)
        return Standing(condition, act, wants, pledge=pledge)

    def _parts_of(self, plan: Plan) -> Parts:
        """A plan's conditions are asked for one after the other."""
        known = self._parts
        if known is None or known[0] is not plan:
            known = self._parts = (plan, Parts(plan))
        return known[1]

    def take(self, standing: Standing, run: str, actor: Actor) -> None:
        """Raises as :meth:`Consents.take`."""
        if standing.pledge is not None:
            self._consents.take(standing.pledge, standing.act, run, actor)

    def check_first(self, plan: Plan, asked: Asked) -> None:
        """Before a run is opened: whether its first wave may go out, but for probes. Raises AwaitingApproval
        where only consents are missing, InvalidRequest where nobody can be asked for them, Refused for
        anything else."""
        names = _brought_back(plan)
        found = [self.standing(plan, each, asked) for each in plan.conditions if each.subject in names]
        wants = [want for each in found for want in each.wants]
        if not wants:
            return
        waiting = [each.because for each in found if isinstance(each.because, AwaitingApproval)]
        problem = next((each.because for each in found if isinstance(each.because, InvalidRequest)), None)
        if any(want.code not in CONSENTS for want in wants):
            raise Refused(wants)
        if problem is not None:
            raise problem
        raise waiting[0] if len(waiting) == 1 else _all(waiting)


def _brought_back(plan: Plan) -> frozenset[str]:
    """The subjects of the first wave; where nothing is sent, all that are let go of."""
    if not plan.waves:
        return frozenset(plan.brought_back)
    steps = (step for each in plan.waves[0].operations for step in each.steps)
    return frozenset(name for step in steps for name in step.subjects)


def _all(waiting: Collection[AwaitingApproval]) -> AwaitingApproval:
    def told(name: str) -> str:
        return " ".join(str(each.data[name]) for each in waiting)

    def total(name: str) -> int:
        return sum(int(str(each.data[name])) for each in waiting)

    return AwaitingApproval(
        request=told("request"), plan=told("plan"), given=total("given"), needed=total("needed")
    )


class Gatekeeper:
    """Keeps the gates of one restore under way."""

    def __init__(self, running: Running, gates: Gates, reason: str = "") -> None:
        self._running = running
        self._gates = gates
        self._conditions = {each.subject: each for each in running.plan.conditions}
        self._asked = Asked(running.actor, reason, running.accept_drift, running.run)

    def admits(self, subjects: Iterable[str], wave: int) -> bool:
        """Whether all of ``subjects`` may return now; on record either way. Raises JournalUnavailable,
        StaleEpoch."""
        waiting = [self._conditions[name] for name in sorted(subjects) if name in self._conditions]
        if not waiting:
            return True
        running = self._running
        found = [self._gates.standing(running.plan, each, self._asked) for each in waiting]
        wants = {each.condition.subject: list(each.wants) for each in found}
        answered: list[Fact] = []
        for condition in waiting:
            if any(gate.probes for gate in condition.gates):
                more, told = self._probed(condition.subject)
                wants[condition.subject].extend(more)
                answered.extend(told)
        if not any(wants.values()):
            for each in found:
                wants[each.condition.subject].extend(self._used(each))
        checked = [_checked(running.run, wave, each, wants[each.condition.subject]) for each in found]
        running.commit(Tag.GATE_CHECKED, [*answered, *checked])
        return not any(wants.values())

    def _used(self, standing: Standing) -> list[Hazard]:
        """Takes the consent; what is missing where it no longer holds."""
        try:
            self._gates.take(standing, self._running.run, self._running.actor)
        except (AwaitingApproval, InvalidRequest, NotPermitted):
            need = need_of(standing.act.plan)
            if need is None:
                raise
            return [unconsented(standing.condition.subject, "", 0, need.needed, need.roles)]
        return []

    def _probed(self, name: str) -> tuple[list[Hazard], list[Fact]]:
        """What it depends on must answer, and the controls of its own probes, which are not cut."""
        running = self._running
        asking = Asking(running.inventory, running.profiles, running.services, running.probe_sessions)
        subject = running.inventory.subject(name)
        needed = _needed(subject, running.inventory)
        mute = [each.name for each in needed if not each.probes]
        own = subject.probes if subject is not None else ()
        asked = [(each.name, probe) for each in needed for probe in each.probes]
        asked.extend((name, probe) for probe in own)
        with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="gate") as pool:
            results = list(pool.map(asking.ask, [probe for _, probe in asked]))
        silent = [
            str(result.probe.control if of == name else result.probe.target)
            for (of, _), result in zip(asked, results, strict=True)
            if not (result.control if of == name else result.answered)
        ]
        now = running.services.clock.now()
        facts: list[Fact] = [
            ProbeAnswered(
                running.run,
                of,
                probe.source,
                str(probe.target),
                "gate",
                bool(result.answered),
                bool(result.control),
                now,
            )
            for (of, probe), result in zip(asked, results, strict=True)
        ]
        wants = [no_probe(name, mute)] if mute else []
        return [*wants, *([unanswered(name, silent)] if silent else [])], facts


def _needed(subject: Subject | None, inventory: Inventory) -> list[Subject]:
    names = needed_by(subject) if subject is not None else ()
    return [found for name in names if (found := inventory.subject(name)) is not None]


def _checked(run: str, wave: int, standing: Standing, wants: Iterable[Hazard]) -> GateChecked:
    codes = tuple(want.code for want in wants)
    return GateChecked(run, wave, standing.condition.subject, standing.act.signed, not codes, codes)
