"""Every method of every platform of the lab, through the command line, with real traffic."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.lab.cordon import Cordon
from tests.lab.methods import BESIDE, ROUNDS, Round, Way, check_proven, offered
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import ALL, unexpected

pytestmark = pytest.mark.lab


def test_every_method_of_every_platform_of_the_lab_has_its_case() -> None:
    covered = Counter(case.way for round_ in ROUNDS.values() for case in round_.cases)
    assert covered + Counter(BESIDE) == Counter(offered())


@pytest.mark.parametrize("round_", ROUNDS.values(), ids=ROUNDS.keys())
def test_each_method_cuts_new_and_established_flows_and_is_undone_alone(
    lab: Lab, tmp_path: Path, round_: Round
) -> None:
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    round_.write(lab, cordon)
    plan = cordon("plan", "round").data
    planned = {
        Way(
            operation["platform"], step["point"]["kind"], step["point"]["tagged"], step["rendering"]["method"]
        )
        for wave in plan["waves"]
        for operation in wave["operations"]
        for step in operation["steps"]
    }
    assert planned == {case.way for case in round_.cases}
    spared = [route for case in round_.cases for route in case.spared]
    dead = {case.subject: case.dead for case in round_.cases}
    flows = lab.traffic.open([*round_.kept, *spared, *(route for each in dead.values() for route in each)])
    every = [flow.route for flow in flows]
    lab.traffic.live(every)
    kept = lab.traffic.open([*round_.kept, *spared])
    for flow in kept:
        flow.forget_gaps()

    answer = cordon.act("isolate", "--playbook", "round")
    for case in round_.cases:
        check_proven(case, answer)
    silent = [route for each in dead.values() for route in each]
    lab.traffic.verdict([*round_.kept, *spared], silent)

    for case in round_.cases:
        kind = "--segment" if case.subject in round_.site(lab)["segments"] else "--conduit"
        check_proven(case, cordon.act("restore", kind, case.subject))
        back = dead.pop(case.subject)
        lab.traffic.live(back)
        silent = [route for each in dead.values() for route in each]
        lab.traffic.verdict([*round_.kept, *spared, *back], silent)

    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in flows)
    assert max(flow.longest_gap for flow in kept) < 1


@pytest.mark.parametrize("round_", ROUNDS.values(), ids=ROUNDS.keys())
def test_with_devices_that_say_ok_and_do_nothing_every_check_of_a_cut_fails(
    lab: Lab, tmp_path: Path, round_: Round
) -> None:
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    round_.write(lab, cordon)
    every = [route for case in round_.cases for route in case.dead]
    lab.traffic.open(every)
    lab.traffic.live(every)

    answer = cordon.act("isolate", "--playbook", "round", deaf="", code=6)
    assert answer.data["outcomes"]["accepted"] == sum(len(case.points) for case in round_.cases)
    observed = lab.traffic.ask(every)
    for case in round_.cases:
        with pytest.raises(AssertionError, match="contradicted"):
            check_proven(case, answer)
        assert len(unexpected(observed, alive=[], dead=case.dead)) == len(case.dead) * len(ALL)
    assert not difference(before, lab.configuration())


def test_with_devices_that_say_ok_and_do_nothing_every_check_of_a_restore_fails(
    lab: Lab, tmp_path: Path
) -> None:
    round_ = ROUNDS["all at once"]
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    round_.write(lab, cordon)
    every = [route for case in round_.cases for route in case.dead]
    lab.traffic.open(every)
    lab.traffic.live(every)
    cordon.act("isolate", "--playbook", "round")

    answer = cordon.act("restore", "--all", deaf="", code=6)
    observed = lab.traffic.ask(every)
    for case in round_.cases:
        with pytest.raises(AssertionError, match=r"contradicted|unknown"):
            check_proven(case, answer)
        assert len(unexpected(observed, alive=case.dead, dead=[])) == len(case.dead) * len(ALL)
    assert difference(before, lab.configuration())
