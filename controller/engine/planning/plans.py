"""From what is asked for to a plan: a playbook, a level, named subjects; or what is to come back. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import product

from controller.domain.errors import InvalidRequest, NotFound, Problem
from controller.domain.facts import GateDecided
from controller.domain.hold import HoldKey
from controller.domain.inventory import REHEARSAL, Bilingual, Inventory, Method, PointId
from controller.domain.plan import Hazard, Plan, Severity
from controller.domain.playbook import STANDING, Action, Playbook, Save, Scope, Selector, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof
from controller.engine.findings import Findings
from controller.engine.planning.partial import Partial
from controller.engine.planning.planner import plan_isolation, selection_digest
from controller.engine.planning.restoration import RestoreRequest, plan_restore, waves_of_return
from controller.engine.planning.retirement import plan_retirement
from controller.engine.planning.revisions import stored_plan
from controller.engine.planning.selection import selected
from controller.engine.planning.watching import counters, groups, open_probations
from controller.engine.planning.wayback import WayBack
from controller.engine.points.holds import HoldBook
from controller.engine.points.track import rests_on
from controller.engine.ports import History, StepRecord

EVERY_METHOD = (
    Method.SHUTDOWN,
    Method.VLAN,
    Method.POLICY,
    Method.SVI,
    Method.ACL,
    Method.SSID,
    Method.TUNNEL,
    Method.BGP,
    Method.DROP_FLOW,
)
"""The preference of a cut asked for by name: what also stops traffic inside a VLAN comes first."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Why documents are not those in the files: these have mistakes. What was valid last, read from ``file``
    and kept at ``kept_at``, stands in for them."""

    kept_at: datetime
    file: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Documents:
    """What the site's engineers wrote, validated, with the source texts a run cites.

    ``stages`` are each playbook's own and included ones, in order. ``sources``: digest → text. ``lapse`` is
    None where they are what the files say."""

    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    profiles_digest: str
    playbooks: Mapping[str, Playbook]
    stages: Mapping[str, tuple[Stage, ...]]
    sources: Mapping[str, str]
    lapse: Lapse | None = None

    def playbook(self, name: str) -> Playbook:
        """Raises NotFound."""
        try:
            return self.playbooks[name]
        except KeyError:
            raise NotFound(kind="playbook", name=name) from None


@dataclass(frozen=True, slots=True)
class Return:
    """What a person wants back: the next wave, named subjects, everything one level cut, or all; or the
    canary ports of a ``rehearsal``. ``retire``: the holds of ``subjects``, only those at ``devices`` where
    there are any, end without anything being brought back. ``towards``, ``points``: what of ``subjects``
    returns alone, as :class:`controller.engine.planning.partial.Partial` has it."""

    next_wave: bool = False
    subjects: tuple[str, ...] = ()
    level: int | None = None
    everything: bool = False
    playbook: str | None = None
    accept_drift: frozenset[str] = frozenset()
    rehearsal: bool = False
    retire: bool = False
    devices: tuple[str, ...] = ()
    towards: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


def plan_playbook(
    documents: Documents, name: str, overrides: Collection[str] = (), at_neighbour: Collection[str] = ()
) -> Plan:
    """Compiles an isolation playbook with all it includes. ``overrides``, ``at_neighbour``: as
    :func:`controller.engine.planning.planner.plan_isolation` takes them. Raises NotFound, InvalidRequest for
    one that restores."""
    playbook, stages = documents.playbook(name), documents.stages.get(name, ())
    if any(stage.action is Action.RESTORE for stage in stages):
        raise InvalidRequest("playbook-restores", name=name)
    return _isolation(documents, playbook, stages, overrides, at_neighbour)


def plan_level(documents: Documents, level: int, overrides: Collection[str] = ()) -> Plan:
    """Compiles the playbook of a level. Raises NotFound."""
    return plan_playbook(documents, playbook_of_level(documents, level).name, overrides)


def playbook_of_level(documents: Documents, level: int) -> Playbook:
    """Raises NotFound."""
    for playbook in documents.playbooks.values():
        if playbook.level == level:
            return playbook
    raise NotFound(kind="level", name=str(level))


def plan_subjects(
    documents: Documents,
    names: Sequence[str],
    overrides: Collection[str] = (),
    at_neighbour: Collection[str] = (),
) -> Plan:
    """Compiles the cut of the segments and conduits ``names``, by whatever method reaches deepest. Raises
    NotFound."""
    for name in names:
        _known(documents, name)
    segments = tuple(name for name in names if name in documents.inventory.segments)
    conduits = tuple(name for name in names if name in documents.inventory.conduits)
    select = tuple(
        Selector(scope, chosen)
        for scope, chosen in ((Scope.SEGMENTS, segments), (Scope.CONDUITS, conduits))
        if chosen
    )
    stage = Stage("selection", Action.ISOLATE, select, EVERY_METHOD)
    title = ", ".join(names)
    playbook = Playbook("selection", Bilingual(title, title), (stage,))
    playbook = replace(playbook, digest=selection_digest(playbook))
    return _isolation(documents, playbook, (stage,), overrides, at_neighbour)


def _isolation(
    documents: Documents,
    playbook: Playbook,
    stages: Sequence[Stage],
    overrides: Collection[str],
    at_neighbour: Collection[str],
) -> Plan:
    for name in at_neighbour:
        if name not in documents.inventory.devices:
            raise NotFound(kind="device", name=name)
    return plan_isolation(
        documents.inventory,
        documents.profiles,
        documents.profiles_digest,
        playbook,
        stages,
        frozenset(overrides),
        frozenset(at_neighbour),
    )


class CutsAgain:
    """What would be refused if a subject were cut again: that rests on ``documents`` alone, and takes the
    planning of a cut to find out. For many threads."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self._refusals: dict[str, tuple[Hazard, ...]] = {}

    def refusals(self, name: str) -> tuple[Hazard, ...]:
        """None of a subject that the inventory does not know."""
        if name not in self._refusals:
            known = self.documents.inventory.subject(name) is not None
            self._refusals[name] = plan_subjects(self.documents, [name]).refusals if known else ()
        return self._refusals[name]


class Held:
    """What is held, and what every plan of its return needs to know of it, found out once: right for as long
    as neither ``documents`` change nor anything that :meth:`controller.engine.ports.History.changes` tells
    of. ``again``: of these documents, where it is at hand. For many threads."""

    def __init__(
        self, documents: Documents, book: HoldBook, history: History, again: CutsAgain | None = None
    ) -> None:
        self.documents = documents
        self.again = again or CutsAgain(documents)
        self.book = book
        self._history = history
        self._of_runs: dict[
            frozenset[str],
            tuple[Mapping[PointId, tuple[str, ...]], Mapping[PointId, frozenset[PointId]]],
        ] = {}

    @cached_property
    def way_back(self) -> WayBack:
        return WayBack(self.documents.inventory, self.book)

    def of_runs(
        self, runs: Collection[str]
    ) -> tuple[Mapping[PointId, tuple[str, ...]], Mapping[PointId, frozenset[PointId]]]:
        """What ``runs`` cut: the networks at each point, and what rests on which ports upstream."""
        key = frozenset(runs)
        if key not in self._of_runs:
            plans = _plans(self._history, key)
            self._of_runs[key] = (_prefixes_cut(plans), _resting(plans, self.book, self._history))
        return self._of_runs[key]


def plan_return(
    documents: Documents, book: HoldBook, history: History, wanted: Return, held: Held | None = None
) -> Plan:
    """Compiles what a restore would do now. ``held``: of ``book``, where it is at hand. Raises NotFound,
    InvalidRequest when nothing is held, JournalUnavailable where nobody can tell what is."""
    if book.unread is not None:
        raise book.unread
    if wanted.retire:
        digest = documents.profiles_digest
        return plan_retirement(documents.inventory, digest, book, wanted.subjects, wanted.devices)
    playbook = _return_playbook(documents, wanted)
    partial = _partial(documents, wanted, playbook)
    ends = _ends(documents, book, history, wanted, playbook)
    if not ends:
        raise InvalidRequest("nothing-held")
    held = held or Held(documents, book, history)
    prefixes, resting = held.of_runs({key.run for key in ends})
    plan = plan_restore(
        documents.inventory,
        documents.profiles,
        documents.profiles_digest,
        book,
        RestoreRequest(
            playbook,
            ends,
            prefixes,
            wanted.accept_drift,
            wanted.rehearsal,
            resting,
            documents.stages.get(STANDING, ()),
            decided_on(history, {key.subject for key in ends}),
            partial,
        ),
        held.way_back,
    )
    return plan if wanted.rehearsal else _watched(plan, held.again, history)


def _watched(plan: Plan, again: CutsAgain, history: History) -> Plan:
    """Nothing else returns while something is watched, and nothing is to be watched that could not be cut
    again."""
    findings = Findings()
    for name in open_probations(history):
        if name not in plan.brought_back:
            findings.hazard("on-probation", Severity.REFUSE, name)
    inventory, profiles = again.documents.inventory, again.documents.profiles
    for group in groups(plan):
        for name, limit in product(group.subjects, group.counters):
            subject = inventory.subject(name)
            if subject is not None and not counters(subject, [limit], inventory, profiles):
                findings.hazard("counter-unknown", Severity.REFUSE, name, counter=limit.counter)
    for name in dict.fromkeys(name for group in groups(plan) for name in group.subjects):
        refusals = again.refusals(name)
        if refusals:
            because = ", ".join(dict.fromkeys(f"{each.code} ({each.culprit})" for each in refusals))
            findings.hazard("no-cutting-again", Severity.REFUSE, name, because=because)
    found = findings.hazards.values()
    return replace(plan, hazards=tuple(sorted([*plan.hazards, *found]))) if found else plan


def decided_on(history: History, subjects: Iterable[str]) -> frozenset[str]:
    """Those somebody said go or no-go for."""
    return frozenset(
        name
        for name, said in history.statements_of(subjects).items()
        if any(isinstance(each.fact, GateDecided) for each in said.words)
    )


def _plans(history: History, runs: Collection[str]) -> list[Plan]:
    """Those that ``runs`` carried out."""
    hashes = {record.plan for record in history.runs() if record.run in runs}
    return [stored_plan(history, each) for each in sorted(hashes)]


def _prefixes_cut(plans: Iterable[Plan]) -> Mapping[PointId, tuple[str, ...]]:
    """The networks cut at each point."""
    found: dict[PointId, dict[str, None]] = defaultdict(dict)
    for plan in plans:
        for _, _, step in plan.steps():
            found[step.point.id].update(dict.fromkeys(step.prefixes))
    return {point: tuple(prefixes) for point, prefixes in found.items()}


def _resting(plans: Iterable[Plan], book: HoldBook, history: History) -> Mapping[PointId, frozenset[PointId]]:
    """The held ports upstream of devices that could not be reached, each with the held points behind it that
    were never read to be cut themselves."""
    escalations = [each for plan in plans for each in plan.escalations if each.operations]
    if not escalations:
        return {}
    held = {hold.key.point for hold in book.holds()}
    held_at: dict[str, list[PointId]] = defaultdict(list)
    for point in held:
        held_at[point.device].append(point)
    reads = history.last_reads()
    found: dict[PointId, set[PointId]] = defaultdict(set)
    for escalation in escalations:
        severed = {escalation.device, *escalation.behind}
        points = (point for device in severed for point in held_at.get(device, ()))
        behind = {point for point in points if not _cut_itself(reads.get(point))}
        for port in escalation.points:
            if port in held and not book.untouched(port):
                found[port].update(behind - {port})
    return {port: frozenset(points) for port, points in found.items()}


def _cut_itself(read: StepRecord | None) -> bool:
    return (
        read is not None
        and read.state is not None
        and Proof(read.proof).satisfies(Proof.ACCEPTED)
        and not rests_on(read.cause)
    )


def _return_playbook(documents: Documents, wanted: Return) -> Playbook:
    if wanted.playbook is not None:
        playbook, stages = documents.playbook(wanted.playbook), documents.stages[wanted.playbook]
        if any(stage.action is Action.ISOLATE for stage in stages):
            raise InvalidRequest("playbook-isolates", name=wanted.playbook)
        return replace(playbook, stages=stages)
    name = REHEARSAL if wanted.rehearsal else "restore-next" if wanted.next_wave else "restore"
    # What a cut saved is saved again as it comes back; where none did, nothing is.
    save = Save.NEVER if wanted.rehearsal else Save.IF_EQUAL
    return Playbook(name, Bilingual(name, name), (), wanted.level, save=save)


def _ends(
    documents: Documents, book: HoldBook, history: History, wanted: Return, playbook: Playbook
) -> frozenset[HoldKey]:
    holds = book.holds()
    if wanted.rehearsal:
        return frozenset(hold.key for hold in holds if hold.key.subject == REHEARSAL)
    if wanted.everything:
        return frozenset(hold.key for hold in holds)
    if wanted.level is not None:
        runs = {record.run for record in history.runs() if record.level == wanted.level}
        return frozenset(hold.key for hold in holds if hold.key.run in runs)
    held = {hold.key.subject for hold in holds}
    if playbook.stages:
        names = {
            subject.name for stage in playbook.stages for subject, _ in selected(stage, documents.inventory)
        }
    elif wanted.next_wave:
        order = waves_of_return(documents.inventory, held)
        names = {subject.name for subject in order[0]} if order else set()
    else:
        names = set(wanted.subjects)
        for name in names - held:
            _known(documents, name)
    return frozenset(hold.key for hold in holds if hold.key.subject in names)


def _partial(documents: Documents, wanted: Return, playbook: Playbook) -> Mapping[str, Partial]:
    """By subject, what of it returns alone; the first stage that selects it decides. Raises InvalidRequest
    where it is not said of what."""
    asked = Partial(wanted.towards, wanted.points)
    if not asked.whole and not wanted.subjects:
        raise InvalidRequest("partial-needs-names")
    found = {} if asked.whole else dict.fromkeys(wanted.subjects, asked)
    for stage in playbook.stages:
        for subject, _ in selected(stage, documents.inventory):
            found.setdefault(subject.name, Partial(stage.towards, stage.points))
    return {name: partial for name, partial in found.items() if not partial.whole}


def _known(documents: Documents, name: str) -> None:
    if documents.inventory.subject(name) is None:
        raise NotFound(kind="subject", name=name)
