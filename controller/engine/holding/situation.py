"""What is cut, how well that is known, and what comes back next: the state of a site at one moment. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from controller.domain.hold import Hold
from controller.domain.inventory import REHEARSAL, Conduit, Inventory, PointId, Segment, Subject
from controller.domain.lifecycle import OVER, RunState
from controller.domain.limit import LIMIT, Limit, LimitState, limit_of
from controller.domain.plan import Hazard
from controller.domain.probation import PROBATION, Probation, probations
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof, aged, worst
from controller.domain.timer import TIMER, Timer, timers
from controller.domain.transfer import TRANSFER, moved
from controller.engine.planning.restoration import waves_of_return
from controller.engine.points.holds import claims_cut
from controller.engine.points.startup import reboots
from controller.engine.points.track import rests_on
from controller.engine.ports import History, RunRecord, StepRecord


class SubjectState(StrEnum):
    """``partial``: some held points lack their proof; ``unknown``: none of them has it; ``partly-back``: all
    of them have it, but others of the subject came back, or they let something through."""

    KEPT_ALIVE = "kept-alive"
    CONNECTED = "connected"
    ISOLATED = "isolated"
    PARTLY_BACK = "partly-back"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SubjectSituation:
    """``proofs`` counts the held points by proof as it counts now; ``waits_for`` names the subjects that come
    back first; ``wave`` is its place in the order of return, from 1, None while it is connected;
    ``upstream`` names the ports of other devices that its points at devices out of reach are cut by; ``back``
    counts the points that came back while others are held, ``towards`` is what held points let through."""

    subject: Subject
    state: SubjectState
    proof: Proof
    proofs: Mapping[Proof, int]
    held: int
    oldest_read: datetime | None
    since: datetime | None
    wave: int | None
    waits_for: tuple[str, ...]
    upstream: tuple[str, ...] = ()
    back: int = 0
    towards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """``level`` is that of the highest isolation level with open holds; ``under_way`` the runs not over;
    ``canaries`` the ports a rehearsal left cut, which nothing else counts; ``reboots`` where a reboot would
    open what is cut, or cut what is not; ``probations``: what came back and is still being watched,
    ``timers``: what takes back what nobody has confirmed."""

    site: str
    at: datetime
    level: int | None
    since: datetime | None
    subjects: tuple[SubjectSituation, ...]
    proofs: Mapping[Proof, int]
    under_way: tuple[RunRecord, ...]
    inventory_changed: bool
    canaries: tuple[PointId, ...] = ()
    reboots: tuple[Hazard, ...] = ()
    probations: tuple[Probation, ...] = ()
    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True)
class PartlyBack:
    """Of subjects that are held: ``towards`` is what held points let through, ``free`` the points that came
    back while others are held."""

    towards: Mapping[PointId, tuple[str, ...]]
    free: frozenset[PointId]


def partly_back(history: History) -> PartlyBack:
    limits, returned = _limits(history), history.returned()
    held = {hold.key.point for hold in history.open_holds()}
    return PartlyBack(
        towards={point: limit.towards for point, limit in limits.items() if point in held},
        free=frozenset(point for points in returned.values() for point in points if point not in held),
    )


def situation(
    inventory: Inventory,
    history: History,
    now: datetime,
    profiles: Mapping[str, DeviceProfile] = MappingProxyType({}),
) -> Situation:
    """The situation of ``inventory``'s site. Subjects in the order of their return."""
    held = _since_cut(history.open_holds(), history)
    holds = tuple(hold for hold in held if hold.key.subject != REHEARSAL)
    canaries = {hold.key.point for hold in held if hold.key.subject == REHEARSAL}
    runs = history.runs()
    reads = followed(_settled(history.last_reads(), runs))
    by_subject: dict[str, list[Hold]] = defaultdict(list)
    for hold in holds:
        by_subject[hold.key.subject].append(hold)
    waves = waves_of_return(inventory, by_subject.keys())
    position = {subject.name: index for index, wave in enumerate(waves, start=1) for subject in wave}
    back, limits = history.returned(), _limits(history)
    proofs = {point: _proof(point, reads, now) for point in {hold.key.point for hold in holds}}
    found = [
        _subject(
            subject,
            by_subject.get(subject.name, ()),
            reads,
            position,
            proofs,
            len(back.get(subject.name, ())),
            limits,
        )
        for subject in inventory.subjects()
    ]
    holding = {hold.key.run for hold in holds}
    active = [run for run in runs if run.run in holding]
    return Situation(
        site=inventory.site,
        at=now,
        level=max((run.level for run in active if run.level is not None), default=None),
        since=min((hold.opened_at for hold in holds), default=None),
        subjects=tuple(
            sorted(found, key=lambda each: (each.wave or 0, each.subject.priority, each.subject.name))
        ),
        proofs=Counter(proofs.values()),
        under_way=tuple(
            run
            for run in runs
            if run.state.value in ("running", "waiting", "stopping", "interrupted", "stopped")
        ),
        inventory_changed=any(run.inventory != inventory.digest for run in active),
        canaries=tuple(sorted(canaries, key=lambda point: point.order)),
        reboots=reboots(holds, reads, history.startups(), inventory, profiles),
        probations=_watched(history),
        timers=tuple(each for each in timers(note for _, note in history.noted(TIMER)) if each.open),
    )


def _since_cut(holds: Iterable[Hold], history: History) -> tuple[Hold, ...]:
    """What moved from one point to another is held since the first was."""
    began: dict[tuple[str, PointId], datetime] = {}
    for each in moved(note for _, note in history.noted(TRANSFER)):
        known = began.get((each.run, each.new), each.since)
        began[each.run, each.new] = min(known, each.since)
    if not began:
        return tuple(holds)
    keys = ((hold, (hold.key.run, hold.key.point)) for hold in holds)
    return tuple(replace(hold, opened_at=began[key]) if key in began else hold for hold, key in keys)


def _watched(history: History) -> tuple[Probation, ...]:
    notes = (note for _, note in history.noted(PROBATION))
    return tuple(each for each in probations(notes) if each.open)


def _subject(
    subject: Subject,
    holds: Sequence[Hold],
    reads: Mapping[PointId, StepRecord],
    position: Mapping[str, int],
    by_point: Mapping[PointId, Proof],
    back: int,
    limits: Mapping[PointId, Limit],
) -> SubjectSituation:
    points = {hold.key.point for hold in holds}
    limited = [limits[point] for point in sorted(points & limits.keys(), key=lambda each: each.order)]
    proofs = Counter(map(by_point.__getitem__, points))
    known = sum(count for proof, count in proofs.items() if proof.satisfies(Proof.CONFIRMED))
    if not points:
        kept = isinstance(subject, Segment) and subject.keep_alive
        state = SubjectState.KEPT_ALIVE if kept else SubjectState.CONNECTED
    elif known == len(points):
        state = SubjectState.PARTLY_BACK if back or limited else SubjectState.ISOLATED
    else:
        state = SubjectState.PARTIAL if known else SubjectState.UNKNOWN
    here = [read for point in points if (read := reads.get(point)) is not None]
    return SubjectSituation(
        subject=subject,
        state=state,
        proof=worst(proofs),
        proofs=proofs,
        held=len(points),
        oldest_read=min(
            (read.read_at for read in here if read.read_at is not None and read.proof != Proof.CLAIMED),
            default=None,
        ),
        since=min((hold.opened_at for hold in holds), default=None),
        wave=position.get(subject.name),
        waits_for=_waits_for(subject, position),
        upstream=tuple(sorted({port for cause in {read.cause for read in here} for port in rests_on(cause)})),
        back=back if points else 0,
        towards=tuple(dict.fromkeys(name for each in limited for name in each.towards)),
    )


def _limits(history: History) -> Mapping[PointId, Limit]:
    """What held points let through, as it was read back last."""
    limits = [limit_of(note) for _, note in history.noted(LIMIT)]
    baselines = history.baselines() if limits else {}
    found: dict[PointId, Limit] = {}
    for limit in limits:
        base = baselines.get(limit.point)
        if base is None or base.run != limit.since:
            continue
        if limit.state is LimitState.IN_FORCE:
            found[limit.point] = limit
        elif limit.state is LimitState.OVER:
            found.pop(limit.point, None)
    return found


def _waits_for(subject: Subject, position: Mapping[str, int]) -> tuple[str, ...]:
    if isinstance(subject, Conduit) or subject.name not in position:
        return ()
    before = dict.fromkeys((*subject.depends_on, *(need.segment for need in subject.needs)))
    return tuple(name for name in before if name in position and name != subject.name)


def _settled(reads: Mapping[PointId, StepRecord], runs: Iterable[RunRecord]) -> dict[PointId, StepRecord]:
    """The readings since which nobody can have sent anything: not those of points that a run means to change
    and has not told the outcome of, unless it had ended its work before the reading."""
    known = dict(reads)
    for run in runs:
        over = run.state in OVER
        for point in {point for intent in run.pending for point, _ in intent.steps} if not over else ():
            read = known.get(point)
            resting = run.state in (RunState.INTERRUPTED, RunState.STOPPED)
            if read is not None and not (resting and read.read_at and read.read_at > run.moved_at):
                del known[point]
    return known


def followed(reads: Mapping[PointId, StepRecord]) -> dict[PointId, StepRecord]:
    """What is cut by ports of other devices is as well known as they are, as they were last read."""
    resting = {point: names for point, read in reads.items() if (names := rests_on(read.cause))}
    by_name = {str(point): read for point, read in reads.items()} if resting else {}
    found = dict(reads)
    for point, names in resting.items():
        ports = [by_name.get(name) for name in names]
        proof = worst(Proof(each.proof) if each else Proof.UNKNOWN for each in ports)
        times = [each.read_at for each in ports if each and each.read_at]
        found[point] = replace(reads[point], proof=proof.value, read_at=min(times, default=None))
    return found


def _proof(point: PointId, reads: Mapping[PointId, StepRecord], now: datetime) -> Proof:
    read = reads.get(point)
    if read is None or (read.proof == Proof.CLAIMED and not claims_cut(read)):
        return Proof.UNKNOWN
    return aged(_PROOFS[read.proof], read.read_at, now)


_PROOFS = {each.value: each for each in Proof}
