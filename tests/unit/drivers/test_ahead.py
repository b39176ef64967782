"""Lines typed ahead over real SSH: in one write where the profile allows it, and never at the price of an
answer that is not certainly that of its line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Answer, Block, Command, Login, Purpose
from tests.fakes.ssh_device import PASSWORD, USER, Manners, SshDevice
from tests.fakes.switch import Switch, profile

READ, CHANGE, MODE = Purpose.READ, Purpose.CHANGE, Purpose.MODE
READS = ("show interface p1", "say one", "say two", "show interface p2")
MESSAGE = b"*Mar  1 00:01:02: %LINK-5-CHANGED: Interface p1, changed state to up\r\n"
BLOCK = Block(
    (
        *(Command(line, READ, ahead=True) for line in READS),
        Command("configure terminal", MODE),
        Command("interface p1", CHANGE, 1),
        Command("shutdown", CHANGE, 1),
        Command("end", MODE),
        *(Command(line, READ, ahead=True) for line in READS),
    )
)


@pytest.fixture
def ssh() -> Iterator[SshDevice]:
    with SshDevice(Switch.with_ports("acc-1", ["p1", "p2"])) as device:
        yield device


def ahead(size: int = 400) -> DeviceProfile:
    known = profile()
    noise = (re.compile(r"\*Mar .+: %LINK-5-CHANGED: .+"),)
    return replace(known, session=replace(known.session, type_ahead=size, noise=noise))


def opened(
    ssh: SshDevice, using: DeviceProfile, driver: NetmikoDriver | None = None, **changes: object
) -> NetmikoSession:
    made = (driver or NetmikoDriver()).open(
        ssh.device(**changes), using, [Login(USER, PASSWORD)], time.monotonic() + 10
    )
    ssh.arrived.clear()
    return made


def carried_out(session: NetmikoSession, patience: float = 10.0) -> tuple[Answer, ...]:
    assert session.write(BLOCK) is Outcome.SENT
    return session.collect(time.monotonic() + patience)


def written(ssh: SshDevice) -> list[list[str]]:
    return [packet.decode().splitlines() for packet in ssh.arrived]


@pytest.fixture
def one_at_a_time() -> tuple[Answer, ...]:
    with SshDevice(Switch.with_ports("acc-1", ["p1", "p2"])) as device:
        session = opened(device, ahead(0))
        answers = carried_out(session)
        session.close()
        assert max(len(lines) for lines in written(device)) == 1
        return answers


def test_what_reads_goes_out_in_one_write_and_a_change_alone(
    ssh: SshDevice, one_at_a_time: tuple[Answer, ...]
) -> None:
    session = opened(ssh, ahead())
    assert carried_out(session) == one_at_a_time
    changes = [["configure terminal"], ["interface p1"], ["shutdown"], ["end"]]
    assert written(ssh) == [list(READS), *changes, list(READS)]
    session.close()


def test_never_more_bytes_than_the_device_takes(ssh: SshDevice, one_at_a_time: tuple[Answer, ...]) -> None:
    ssh.manners.takes = 40
    session = opened(ssh, ahead(40))
    assert carried_out(session) == one_at_a_time
    assert written(ssh)[:2] == [list(READS[:3]), list(READS[3:])]
    session.close()


def test_a_careful_device_is_asked_a_line_at_a_time(ssh: SshDevice) -> None:
    session = opened(ssh, ahead(), careful=True)
    carried_out(session)
    assert max(len(lines) for lines in written(ssh)) == 1
    session.close()


def _noisy(manners: Manners) -> None:
    manners.noise = MESSAGE


def _cut_in_two(manners: Manners) -> None:
    manners.break_echo = MESSAGE


def _paging(manners: Manners) -> None:
    manners.page = 1


def _forgetful(manners: Manners) -> None:
    manners.takes = 30


def _renamed(manners: Manners) -> None:
    manners.prompt = lambda shown: shown.replace("acc-1", "other")


@pytest.mark.parametrize("unruly", [_noisy, _cut_in_two, _paging, _forgetful, _renamed])
def test_what_is_not_as_expected_is_asked_again_a_line_at_a_time(
    ssh: SshDevice, one_at_a_time: tuple[Answer, ...], unruly: Callable[[Manners], None]
) -> None:
    driver = NetmikoDriver()
    session = opened(ssh, ahead(), driver)
    unruly(ssh.manners)
    answers = carried_out(session)
    assert [replace(answer, paged=False) for answer in answers] == list(one_at_a_time)
    several = [index for index, lines in enumerate(written(ssh)) if len(lines) > 1]
    assert several == [0], "nothing is typed ahead any more"
    assert ssh.switch.ports["p1"].admin == "down"
    session.close()
    ssh.manners = Manners()
    again = opened(ssh, ahead(), driver)
    carried_out(again)
    assert max(len(lines) for lines in written(ssh)) == 1, "nor in the device's next session"
    again.close()


def test_a_hang_in_what_was_typed_ahead_ends_with_the_deadline(ssh: SshDevice) -> None:
    session = opened(ssh, ahead())
    ssh.manners.slow, ssh.manners.delay = "say two", 30.0
    began = time.monotonic()
    answers = carried_out(session, 1.0)
    assert time.monotonic() - began < 1.5
    assert not any(answer.complete for answer in answers)
    assert [answer.sent for answer in answers] == [True] * 4 + [False] * 8
    assert not session.is_open
    assert ssh.switch.ports["p1"].admin == "up"
