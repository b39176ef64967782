"""How much returns at once: waves no larger than their stage allows, with time between them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.domain.inventory import Device, Inventory, Management
from controller.domain.plan import Operation, Step, TimerLines, Wave
from controller.domain.playbook import Gate, OnFailure, OnUnreachable, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof
from controller.engine.planning.selection import selected
from controller.engine.points.renderer import operation, timer_lines


@dataclass(frozen=True, slots=True)
class Pace:
    """What the waves of one turn have in common. ``name`` is of the subjects that return; at most ``size``
    points go at once, 0 for all, ``pause`` seconds before each wave but the first of all."""

    name: str
    verify: Proof
    gate: Gate = Gate()
    size: int = 0
    pause: int = 0


def pace_of(
    stage: Stage | None, names: Collection[str], standing: Iterable[Stage], inventory: Inventory
) -> Pace:
    """As ``stage`` says; where it says nothing of size and pause, as the first ``standing`` stage that
    selects one of the subjects does."""
    own = stage if stage is not None and (stage.wave_size or stage.pause) else None
    paced = own or next((each for each in standing if _selects(each, names, inventory)), None)
    return Pace(
        ", ".join(names),
        stage.verify if stage else Proof.CONFIRMED,
        stage.gate if stage else Gate(),
        paced.wave_size if paced else 0,
        paced.pause if paced else 0,
    )


def _selects(stage: Stage, names: Collection[str], inventory: Inventory) -> bool:
    return any(subject.name in names for subject, _ in selected(stage, inventory))


def waves_back(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    steps: Iterable[Step],
    pace: Pace,
    first: int,
    on_failure: OnFailure,
    distances: Mapping[str, int],
) -> list[Wave]:
    """Numbered from ``first``. In-band devices nearest first, by their ``distances`` from the controller's
    own: the way back to the farther ones may lead through them."""
    by_device: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_device[step.point.id.device].append(step)
    ranks: dict[int, list[Device]] = defaultdict(list)
    for name in by_device:
        device = inventory.devices[name]
        ranks[0 if device.management is Management.OOB else distances.get(name, 0)].append(device)
    together = [
        operations
        for rank in sorted(ranks)
        for operations in _sized(
            [
                (device, by_device[device.name])
                for device in sorted(ranks[rank], key=lambda device: device.name)
            ],
            profiles,
            pace.size,
        )
    ]
    return [
        Wave(
            index=first + index,
            stage=pace.name,
            operations=tuple(operations),
            on_failure=on_failure,
            on_unreachable=OnUnreachable.REPORT,
            verify=pace.verify,
            gate=pace.gate,
            pause=pace.pause if first + index else 0,
        )
        for index, operations in enumerate(together)
    ]


def _sized(
    work: Iterable[tuple[Device, Sequence[Step]]], profiles: Mapping[str, DeviceProfile], size: int
) -> Iterator[list[Operation]]:
    """Of one device no more than ``size`` points go at once either."""
    wave: list[Operation] = []
    points = 0
    for device, steps in work:
        ordered = sorted(steps, key=lambda step: step.point.id.order)
        for start in range(0, len(ordered), size or len(ordered)):
            some = ordered[start : start + (size or len(ordered))]
            if wave and size and points + len(some) > size:
                yield wave
                wave, points = [], 0
            wave.append(replace(operation(profiles, device, some), timer=_timer(device, profiles)))
            points += len(some)
    if wave:
        yield wave


def _timer(device: Device, profiles: Mapping[str, DeviceProfile]) -> TimerLines | None:
    profile = profiles.get(device.platform)
    return timer_lines(profile, device) if profile is not None else None
