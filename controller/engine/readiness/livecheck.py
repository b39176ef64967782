"""Every device looked at side by side, and what could be cut tonight, in how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial

from controller.domain.errors import NotFound
from controller.domain.inventory import MANUAL, Device, Method, PointId
from controller.domain.plan import Operation, Plan, Step
from controller.domain.playbook import Action
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Obstacle, Readiness
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.execution.crew import Crew
from controller.engine.planning.plans import Documents, plan_playbook
from controller.engine.points.renderer import point_context
from controller.engine.readiness.examination import Examination, Target
from controller.engine.readiness.logins import Eyes

Told = Callable[[DeviceReadiness], None]
"""Hears of each device as soon as it was looked at; called from many threads."""


def check_live(
    documents: Documents, eyes: Eyes, names: Sequence[str] = (), told: Told = lambda _: None
) -> Readiness:
    """Looks at the devices ``names``, at all that Cordon manages without any. Raises NotFound.

    A device that hangs takes no other's time beyond the crew's patience, and its own ends with its deadline.
    """
    inventory, clock = documents.inventory, eyes.clock
    devices = _wanted(documents, names)
    at, began = clock.now(), clock.monotonic()
    plans = levels(documents)
    targets = _targets(documents, plans.values())
    record = CredentialRecord()
    found: dict[str, DeviceReadiness] = {}

    def look(device: Device) -> None:
        examination = Examination(
            device,
            documents.profiles[device.platform],
            targets.get(device.name, ()),
            inventory,
            eyes,
            record,
        )
        try:
            seen = examination.result()
        except Exception as error:  # noqa: BLE001 - a defect met at one device must not hide the others
            points = tuple(target.context.point.id for target in targets.get(device.name, ()))
            defect = Obstacle("internal", (("detail", f"{type(error).__name__}: {error}"),))
            seen = DeviceReadiness(device.name, points=points, obstacles=(defect,))
        found[device.name] = seen
        told(seen)

    with Crew(eyes.limits.threads, clock) as crew:
        crew.join([crew.start(partial(look, device)) for device in devices])
    seen = tuple(found[device.name] for device in devices)
    return Readiness(
        site=inventory.site,
        at=at,
        milliseconds=round((clock.monotonic() - began) * 1000),
        inventory=inventory.digest,
        profiles=documents.profiles_digest,
        whole=not names,
        devices=seen,
        levels=tuple(
            _level(level, plan, {each.device: each for each in seen}, eyes.limits.threads)
            for level, plan in plans.items()
        ),
        threads=eyes.limits.threads,
    )


def levels(documents: Documents) -> dict[int, Plan]:
    """The plan of every level, lowest first."""
    found: dict[int, Plan] = {}
    for playbook in sorted(documents.playbooks.values(), key=lambda each: (each.level or 0, each.name)):
        stages = documents.stages.get(playbook.name, ())
        if playbook.level is None or playbook.level in found:
            continue
        if all(stage.action is Action.ISOLATE for stage in stages):
            found[playbook.level] = plan_playbook(documents, playbook.name)
    return found


def _wanted(documents: Documents, names: Sequence[str]) -> list[Device]:
    known = documents.inventory.devices
    for name in names:
        if name not in known:
            raise NotFound(kind="device", name=name)
    chosen = [known[name] for name in dict.fromkeys(names)] or list(known.values())
    return [device for device in chosen if device.platform != MANUAL]


def _targets(documents: Documents, plans: Iterable[Plan]) -> Mapping[str, Sequence[Target]]:
    """By device every point some level sends commands for, with the methods the levels begin with."""
    steps: dict[PointId, Step] = {}
    methods: dict[PointId, dict[Method, None]] = defaultdict(dict)
    for plan in plans:
        for _, _, step in plan.steps():
            if step.rendering.commands:
                steps.setdefault(step.point.id, step)
                methods[step.point.id][step.rendering.method] = None
    found: dict[str, list[Target]] = defaultdict(list)
    for point, step in steps.items():
        device = documents.inventory.devices[point.device]
        profile = documents.profiles[device.platform]
        context = point_context(step.point, step.subjects, step.prefixes, device, profile)
        if context is not None:
            found[device.name].append(Target(context, tuple(methods[point])))
    return found


# --- what a level would come to ----------------------------------------------------------------------------


def _level(level: int, plan: Plan, seen: Mapping[str, DeviceReadiness], threads: int) -> LevelReadiness:
    sent = [step for _, _, step in plan.steps() if step.rendering.commands]
    looked = [step.point.id for step in sent if step.point.id.device in seen]
    blocked = tuple(point for point in looked if point in seen[point.device].blocked)
    return LevelReadiness(
        level=level,
        playbook=plan.playbook,
        points=len(looked),
        blocked=blocked,
        by_hand=sum(1 for _, _, step in plan.steps() if not step.rendering.commands),
        milliseconds=round(expected(plan, seen, frozenset(blocked), threads)),
        refusals=plan.refusals,
    )


def expected(
    plan: Plan, seen: Mapping[str, DeviceReadiness], blocked: Collection[PointId], threads: int
) -> float:
    """Milliseconds until the last point that can be cut is read back: each device's own log-in and the pace
    of its answers as measured, ``threads`` devices at a time, one wave after the other where they wait."""
    total = 0.0
    together: list[float] = []
    met: set[str] = set()
    for wave in plan.waves:
        if wave.waits:
            total += _span(together, threads)
            together = []
        for operation in wave.operations:
            device = seen.get(operation.device)
            sent = [step for step in operation.steps if step.point.id not in blocked]
            if device is not None and device.lines and any(step.rendering.commands for step in sent):
                log_in = 0 if operation.device in met else device.opened
                together.append(log_in + _lines(operation, sent) * device.read / device.lines)
                met.add(operation.device)
    return total + _span(together, threads)


def seconds_expected(plan: Plan, last: Readiness | None) -> float | None:
    """From the first log-in to the last read-back, by what the ``last`` live check measured of the devices of
    ``plan``; None where it did not measure all of those it found ready."""
    if last is None or not last.threads:
        return None
    seen = {each.device: each for each in last.devices}
    sent = [step.point.id for _, _, step in plan.steps() if step.rendering.commands]
    if not sent or any(point.device not in seen for point in sent):
        return None
    blocked = {point for each in last.devices for point in each.blocked}
    blocked.update(point for point in sent if not seen[point.device].lines)
    return expected(plan, seen, blocked, last.threads) / 1000


def _lines(operation: Operation, steps: Sequence[Step]) -> int:
    """What one operation sends: read, enter, change, leave, read again."""
    changes = sum(len(step.rendering.commands) for step in steps)
    return 2 * len(operation.reads) + len(operation.enter) + changes + len(operation.leave)


def _span(durations: Sequence[float], threads: int) -> float:
    return max(max(durations, default=0.0), sum(durations) / threads)
