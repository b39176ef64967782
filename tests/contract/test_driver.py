"""What every Driver promises, on the fake in memory and on Netmiko over real SSH, here and in workers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from controller.domain.inventory import Device
from controller.domain.profile.session import AtOnceSpec
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.shards.driver import ShardedDriver
from controller.engine.ports import (
    Answer,
    Block,
    Command,
    Driver,
    Login,
    OpenCause,
    OpenFailed,
    Purpose,
    Session,
)
from tests.fakes.driver import FakeDriver
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.switch import Fault, FaultKind, Switch, profile
from tests.fakes.workers import worker_processes

MODE, READ, CHANGE = Purpose.MODE, Purpose.READ, Purpose.CHANGE
LOGIN = Login(USER, PASSWORD)


@dataclass
class Bench:
    driver: Driver
    device: Device
    switch: Switch

    def open(self) -> Session:
        return self.driver.open(self.device, profile(), [LOGIN], time.monotonic() + 10)


@pytest.fixture(scope="module")
def sharded() -> Iterator[ShardedDriver]:
    with worker_processes(2) as driver:
        yield driver


@pytest.fixture(params=["fake", "netmiko", "sharded"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    switch = Switch.with_ports("acc-1", ["p1", "p2"])
    with SshDevice(switch) as ssh:
        driver: Driver
        match request.param:
            case "fake":
                driver = FakeDriver([switch])
            case "netmiko":
                driver = NetmikoDriver()
            case _:
                driver = request.getfixturevalue("sharded")
        # What a driver sends by itself to become ready is not part of any block.
        yield Bench(driver, ssh.device(), switch)


def cut(*ports: str) -> Block:
    changes = [
        Command(line, CHANGE, group)
        for group, port in enumerate(ports, start=1)
        for line in (f"interface {port}", "shutdown")
    ]
    reads = [Command(f"show interface {port}", READ) for port in ports]
    return Block((*reads, Command("configure terminal", MODE), *changes, Command("end", MODE), *reads))


def run(session: Session, block: Block, patience: float = 10.0) -> tuple[Answer, ...]:
    assert session.write(block) is Outcome.SENT
    return session.collect(time.monotonic() + patience)


def by_line(answers: tuple[Answer, ...], line: str) -> Answer:
    return next(answer for answer in answers if answer.command.text == line)


def test_a_block_takes_effect_and_every_line_has_its_answer_in_order(bench: Bench) -> None:
    session = bench.open()
    block = cut("p1", "p2")
    answers = run(session, block)
    assert [answer.command for answer in answers] == list(block.commands)
    assert all(answer.complete and answer.sent for answer in answers)
    assert answers[0].text == "p1 is up, line protocol is up\n  access vlan 1"
    assert answers[-1].text == "p2 is administratively down, line protocol is down\n  access vlan 1"
    assert bench.switch.configuration() == {"p1": ("down", "1"), "p2": ("down", "1")}
    assert session.is_open
    session.close()


def test_a_block_that_is_fired_has_its_answers_and_its_session_goes_on(bench: Bench) -> None:
    known = profile()
    spec = replace(known.session, at_once=AtOnceSpec(500, re.compile("^interface ")))
    using = replace(known, session=spec)
    session = bench.driver.open(bench.device, using, [LOGIN], time.monotonic() + 10)
    block = cut("p1", "p2")
    assert bench.driver.fire([(session, block)]) == (Outcome.SENT,)
    answers = session.collect(time.monotonic() + 10)
    assert [answer.command for answer in answers] == list(block.commands)
    assert all(answer.complete and answer.sent for answer in answers)
    assert bench.switch.configuration() == {"p1": ("down", "1"), "p2": ("down", "1")}
    assert run(session, Block((Command("show interface p1", READ),)))[0].complete
    session.close()


def test_blocks_follow_each_other_in_one_session(bench: Bench) -> None:
    session = bench.open()
    for expected in ("up", "up"):
        answers = run(session, Block((Command("show interface p1", READ),)))
        assert answers[0].text.startswith(f"p1 is {expected}")
    session.close()


def test_after_a_refusal_the_rest_of_its_group_is_left_out_and_the_others_go_on(bench: Bench) -> None:
    bench.switch.faults.append(Fault(FaultKind.REFUSE, "interface p1$", times=None))
    session = bench.open()
    bench.switch.received.clear()
    block = Block(
        (
            Command("configure terminal", MODE),
            Command("interface p1", CHANGE, 1),
            Command("shutdown", CHANGE, 1),
            Command("interface p2", CHANGE, 2),
            Command("shutdown", CHANGE, 2),
            Command("end", MODE),
        )
    )
    answers = run(session, block)
    assert [(answer.sent, answer.complete) for answer in answers] == [
        (True, True),
        (True, True),
        (False, False),
        (True, True),
        (True, True),
        (True, True),
    ]
    assert "Authorization failed" in answers[1].text
    assert bench.switch.configuration() == {"p1": ("up", "1"), "p2": ("down", "1")}
    assert bench.switch.received[-1] == "end"
    session.close()


def test_a_refusal_without_group_leaves_nothing_out(bench: Bench) -> None:
    session = bench.open()
    answers = run(session, Block((Command("nonsense", CHANGE), Command("nonsense", CHANGE))))
    assert all(answer.sent and "Invalid input" in answer.text for answer in answers)
    session.close()


def test_after_a_refused_mode_line_no_change_follows(bench: Bench) -> None:
    bench.switch.faults.append(Fault(FaultKind.REFUSE, "configure terminal$", times=None))
    session = bench.open()
    answers = run(session, cut("p1", "p2"))
    changes = [answer for answer in answers if answer.command.purpose is CHANGE]
    assert changes
    assert not any(answer.sent for answer in changes)
    assert answers[-1].complete
    assert bench.switch.configuration() == {"p1": ("up", "1"), "p2": ("up", "1")}
    session.close()


def test_an_error_in_a_read_leaves_nothing_out(bench: Bench) -> None:
    session = bench.open()
    answers = run(session, Block((Command("show nothing", READ, 1), Command("show interface p1", READ, 1))))
    assert answers[1].sent
    session.close()


@pytest.mark.parametrize(("kind", "taken"), [(FaultKind.DROP_BEFORE, "up"), (FaultKind.DROP_AFTER, "down")])
def test_a_session_dropped_mid_block_tells_how_far_it_got(bench: Bench, kind: FaultKind, taken: str) -> None:
    bench.switch.faults.append(Fault(kind, "^shutdown$"))
    session = bench.open()
    answers = run(session, cut("p1", "p2"))
    lost = next(index for index, answer in enumerate(answers) if not answer.complete)
    assert answers[lost].command.text == "shutdown"
    assert answers[lost].sent
    assert all(not answer.sent and not answer.complete for answer in answers[lost + 1 :])
    assert bench.switch.ports["p1"].admin == taken
    assert bench.switch.ports["p2"].admin == "up"
    assert not session.is_open
    session.close()


def test_a_hang_ends_at_the_deadline_and_the_session_with_it(bench: Bench) -> None:
    bench.switch.faults.append(Fault(FaultKind.HANG_AFTER, "^shutdown$"))
    session = bench.open()
    begun = time.monotonic()
    answers = run(session, cut("p1"), patience=0.5)
    assert time.monotonic() - begun < 0.8
    assert by_line(answers, "shutdown").sent
    assert not by_line(answers, "shutdown").complete
    assert not by_line(answers, "end").sent
    assert not session.is_open
    assert session.write(cut("p2")) is Outcome.NOT_SENT


def test_an_ignored_change_is_answered_like_a_taken_one(bench: Bench) -> None:
    bench.switch.faults.append(Fault(FaultKind.IGNORE, "^shutdown$"))
    session = bench.open()
    answers = run(session, cut("p1"))
    assert by_line(answers, "shutdown").text == ""
    assert answers[-1].text.startswith("p1 is up")
    session.close()


def test_closed_means_nothing_goes_out(bench: Bench) -> None:
    session = bench.open()
    bench.switch.received.clear()
    session.close()
    session.close()
    assert not session.is_open
    assert session.write(cut("p1")) is Outcome.NOT_SENT
    assert all(not answer.sent and not answer.complete for answer in session.collect(time.monotonic() + 1))
    assert bench.switch.received == []


def test_closed_between_write_and_collect(bench: Bench) -> None:
    session = bench.open()
    assert session.write(cut("p1")) is Outcome.SENT
    session.close()
    answers = session.collect(time.monotonic() + 1)
    assert len(answers) == len(cut("p1").commands)
    assert answers[0].sent
    assert not any(answer.sent for answer in answers[1:])
    assert bench.switch.ports["p1"].admin == "up"


def test_an_empty_block_is_nothing(bench: Bench) -> None:
    session = bench.open()
    assert run(session, Block(())) == ()
    assert session.collect(time.monotonic() + 1) == ()
    assert session.is_open
    session.close()


def test_without_a_pinned_key_nothing_is_contacted(bench: Bench) -> None:
    bench.device = Device(
        bench.device.name, bench.device.platform, bench.device.role, paths=bench.device.paths, host_key=None
    )
    with pytest.raises(OpenFailed) as caught:
        bench.open()
    assert caught.value.cause is OpenCause.HOST_KEY_UNKNOWN


def test_without_a_login_nothing_is_contacted(bench: Bench) -> None:
    with pytest.raises(OpenFailed) as caught:
        bench.driver.open(bench.device, profile(), [], time.monotonic() + 5)
    assert caught.value.cause is OpenCause.SECRET_MISSING


def test_a_volley_goes_to_every_worker_at_once_and_is_collected_as_any_block(sharded: ShardedDriver) -> None:
    known = profile()
    fired = replace(known, session=replace(known.session, at_once=AtOnceSpec(500, re.compile("^interface "))))
    switches = [Switch.with_ports(f"acc-{number}", ["p1"]) for number in range(3)]
    with SshDevice(switches[0]) as one, SshDevice(switches[1]) as two, SshDevice(switches[2]) as three:
        sessions = [
            sharded.open(replace(ssh.device(), name=switch.name), fired, [LOGIN], time.monotonic() + 10)
            for ssh, switch in zip((one, two, three), switches, strict=True)
        ]
        sessions[1].close()
        block = cut("p1")
        outcomes = sharded.fire([(session, block) for session in sessions])
        assert outcomes == (Outcome.SENT, Outcome.NOT_SENT, Outcome.SENT)
        for session in (sessions[0], sessions[2]):
            answers = session.collect(time.monotonic() + 10)
            assert [answer.command for answer in answers] == list(block.commands)
            assert all(answer.complete for answer in answers)
            session.close()
    assert [switch.ports["p1"].admin for switch in switches] == ["down", "up", "down"]
