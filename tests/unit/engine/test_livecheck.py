"""What a level would come to, from what each device took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.inventory import PointId
from controller.domain.playbook import Playbook
from controller.domain.readiness import DeviceReadiness, Obstacle, Readiness
from controller.engine.planning.plans import Documents
from controller.engine.readiness.livecheck import check_live, expected, levels, seconds_expected
from controller.engine.readiness.logins import Eyes
from tests.fakes.board import Board, BoardDriver, FakeClock, Fault, Port, Strike
from tests.fakes.site import FEW, Keys, device, documents, inventory, playbook, port, segment, stage

NAMES = ("acc-1", "acc-2", "acc-3")


def made(*playbooks: Playbook) -> Documents:
    cut = segment("lab", [port(name, number) for name in NAMES for number in ("p1", "p2")])
    kept = segment("samu", [port("acc-1", "p9")], keep_alive=True)
    return documents(inventory(map(device, NAMES), [cut, kept]), playbooks)


def looked(known: Documents, *strikes: Strike, names: tuple[str, ...] = ()) -> tuple[Readiness, list[Board]]:
    boards = [Board(name, {number: Port() for number in ("p1", "p2", "p9")}) for name in NAMES]
    boards[0].strikes += strikes
    clock = FakeClock()
    return check_live(known, Eyes(clock, BoardDriver(boards, clock), Keys(), FEW), names), boards


def test_points_that_are_read_could_be_cut_and_nothing_is_changed() -> None:
    found, boards = looked(made(playbook("level-5", stage("lab"), level=5)))
    assert found.ready
    (level,) = found.levels
    assert (level.points, level.blocked) == (6, ())
    assert [board.changes for board in boards] == [[], [], []]


def test_a_point_that_is_not_read_is_blocked_alone() -> None:
    known = made(playbook("level-5", stage("lab"), level=5))
    found, _ = looked(known, Strike(Fault.GARBLE, "show port p1"))
    (obstacle,) = found.devices[0].obstacles
    assert (obstacle.code, obstacle.points) == ("unreadable", (PointId("acc-1", "p1"),))
    assert found.levels[0].blocked == (PointId("acc-1", "p1"),)
    assert not found.ready


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.REFUSE, "refused"), (Fault.LOSE, "no-answer"), (Fault.HANG, "no-answer")]
)
def test_why_a_point_is_not_read_is_told(fault: Fault, code: str) -> None:
    found, _ = looked(made(playbook("level-5", stage("lab"), level=5)), Strike(fault, "show port p2"))
    assert found.devices[0].obstacles[0] == Obstacle(
        code, (("command", "show port p2"),), (PointId("acc-1", "p2"),)
    )


def test_a_level_that_is_refused_is_not_ready() -> None:
    found, _ = looked(made(playbook("level-5", stage("lab", "samu"), level=5)))
    assert [hazard.code for hazard in found.levels[0].refusals] != []
    assert all(each.ready for each in found.devices)
    assert not found.ready


def test_of_one_device_only_its_own_points_count() -> None:
    found, boards = looked(made(playbook("level-5", stage("lab"), level=5)), names=("acc-2",))
    assert not found.whole
    assert found.levels[0].points == 2
    assert boards[0].received == []


def test_the_time_of_a_plan_is_known_once_all_its_devices_were_looked_at() -> None:
    known = made(playbook("level-5", stage("lab"), level=5))
    plan = levels(known)[5]
    found, _ = looked(known)
    assert seconds_expected(plan, found) == pytest.approx(found.levels[0].milliseconds / 1000, abs=0.001)
    part, _ = looked(known, names=("acc-2",))
    assert seconds_expected(plan, part) is None
    assert seconds_expected(plan, None) is None
    assert seconds_expected(plan, replace(found, threads=0)) is None, "an older record does not say how many"


def test_the_time_is_that_of_the_slowest_of_a_wave_and_of_all_by_so_many_at_once() -> None:
    known = made(playbook("level-5", stage("lab"), level=5))
    plan = levels(known)[5]
    each = DeviceReadiness("", opened=1000, read=100, lines=10)
    sent = 2 * 2 + 1 + 2 + 1  # both reads twice, in, two changes, out
    alone = 1000 + sent * 10
    slow = dict.fromkeys(NAMES, each) | {"acc-1": DeviceReadiness("", opened=5000, read=100, lines=10)}
    assert expected(plan, dict.fromkeys(NAMES, each), (), 3) == alone
    assert expected(plan, slow, (), 3) == 5000 + sent * 10
    assert expected(plan, dict.fromkeys(NAMES, each), (), 1) == 3 * alone
    (wave,) = plan.waves
    twice = replace(plan, waves=(wave, replace(wave, index=1, waits=True)))
    beside = replace(plan, waves=(wave, replace(wave, index=1, waits=False)))
    assert expected(twice, dict.fromkeys(NAMES, each), (), 50) == alone + sent * 10, (
        "one log-in, one after the other"
    )
    assert expected(beside, dict.fromkeys(NAMES, each), (), 50) == alone
    blocked = [PointId(name, number) for name in NAMES[1:] for number in ("p1", "p2")]
    assert expected(plan, dict.fromkeys(NAMES, each), blocked, 1) == alone
