"""Every profile against what real devices answered.

``tests/profiles/<platform>/<case>.yaml`` is one reading of one point: ``answers`` as the device printed them,
the ``state`` they mean (or ``unknown``) and the ``proof`` each method's cut has in that state. A new case
is a new file. Beyond the cases as recorded, no damaged version of an answer may be read as another state.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import (
    Bilingual,
    Device,
    DeviceRole,
    Method,
    Point,
    PointId,
    PointKind,
    Segment,
)
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.engine.points.reading import judge, read_state
from controller.engine.points.renderer import PointContext, isolations, point_context, read_commands

HERE = Path(__file__).parent
PROFILES = load_profiles([HERE.parents[1] / "device_profiles"])
FILES = sorted(path for path in HERE.glob("*/*.yaml") if path.parent.name != "simulated")
_POINT_KEYS = {"device", "vlan", "tagged"}
CLOSELY = 150
"""Characters of an answer that are taken away one by one."""


@dataclass(frozen=True)
class Case:
    context: PointContext
    answers: dict[str, str]
    state: State | None
    proof: dict[str, str]


@cache
def load(path: Path) -> Case:
    raw = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - texts only, as the catalog reads them
    profile = PROFILES[path.parent.name]
    point = _point(raw["point"])
    prefixes = tuple(str(ipaddress.ip_network(prefix)) for prefix in raw.get("prefixes", ()))
    subject = Segment("subject", Bilingual("", ""), 1, prefixes=prefixes, points=(point,))
    context = point_context(point, [subject.name], subject.prefixes, _device(point, profile), profile)
    assert context is not None, f"{profile.platform} has no such kind of point"
    state = None if raw["state"] == "unknown" else raw["state"]
    return Case(context, raw["answers"], state, raw["proof"])


def _point(raw: dict[str, str]) -> Point:
    (kind,) = raw.keys() - _POINT_KEYS
    vlan = int(raw["vlan"]) if "vlan" in raw else None
    return Point(PointId(raw["device"], raw[kind], vlan), PointKind(kind), raw.get("tagged") == "true")


def _device(point: Point, profile: DeviceProfile) -> Device:
    return Device(point.id.device, profile.platform, DeviceRole.ACCESS)


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def case(request: pytest.FixtureRequest) -> Case:
    return load(request.param)


def test_the_state_is_read(case: Case) -> None:
    assert read_commands(case.context) == tuple(case.answers), "the transcript answers other commands"
    assert read_state(case.context, case.answers) == case.state


def test_each_method_has_the_proof_the_state_gives_it(case: Case) -> None:
    state = read_state(case.context, case.answers)
    proofs = {}
    for method in case.context.spec.methods:
        proofs[method.value], *others = {
            judge(each.expect, state).value for each in isolations(case.context, method)
        }
        assert not others
    assert proofs == case.proof


def test_line_ends_of_a_terminal_change_nothing(case: Case) -> None:
    answers = {command: answer.replace("\n", "\r\n") for command, answer in case.answers.items()}
    assert read_state(case.context, answers) == case.state


def ends(answer: str) -> list[int]:
    """Where an answer may be cut: anywhere in what is short, or near the end; in long ones at the beginning,
    in the middle and before the last character of each line."""
    if len(answer) <= CLOSELY:
        return list(range(len(answer)))
    places, start = set(range(len(answer) - CLOSELY, len(answer))), 0
    for line in answer.splitlines(keepends=True):
        places |= {start, start + len(line) // 2, start + len(line) - 1}
        start += len(line)
    return sorted(place for place in places if place < len(answer))


def alone(context: PointContext, command: str, answer: str) -> tuple[PointContext, State | None]:
    """What of the state one command tells: the others tell theirs whatever becomes of its answer."""
    reads = tuple(read for read in context.spec.reads if read.send.fill(context.values) == command)
    told = replace(context, spec=replace(context.spec, reads=reads, config=(), observed=()))
    fields = tuple(name for name in context.spec.fields if _tells(told, name, command, answer))
    told = replace(told, spec=replace(told.spec, config=fields or context.spec.fields))
    return told, read_state(told, {command: answer})


def _tells(context: PointContext, name: str, command: str, answer: str) -> bool:
    return (
        read_state(replace(context, spec=replace(context.spec, config=(name,))), {command: answer})
        is not None
    )


def test_an_answer_cut_short_is_unknown_or_the_same(case: Case) -> None:
    for command, answer in case.answers.items():
        context, whole = alone(case.context, command, answer)
        for end in ends(answer):
            state = read_state(context, {command: answer[:end]})
            assert state is None or state == whole, f"{command} cut short: …{answer[max(0, end - 80) : end]}"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "\n\n", id="blank"),
        pytest.param(lambda _: "#" * 300 + "\n> ok\nup down yes no none 0\n", id="garbage"),
        pytest.param(lambda _: "-bash: sudo: command not found\n% Unknown command\n", id="refused"),
    ],
)
def test_a_damaged_answer_is_unknown(case: Case, damage: object) -> None:
    assert callable(damage)
    telling = {read.send.fill(case.context.values) for read in case.context.spec.reads if read.parse}
    for command, answer in case.answers.items():
        if command in telling:
            assert read_state(case.context, {**case.answers, command: damage(answer)}) is None


def test_a_missing_answer_is_unknown(case: Case) -> None:
    for command in case.answers:
        others = {other: answer for other, answer in case.answers.items() if other != command}
        assert read_state(case.context, others) is None


def test_every_method_is_seen_open_and_cut() -> None:
    """A profile whose cut nobody ever recorded is a guess."""
    seen: dict[tuple[str, PointKind, bool, str], set[str]] = {}
    for path in FILES:
        case = load(path)
        point = case.context.point
        for method, proof in case.proof.items():
            seen.setdefault((path.parent.name, point.kind, point.tagged, method), set()).add(proof)
    recorded = {path.parent.name for path in FILES}
    for platform in recorded:
        for (kind, tagged), spec in PROFILES[platform].points.items():
            for method in spec.methods:
                proofs = seen.get((platform, kind, tagged, Method(method).value), set())
                assert {"confirmed", "contradicted"} <= proofs, f"{platform} {kind} {method}: {proofs}"
