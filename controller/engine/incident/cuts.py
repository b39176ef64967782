"""What was cut, point by point: from the first hold to the return, with the strongest proof each ever had."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from controller.domain.facts import HoldEnded, HoldOpened, PointRead
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import REHEARSAL, PointId
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.engine.incident.told import Cut, SubjectTold, Unproven
from controller.engine.points.track import rests_on

COUNTED = (Proof.PROVEN, Proof.CONFIRMED, Proof.CLAIMED)
"""What a point may be counted under, the strongest first; an accepted command proves nothing."""

_WITHDRAWN = "claim-withdrawn"


class CutBook:
    """Takes facts in the order of the log. A point belongs to every subject it is held for."""

    def __init__(self) -> None:
        self._cuts: dict[tuple[str, PointId], list[Cut]] = {}
        self._at: dict[PointId, list[Cut]] = defaultdict(list)
        self._open: dict[tuple[str, PointId], set[str]] = defaultdict(set)
        self._planned: dict[tuple[str, PointId], str] = {}

    def plan(self, run: str, points: Iterable[tuple[str, PointId]]) -> None:
        """What an isolation was to cut."""
        for key in points:
            self._planned.setdefault(key, run)

    def opened(self, fact: HoldOpened, at: datetime) -> None:
        key = (fact.subject, fact.point.id)
        runs, cuts = self._open[key], self._cuts.setdefault(key, [])
        if not runs or not cuts:
            foreign = fact.attribution is Attribution.FOREIGN
            cut = Cut(fact.subject, fact.point.id, [], fact.method, at, foreign)
            cuts.append(cut)
            self._at[fact.point.id].append(cut)
        runs.add(fact.run)
        if fact.run not in cuts[-1].runs:
            cuts[-1].runs.append(fact.run)

    def ended(self, fact: HoldEnded, at: datetime) -> bool:
        """Whether it was the last hold of the point for any subject that is known of."""
        key = (fact.subject, fact.point)
        runs, cuts = self._open[key], self._cuts.get(key)
        runs.discard(fact.run)
        if runs or not cuts or not cuts[-1].held:
            return False
        cut = cuts[-1]
        cut.ended, cut.by, cut.ending = at, fact.by, fact.ending
        return not any(each.held for each in self._at[fact.point])

    def read(self, fact: PointRead) -> None:
        for cut in self._at.get(fact.point, ()):
            if fact.wanted is Action.ISOLATE and cut.held:
                _judge(cut, fact)
            elif fact.wanted is Action.RESTORE and (cut.held or cut.by == fact.run):
                cut.back, cut.back_cause = fact.proof, fact.cause

    def reopened(self, point: PointId) -> None:
        for cut in self._at.get(point, ()):
            cut.reopened += cut.held

    # --- told ------------------------------------------------------------------------------------------

    def told(self) -> tuple[SubjectTold, ...]:
        """By subject, in the order in which they were first meant."""
        by_subject: dict[str, list[PointId]] = defaultdict(list)
        for subject, point in dict.fromkeys((*self._planned, *self._cuts)):
            if subject != REHEARSAL:
                by_subject[subject].append(point)
        return tuple(self._subject(name, points) for name, points in by_subject.items())

    def points(self) -> tuple[Mapping[Proof, int], Mapping[Proof, int]]:
        """Every point once: by the strongest proof it had for any subject, and of those still cut by what was
        known last."""
        best: dict[PointId, Proof] = {}
        held: dict[PointId, Proof] = {}
        for subject, point in dict.fromkeys((*self._planned, *self._cuts)):
            if subject == REHEARSAL:
                continue
            cuts = self._cuts.get((subject, point), ())
            reached = {cut.best for cut in cuts} | {best.get(point, Proof.UNKNOWN)}
            best[point] = next((each for each in COUNTED if each in reached), Proof.UNKNOWN)
            if cuts and cuts[-1].held:
                held[point] = cuts[-1].last
        return Counter(best.values()), Counter(held.values())

    def canaries(self) -> tuple[PointId, ...]:
        return tuple(
            point
            for (subject, point), cuts in self._cuts.items()
            if subject == REHEARSAL and any(cut.held for cut in cuts)
        )

    def _subject(self, name: str, points: Iterable[PointId]) -> SubjectTold:
        best: Counter[Proof] = Counter()
        unproven: list[Unproven] = []
        lost: list[Unproven] = []
        found: list[Cut] = []
        for point in points:
            cuts = self._cuts.get((name, point), [])
            found.extend(cuts)
            proof = next((each for each in COUNTED if any(cut.best is each for cut in cuts)), Proof.UNKNOWN)
            last = cuts[-1] if cuts else None
            if proof in COUNTED:
                best[proof] += 1
                if last and last.held and last.last is Proof.CONTRADICTED:
                    lost.append(Unproven(point, last.last, last.cause, attempted=True))
            elif last is None:
                unproven.append(Unproven(point, Proof.UNKNOWN, "", attempted=False))
            else:
                unproven.append(Unproven(point, last.last, last.cause, attempted=True))
        firsts = [cut.first_proof for cut in found if cut.first_proof]
        over = [cut for cut in found if cut.ended and cut.ending is Ending.RESTORE]
        ends = [cut.ended for cut in over if cut.ended]
        returned = sum(cut.back is not None and cut.back.satisfies(Proof.CONFIRMED) for cut in over)
        return SubjectTold(
            subject=name,
            points=best.total() + len(unproven),
            best=best,
            upstream=sum(cut.upstream for cut in found),
            foreign=sum(cut.foreign for cut in found),
            first=min(firsts, default=None),
            complete=max(firsts, default=None),
            seen=max((cut.last_proof for cut in found if cut.last_proof), default=None),
            reopened=sum(cut.reopened for cut in found),
            returned=returned,
            let_go=len(over) - returned,
            back_from=min(ends, default=None),
            back_to=max(ends, default=None),
            held=sum(cut.held for cut in found),
            unproven=tuple(unproven),
            lost_proof=tuple(lost),
            moved=sum(cut.ending is Ending.TRANSFER for cut in found),
            retired=sum(cut.ending is Ending.RETIREMENT for cut in found),
        )


def _judge(cut: Cut, fact: PointRead) -> None:
    cut.last, cut.cause = fact.proof, fact.cause
    if fact.cause == _WITHDRAWN and cut.best is Proof.CLAIMED:
        cut.best = Proof.UNKNOWN
    if fact.proof not in COUNTED:
        return
    if COUNTED.index(fact.proof) < (COUNTED.index(cut.best) if cut.best in COUNTED else len(COUNTED)):
        cut.best = fact.proof
        cut.upstream = bool(rests_on(fact.cause))
    if fact.proof.satisfies(Proof.CONFIRMED) and fact.read_at is not None:
        cut.first_proof = cut.first_proof or fact.read_at
        cut.last_proof = fact.read_at
