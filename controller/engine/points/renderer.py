"""A profile's lines filled in, for one point or all of a device: the exact commands, and the state that
confirms them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_network
from types import MappingProxyType

from controller.domain.inventory import Device, Method, Point, PointId
from controller.domain.napalm import by_napalm, returning, untimed
from controller.domain.plan import NAME, Expected, Operation, Rendering, Step, TimerLines
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line, MethodSpec, PointSpec
from controller.domain.profile.reading import Condition, Each, State
from controller.domain.template import Template
from controller.domain.timer import OPERATION
from controller.domain.vlans import OTHERS, VLANS, without

RENDERER = "1"
"""Raised whenever the same inputs would give other commands; part of every plan's basis."""


NONE = "none"
"""The value of a per-prefix field where the subject has no prefix of that family, and of an empty list."""

LISTED_BY = ","
"""Between the values of a field that is a list."""


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
    """None where the profile has no section for this kind of point, or none of that kind has such a name.
    ``subjects`` are names, ``prefixes`` the networks cut there."""
    spec = profile.spec(point.kind, point.tagged)
    named = spec.named(point.id.object) if spec is not None else None
    if spec is None or named is None:
        return None
    families = _families(tuple(prefixes))
    values = {
        **profile.settings,
        **device.settings,
        "interface": point.id.object,
        "vlan": "" if point.id.vlan is None else str(point.id.vlan),
        **_others(point, device, profile),
        "subject": subjects[0] if subjects else "",
        "prefixes4": ", ".join(families[Each.PREFIX4]),
        "prefixes6": ", ".join(families[Each.PREFIX6]),
        **named,
    }
    return PointContext(point, spec.reading(values["interface"]), profile, values, families)


def _others(point: Point, device: Device, profile: DeviceProfile) -> Mapping[str, str]:
    known = device.settings.get(VLANS, profile.settings.get(VLANS))
    return {} if known is None else {OTHERS: without(known, point.id.vlan)}


def read_commands(context: PointContext) -> tuple[str, ...]:
    """The commands that read the point's state, each once, in the profile's order."""
    return tuple(dict.fromkeys(read.send.fill(context.values) for read in context.spec.reads))


def isolation(context: PointContext, method: Method, state: State | None = None) -> Rendering | None:
    """What cuts a point that reads so; None where the profile does not offer the method for this kind of
    point, or has lines for other states alone."""
    fitting = (each for each in isolations(context, method) if each.fits(state))
    return next(fitting, None)


def isolations(context: PointContext, method: Method) -> tuple[Rendering, ...]:
    """One, or one for each state the method has lines of its own for; none where it is not offered."""
    spec = context.spec.methods.get(method)
    if spec is None:
        return ()
    expect = _filled(spec.isolated, context.values) if spec.fixed is None else spec.fixed
    return tuple(
        Rendering(
            method,
            _lines(way.send, context, context.values),
            expect,
            _filled(way.when, context.values),
        )
        for way in spec.ways
    )


def restoration(
    context: PointContext, methods: Sequence[Method], baseline: State, former: Sequence[str] = ()
) -> Rendering:
    """The lines that bring the baseline back after ``methods`` (in the order they were used).

    What the baseline already had shut yields no line and stays shut; every configured field of the
    baseline is expected back. ``former``: the networks partial returns let through meanwhile; what they wrote
    goes last.
    """
    blocks = _undone(context, methods, baseline)
    limiting = context.spec.limiting if former else None
    if limiting is not None:
        families = _of_limit((), former)
        for clause in limiting[1].lift:
            # A field that no profile knew when the baseline was taken was not ours then.
            when = {name: wanted for name, wanted in clause.when.items() if name in baseline}
            if satisfies(baseline, _filled(when, _with_baseline(context, baseline))):
                blocks.append(_lines(clause.send, context, _with_baseline(context, baseline), families))
    return Rendering(methods[0], _sent_once(blocks), _as_before(context, baseline))


def limitation(
    context: PointContext,
    methods: Sequence[Method],
    baseline: State,
    networks: Sequence[str],
    former: Sequence[str] = (),
) -> tuple[Rendering, Rendering] | None:
    """The lines that bring the point back for ``networks`` alone, in two parts: what denies the rest, and
    once that is read back what undoes ``methods``. Then all else is expected as in the baseline.
    ``former``: as :func:`restoration` takes it. None where the profile cannot tell the point to."""
    limiting = context.spec.limiting
    if limiting is None:
        return None
    method, spec = limiting
    families = _of_limit(networks, [each for each in former if each not in networks])
    per_prefix = frozenset(
        line.each for line in spec.send if line.each in _ALLOWED and "prefix" in line.send.names
    )
    values = dict(context.values)
    for each, (name, prefixes) in _ALLOWED.items():
        nobody = each in per_prefix and not context.prefixes[prefixes]
        values[name] = (LISTED_BY.join(sorted(families[each])) if not nobody else "") or NONE
    limited = _filled(spec.limited, values)
    undone = _sent_once(_undone(context, methods, baseline))
    return (
        Rendering(method, _lines(spec.send, context, values, families), limited),
        Rendering(method, undone, {**_as_before(context, baseline), **limited}),
    )


_ALLOWED = {Each.ALLOWED4: ("targets4", Each.PREFIX4), Each.ALLOWED6: ("targets6", Each.PREFIX6)}
_OWN = {
    Each.ALLOWED4: Each.PREFIX4,
    Each.FORMER4: Each.PREFIX4,
    Each.ALLOWED6: Each.PREFIX6,
    Each.FORMER6: Each.PREFIX6,
}
"""The prefixes that a line for each network let through is repeated for."""


def _of_limit(networks: Sequence[str], former: Sequence[str]) -> Mapping[Each, tuple[str, ...]]:
    now, before = _families(tuple(networks)), _families(tuple(former))
    return {
        Each.ALLOWED4: now[Each.PREFIX4],
        Each.ALLOWED6: now[Each.PREFIX6],
        Each.FORMER4: before[Each.PREFIX4],
        Each.FORMER6: before[Each.PREFIX6],
    }


def _as_before(context: PointContext, baseline: State) -> Expected:
    """A field that no profile knew when the baseline was taken cannot be asked for."""
    return {name: (baseline[name],) for name in context.spec.config if name in baseline}


def _with_baseline(context: PointContext, baseline: State) -> Mapping[str, str]:
    return {**context.values, **{f"was.{name}": value for name, value in baseline.items()}}


def _undone(context: PointContext, methods: Sequence[Method], baseline: State) -> list[tuple[str, ...]]:
    values = _with_baseline(context, baseline)
    blocks: list[tuple[str, ...]] = []
    for method in reversed(tuple(dict.fromkeys(methods))):
        spec = context.spec.methods.get(method)
        if spec is not None:
            blocks.extend(_restore_blocks(spec, context, values, baseline))
    return blocks


def _sent_once(blocks: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What two methods undo alike is sent once; a line by itself may well be needed twice (``exit``)."""
    return tuple(line for block in dict.fromkeys(blocks) for line in block)


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
    session = profile.settled(device.settings).session
    made = Operation(device.name, device.platform, tuple(reads), session.enter, session.closing, ordered)
    commit = session.commit
    if commit is None:
        return made
    lines = (line for step in ordered for each in (step.rendering, *step.fallbacks) for line in each.commands)
    behind = tuple(dict.fromkeys(line for line in lines if any(each.search(line) for each in commit.behind)))
    return replace(made, commits=len(commit.send), typed=commit.by_hand, behind=behind)


def timer_lines(profile: DeviceProfile, device: Device) -> TimerLines | None:
    """None where the platform has no timer of its own, and returns are typed."""
    profile = returning(profile, device)
    spec = profile.timer
    if spec is None:
        return _untimed_lines(untimed(profile)) if by_napalm(profile, device) else None
    minutes, seconds = divmod(spec.after, 60)
    times = {
        "minutes": str(minutes),
        "seconds": str(spec.after),
        "time": f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
    }
    values = {**profile.settings, **device.settings, **times, OPERATION: NAME}
    own = profile.settled(device.settings).session

    def filled(lines: tuple[Template, ...] | None, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        return otherwise if lines is None else tuple(line.fill(values) for line in lines)

    def written(lines: tuple[str, ...]) -> tuple[str, ...]:
        return filled(tuple(map(Template.parse, lines)))

    commit = spec.commit
    commits = written(commit.send) if commit else own.commit.send if own.commit else ()
    confirm = filled(spec.confirm)
    return TimerLines(
        after=spec.after,
        read=spec.send.fill(values),
        enter=filled(spec.enter, own.enter),
        leave=(*commits, *filled(spec.leave, own.leave)),
        confirm=confirm,
        needs=spec.needs.send.fill(values) if spec.needs else "",
        discard=written(commit.discard) if commit else (),
        abandoned=written(commit.abandoned) if commit else (),
        cancel=filled(spec.cancel, confirm),
    )


def _untimed_lines(profile: DeviceProfile) -> TimerLines:
    session, commit = profile.session, profile.session.commit
    sent, discard, abandoned = (commit.send, commit.discard, commit.abandoned) if commit else ((), (), ())
    return TimerLines(0, "", session.enter, sent, (), discard=discard, abandoned=abandoned)


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


def _lines(
    lines: Sequence[Line],
    context: PointContext,
    values: Mapping[str, str],
    families: Mapping[Each, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[str, ...]:
    """``families``: the networks of a limit."""
    filled: list[str] = []
    for line in lines:
        if line.each is None:
            filled.append(line.send.fill(values))
        elif line.each in _OWN:
            own = context.prefixes[_OWN[line.each]] if "prefix" in line.send.names else ("",)
            filled.extend(
                line.send.fill({**values, "prefix": prefix, "target": target})
                for prefix in own
                for target in families.get(line.each, ())
            )
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
