"""Every fault of the simulated switch, met by the driver: each ends in time, with the right cause or the
right answers, and leaves no thread and no descriptor."""

from __future__ import annotations

import pathlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path
from controller.domain.profile.session import Question
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Answer, Block, Command, Login, OpenCause, OpenFailed, Purpose
from controller.simulator.faults import NAMES
from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec

MODE, READ, CHANGE = Purpose.MODE, Purpose.READ, Purpose.CHANGE
PROFILE = load_profiles([pathlib.Path(__file__).parents[3] / "device_profiles"])["cisco_ios"]
USER, PASSWORD, ENABLE = "cordon", "loin-des-yeux", "sesame-ouvre-toi"
LOGIN = Login(USER, PASSWORD, enable=ENABLE)
PORT = "GigabitEthernet1/0/1"
LATE = 0.5
"""Seconds after its deadline by which everything must be over."""

OPENING, COLLECTING = 4.0, 3.0

SHOW = f"show running-config interface {PORT}"
BLOCK = Block(
    (
        Command(SHOW, READ, ahead=True),
        Command("configure terminal", MODE),
        Command(f"interface {PORT}", CHANGE, 1),
        Command("shutdown", CHANGE, 1),
        Command("end", MODE),
        Command(f"show interfaces {PORT}", READ, ahead=True),
        Command("show running-config", READ, ahead=True),
    )
)
CUT = next(index for index, command in enumerate(BLOCK.commands) if command.text == "shutdown")


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    account = {USER: Account(PASSWORD)}
    with simulate(
        [
            DeviceSpec("acc-1", users=account, enable=ENABLE, config=("vlan 110",), boot_seconds=0.2),
            DeviceSpec("old-1", users=account, enable=ENABLE, host_key="rsa"),
        ]
    ) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Iterator[Simulation]:
    _running.reset()
    threads, descriptors = _threads(), _descriptors()
    yield _running
    until = time.monotonic() + 5
    while (_threads() - threads or _descriptors() > descriptors) and time.monotonic() < until:
        time.sleep(0.02)
    assert _threads() <= threads
    assert _descriptors() <= descriptors


def _threads() -> set[threading.Thread]:
    """But the one that watches every deadline and stays."""
    return {each for each in threading.enumerate() if each.name != "deadlines"}


def _descriptors() -> int:
    return len(list(pathlib.Path("/proc/self/fd").iterdir()))


def opened(site: Simulation, name: str = "acc-1", login: Login = LOGIN, **changes: Any) -> NetmikoSession:
    """Also that it is over in time, however it ends."""
    values: dict[str, Any] = {
        "paths": (Path("127.0.0.1", site[name].port),),
        "host_key": site[name].host_key,
        "credentials": "net-admin",
    }
    device = Device(name, "cisco_ios", DeviceRole.ACCESS, **(values | changes))
    deadline = time.monotonic() + OPENING
    try:
        return NetmikoDriver().open(device, PROFILE, [login], deadline)
    finally:
        assert time.monotonic() < deadline + LATE


def answered(session: NetmikoSession, block: Block = BLOCK) -> dict[str, Answer]:
    """Also that it is over in time, and that there is an answer to each line."""
    assert session.write(block) is Outcome.SENT
    deadline = time.monotonic() + COLLECTING
    answers = session.collect(deadline)
    assert time.monotonic() < deadline + LATE
    assert [answer.command for answer in answers] == list(block.commands)
    return {answer.command.text: answer for answer in answers}


def ended(answers: Mapping[str, Answer]) -> list[tuple[bool, bool]]:
    return [(answer.sent, answer.complete) for answer in answers.values()]


# --- faults that no session survives ---------------------------------------------------------------

NO_SESSION: dict[str, tuple[str, dict[str, Any], OpenCause]] = {
    "accepts, never speaks": ("hang", {"at": "tcp"}, OpenCause.TIMEOUT),
    "never judges the log-in": ("hang", {"at": "auth"}, OpenCause.TIMEOUT),
    "gives no prompt": ("hang", {"at": "shell"}, OpenCause.NOT_READY),
    "never answers a line": ("hang", {"at": "line"}, OpenCause.NOT_READY),
    "port closed": ("refuse", {}, OpenCause.UNREACHABLE),
    "wrong password": ("wrong_password", {}, OpenCause.LOGIN_REJECTED),
    "log-in too slow": ("slow_login", {"seconds": 30}, OpenCause.TIMEOUT),
    "no line free": ("one_line_left", {"free": 0}, OpenCause.NO_LINE),
    "another host key": ("changed_host_key", {}, OpenCause.HOST_KEY_CHANGED),
    "prompts too slow": ("slow_prompt", {"seconds": 30}, OpenCause.NOT_READY),
    "answers too late": ("late", {"seconds": 30}, OpenCause.NOT_READY),
    "drops at enable": ("drop_mid_command", {"on": "^enable"}, OpenCause.NOT_READY),
    "stops reading": ("stop_reading", {}, OpenCause.NOT_READY),
    "reloads meanwhile": ("reload_by_itself", {"on": "^enable"}, OpenCause.NOT_READY),
}


@pytest.mark.parametrize(("fault", "params", "cause"), NO_SESSION.values(), ids=NO_SESSION)
def test_a_fault_that_allows_no_session(
    site: Simulation, fault: str, params: dict[str, Any], cause: OpenCause
) -> None:
    site.fault("acc-1", fault, **params)
    with pytest.raises(OpenFailed) as caught:
        opened(site)
    assert caught.value.cause is cause
    assert PASSWORD not in str(caught.value)
    assert ENABLE not in str(caught.value)
    assert "shutdown" not in site.lines("acc-1")


def test_after_a_block_of_logins_the_device_is_no_dead_one(site: Simulation) -> None:
    site.fault("acc-1", "auth_block", attempts=1)
    with pytest.raises(OpenFailed) as caught:
        opened(site, login=Login(USER, "not-this-one"))
    assert caught.value.cause is OpenCause.LOGIN_REJECTED
    with pytest.raises(OpenFailed) as caught:
        opened(site)
    assert caught.value.cause is OpenCause.NO_LINE


def test_old_algorithms_are_named_and_allowed_by_the_mark(site: Simulation) -> None:
    with pytest.raises(OpenFailed) as caught:
        opened(site, "old-1")
    assert caught.value.cause is OpenCause.ALGORITHMS
    session = opened(site, "old-1", legacy_ssh=True)
    assert all(answer.complete for answer in answered(session).values())
    session.close()


def test_a_careful_device_is_prepared_by_netmiko_and_all_others_leaner(site: Simulation) -> None:
    lean = opened(site)
    sent = site.lines("acc-1")
    careful = opened(site, careful=True)
    assert [line for line in sent if line] == ["terminal width 511", "terminal length 0", "enable"]
    assert sent == ["", "", *(line for line in sent if line), "", ""]
    stock = site.lines("acc-1")[len(sent) :]
    assert [line for line in stock if line] == [line for line in sent if line]
    assert len(stock) > len(sent), "Netmiko asks for the prompt again"
    for session in (lean, careful):
        assert all(answer.complete for answer in answered(session).values())
        session.close()


@pytest.mark.parametrize(
    ("enable", "cause"), [(None, OpenCause.SECRET_MISSING), ("not-this-one", OpenCause.NOT_READY)]
)
def test_without_the_enable_secret_there_is_no_session(
    site: Simulation, enable: str | None, cause: OpenCause
) -> None:
    begun = time.monotonic()
    with pytest.raises(OpenFailed) as caught:
        opened(site, login=Login(USER, PASSWORD, enable=enable))
    assert time.monotonic() - begun < 2
    assert caught.value.cause is cause
    assert "enable" in str(caught.value.data["detail"])


# --- faults that change nothing --------------------------------------------------------------------

HARMLESS: dict[str, tuple[str, dict[str, Any]]] = {
    "messages in every echo": ("syslog_noise", {"where": "echo"}),
    "messages in every output": ("syslog_noise", {"where": "output"}),
    "messages everywhere": ("syslog_noise", {}),
    "paged all the same": ("more", {"lines": 5}),
    "what is typed ahead lost": ("overrun", {}),
    "greeted with a prompt": ("banner", {"text": "acc-1# \nSave? [yes/no]: \n --More-- "}),
    "written in Latin-1": ("latin_1", {}),
    "keys renegotiated": ("rekey", {"bytes": 1000}),
    "prompts slow": ("slow_prompt", {"seconds": 0.1}),
    "log-in slow": ("slow_login", {"seconds": 1}),
    "one line free": ("one_line_left", {}),
    "renamed at a change": ("changing_prompt", {"on": "^shutdown", "name": "somebody-else"}),
    "renamed in a read": ("changing_prompt", {"on": "^show run", "name": "x", "times": 1}),
    "late but in time": ("late", {"on": "^shutdown", "seconds": 1}),
}


@pytest.mark.parametrize(("fault", "params"), HARMLESS.values(), ids=HARMLESS)
def test_a_fault_that_spoils_no_answer(site: Simulation, fault: str, params: dict[str, Any]) -> None:
    session = opened(site)
    clean = answered(session, Block((Command(SHOW, READ),)))[SHOW].text
    session.close()
    site.fault("acc-1", fault, **params)
    session = opened(site)
    answers = answered(session)
    assert all(answer.complete for answer in answers.values())
    assert answers[SHOW].text == clean
    assert all(not answers[line].text for line in ("shutdown", "end", f"interface {PORT}"))
    assert answers[f"show interfaces {PORT}"].text.startswith(f"{PORT} is administratively down")
    assert "vlan 110\n!" in answers["show running-config"].text
    assert "%LINK" not in answers["show running-config"].text
    assert site.interface("acc-1", PORT)["admin"] == "down"
    session.close()


# --- faults in the middle of a block ---------------------------------------------------------------

STRUCK: dict[str, tuple[str, dict[str, Any], str]] = {
    "hangs before": ("hang", {"on": "^shutdown"}, "up"),
    "hangs after": ("hang", {"on": "^shutdown", "applied": True}, "down"),
    "drops before": ("drop_mid_command", {"on": "^shutdown"}, "up"),
    "drops after": ("drop_after_change", {"on": "^shutdown"}, "down"),
    "too late": ("late", {"on": "^shutdown", "seconds": 30}, "down"),
    "stops reading": ("stop_reading", {"on": "^shutdown"}, "down"),
    "prompt too slow": ("slow_prompt", {"seconds": 30}, ""),
}


@pytest.mark.parametrize(("fault", "params", "admin"), STRUCK.values(), ids=STRUCK)
def test_a_fault_in_a_block_tells_how_far_it_got(
    site: Simulation, fault: str, params: dict[str, Any], admin: str
) -> None:
    session = opened(site)
    site.fault("acc-1", fault, **params)
    answers = answered(session)
    struck = CUT if admin else 0
    whole, lost = [(True, True)], [(False, False)]
    assert ended(answers) == whole * struck + [(True, False)] + lost * (len(answers) - struck - 1)
    assert site.interface("acc-1", PORT)["admin"] == (admin or "up")
    assert not session.is_open
    assert session.write(BLOCK) is Outcome.NOT_SENT


def test_a_reload_in_the_middle_ends_the_session(site: Simulation) -> None:
    session = opened(site)
    site.fault("acc-1", "reload_by_itself", on="^end")
    answers = answered(session)
    assert answers["shutdown"].complete
    assert not answers["show running-config"].complete
    assert not session.is_open


def test_a_refusal_is_an_answer(site: Simulation) -> None:
    session = opened(site)
    site.fault("acc-1", "reject", on="^shutdown")
    answers = answered(session)
    assert all(answer.complete for answer in answers.values())
    assert PROFILE.error_in(answers["shutdown"].text) == "Command authorization failed."
    assert site.interface("acc-1", PORT)["admin"] == "up"
    session.close()


@pytest.mark.parametrize("fault", ["ignore", "revert_by_itself"])
def test_what_was_not_done_or_undone_shows_in_the_read_back_only(site: Simulation, fault: str) -> None:
    session = opened(site)
    site.fault("acc-1", fault, on="^shutdown")
    answers = answered(session)
    assert all(answer.complete for answer in answers.values())
    assert PROFILE.error_in(answers["shutdown"].text) is None
    assert answers[f"show interfaces {PORT}"].text.startswith(f"{PORT} is up")
    session.close()


# --- questions ---------------------------------------------------------------------------------------

COPY = "copy running-config startup-config"
FILE_NAME = Question(re.compile(r"Destination filename \[startup-config\]\? *$"), "")


def asking(*questions: Question) -> Block:
    return Block((Command(COPY, CHANGE, 1, questions), Command("show startup-config", READ)))


def test_a_question_foreseen_is_answered_and_no_other_line_waits_for_it(site: Simulation) -> None:
    site.configure("acc-1", "vlan 111")
    session = opened(site)
    answers = answered(session, asking(Question(re.compile("never asked"), "yes"), FILE_NAME))
    session.close()
    assert answers[COPY].complete
    assert "Destination filename [startup-config]?" in answers[COPY].text
    assert answers[COPY].text.endswith("[OK]")
    assert "vlan 111" in answers["show startup-config"].text
    assert site.startup("acc-1") == site.running("acc-1")


def test_a_question_nobody_foresaw_is_not_answered(site: Simulation) -> None:
    before = site.startup("acc-1")
    site.configure("acc-1", "vlan 111")
    session = opened(site)
    answers = answered(session, asking(Question(re.compile("never asked"), "yes")))
    assert not answers[COPY].complete
    assert not session.is_open
    assert site.startup("acc-1") == before


def test_a_device_that_keeps_asking_is_not_answered_for_ever(site: Simulation) -> None:
    site.configure("acc-1", "vlan 111")
    session = opened(site)
    never_content = Question(re.compile(r"Save\? \[yes/no\]: *$"), "perhaps")
    answers = answered(session, Block((Command("reload", CHANGE, 1, (never_content,)),)))
    assert not answers["reload"].complete
    assert not session.is_open
    assert site.lines("acc-1").count("perhaps") <= 4


def test_what_there_is_no_room_for_is_said_and_not_saved(site: Simulation) -> None:
    before = site.startup("acc-1")
    site.configure("acc-1", "vlan 111")
    site.fault("acc-1", "nvram_full")
    session = opened(site)
    answers = answered(session, Block((Command("write memory", CHANGE, 1),)))
    session.close()
    assert PROFILE.error_in(answers["write memory"].text)
    assert site.startup("acc-1") == before


def test_no_fault_of_the_simulator_is_left_out() -> None:
    tried = {each[0] for each in (*NO_SESSION.values(), *HARMLESS.values(), *STRUCK.values())}
    in_profiles = {"asks", "failover", "aaa_dies"}
    assert tried | in_profiles | {"auth_block", "reject", "ignore", "revert_by_itself", "nvram_full"} == NAMES
