"""How far a run is: by stage, by device, and over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.engine.events import StepResult
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.web.bars import ProofBar, bar
from controller.workers.course import Moment, Reach, course
from controller.workers.standings import Standing, standing

COURSES = 32
"""Runs whose course is kept at hand."""


@dataclass(frozen=True, slots=True)
class StageRow:
    wave: int
    stage: str
    known: int
    total: int
    proof: ProofBar


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """``lacking``: points without the proof wanted. ``why``: of the first of them. ``place``: building and
    rack."""

    device: str
    place: str
    known: int
    total: int
    lacking: int
    proof: ProofBar
    why: str


class Counted:
    """The results of a run, counted once for all that a page says of them. Of a run that goes on, what was
    not attempted is still to come."""

    def __init__(self, results: Sequence[StepResult], *, over: bool) -> None:
        self.total = len(results)
        self.known = 0
        self.lacking = 0  # ended without the proof wanted
        self._every: Counter[Standing] = Counter()
        self._waves: dict[int, _Count] = defaultdict(_Count)
        self._devices: dict[str, _Count] = defaultdict(_Count)
        for each in results:
            stands, known = _standing(each, over=over), each.satisfied
            self._every[stands] += 1
            self.known += known
            self.lacking += bool(each.cause) and not known
            for count in (self._waves[each.wave], self._devices[each.step.point.id.device]):
                count.total += 1
                count.known += known
                count.standings[stands] += 1
                if each.cause and not known:
                    count.cause = count.cause or each.cause

    def bar(self, words: Catalogue) -> ProofBar:
        return _bar(self._every, words)

    def stages(self, plan: Plan, words: Catalogue) -> list[StageRow]:
        return [
            StageRow(wave.index + 1, wave.stage, found.known, found.total, _bar(found.standings, words))
            for wave in plan.waves
            if (found := self._waves.get(wave.index))
        ]

    def devices(self, *, lacking: bool = False) -> list[str]:
        """Those that lack most first; all, or those that lack anything."""
        left = {name: found.total - found.known for name, found in self._devices.items()}
        chosen = [name for name in left if left[name] or not lacking]
        return sorted(chosen, key=lambda name: (-left[name], name))

    def device(self, name: str, inventory: Inventory, words: Catalogue) -> DeviceRow:
        device, found = inventory.devices.get(name), self._devices[name]
        place = [device.location.building, device.location.rack] if device else []
        return DeviceRow(
            device=name,
            place=" · ".join(each for each in place if each),
            known=found.known,
            total=found.total,
            lacking=found.total - found.known,
            proof=_bar(found.standings, words),
            why=cause_text(words, found.cause) if found.cause else "",
        )


@dataclass(slots=True)
class _Count:
    """``cause``: of the first that lacks its proof and has one."""

    total: int = 0
    known: int = 0
    cause: str = ""
    standings: Counter[Standing] = field(default_factory=Counter)


def _bar(found: Mapping[Standing, int], words: Catalogue) -> ProofBar:
    return bar([(each.value, found.get(each, 0)) for each in Standing], words)


def over_time(confirmed: Iterable[tuple[datetime, int]], began: datetime, total: int) -> list[Moment]:
    """What each answer of a device added, as it went on record."""
    found: list[Moment] = []
    known = 0
    for at, added in confirmed:
        known = min(total, known + added)  # a point read again was counted before
        found.append(Moment(max(0.0, (at - began).total_seconds()), known))
    return found


def by_readings(results: Iterable[StepResult], began: datetime) -> list[Moment]:
    """The same of a run under way, by when each point was read: nobody reads them again before it is over."""
    read = sorted(each.read_at for each in results if each.satisfied and each.read_at is not None)
    return [Moment(max(0.0, (at - began).total_seconds()), known) for known, at in enumerate(read, start=1)]


class Courses:
    """The courses of the runs that are over, each read from the log once. Safe to call from many threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, datetime], list[Moment]] = {}

    def of(self, run: str, moved_at: datetime, read: Callable[[], list[Moment]]) -> list[Moment]:
        """``read`` is asked where it is not known yet; a run that went on since has ``moved_at`` anew."""
        key = (run, moved_at)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = read()
            for old in list(self._known)[:-COURSES]:
                self._known.pop(old, None)
        return found


def milestones(
    found: Sequence[Moment], counted: Counted, now: float, words: Catalogue, *, acts: bool
) -> list[tuple[int, str]]:
    """Percent, and how long it took; of a run that ``acts``, ``now`` seconds after its beginning, also when
    it is expected. "" where nothing can be said."""
    said = {
        Reach.REACHED: lambda seconds: duration(words, seconds),
        Reach.EXPECTED: lambda seconds: words.text("course.expected", duration=duration(words, seconds)),
    }
    shown = []
    for each in course(found, counted.total, now, counted.lacking):
        tell = said.get(each.reach) if acts or each.reach is Reach.REACHED else None
        shown.append((each.percent, tell(each.seconds) if tell else ""))
    return shown


def _standing(result: StepResult, *, over: bool) -> Standing:
    waits = not over and result.outcome.value == "not_attempted" and not result.cause
    return Standing.PENDING if waits else standing(result)
