"""A profile's lines filled in, for one point or all of a device: the exact commands, and the state that
confirms them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from types import MappingProxyType

from controller.domain.inventory import Device, Method, Point, PointId
from controller.domain.plan import Expected, Operation, Rendering, Step
from controller.domain.profile import Condition, DeviceProfile, Each, Line, MethodSpec, PointSpec, State

RENDERER = "1"
"""Raised whenever the same inputs would give other commands; part of every plan's basis."""


@dataclass(frozen=True, slots=True)
class PointContext:
    """A point with what its templates may name. ``prefixes`` holds the networks cut there, per family."""

    point: Point
    spec: PointSpec
    profile: DeviceProfile
    values: Mapping[str, str]
    prefixes: Mapping[Each, tuple[str, ...]]


def point_context(
    point: Point, subjects: Sequence[str], prefixes: Sequence[str], device: Device, profile: DeviceProfile
) -> PointContext | None:
    """None where the profile has no section for this kind of point. ``subjects`` are names, ``prefixes`` the
    networks cut there."""
    spec = profile.spec(point.kind, point.tagged)
    if spec is None:
        return None
    families = _families(tuple(prefixes))
    values = {
        **profile.settings,
        **device.settings,
        "interface": point.id.object,
        "vlan": "" if point.id.vlan is None else str(point.id.vlan),
        "subject": subjects[0] if subjects else "",
        "prefixes4": ", ".join(families[Each.PREFIX4]),
        "prefixes6": ", ".join(families[Each.PREFIX6]),
    }
    return PointContext(point, spec, profile, values, families)


def read_commands(context: PointContext) -> tuple[str, ...]:
    """The commands that read the point's state, in the profile's order."""
    return tuple(read.send.fill(context.values) for read in context.spec.reads)


def isolation(context: PointContext, method: Method) -> Rendering | None:
    """None where the profile does not offer the method for this kind of point."""
    spec = context.spec.methods.get(method)
    if spec is None:
        return None
    expect = _filled(spec.isolated, context.values) if spec.fixed is None else spec.fixed
    return Rendering(method, _lines(spec.isolate, context, context.values), expect)


def restoration(context: PointContext, methods: Sequence[Method], baseline: State) -> Rendering:
    """The lines that bring the baseline back after ``methods`` (in the order they were used).

    What the baseline already had shut yields no line and stays shut; every configured field of the
    baseline is expected back.
    """
    values = {**context.values, **{f"was.{name}": value for name, value in baseline.items()}}
    blocks: list[tuple[str, ...]] = []
    for method in reversed(tuple(dict.fromkeys(methods))):
        spec = context.spec.methods.get(method)
        if spec is not None:
            blocks.extend(_restore_blocks(spec, context, values, baseline))
    expect = {name: (baseline[name],) for name in context.spec.config}
    # What two methods undo alike is sent once; a line by itself may well be needed twice (``exit``).
    commands = tuple(line for block in dict.fromkeys(blocks) for line in block)
    return Rendering(methods[0], commands, expect)


def operation(
    profiles: Mapping[str, DeviceProfile],
    device: Device,
    steps: Iterable[Step],
    known: Mapping[PointId, tuple[str, ...]] | None = None,
) -> Operation:
    """All steps on one device as one block; reads that come out alike are sent once. ``known``: the reads of
    points for which they were rendered already."""
    ordered = tuple(sorted(steps, key=lambda step: step.point.id.order))
    profile = profiles.get(device.platform)
    if profile is None:
        return Operation(device.name, device.platform, (), (), (), ordered)
    reads: dict[str, None] = {}
    for step in ordered:
        found = known.get(step.point.id) if known else None
        if found is None:
            context = point_context(step.point, step.subjects, step.prefixes, device, profile)
            found = read_commands(context) if context is not None else ()
        reads.update(dict.fromkeys(found))
    return Operation(
        device.name, device.platform, tuple(reads), profile.session.enter, profile.session.leave, ordered
    )


def satisfies(state: State, expect: Expected) -> bool:
    return all(state.get(name) in wanted for name, wanted in expect.items())


def _restore_blocks(
    spec: MethodSpec, context: PointContext, values: Mapping[str, str], baseline: State
) -> Iterable[tuple[str, ...]]:
    for clause in spec.restore:
        if satisfies(baseline, _filled(clause.when, values)):
            yield _lines(clause.send, context, values)


def _filled(condition: Condition, values: Mapping[str, str]) -> Expected:
    return {name: tuple(wanted.fill(values) for wanted in options) for name, options in condition.items()}


def _lines(lines: Sequence[Line], context: PointContext, values: Mapping[str, str]) -> tuple[str, ...]:
    filled: list[str] = []
    for line in lines:
        if line.each is None:
            filled.append(line.send.fill(values))
        else:
            filled.extend(
                line.send.fill({**values, "prefix": prefix}) for prefix in context.prefixes[line.each]
            )
    return tuple(filled)


@lru_cache(maxsize=4096)
def _families(prefixes: tuple[str, ...]) -> Mapping[Each, tuple[str, ...]]:
    """Kept, since one segment has many points."""
    versions = [(ip_network(prefix).version, prefix) for prefix in prefixes]
    return MappingProxyType(
        {
            Each.PREFIX4: tuple(prefix for version, prefix in versions if version == 4),
            Each.PREFIX6: tuple(prefix for version, prefix in versions if version == 6),
        }
    )
