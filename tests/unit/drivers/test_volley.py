"""Whole blocks in one write over real SSH, many at once: what one device does to its session costs the
others nothing, and an answer that is not certainly that of its line counts for nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import AtOnceSpec
from controller.domain.proof import Outcome
from controller.drivers.gate import LONGEST
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Block, Command, Login, Purpose, Session
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.switch import Fault, FaultKind, Switch, profile

READ, CHANGE, MODE = Purpose.READ, Purpose.CHANGE, Purpose.MODE
BLOCK = Block(
    (
        Command("show interface p1", READ, ahead=True),
        Command("configure terminal", MODE),
        Command("interface p1", CHANGE, 1),
        Command("shutdown", CHANGE, 1),
        Command("end", MODE),
        Command("show interface p1", READ, ahead=True),
    )
)
SIZE = sum(len(command.text) + 1 for command in BLOCK.commands)


@pytest.fixture
def ssh() -> Iterator[SshDevice]:
    with SshDevice(Switch.with_ports("acc-1", ["p1", "p2"])) as device:
        yield device


def at_once(size: int = SIZE, **session: object) -> DeviceProfile:
    known = profile()
    spec = replace(known.session, at_once=AtOnceSpec(size, re.compile("^interface ")), **session)  # type: ignore[arg-type] # a test's own values
    return replace(known, session=spec)


def opened(ssh: SshDevice, driver: NetmikoDriver, **changes: object) -> NetmikoSession:
    using = changes.pop("using", at_once())
    assert isinstance(using, DeviceProfile)
    made = driver.open(ssh.device(**changes), using, [Login(USER, PASSWORD)], time.monotonic() + 10)
    ssh.arrived.clear()
    return made


def is_cut(ssh: SshDevice) -> bool:
    return ssh.switch.ports["p1"].admin == "down"


def test_a_block_goes_out_in_one_write_and_every_line_has_its_answer(ssh: SshDevice) -> None:
    driver = NetmikoDriver()
    session = opened(ssh, driver)
    assert driver.fire([(session, BLOCK)]) == (Outcome.SENT,)
    answers = session.collect(time.monotonic() + 10)
    assert [packet.decode().splitlines() for packet in ssh.arrived] == [
        [command.text for command in BLOCK.commands]
    ]
    assert all(answer.sent and answer.complete for answer in answers)
    assert answers[0].text.startswith("p1 is up")
    assert answers[-1].text.startswith("p1 is administratively down")
    assert session.write(BLOCK) is Outcome.SENT  # it goes on line by line
    assert session.collect(time.monotonic() + 10)[-1].text.startswith("p1 is administratively down")
    session.close()


@pytest.mark.parametrize(
    ("using", "changes"),
    [
        (at_once(SIZE - 1), {}),
        (profile(), {}),
        (at_once(), {"careful": True}),
        (at_once(echo=False), {}),
    ],
    ids=["one byte too many", "a platform that does not allow it", "a careful device", "no echo"],
)
def test_what_may_not_go_out_at_once_does_not(
    ssh: SshDevice, using: DeviceProfile, changes: dict[str, object]
) -> None:
    ssh.manners.echo = using.session.echo
    driver = NetmikoDriver()
    session = opened(ssh, driver, using=using, **changes)
    assert driver.fire([(session, BLOCK)]) == (Outcome.NOT_SENT,)
    assert ssh.arrived == []
    assert session.write(BLOCK) is Outcome.SENT
    assert session.collect(time.monotonic() + 10)[-1].complete
    session.close()


def test_a_refused_line_is_an_answer_and_what_follows_it_changes_no_other_port(ssh: SshDevice) -> None:
    ssh.switch.faults.append(Fault(FaultKind.REFUSE, "^interface p1$"))
    driver = NetmikoDriver()
    session = opened(ssh, driver)
    driver.fire([(session, BLOCK)])
    answers = session.collect(time.monotonic() + 10)
    assert "Authorization failed" in answers[2].text
    assert "Invalid input" in answers[3].text
    assert ssh.switch.configuration() == {"p1": ("up", "1"), "p2": ("up", "1")}
    session.close()


def test_what_the_line_did_not_keep_leaves_no_answer_and_ends_the_session(ssh: SshDevice) -> None:
    driver = NetmikoDriver()
    session = opened(ssh, driver)
    ssh.manners.takes = SIZE - 10
    driver.fire([(session, BLOCK)])
    answers = session.collect(time.monotonic() + 3)
    assert [(answer.sent, answer.complete) for answer in answers] == [(True, False)] * len(BLOCK.commands)
    assert not session.is_open
    ssh.manners.takes = 0
    again = opened(ssh, driver)  # the device is not fired at any more
    assert driver.fire([(again, BLOCK)]) == (Outcome.NOT_SENT,)
    again.close()


def test_a_message_among_the_answers_leaves_none_that_counts(ssh: SshDevice) -> None:
    noise = (re.compile(r"\*Mar .+: %LINK-5-CHANGED: .+"),)
    driver = NetmikoDriver()
    session = opened(ssh, driver, using=at_once(noise=noise))
    ssh.manners.noise = b"*Mar  1 00:01:02: %LINK-5-CHANGED: Interface p1, changed state to up\r\n"
    driver.fire([(session, BLOCK)])
    assert not any(answer.complete for answer in session.collect(time.monotonic() + 10))
    session.close()


def test_a_session_without_window_is_passed_over_and_the_others_are_not_held_up(ssh: SshDevice) -> None:
    with SshDevice(Switch.with_ports("acc-2", ["p1"]), window=SIZE - 1) as small:
        driver = NetmikoDriver()
        without, session = opened(small, driver), opened(ssh, driver)
        begun = time.monotonic()
        assert driver.fire([(without, BLOCK), (session, BLOCK)]) == (Outcome.NOT_SENT, Outcome.SENT)
        assert time.monotonic() - begun < LONGEST + 1
        assert session.collect(time.monotonic() + 10)[-1].complete
        assert (is_cut(small), is_cut(ssh)) == (False, True)
        assert without.write(BLOCK) is Outcome.SENT
        assert without.collect(time.monotonic() + 10)[-1].complete
        without.close()
        session.close()


def test_a_session_of_another_driver_is_sent_nothing(ssh: SshDevice) -> None:
    class Other:
        is_open = True

        def write(self, block: Block) -> Outcome:
            raise AssertionError(block)

        def collect(self, deadline: float) -> tuple[()]:
            raise AssertionError(deadline)

        def close(self) -> None: ...

    driver = NetmikoDriver()
    session, other = opened(ssh, driver), Other()
    volley: list[tuple[Session, Block]] = [(other, BLOCK), (session, BLOCK)]
    assert driver.fire(volley) == (Outcome.NOT_SENT, Outcome.SENT)
    assert session.collect(time.monotonic() + 10)[-1].complete
    session.close()


def test_a_session_that_ended_or_waits_for_its_answers_is_sent_nothing(ssh: SshDevice) -> None:
    driver = NetmikoDriver()
    session, busy = opened(ssh, driver), opened(ssh, driver)
    session.close()
    assert busy.write(BLOCK) is Outcome.SENT
    assert driver.fire([(session, BLOCK), (busy, BLOCK)]) == (Outcome.NOT_SENT, Outcome.NOT_SENT)
    assert busy.collect(time.monotonic() + 10)[-1].complete
    busy.close()
