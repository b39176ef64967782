"""The hash of a plan changes with what would be sent or what it rests on, and with nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.codec import from_plain, to_plain
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.plan import Basis, Hazard, Operation, Plan, Rendering, Severity, Step, Wave
from controller.domain.playbook import Action, Gate, OnFailure, OnUnreachable, Save
from controller.domain.proof import Proof

GOLDEN = Path(__file__).parent / "golden_plan_hash.txt"


def plan() -> Plan:
    """Two waves, a fallback, an accent, a hazard of each severity."""
    shut = Rendering(
        Method.SHUTDOWN, ("interface Gi1/0/1", "shutdown"), {"admin": ("down",), "link": ("down",)}
    )
    quarantine = Rendering(
        Method.VLAN, ("interface Gi1/0/1", "switchport access vlan 999"), {"vlan": ("999",)}
    )
    block = Rendering(Method.POLICY, ("add 10.0.0.0/8",), {"in4": ("yes", "none")})
    steps = (
        Step(
            Point(PointId("acc-1", "Gi1/0/1", 110), PointKind.INTERFACE),
            ("urgences",),
            (),
            shut,
            (quarantine,),
        ),
        Step(Point(PointId("acc-1", "Gi1/0/2"), PointKind.INTERFACE), ("maternité",), (), shut),
    )
    wall = (Step(Point(PointId("fw-1", "cut"), PointKind.POLICY), ("urgences",), ("10.0.0.0/8",), block),)
    return Plan(
        playbook="level-5",
        action=Action.ISOLATE,
        site="ch-exemple",
        level=5,
        basis=Basis("a" * 64, "b" * 64, "c" * 64, "1"),
        waves=(
            Wave(
                0,
                "access",
                (Operation("acc-1", "cisco_ios", ("show interfaces",), ("conf t",), ("end",), steps),),
                OnFailure.CONTINUE,
                OnUnreachable.ESCALATE,
                Proof.CONFIRMED,
            ),
            Wave(
                1,
                "walls",
                (Operation("fw-1", "linux_nftables", ("list",), (), (), wall),),
                OnFailure.CONTINUE,
                OnUnreachable.REPORT,
                Proof.PROVEN,
                waits=False,
            ),
        ),
        hazards=(
            Hazard("manual-device", Severity.WARN, "box-4g"),
            Hazard("own-path", Severity.REFUSE, "core-1 Gi1/0/48", (("lost", "acc-1"),)),
        ),
        ends=(("run-1", "urgences", PointId("acc-1", "Gi1/0/9")),),
    )


def test_the_golden_hash() -> None:
    """Approvals given on paper must still be good next year: if this fails, the format needs a new prefix."""
    assert plan().hash == GOLDEN.read_text().strip()


def test_the_hash_is_sha256_over_prefix_and_canonical_json() -> None:
    made = plan()

    def rendering(one: Rendering) -> object:
        return {"method": one.method, "commands": one.commands, "expect": one.expect}

    hashed = {
        "action": "isolate",
        "site": "ch-exemple",
        "save": "never",
        "basis": {
            "inventory": "a" * 64,
            "profiles": "b" * 64,
            "playbook": "c" * 64,
            "renderer": "1",
            "baselines": "",
        },
        "waves": [
            {
                "stage": wave.stage,
                "waits": wave.waits,
                "operations": [
                    {
                        "device": operation.device,
                        "platform": operation.platform,
                        "reads": operation.reads,
                        "enter": operation.enter,
                        "leave": operation.leave,
                        "steps": [
                            {
                                "point": step.point.id,
                                "subjects": step.subjects,
                                "prefixes": step.prefixes,
                                "renderings": [rendering(one) for one in (step.rendering, *step.fallbacks)],
                            }
                            for step in operation.steps
                        ],
                    }
                    for operation in wave.operations
                ],
            }
            for wave in made.waves
        ],
        "hazards": [["manual-device", "box-4g"], ["own-path", "core-1 Gi1/0/48"]],
        "ends": [["run-1", "urgences", ["acc-1", "Gi1/0/9", None]]],
    }
    text = json.dumps(hashed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert made.hash == hashlib.sha256(b"cordon-plan-v1\n" + text.encode()).hexdigest()


def _numbers(cases: Sequence[object]) -> list[str]:
    return [str(number) for number, _ in enumerate(cases)]


def _wave(made: Plan, index: int, change: Callable[[Wave], Wave]) -> Plan:
    waves = list(made.waves)
    waves[index] = change(waves[index])
    return replace(made, waves=tuple(waves))


def _operation(made: Plan, change: Callable[[Operation], Operation]) -> Plan:
    return _wave(
        made, 0, lambda wave: replace(wave, operations=tuple(change(each) for each in wave.operations))
    )


def _step(made: Plan, change: Callable[[Step], Step]) -> Plan:
    return _operation(
        made, lambda operation: replace(operation, steps=tuple(change(each) for each in operation.steps))
    )


def _sent(made: Plan, **changes: object) -> Plan:
    return _step(
        made,
        lambda step: replace(step, rendering=replace(step.rendering, **changes)),  # type: ignore[arg-type]  # the field is a parameter of the test
    )


SENT_OR_RESTED_ON: list[Callable[[Plan], Plan]] = [
    lambda made: _sent(made, commands=("interface Gi1/0/1", "shut")),
    lambda made: _sent(made, expect={"admin": ("down",)}),
    lambda made: _sent(made, method=Method.ACL),
    lambda made: _step(made, lambda step: replace(step, fallbacks=())),
    lambda made: _step(made, lambda step: replace(step, subjects=("autre",))),
    lambda made: _step(made, lambda step: replace(step, prefixes=("10.9.0.0/16",))),
    lambda made: _operation(made, lambda one: replace(one, steps=tuple(reversed(one.steps)))),
    lambda made: _operation(made, lambda one: replace(one, reads=())),
    lambda made: _operation(made, lambda one: replace(one, enter=())),
    lambda made: _operation(made, lambda one: replace(one, leave=("exit",))),
    lambda made: _operation(made, lambda one: replace(one, device="acc-2")),
    lambda made: replace(made, waves=tuple(reversed(made.waves))),
    lambda made: _wave(made, 1, lambda wave: replace(wave, waits=True)),
    lambda made: replace(made, action=Action.RESTORE),
    lambda made: replace(made, save=Save.ALWAYS),
    lambda made: replace(made, site="autre"),
    lambda made: replace(made, ends=()),
    lambda made: replace(made, hazards=made.hazards[:1]),
    lambda made: replace(made, hazards=(replace(made.hazards[0], culprit="box-5g"), made.hazards[1])),
    *(
        lambda made, name=name: replace(made, basis=replace(made.basis, **{name: "d" * 64}))
        for name in ("inventory", "profiles", "playbook", "renderer", "baselines")
    ),
]


@pytest.mark.parametrize("change", SENT_OR_RESTED_ON, ids=_numbers(SENT_OR_RESTED_ON))
def test_it_changes_with_what_would_be_sent_and_what_that_rests_on(change: Callable[[Plan], Plan]) -> None:
    assert change(plan()).hash != plan().hash


NEITHER: list[Callable[[Plan], Plan]] = [
    lambda made: replace(made, playbook="renamed", level=4),
    lambda made: replace(made, hazards=tuple(reversed(made.hazards))),
    lambda made: replace(made, hazards=(made.hazards[0], replace(made.hazards[1], data=()))),
    lambda made: _wave(made, 0, lambda wave: replace(wave, gate=Gate(approvals=2))),
    lambda made: from_plain(Plan, json.loads(json.dumps(to_plain(made)))),
]


@pytest.mark.parametrize("change", NEITHER, ids=_numbers(NEITHER))
def test_it_stays_with_titles_data_of_hazards_and_storage(change: Callable[[Plan], Plan]) -> None:
    assert change(plan()).hash == plan().hash


def test_a_plan_is_written_down_and_read_again_whole() -> None:
    assert from_plain(Plan, json.loads(json.dumps(to_plain(plan())))) == plan()


def test_a_plan_an_older_cordon_stored_is_read_with_what_it_did_not_know_as_unset() -> None:
    stored = to_plain(plan())
    del stored["evidence"]
    assert from_plain(Plan, stored) == plan()


def test_a_plan_that_lacks_what_every_plan_has_is_none() -> None:
    stored = to_plain(plan())
    del stored["waves"]
    with pytest.raises(KeyError):
        from_plain(Plan, stored)
