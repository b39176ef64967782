"""How far a run is: by stage, by device, and over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.engine.events import StepResult
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.web.bars import ProofBar, bar
from controller.workers.office import LogLine
from controller.workers.standings import Standing, standing

COURSES = 32
"""Runs whose course is kept at hand."""

MILESTONES = (50, 90, 100)
"""Percent of a run's points; the seconds to each are shown."""


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


@dataclass(frozen=True, slots=True)
class Moment:
    """``seconds`` since the run began, ``known`` points by then."""

    seconds: float
    known: int


def bar_of(results: Iterable[StepResult], words: Catalogue, *, over: bool) -> ProofBar:
    """Of a run that goes on, what was not attempted is still to come."""
    found = Counter(_standing(each, over=over) for each in results)
    return bar([(each.value, found[each]) for each in Standing], words)


def stages(results: Sequence[StepResult], plan: Plan, words: Catalogue, *, over: bool) -> list[StageRow]:
    by_wave: dict[int, list[StepResult]] = defaultdict(list)
    for each in results:
        by_wave[each.wave].append(each)
    return [
        StageRow(
            wave=wave.index + 1,
            stage=wave.stage,
            known=sum(each.satisfied for each in by_wave[wave.index]),
            total=len(by_wave[wave.index]),
            proof=bar_of(by_wave[wave.index], words, over=over),
        )
        for wave in plan.waves
        if by_wave[wave.index]
    ]


def devices(
    results: Sequence[StepResult], inventory: Inventory, words: Catalogue, *, over: bool
) -> list[DeviceRow]:
    """Those that lack most first."""
    by_device: dict[str, list[StepResult]] = defaultdict(list)
    for each in results:
        by_device[each.step.point.id.device].append(each)
    rows = []
    for name, found in by_device.items():
        device = inventory.devices.get(name)
        lacking = [each for each in found if not each.satisfied]
        place = [device.location.building, device.location.rack] if device else []
        rows.append(
            DeviceRow(
                device=name,
                place=" · ".join(each for each in place if each),
                known=len(found) - len(lacking),
                total=len(found),
                lacking=len(lacking),
                proof=bar_of(found, words, over=over),
                why=next((cause_text(words, each.cause) for each in lacking if each.cause), ""),
            )
        )
    return sorted(rows, key=lambda row: (not row.lacking, -row.lacking, row.device))


def over_time(lines: Iterable[LogLine], began: datetime, total: int) -> list[Moment]:
    """What each answer of a device added, as it went on record."""
    found: list[Moment] = []
    known = 0
    for line in lines:
        added = sum(int(line.data.get(proof, "0")) for proof in ("confirmed", "proven"))
        if added and not line.tag.endswith("intended"):
            known = min(total, known + added)  # a point read again was counted before
            found.append(Moment(max(0.0, (datetime.fromisoformat(line.at) - began).total_seconds()), known))
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


def milestones(found: Sequence[Moment], total: int, words: Catalogue) -> list[tuple[int, str]]:
    """Percent, and how long it took; "" where it was not reached."""
    reached = []
    for percent in MILESTONES:
        at = next((each.seconds for each in found if each.known * 100 >= percent * total), None)
        reached.append((percent, "" if at is None or not total else duration(words, at)))
    return reached


def _standing(result: StepResult, *, over: bool) -> Standing:
    waits = not over and result.outcome.value == "not_attempted" and not result.cause
    return Standing.PENDING if waits else standing(result)
