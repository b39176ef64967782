"""Which waves of a restore are watched and what is counted meanwhile, and what is still being watched of
earlier ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.domain.inventory import Inventory, Point, Subject
from controller.domain.plan import Plan
from controller.domain.playbook import CounterLimit
from controller.domain.probation import PROBATION, probations
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import CounterSpec
from controller.engine.points.renderer import point_context
from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Group:
    """The waves that bring back the same subjects under one gate, from ``first`` to ``last``. ``watch`` in
    seconds; ``counters``: what is counted meanwhile."""

    first: int
    last: int
    watch: int
    subjects: tuple[str, ...]
    counters: tuple[CounterLimit, ...] = ()


def groups(plan: Plan) -> Iterator[Group]:
    """Those of a restore that are watched."""
    waves = list(plan.waves)
    while waves:
        together = [waves.pop(0)]
        while waves and (waves[0].stage, waves[0].gate) == (together[0].stage, together[0].gate):
            together.append(waves.pop(0))
        steps = (step for wave in together for each in wave.operations for step in each.steps)
        names = dict.fromkeys(name for step in steps for name in step.subjects)
        gate = together[0].gate
        if gate.watch:
            yield Group(together[0].index, together[-1].index, gate.watch, tuple(names), gate.counters)


def open_probations(history: History) -> tuple[str, ...]:
    """The subjects that came back and are still being watched."""
    notes = (note for _, note in history.noted(PROBATION))
    return tuple(each.subject for each in probations(notes) if each.open)


@dataclass(frozen=True, slots=True)
class Counter:
    """One limit at one point: ``send`` is asked at ``device``."""

    limit: CounterLimit
    device: str
    point: Point
    send: str
    spec: CounterSpec

    def value(self, answer: str) -> int | None:
        """None where the answer holds no count."""
        found = [int(match["value"]) for match in self.spec.value.finditer(answer)]
        return sum(found) if found else None


def counters(
    subject: Subject,
    limits: Iterable[CounterLimit],
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
) -> tuple[Counter, ...]:
    """At every point of the subject whose platform counts such a thing there."""
    found = []
    for point in subject.points if limits else ():
        device = inventory.devices.get(point.id.device)
        profile = profiles.get(device.platform) if device else None
        context = point_context(point, [subject.name], [], device, profile) if device and profile else None
        for limit in limits if context else ():
            spec = context.spec.counters.get(limit.counter) if context else None
            if spec is not None and context is not None and device is not None:
                found.append(Counter(limit, device.name, point, spec.send.fill(context.values), spec))
    return tuple(found)
