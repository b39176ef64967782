"""What is cut, how well that is known, and what comes back next: the state of a site at one moment. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from controller.domain.inventory import Conduit, Inventory, PointId, Segment, Subject
from controller.domain.limit import LIMIT, Limit, LimitState, limit_of
from controller.domain.plan import Hazard
from controller.domain.probation import PROBATION, Probation, probations
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof, worst
from controller.domain.timer import TIMER, Timer, timers
from controller.engine.holding.remembered import Claims, Counted, Remembered
from controller.engine.points.startup import reboots
from controller.engine.ports import History, RunRecord


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
    remembered: Remembered | None = None,
) -> Situation:
    """The situation of ``inventory``'s site. Subjects in the order of their return. ``remembered``: of the
    same site, by who looks again and again."""
    runs = history.runs()
    look = (remembered or Remembered()).look(inventory, history, runs, now)
    claims = look.claims
    back, limits = history.returned(), _limits(history)
    found = [
        _subject(subject, claims, look.counted.get(subject.name), len(back.get(subject.name, ())), limits)
        for subject in inventory.subjects()
    ]
    active = [run for run in runs if run.run in claims.runs]
    proofs = Counter[Proof]()
    for each in look.counted.values():
        proofs.update(each.own)
    return Situation(
        site=inventory.site,
        at=now,
        level=max((run.level for run in active if run.level is not None), default=None),
        since=min(claims.since.values(), default=None),
        subjects=tuple(
            sorted(found, key=lambda each: (each.wave or 0, each.subject.priority, each.subject.name))
        ),
        proofs=proofs,
        under_way=tuple(
            run
            for run in runs
            if run.state.value in ("running", "waiting", "stopping", "interrupted", "stopped")
        ),
        inventory_changed=any(run.inventory != inventory.digest for run in active),
        canaries=claims.canaries,
        reboots=reboots(claims.of_device, look.reads, history.startups(), inventory, profiles),
        probations=_watched(history),
        timers=tuple(each for each in timers(note for _, note in history.noted(TIMER)) if each.open),
    )


def _watched(history: History) -> tuple[Probation, ...]:
    notes = (note for _, note in history.noted(PROBATION))
    return tuple(each for each in probations(notes) if each.open)


def _subject(
    subject: Subject,
    claims: Claims,
    counted: Counted | None,
    back: int,
    limits: Mapping[PointId, Limit],
) -> SubjectSituation:
    points = claims.points.get(subject.name, frozenset())
    limited = sorted(points.intersection(limits), key=lambda each: each.order) if limits else ()
    proofs = counted.proofs if counted else Counter[Proof]()
    known = sum(count for proof, count in proofs.items() if proof.satisfies(Proof.CONFIRMED))
    if not points:
        kept = isinstance(subject, Segment) and subject.keep_alive
        state = SubjectState.KEPT_ALIVE if kept else SubjectState.CONNECTED
    elif known == len(points):
        state = SubjectState.PARTLY_BACK if back or limited else SubjectState.ISOLATED
    else:
        state = SubjectState.PARTIAL if known else SubjectState.UNKNOWN
    return SubjectSituation(
        subject=subject,
        state=state,
        proof=worst(proofs),
        proofs=proofs,
        held=len(points),
        oldest_read=counted.oldest_read if counted else None,
        since=claims.since.get(subject.name),
        wave=claims.position.get(subject.name),
        waits_for=_waits_for(subject, claims.position),
        upstream=counted.upstream if counted else (),
        back=back if points else 0,
        towards=tuple(dict.fromkeys(name for point in limited for name in limits[point].towards)),
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
