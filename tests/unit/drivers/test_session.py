"""Sessions over real SSH with a device that talks badly, late, or not at all."""

from __future__ import annotations

import contextlib
import itertools
import logging
import pathlib
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import pytest
from paramiko.transport import ChannelMap

from controller.catalog.profiles import load_profiles
from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers.guard import connect
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Answer, Block, Command, Login, OpenCause, OpenFailed, Purpose
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.switch import Switch, profile

LOGIN = Login(USER, PASSWORD)
READ, CHANGE, MODE = Purpose.READ, Purpose.CHANGE, Purpose.MODE


@pytest.fixture
def ssh() -> Iterator[SshDevice]:
    with SshDevice(Switch.with_ports("acc-1", ["p1", "p2"])) as device:
        yield device


def opened(
    ssh: SshDevice, patience: float = 10.0, using: DeviceProfile | None = None, **changes: object
) -> NetmikoSession:
    return NetmikoDriver().open(
        ssh.device(**changes), using or profile(), [LOGIN], time.monotonic() + patience
    )


def ask(session: NetmikoSession, *lines: str, patience: float = 10.0) -> tuple[Answer, ...]:
    assert session.write(Block(tuple(Command(line, READ) for line in lines))) is Outcome.SENT
    return session.collect(time.monotonic() + patience)


def failure(ssh: SshDevice, patience: float = 10.0, using: DeviceProfile | None = None) -> OpenFailed:
    with pytest.raises(OpenFailed) as caught:
        opened(ssh, patience, using)
    return caught.value


# --- how devices talk ------------------------------------------------------------------------------


def test_a_banner_full_of_prompts_is_not_taken_for_one(ssh: SshDevice) -> None:
    ssh.manners.banner = b"\r\n## acc-1> Authorised only #\r\nacc-1#\r\n### rm -rf $HOME >\r\n#"
    with_banner = opened(ssh)
    assert ask(with_banner, "say a # b >", "show interface p1")[1].text.startswith("p1 is up")
    with_banner.close()


def test_a_banner_that_comes_in_pieces_each_ending_like_a_prompt(ssh: SshDevice) -> None:
    ssh.manners.banner = b"".join(b"## %d >\r\n### #\r\n" % number for number in range(5))
    ssh.manners.banner_pause = 0.15
    session = opened(ssh, using=profile("linux"))
    assert ask(session, "configure terminal", "interface p1", "say done")[2].text == "done"
    session.close()


def test_the_prompt_may_change_with_every_mode(ssh: SshDevice) -> None:
    session = opened(ssh)
    answers = ask(session, "configure terminal", "interface p1", "shutdown", "end", "show interface p1")
    assert [answer.complete for answer in answers] == [True] * 5
    assert answers[-1].text.startswith("p1 is administratively down")
    session.close()


def test_system_messages_before_an_answer_and_after_a_prompt_disturb_nothing(ssh: SshDevice) -> None:
    session = opened(ssh)
    message = (
        b"\r\n*Mar  1 00:01:02: %LINK-5-CHANGED: Interface p1, changed state to administratively down\r\n"
    )
    ssh.manners.noise = message
    ssh.manners.afterthought = message
    answers = ask(session, *["say one", "show interface p1"] * 10)
    assert all(answer.complete for answer in answers)
    assert all("one" in answer.text.splitlines() for answer in answers[::2])
    assert all("p1 is up, line protocol is up" in answer.text.splitlines() for answer in answers[1::2])
    assert all("say one" not in answer.text for answer in answers)
    session.close()


def test_a_message_in_the_middle_of_an_echo(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.break_echo = b"*Mar  1 00:01:02: %SYS-5-CONFIG_I: Configured from console\r\n"
    answers = ask(session, "show interface p1", "say two", patience=3)
    assert [answer.text.splitlines()[0] for answer in answers] == ["p1 is up, line protocol is up", "two"]
    session.close()


@pytest.mark.parametrize(
    ("page_break", "erase"),
    [
        (b" --More-- ", b"\b" * 10 + b" " * 10 + b"\b" * 10),
        (b"--More--", b"\r        \r"),
        (b"---- More ----", b"\x1b[16D                \x1b[16D\r"),
        (b"-- MORE --, next page: Space, next line: Enter, quit: Control-C", b"\r\x1b[2K"),
        (b"---(more 42%)---", b"\r\x1b[K"),
    ],
)
def test_paging_that_was_never_turned_off_is_answered(
    ssh: SshDevice, page_break: bytes, erase: bytes
) -> None:
    session = opened(ssh)
    ssh.manners.page, ssh.manners.page_break, ssh.manners.erase = 10, page_break, erase
    answers = ask(session, "show lines 35", "say done", patience=5)
    assert answers[0].text.splitlines() == [f"line {number}" for number in range(35)]
    assert answers[1].text == "done"
    session.close()


def test_ten_thousand_lines_arrive_whole(ssh: SshDevice) -> None:
    session = opened(ssh)
    begun = time.monotonic()
    answer = ask(session, "show lines 10000")[0]
    assert answer.complete
    assert answer.text == "\n".join(f"line {number}" for number in range(10000))
    assert time.monotonic() - begun < 5
    session.close()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_accents_survive_in_the_old_encoding_too(ssh: SshDevice, encoding: str) -> None:
    ssh.manners.encoding = encoding
    session = opened(ssh)
    assert ask(session, "say réanimation néonatale")[0].text == "réanimation néonatale"
    session.close()


def test_output_that_looks_like_an_echo_or_nearly_like_a_prompt(ssh: SshDevice) -> None:
    session = opened(ssh)
    answers = ask(session, "say say x", "say acc-1 is # not a prompt >", "say x")
    assert [answer.text for answer in answers] == ["say x", "acc-1 is # not a prompt >", "x"]
    session.close()


def test_a_secret_the_device_prints_is_not_handed_on(ssh: SshDevice) -> None:
    session = opened(ssh)
    answer = ask(session, f"say username {USER} password 0 {PASSWORD}")[0]
    assert PASSWORD not in answer.text
    assert answer.text == f"username {USER} password 0 [redacted]"
    assert PASSWORD not in repr(vars(session)) + repr(LOGIN)
    session.close()


# --- late and never --------------------------------------------------------------------------------


def test_an_answer_as_late_as_the_deadline_allows_is_waited_for(ssh: SshDevice) -> None:
    ssh.manners.slow, ssh.manners.delay = "^say", 1.0
    session = opened(ssh)
    assert ask(session, "say late", patience=3)[0].text == "late"
    session.close()


def test_a_device_slow_at_everything_is_still_opened(ssh: SshDevice) -> None:
    ssh.manners.slow, ssh.manners.delay = "", 0.0
    ssh.manners.slow, ssh.manners.delay = ".*", 0.4
    session = opened(ssh, 20)
    assert ask(session, "say one", "say two")[1].text == "two"
    session.close()


def test_a_line_that_hangs_leaves_half_the_time_for_another_session(ssh: SshDevice) -> None:
    ssh.manners.slow, ssh.manners.delay = "^say", 60.0
    session = opened(ssh)
    begun = time.monotonic()
    assert not ask(session, "say late", patience=4)[0].complete
    assert time.monotonic() - begun < 3
    assert not session.is_open


def test_a_device_slow_at_every_line_has_the_whole_time(ssh: SshDevice) -> None:
    ssh.manners.slow, ssh.manners.delay = "^say", 0.5
    session = opened(ssh)
    answers = ask(session, *(f"say {number}" for number in range(5)), patience=4)
    assert [answer.text for answer in answers] == ["0", "1", "2", "3", "4"]
    session.close()


def test_what_comes_too_late_is_never_taken_for_the_next_answer(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.slow, ssh.manners.delay = "^say", 0.6
    answers = ask(session, "say late", "say other", patience=0.3)
    assert [(answer.sent, answer.complete, answer.text) for answer in answers] == [
        (True, False, ""),
        (False, False, ""),
    ]
    assert session.write(Block((Command("say other", READ),))) is Outcome.NOT_SENT


def test_a_device_that_never_gives_a_prompt_is_not_ready_at_the_deadline(ssh: SshDevice) -> None:
    ssh.manners.no_prompt = True
    begun = time.monotonic()
    failed = failure(ssh, 1.0)
    assert time.monotonic() - begun < 1.3
    assert failed.cause is OpenCause.NOT_READY


def test_a_device_that_never_judges_the_login(ssh: SshDevice) -> None:
    ssh.manners.silent_login = True
    begun = time.monotonic()
    failed = failure(ssh, 1.0)
    assert time.monotonic() - begun < 1.3
    assert failed.cause is OpenCause.TIMEOUT
    assert USER in str(failed.data["detail"])


def test_the_clock_on_the_wall_moves_no_deadline(ssh: SshDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    readings = itertools.count()
    monkeypatch.setattr(time, "time", lambda: real() + 3600 * (-1) ** next(readings))
    session = opened(ssh)
    assert ask(session, "say one")[0].text == "one"
    session.close()


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-hangs\r\n"])
def test_a_device_that_accepts_the_connection_and_hangs(ssh: SshDevice, greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        threading.Thread(target=_greet, args=(server, greeting), daemon=True).start()
        with pytest.raises(OpenFailed) as caught:
            opened(ssh, 1.0, paths=(Path("127.0.0.1", server.getsockname()[1]),))
        assert time.monotonic() - begun < 1.3
        assert caught.value.cause is OpenCause.TIMEOUT


def _greet(server: socket.socket, greeting: bytes | None) -> None:
    try:
        connection, _ = server.accept()
    except OSError:
        return  # closed: nobody came
    with connection:
        if greeting is None:
            return
        connection.sendall(greeting)
        while connection.recv(4096):
            pass


def test_a_device_that_hangs_up_at_once_has_no_line_left(ssh: SshDevice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server, None), daemon=True).start()
        with pytest.raises(OpenFailed) as caught:
            opened(ssh, 5.0, paths=(Path("127.0.0.1", server.getsockname()[1]),))
    assert caught.value.cause is OpenCause.NO_LINE


def test_a_device_that_stops_reading_does_not_hold_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    with SshDevice(Switch.with_ports("acc-2", ["p1"]), window=1024) as ssh:
        session = opened(ssh)
        ssh.manners.stops_reading = True
        assert ask(session, "say last")[0].complete
        monkeypatch.setattr("controller.drivers.session.WRITE_PATIENCE", 0.5)
        begun = time.monotonic()
        assert session.write(Block((Command("say " + "x" * 500_000, READ),))) is Outcome.SENT
        assert time.monotonic() - begun < 0.8
        assert not session.is_open
        answers = session.collect(time.monotonic() + 5)
        assert time.monotonic() - begun < 1
        assert [(answer.sent, answer.complete) for answer in answers] == [(True, False)]


def test_closing_from_another_thread_wakes_a_blocked_read(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.slow, ssh.manners.delay = "^say", 60
    threading.Timer(0.3, session.close).start()
    begun = time.monotonic()
    answers = ask(session, "say late", "say other", patience=30)
    assert time.monotonic() - begun < 0.8
    assert [(answer.sent, answer.complete) for answer in answers] == [(True, False), (False, False)]


def test_close_does_not_wait_for_a_hung_device(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.slow, ssh.manners.delay = ".*", 60
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < 0.1


def test_a_dropped_connection_is_noticed_while_idle(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.drop_all()
    until = time.monotonic() + 3
    while session.is_open and time.monotonic() < until:
        time.sleep(0.01)
    assert not session.is_open
    assert session.write(Block((Command("say one", READ),))) is Outcome.NOT_SENT


def test_a_device_that_hangs_up_while_the_shell_is_asked_for(
    ssh: SshDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just when the channel can be found, before anything else of it is there."""
    others, put = threading.enumerate(), ChannelMap.put

    def hung_up(channels: ChannelMap, number: int, channel: object) -> None:
        put(channels, number, channel)
        ssh.drop_all()
        until = time.monotonic() + 5
        while any(each.is_alive() and getattr(each, "active", False) for each in _transports(others)):
            assert time.monotonic() < until
            time.sleep(0.01)

    monkeypatch.setattr(ChannelMap, "put", hung_up)
    assert failure(ssh).cause is OpenCause.NOT_READY


# --- messages nobody asked for ---------------------------------------------------------------------

LINK = b"*Mar  1 00:01:02.345: %LINK-5-CHANGED: Interface p9, changed state to administratively down"
CONFIG = b"Nov 21 22:00:00: %SYS-5-CONFIG_I: Configured from console by cordon on vty0 (10.0.0.1)"
SHOWN = "p1 is up, line protocol is up\n  access vlan 1"


def noisy(**session: object) -> DeviceProfile:
    plain = profile()
    noise = load_profiles([pathlib.Path(__file__).parents[3] / "device_profiles"])["cisco_ios"].session.noise
    return replace(plain, session=replace(plain.session, **({"noise": noise} | session)))  # type: ignore[arg-type] # a test's own values


def _in_echoes(message: bytes) -> Callable[[bytes], bytes]:
    def spoil(data: bytes) -> bytes:
        if data[:4] not in (b"show", b"term", b"enab"):
            return data
        return data[:6] + b"\r\n" + message + b"\r\n" + data[6:]

    return spoil


def _behind_prompts(glue: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data + glue + LINK + b"\r\n" + CONFIG + b"\r\n" if data[-1:] in b"#>" else data


SPOILT = {
    "in every echo": _in_echoes(LINK),
    "several in every echo": _in_echoes(LINK + b"\r\n" + CONFIG),
    "behind every prompt, on lines of their own": _behind_prompts(b"\r\n"),
    "right behind every prompt": _behind_prompts(b""),
    "before every line": lambda data: LINK + b"\r\n" + data if data[-1:] == b"\n" else data,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("enable", [False, True])
def test_messages_fail_no_opening_and_spoil_no_answer(
    ssh: SshDevice, spoil: Callable[[bytes], bytes], enable: bool
) -> None:
    ssh.manners.spoil = spoil
    ssh.manners.enable_secret = "sesame-ouvre-toi" if enable else ""
    login = Login(USER, PASSWORD, enable="sesame-ouvre-toi")
    begun = time.monotonic()
    session = NetmikoDriver().open(ssh.device(), noisy(enable=enable), [login], begun + 10)
    answers = ask(session, "show interface p1", "configure terminal", "end", "show interface p1")
    assert time.monotonic() - begun < 3
    assert [(answer.complete, answer.text) for answer in answers] == [
        (True, SHOWN),
        (True, ""),
        (True, ""),
        (True, SHOWN),
    ]
    session.close()


@pytest.mark.parametrize(
    "message", [b"\r\n" + LINK + b"\r\n", LINK + b"\r\n", b"\r\n" + LINK + b"\r\n" + CONFIG + b"\r\n"]
)
def test_a_read_that_a_message_cut_in_two_is_asked_again(ssh: SshDevice, message: bytes) -> None:
    session = opened(ssh, using=noisy())
    left = iter([message])
    ssh.manners.spoil = lambda data: (
        data.replace(b"proto", b"pro" + next(left, b"") + b"to") if b"proto" in data else data
    )
    ssh.switch.received.clear()
    assert ask(session, "show interface p1", "show interface p2")[0].text == SHOWN
    assert ssh.switch.received == ["show interface p1", "show interface p1", "show interface p2"]
    session.close()


def test_a_change_is_never_sent_again_whatever_the_messages(ssh: SshDevice) -> None:
    session = opened(ssh, using=noisy())
    ssh.manners.spoil = lambda data: data.replace(b"one", b"o\r\n" + LINK + b"\r\nne")
    ssh.switch.received.clear()
    assert session.write(Block((Command("say one", CHANGE), Command("say one", MODE)))) is Outcome.SENT
    assert all(answer.complete for answer in session.collect(time.monotonic() + 5))
    assert ssh.switch.received == ["say one", "say one"]
    session.close()


def test_a_line_that_only_looks_like_a_message_is_not_lost(ssh: SshDevice) -> None:
    session = opened(ssh, using=noisy())
    line = f"remark {CONFIG.decode()}"
    assert ask(session, f"say {line}")[0].text == line
    assert ask(session, "say load 10% of 100%: %SYS-5")[0].text == "load 10% of 100%: %SYS-5"
    session.close()


def test_in_lasting_doubt_the_answer_is_what_is_left_without_messages(ssh: SshDevice) -> None:
    session = opened(ssh, using=noisy())
    count = itertools.count()

    def spoil(data: bytes) -> bytes:
        return data.replace(b"proto", b"pro" + LINK.replace(b"345", b"%03d" % next(count)) + b"\r\nto")

    ssh.manners.spoil = spoil
    assert ask(session, "show interface p1")[0].text == SHOWN
    session.close()


@pytest.mark.parametrize("behind", [b"\r\nBroadcast: 5 minutes left\r\n", b"Broadcast: 5 minutes left\r\n"])
def test_text_of_no_known_kind_behind_a_prompt_costs_time_and_nothing_else(
    ssh: SshDevice, behind: bytes
) -> None:
    left = iter([behind])
    ssh.manners.spoil = lambda data: data + (next(left, b"") if data.endswith(b"#") else b"")
    session = opened(ssh)
    left = iter([behind])
    assert ask(session, "say one", "say two")[1].text == "two"
    session.close()


@pytest.mark.parametrize("netmiko", ["cisco_ios", "linux", "cisco_wlc", "fortinet"])
def test_a_device_that_never_stops_talking_is_opened_or_given_up_in_time(
    ssh: SshDevice, netmiko: str
) -> None:
    ssh.manners.chatter = b"blah blah\r\n"
    begun = time.monotonic()
    with contextlib.suppress(OpenFailed):
        opened(ssh, 2.1, profile(netmiko)).close()
    assert time.monotonic() - begun < 2.1 + 0.3


def test_a_device_that_logs_without_end(ssh: SshDevice) -> None:
    ssh.manners.chatter = LINK + b"\r\n"
    session = opened(ssh, 5, using=noisy())
    assert [answer.text for answer in ask(session, *["say one", "show interface p1"] * 5)] == [
        "one",
        SHOWN,
    ] * 5
    session.close()


# --- other prompts, other echoes -------------------------------------------------------------------


def test_a_prompt_that_counts(ssh: SshDevice) -> None:
    count = itertools.count(98)
    ssh.manners.prompt = lambda prompt: f"12:00:{next(count)} {prompt}"
    session = opened(ssh)
    answers = ask(session, "configure terminal", "interface p1", "shutdown", "end", "show interface p1")
    assert all(answer.complete for answer in answers)
    assert answers[-1].text.startswith("p1 is administratively down")
    session.close()


def test_a_prompt_that_is_another_each_time_is_none(ssh: SshDevice) -> None:
    names = itertools.cycle(["ape#", "bee#", "cat#", "dog#"])
    ssh.manners.prompt = lambda _: next(names)
    assert failure(ssh, 1.0).cause is OpenCause.NOT_READY


def test_a_device_renamed_in_the_middle_of_a_block(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.prompt = lambda prompt: prompt.replace("acc-1", "renamed-by-somebody")
    begun = time.monotonic()
    answers = ask(session, "show interface p1", "configure terminal", "interface p1", "end", "say done")
    assert time.monotonic() - begun < 3  # one moment of silence, not one for each line
    assert [answer.text for answer in answers] == [SHOWN, "", "", "", "done"]
    session.close()


def test_a_device_renamed_whose_prompt_has_a_line_of_its_own_before_it(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.prompt = lambda prompt: "\r\n[edit]\r\n" + prompt.replace("acc-1", "renamed-by-somebody")
    answers = ask(session, "say one", "say two")
    assert [answer.text for answer in answers] == ["one\n\n[edit]", "two\n\n[edit]"]
    assert all(answer.complete for answer in answers)
    session.close()


def test_a_question_is_never_answered_with_an_empty_line(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.prompt = lambda _: "Proceed with reload? [confirm]"
    ssh.switch.received.clear()
    answer = ask(session, "say one", patience=2.5)[0]
    assert not answer.complete
    assert ssh.switch.received == ["say one"]


def test_a_pause_after_something_like_a_prompt_is_no_end(ssh: SshDevice) -> None:
    session = opened(ssh)
    ssh.manners.page, ssh.manners.page_break, ssh.manners.erase = 1, b"counting#", b" on\r\n"
    ssh.manners.slow = ""
    answers = ask(session, "show lines 3", "say done", patience=8)
    assert answers[0].text.splitlines() == ["line 0", "counting# on", "line 1", "counting# on", "line 2"]
    assert answers[1].text == "done"
    session.close()


def silent(ssh: SshDevice) -> NetmikoSession:
    ssh.manners.echo = False
    return opened(ssh, using=noisy(echo=False))


def test_a_device_that_does_not_echo(ssh: SshDevice) -> None:
    session = silent(ssh)
    answers = ask(session, "say one", "configure terminal", "interface p1", "end", "show interface p1")
    assert [answer.text for answer in answers] == ["one", "", "", "", SHOWN]
    assert all(answer.complete for answer in answers)
    assert ask(session, "say two")[0].text == "two"
    session.close()


@pytest.mark.parametrize("surplus", [b"acc-1#\r\n", b"acc-1#\r\nacc-1#"])
def test_a_prompt_too_many_without_echo_makes_every_answer_unknown(ssh: SshDevice, surplus: bytes) -> None:
    session = silent(ssh)
    left = iter([surplus])
    ssh.manners.spoil = lambda data: (next(left, b"") if data.startswith(b"one") else b"") + data
    answers = ask(session, "say one", "show interface p1", "say three")
    assert not any(answer.complete for answer in answers)
    assert not session.is_open


# --- preparation -----------------------------------------------------------------------------------


def enabling() -> DeviceProfile:
    plain = profile()
    return replace(plain, session=replace(plain.session, enable=True, prepare=("terminal no monitor",)))


def test_enable_and_the_profiles_own_lines(ssh: SshDevice) -> None:
    ssh.manners.enable_secret = "sesame-ouvre-toi"
    session = NetmikoDriver().open(
        ssh.device(), enabling(), [Login(USER, PASSWORD, enable="sesame-ouvre-toi")], time.monotonic() + 10
    )
    assert "terminal no monitor" in ssh.switch.received
    assert ask(session, "show interface p1")[0].text.startswith("p1 is up")
    session.close()


def test_a_wrong_enable_secret_is_told_at_once(ssh: SshDevice) -> None:
    ssh.manners.enable_secret = "sesame-ouvre-toi"
    begun = time.monotonic()
    with pytest.raises(OpenFailed) as caught:
        NetmikoDriver().open(
            ssh.device(), enabling(), [Login(USER, PASSWORD, enable="wrong-secret")], time.monotonic() + 20
        )
    assert time.monotonic() - begun < 5
    assert caught.value.cause is OpenCause.NOT_READY
    assert "enable" in str(caught.value.data["detail"])
    assert "wrong-secret" not in str(caught.value)


# --- nothing left behind ---------------------------------------------------------------------------


def _descriptors() -> int:
    return len(list(pathlib.Path("/proc/self/fd").iterdir()))


def _settles(count: int, others: Collection[threading.Thread]) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if _descriptors() <= count and not _transports(others):
            return True
        time.sleep(0.02)
    return False


def _transports(others: Collection[threading.Thread]) -> list[threading.Thread]:
    """``others``: threads that were there before, of tests that ran in this process."""
    ours = ("ssh-device", "asyncio", "hangs")
    return [
        thread
        for thread in threading.enumerate()
        if thread not in others and not thread.name.startswith(ours)
    ]


def test_fifty_failed_openings_leave_no_thread_and_no_descriptor(ssh: SshDevice) -> None:
    others = threading.enumerate()
    ssh.manners.no_prompt = True
    failure(ssh, 0.5)
    assert _settles(10**6, others)
    before = _descriptors()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as silent,
        socket.create_server(("127.0.0.1", 0), backlog=64) as greeting,
    ):
        hangs = Path("127.0.0.1", silent.getsockname()[1])
        greets = Path("127.0.0.1", greeting.getsockname()[1])
        for _ in range(50):
            threading.Thread(
                target=_greet, args=(greeting, b"SSH-2.0-hangs\r\n"), daemon=True, name="hangs"
            ).start()
        closed = Path("127.0.0.1", 9)
        wrong = Login(USER, "wrong")
        for number in range(50):
            paths = [(hangs,), (greets,), (closed,), ssh.device().paths][number % 4]
            with pytest.raises(OpenFailed):
                NetmikoDriver().open(
                    ssh.device(paths=paths),
                    profile(),
                    [wrong if number % 2 else LOGIN],
                    time.monotonic() + 0.2,
                )
        greeting.shutdown(socket.SHUT_RDWR)
    assert _settles(before, others), (_descriptors(), before, _transports(others))


def test_sessions_closed_leave_no_thread_and_no_descriptor(ssh: SshDevice) -> None:
    others = threading.enumerate()
    opened(ssh).close()
    assert _settles(10**6, others)
    before, filters = _descriptors(), list(logging.getLogger("netmiko").filters)
    for _ in range(5):
        opened(ssh).close()
    assert _settles(before, others)
    assert logging.getLogger("netmiko").filters == filters


def test_lines_are_not_held_back_to_fill_a_packet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sock = connect(Path("127.0.0.1", server.getsockname()[1]), time.monotonic() + 1)
        raw = sock._raw  # noqa: SLF001 - no face shows it
        assert isinstance(raw, socket.socket)
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        sock.close()


# --- how fast --------------------------------------------------------------------------------------


def test_two_hundred_lines_to_a_device_that_answers_at_once(ssh: SshDevice) -> None:
    session = opened(ssh)
    begun = time.monotonic()
    answers = ask(session, *["show interface p1"] * 200)
    assert all(answer.complete for answer in answers)
    # A tenth of it where the machine is free; Nagle alone would make it 8 s.
    assert time.monotonic() - begun < 2
    session.close()
