"""Sessions held open beforehand: where, how they are kept, and what a cut makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from controller.domain.armed import LOST, Standing, Why
from controller.domain.errors import InvalidRequest, NotFound, OpenCause, OpenFailed
from controller.domain.facts import Noted
from controller.domain.inventory import MANUAL, Device, DeviceRole, PointId
from controller.domain.path import Path, PathKind
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.engine.holding.armed import ArmingBasis, basis_of_plans
from controller.engine.holding.arming import LOOKED_AFTER, Arming
from controller.engine.holding.place import FIRST_RETRY, LONGEST_RETRY
from controller.engine.holding.visiting import READ_EVERY
from controller.engine.ports import Login
from tests.fakes.board import Board, BoardDriver, BoardSession, Fault, Port, Strike
from tests.fakes.site import ACTOR, Site, device, documents, inventory, playbook, port, segment, stage

FW = PointId("fw", "p1")
LONG = 3600.0


def site(**of_fw: object) -> Site:
    known = inventory(
        [
            device("fw", DeviceRole.FIREWALL, **of_fw),
            device("core", DeviceRole.CORE),
            device("acc"),
            device("box", DeviceRole.FIREWALL, platform=MANUAL),
            device("idle", DeviceRole.CORE),
            device("old", DeviceRole.CORE, paths=(Path("192.0.2.9", 23, PathKind.TELNET),)),
        ],
        [
            segment("one", [port("fw", "p1"), port("acc", "p1")], 1),
            segment("two", [port("core", "p1"), port("old", "p1"), port("box", "lan")], 2),
        ],
    )
    boards = [Board(name, {"p1": Port()}) for name in ("fw", "core", "acc", "idle", "old")]
    return Site(documents(known, [playbook("level-1", stage("one", "two"), level=1)]), boards)


def basis(at: Site) -> ArmingBasis:
    found = at.documents
    return basis_of_plans(found.inventory, found.profiles, [at.controller.plan_level(1)])


def armed(at: Site) -> Arming:
    """All that is due was done once."""
    arming = at.controller.arming
    arming.follow(basis(at))
    work(arming)
    return arming


def work(arming: Arming) -> list[str]:
    due = arming.due()
    for name in due:
        arming.visit(name)
    return sorted(due)


def standing(arming: Arming, name: str) -> tuple[Standing, Why]:
    found = next(each for each in arming.standings() if each.device == name)
    return found.standing, found.why


def pass_time(at: Site, seconds: float) -> list[str]:
    at.clock.pause(seconds)
    return work(at.controller.arming)


def logins(at: Site, name: str) -> int:
    return at.driver.opened.count(name)


@pytest.fixture
def at() -> Iterator[Site]:
    made = site()
    yield made
    made.controller.arming.close()
    assert not made.driver.still_open


def test_only_choke_points_where_something_is_cut_are_armed(at: Site) -> None:
    arming = armed(at)
    assert {each.device: (each.standing, each.why) for each in arming.standings()} == {
        "fw": (Standing.ARMED, Why.ROLE),
        "core": (Standing.ARMED, Why.ROLE),
        "acc": (Standing.OFF, Why.NO_CHOKE_POINT),
        "box": (Standing.OFF, Why.MANUAL),
        "idle": (Standing.OFF, Why.NO_POINTS),
        "old": (Standing.OFF, Why.NO_SSH),
    }
    assert sorted(session.board.name for session in at.driver.still_open) == ["core", "fw"]


def test_the_inventory_says_otherwise_and_a_person_over_it(at: Site) -> None:
    arming = armed(at)
    changed = basis(at)
    devices = dict(changed.inventory.devices)
    devices["fw"], devices["acc"] = replace(devices["fw"], armed=False), replace(devices["acc"], armed=True)
    arming.follow(replace(changed, inventory=replace(changed.inventory, devices=devices, digest="other")))
    work(arming)
    assert standing(arming, "fw") == (Standing.OFF, Why.INVENTORY)
    assert standing(arming, "acc") == (Standing.ARMED, Why.INVENTORY)
    arming.switch(["fw"], on=True, actor=ACTOR)
    arming.switch(["acc"], on=False, actor=ACTOR)
    work(arming)
    assert standing(arming, "fw") == (Standing.ARMED, Why.PERSON)
    assert standing(arming, "acc") == (Standing.OFF, Why.PERSON)
    assert sorted(session.board.name for session in at.driver.still_open) == ["core", "fw"]


def test_who_switches_and_what_stands_is_on_record(at: Site) -> None:
    arming = armed(at)
    arming.switch(["acc"], on=True, actor=ACTOR)
    work(arming)
    arming.close()
    found = [
        (commit.tag, commit.actor.id, dict(fact.data)["device"])
        for commit in at.journal.commits
        for fact in commit.facts
        if isinstance(fact, Noted) and fact.subject == "armed"
    ]
    assert (Tag.SESSION_ARMED, ACTOR.id, "acc") in found
    begun = sorted(name for tag, _, name in found if tag is Tag.SESSION_ARMED)
    assert (
        begun
        == sorted(name for tag, _, name in found if tag is Tag.SESSION_DISARMED)
        == ["acc", "core", "fw"]
    )


@pytest.mark.parametrize("name", ["box", "idle", "old"])
def test_what_cannot_be_armed_is_refused(at: Site, name: str) -> None:
    arming = armed(at)
    with pytest.raises(InvalidRequest) as refused:
        arming.switch([name], on=True, actor=ACTOR)
    assert refused.value.data["device"] == name
    with pytest.raises(NotFound):
        arming.switch(["nowhere"], on=True, actor=ACTOR)


def test_a_session_is_read_before_a_device_would_end_it_and_says_how_its_points_stand(at: Site) -> None:
    arming = armed(at)
    before = len(at.board("fw").received)
    assert pass_time(at, READ_EVERY / 2) == []
    assert pass_time(at, READ_EVERY) == ["core", "fw"]
    assert len(at.board("fw").received) > before
    taken = arming.take("fw")
    assert taken is not None
    assert taken.states[FW] is not None
    assert logins(at, "fw") == 2  # its own, and the one that showed that a line is left
    taken.session.close()


def test_a_cut_goes_out_by_the_session_that_stood_ready(at: Site) -> None:
    armed(at)
    before = logins(at, "fw"), logins(at, "acc")
    ended = at.cut("one")
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert (logins(at, "fw"), logins(at, "acc")) == (before[0], before[1] + 1)
    assert "fw" not in {session.board.name for session in at.driver.still_open}


def test_after_a_cut_the_device_is_armed_again_and_read_anew(at: Site) -> None:
    arming = armed(at)
    at.cut("one")
    assert pass_time(at, 1) == []
    assert pass_time(at, 2 * FIRST_RETRY) == ["fw"]
    assert standing(arming, "fw") == (Standing.ARMED, Why.ROLE)
    taken = arming.take("fw")
    assert taken is not None
    assert dict(taken.states[FW] or {})["admin"] == "down"
    assert pass_time(at, LONG) == ["core"]  # while somebody has it there is no second one
    assert standing(arming, "fw")[0] is Standing.TAKEN
    taken.session.close()


def test_what_was_read_before_somebody_acted_there_is_not_handed_out(at: Site) -> None:
    arming = armed(at)
    at.cut("one")
    pass_time(at, 2 * FIRST_RETRY)
    at.bring_back(everything=True)  # by a session of its own
    taken = arming.take("fw")
    assert taken is not None
    assert taken.states == {}
    taken.session.close()


def test_a_session_that_died_unseen_costs_the_cut_nothing_but_a_log_in(at: Site) -> None:
    armed(at)
    at.board("fw").strikes.append(Strike(Fault.DROP, times=1))
    ended = at.cut("one")
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}


def test_a_lost_session_comes_back_by_longer_and_longer_waits(at: Site) -> None:
    arming = armed(at)
    at.board("fw").closed = OpenCause.UNREACHABLE
    for session in at.driver.still_open:
        if session.board.name == "fw":
            session.close()
    pass_time(at, LOOKED_AFTER)
    assert standing(arming, "fw")[0] is Standing.WAITING
    waits = []
    for _ in range(9):
        waited = 0
        while "fw" not in pass_time(at, 5):
            waited += 5
        waits.append(waited)
    assert waits[0] < 2 * FIRST_RETRY
    assert max(waits) <= 1.3 * LONGEST_RETRY
    assert waits[-1] > 10 * max(waits[0], 1)
    failed = next(each for each in arming.standings() if each.device == "fw")
    assert failed.failure == OpenCause.UNREACHABLE
    at.board("fw").closed = None
    pass_time(at, 2 * LONGEST_RETRY)
    assert standing(arming, "fw")[0] is Standing.ARMED


def test_a_vault_that_opens_ends_the_wait(at: Site) -> None:
    at.board("fw").closed = OpenCause.SECRET_MISSING
    arming = armed(at)
    for _ in range(5):
        pass_time(at, LONG)
    at.board("fw").closed = None
    assert pass_time(at, 1) == []
    arming.try_again()
    assert work(arming) == ["fw"]
    assert standing(arming, "fw")[0] is Standing.ARMED


def test_a_loss_is_said(at: Site) -> None:
    arming = armed(at)
    for session in at.driver.still_open:
        session.close()
    pass_time(at, LOOKED_AFTER)
    assert {each.failure for each in arming.standings() if each.wanted} == {LOST}


class Rejecting(BoardDriver):
    """Judges logins as a driver does; ``wrong``: whether the firewall takes them."""

    wrong = True
    asked = 0

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> BoardSession:
        [login] = logins
        assert login.trial is not None
        if device.name == "fw":
            self.asked += 1
            login.trial.ended(accepted=not self.wrong)
            if self.wrong:
                raise OpenFailed(device.name, OpenCause.LOGIN_REJECTED)
        return super().open(device, profile, logins, deadline)


@pytest.mark.parametrize("again", ["person", "inventory"])
def test_a_rejected_login_is_not_offered_again_until_a_person_says_so(again: str) -> None:
    at = site()
    at.driver = driver = Rejecting(at.driver.boards.values(), at.clock)
    at.restart()
    arming = armed(at)
    for _ in range(20):
        pass_time(at, LONG)
    assert driver.asked == 1
    assert standing(arming, "fw")[0] is Standing.STOPPED
    driver.wrong = False
    if again == "person":
        arming.switch(["fw"], on=True, actor=ACTOR)
    else:
        known = basis(at)
        arming.follow(replace(known, inventory=replace(known.inventory, digest="other")))
    pass_time(at, LONG)
    assert standing(arming, "fw")[0] is Standing.ARMED
    arming.close()


def test_nothing_is_read_at_a_device_where_somebody_acts(at: Site) -> None:
    arming = armed(at)
    at.cut("one")
    pass_time(at, 2 * FIRST_RETRY)
    read: list[int] = []

    def look(board: Board, _line: str) -> None:
        if board.name == "fw" and not read:
            before = len(board.received)
            read.append(0)
            at.clock.pause(2 * READ_EVERY)
            assert "fw" in work(arming)
            read.append(len(board.received) - before)

    at.driver.at_line = look
    at.bring_back(everything=True)
    assert read == [0, 0]


def test_the_last_line_is_left_to_people(at: Site) -> None:
    only_one(at, "fw")
    arming = armed(at)
    assert standing(arming, "fw") == (Standing.OFF, Why.LAST_LINE)
    assert "fw" not in {session.board.name for session in at.driver.still_open}
    assert pass_time(at, LONG) == ["core"]


def test_who_finds_no_line_left_gets_the_one_that_is_held(at: Site) -> None:
    arming = armed(at)
    at.cut("one")
    pass_time(at, 2 * FIRST_RETRY)
    only_one(at, "fw")  # a person took all the others meanwhile
    ended = at.bring_back(everything=True)
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert standing(arming, "fw") == (Standing.OFF, Why.LAST_LINE)


def test_nothing_is_opened_while_a_cut_is_under_way(at: Site) -> None:
    arming = at.controller.arming
    seen: list[tuple[str, ...]] = []
    arming.follow(basis(at))

    def look(_board: Board, _line: str) -> None:
        seen.append(arming.due())

    at.driver.at_line = look
    at.cut("one")
    at.driver.at_line = lambda _board, _line: None
    assert seen
    assert not any(seen)
    assert work(arming) == ["core", "fw"]


def only_one(at: Site, name: str) -> None:
    """The device takes one session at a time."""

    def full(asked: str) -> None:
        if asked == name and any(session.board.name == name for session in at.driver.still_open):
            raise OpenFailed(name, OpenCause.NO_LINE)

    at.driver.at_open = full
