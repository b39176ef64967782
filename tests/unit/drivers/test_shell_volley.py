"""A block as one line of a real shell behind a real sshd: sent in one write, answered command by command;
where the line is no command there, nothing of it counts and the device is not fired at again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import AtOnceSpec, SessionSpec
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.points.at_once import size_of
from controller.engine.ports import Block, Command, Login, Purpose
from tests.fakes import sshd as real
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.sshd import Sshd
from tests.fakes.switch import Switch, profile

AT_ONCE = AtOnceSpec(3500, shell_line=True)
pytestmark = pytest.mark.lab
"""With a real sshd: not to be skipped in CI."""

LINUX = DeviceProfile(platform="linux", session=SessionSpec(netmiko="linux", at_once=AT_ONCE), points={})


def read(text: str) -> Command:
    return Command(text, Purpose.READ, ahead=True)


def change(text: str, group: int) -> Command:
    return Command(text, Purpose.CHANGE, group)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetmikoSession]:
    if real.missing():
        pytest.skip(f"a real sshd {real.missing()}")
    server = Sshd(tmp_path_factory.mktemp("shell"))
    server.start()
    try:
        opened = NetmikoDriver().open(
            server.device(), LINUX, [Login(real.USER, real.PASSWORD)], time.monotonic() + 15
        )
        yield opened
        opened.close()
    finally:
        server.stop()


def fired(session: NetmikoSession, block: Block) -> dict[str, tuple[str, bool]]:
    assert NetmikoDriver().fire([(session, block)]) == (Outcome.SENT,)
    answers = session.collect(time.monotonic() + 10)
    assert [answer.command for answer in answers] == list(block.commands)
    return {answer.command.text: (answer.text, answer.sent) for answer in answers}


def test_every_command_is_answered_and_the_session_goes_on(session: NetmikoSession) -> None:
    block = Block(
        (
            read("echo '#' before '!'"),
            change("mkdir made", 1),
            change("mkdir made", 2),
            change("echo never", 2),
            read("ls -d made"),
        )
    )
    told = fired(session, block)
    assert told["echo '#' before '!'"] == ("# before !", True)
    assert "File exists" in told["mkdir made"][0]
    assert told["echo never"] == ("", False)
    assert told["ls -d made"] == ("made", True)
    assert session.write(Block((read("echo on"),))) is Outcome.SENT
    assert [answer.text for answer in session.collect(time.monotonic() + 10)] == ["on"]


def test_a_program_that_reads_the_terminal_takes_nothing_of_the_line(session: NetmikoSession) -> None:
    block = Block((read("timeout 0.1 cat < /dev/tty; echo read"), read("echo behind")))
    assert fired(session, block)["echo behind"] == ("behind", True)


def test_a_line_as_long_as_allowed_is_taken_whole(session: NetmikoSession) -> None:
    lines = [read(f"echo {number:03}{'x' * 60}") for number in range(100)]
    while size_of(Block(tuple(lines)), AT_ONCE) > AT_ONCE.bytes:
        lines.pop()
    told = fired(session, Block(tuple(lines)))
    assert [text for text, _ in told.values()] == [each.text.removeprefix("echo ") for each in lines]
    lines.append(read("echo 'one more that does not fit'" + "x" * 60))
    assert NetmikoDriver().fire([(session, Block(tuple(lines)))]) == (Outcome.NOT_SENT,)


def test_where_the_line_is_no_command_nothing_counts_and_nothing_is_fired_again() -> None:
    known = profile()
    using = replace(known, session=replace(known.session, at_once=AT_ONCE))
    with SshDevice(Switch.with_ports("acc-1", ["p1"])) as ssh:
        driver, login = NetmikoDriver(), [Login(USER, PASSWORD)]
        block = Block((change("shutdown", 1), read("show interface p1")))
        session = driver.open(ssh.device(), using, login, time.monotonic() + 10)
        assert driver.fire([(session, block)]) == (Outcome.SENT,)
        begun = time.monotonic()
        assert not any(answer.complete for answer in session.collect(begun + 30))
        assert time.monotonic() - begun < 10
        assert not session.is_open
        again = driver.open(ssh.device(), using, login, time.monotonic() + 10)
        assert driver.fire([(again, block)]) == (Outcome.NOT_SENT,)
        again.close()
