"""How well what is held is known, counted subject by subject and kept from one look to the next: of a large
site's thousands of points only those are gone through again of which something came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from controller.domain.hold import Hold
from controller.domain.inventory import REHEARSAL, Inventory, PointId
from controller.domain.lifecycle import OVER, RunState
from controller.domain.proof import Proof, aged, turns, worst
from controller.domain.transfer import TRANSFER, Moved, moved
from controller.engine.planning.restoration import waves_of_return
from controller.engine.points.holds import claims_cut
from controller.engine.points.track import rests_on
from controller.engine.ports import History, RunRecord, StepRecord


@dataclass(frozen=True, slots=True)
class Claims:
    """What rests on the holds alone, those of rehearsals aside: of these the ``canaries`` are named. By
    subject, also of those the inventory knows no more: ``since`` when it is held, its ``points``, and its
    ``own``, those that no subject before it has; ``position`` in the order of return, from 1."""

    canaries: tuple[PointId, ...]
    since: Mapping[str, datetime]
    points: Mapping[str, frozenset[PointId]]
    own: Mapping[str, frozenset[PointId]]
    subjects: Mapping[PointId, tuple[str, ...]]
    of_device: Mapping[str, Sequence[PointId]]
    runs: frozenset[str]
    position: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """The points of one subject by proof, and its ``own`` alone, as they count from ``after`` to ``before``,
    neither of them included. ``upstream`` names the ports of other devices that some are cut by."""

    proofs: Mapping[Proof, int]
    own: Mapping[Proof, int]
    oldest_read: datetime | None
    upstream: tuple[str, ...]
    after: datetime | None
    before: datetime | None

    def counts(self, now: datetime) -> bool:
        return (self.after is None or self.after < now) and (self.before is None or now < self.before)


@dataclass(frozen=True, slots=True)
class Look:
    """``reads``: the readings that count; ``counted`` by subject."""

    claims: Claims
    reads: Mapping[PointId, StepRecord]
    counted: Mapping[str, Counted]


class Remembered:
    """What the last look found: the next one finds what it would without, and is done sooner. For many
    threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rest_on: tuple[Inventory, tuple[Hold, ...], tuple[object, ...]] | None = None
        self._last: Look | None = None

    def look(self, inventory: Inventory, history: History, runs: Iterable[RunRecord], now: datetime) -> Look:
        holds, transfers = history.open_holds(), history.noted(TRANSFER)
        reads = followed(_settled(history.last_reads(), runs))
        with self._lock:
            last, known = self._last, self._rest_on
            same = known and known[0] is inventory and known[1] is holds and known[2] == transfers
            if last is None or not same:
                claims = _claimed(inventory, _since_cut(holds, moved(note for _, note in transfers)))
            else:
                claims = last.claims
            fresh = _still(last, claims, reads, now) if last is not None else {}
            counted = {
                name: fresh.get(name) or _counted(points, claims.own[name], reads, now)
                for name, points in claims.points.items()
            }
            self._rest_on = (inventory, holds, transfers)
            self._last = Look(claims, reads, counted)
            return self._last


def _still(
    last: Look, claims: Claims, reads: Mapping[PointId, StepRecord], now: datetime
) -> dict[str, Counted]:
    """What is as the last look counted it."""
    news = {point for point, read in reads.items() if _told_more(last.reads.get(point), read)}
    news |= last.reads.keys() - reads.keys()
    touched = {name for point in news for name in claims.subjects.get(point, ())}
    return {
        name: counted
        for name, counted in last.counted.items()
        if name not in touched
        and counted.counts(now)
        and claims.points.get(name) == last.claims.points[name]
        and claims.own[name] == last.claims.own[name]
    }


def _told_more(before: StepRecord | None, read: StepRecord) -> bool:
    return before is not read and before != read


def _claimed(inventory: Inventory, held: Iterable[Hold]) -> Claims:
    holds, canaries = [], set[PointId]()
    points: dict[str, set[PointId]] = defaultdict(set)
    since: dict[str, datetime] = {}
    for hold in held:
        _, name, point = hold.key
        if name == REHEARSAL:
            canaries.add(point)
            continue
        holds.append(hold)
        points[name].add(point)
        began = since.get(name)
        if began is None or hold.opened_at < began:
            since[name] = hold.opened_at
    subjects: dict[PointId, tuple[str, ...]] = {}
    for name, of_it in points.items():
        for point in of_it:
            known = subjects.get(point)
            subjects[point] = (name,) if known is None else (*known, name)
    shared = {point: names for point, names in subjects.items() if len(names) > 1}
    taken = {
        name: {point for point, names in shared.items() if name in names[1:]} for name in points if shared
    }
    of_device: dict[str, list[PointId]] = defaultdict(list)
    for point in subjects:
        of_device[point.device].append(point)
    waves = waves_of_return(inventory, points.keys())
    return Claims(
        canaries=tuple(sorted(canaries, key=lambda point: point.order)),
        since=since,
        points={name: frozenset(of_it) for name, of_it in points.items()},
        own={name: frozenset(of_it - taken.get(name, set())) for name, of_it in points.items()},
        subjects=subjects,
        of_device=of_device,
        runs=frozenset(hold.key.run for hold in holds),
        position={subject.name: index for index, wave in enumerate(waves, start=1) for subject in wave},
    )


def _since_cut(holds: tuple[Hold, ...], transfers: Iterable[Moved]) -> tuple[Hold, ...]:
    """What moved from one point to another is held since the first was."""
    began: dict[tuple[str, PointId], datetime] = {}
    for each in transfers:
        known = began.get((each.run, each.new), each.since)
        began[each.run, each.new] = min(known, each.since)
    if not began:
        return holds
    keys = ((hold, (hold.key.run, hold.key.point)) for hold in holds)
    return tuple(replace(hold, opened_at=began[key]) if key in began else hold for hold, key in keys)


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
    resting = {
        point: names for point, read in reads.items() if read.cause and (names := rests_on(read.cause))
    }
    by_name = {str(point): read for point, read in reads.items()} if resting else {}
    found = dict(reads)
    for point, names in resting.items():
        ports = [by_name.get(name) for name in names]
        proof = worst(Proof(each.proof) if each else Proof.UNKNOWN for each in ports)
        times = [each.read_at for each in ports if each and each.read_at]
        found[point] = replace(reads[point], proof=proof.value, read_at=min(times, default=None))
    return found


def _counted(
    points: frozenset[PointId],
    own: frozenset[PointId],
    reads: Mapping[PointId, StepRecord],
    now: datetime,
) -> Counted:
    here = {point: read for point in points if (read := reads.get(point)) is not None}
    proofs = {point: _proof(here.get(point), now) for point in points}
    times = [time for read in here.values() for time in turns(_PROOFS[read.proof], read.read_at)]
    found = Counter(proofs.values())
    return Counted(
        proofs=found,
        own=found if own == points else Counter(proofs[point] for point in own),
        oldest_read=min(
            (
                read.read_at
                for read in here.values()
                if read.read_at is not None and read.proof != Proof.CLAIMED
            ),
            default=None,
        ),
        upstream=tuple(
            sorted({port for cause in {read.cause for read in here.values()} for port in rests_on(cause)})
        ),
        # Of a time that is just now nobody can say which side of it the next look is on.
        after=now if now in times else max((time for time in times if time < now), default=None),
        before=min((time for time in times if time >= now), default=None),
    )


def _proof(read: StepRecord | None, now: datetime) -> Proof:
    if read is None or (read.proof == Proof.CLAIMED and not claims_cut(read)):
        return Proof.UNKNOWN
    return aged(_PROOFS[read.proof], read.read_at, now)


_PROOFS = {each.value: each for each in Proof}
