"""A command line that is a program on the device, which asks for the password in mid-session."""

from __future__ import annotations

import pathlib
import re
import time
from collections.abc import Iterator

import asyncssh
import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path
from controller.domain.profile.session import ClientSpec, SessionSpec
from controller.drivers.channel import ClientRefused, NoPassword
from controller.drivers.dialogue import Dialogue
from controller.drivers.guard import DeadlinePassed
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Block, Command, Login, OpenCause, OpenFailed, Purpose
from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec

PROFILE = load_profiles([pathlib.Path(__file__).parents[3] / "device_profiles"])["stormshield_sns"]
USER, PASSWORD = "cordon", "loin-des-yeux"
CLIENT = ClientSpec("cli", re.compile("^Enter password: *$"), re.compile("^SRPClient> *$"), "QUIT")


@pytest.fixture(scope="module")
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(scope="module")
def _running(key: asyncssh.SSHKey) -> Iterator[Simulation]:
    public = key.export_public_key().decode()
    users = {USER: Account(PASSWORD, key=public)}
    with simulate([DeviceSpec("fw-1", users=users, platform="stormshield_sns")]) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    _running.reset()
    return _running


def opened(site: Simulation, login: Login) -> NetmikoSession:
    there = site["fw-1"]
    device = Device(
        "fw-1",
        "stormshield_sns",
        DeviceRole.FIREWALL,
        paths=(Path("127.0.0.1", there.port),),
        host_key=there.host_key,
        credentials="net-admin",
    )
    return NetmikoDriver().open(device, PROFILE, [login], time.monotonic() + 10)


def asked(site: Simulation) -> list[str]:
    """The lines, with ``(secret)`` for an answer that is not shown."""
    log = site.log(device="fw-1")
    return [str(each["line"]) for each in log if each["event"] == "line" and each["line"]]


def test_the_log_in_goes_on_into_the_client_and_gives_the_right_to_change_back(site: Simulation) -> None:
    session = opened(site, Login(USER, PASSWORD))
    assert asked(site) == ["cli", "(secret)", "MODIFY OFF"]
    assert site.state("fw-1")["modify"] is False
    session.write(Block((Command("SYSTEM PROPERTY", Purpose.READ),)))
    (answer,) = session.collect(time.monotonic() + 10)
    assert answer.complete
    assert "CORDON-SIMULATED" in answer.text
    session.close()


def test_who_lands_in_the_client_starts_none(site: Simulation) -> None:
    site.configure("fw-1", "CONFIG SSH UPDATE CLIShell=1")
    session = opened(site, Login(USER, PASSWORD))
    assert asked(site) == ["MODIFY OFF"]
    session.close()


@pytest.mark.parametrize(
    ("password", "cause", "said"),
    [
        (None, OpenCause.SECRET_MISSING, f"password of {USER}"),
        ("not-this-one-at-all", OpenCause.NOT_READY, "command line refused"),
    ],
)
def test_a_key_opens_the_door_but_answers_no_question(
    site: Simulation, key: asyncssh.SSHKey, password: str | None, cause: OpenCause, said: str
) -> None:
    login = Login(USER, password, key=key.export_private_key().decode())
    with pytest.raises(OpenFailed) as caught:
        opened(site, login)
    assert caught.value.cause is cause
    assert said in str(caught.value.data["detail"])
    assert password is None or password not in str(caught.value.data)
    assert asked(site).count("(secret)") == (password is not None), "tried once, or not at all"


class Scripted:
    """A channel: what comes at first, and after each line what the next of ``answers`` is."""

    encoding = "utf-8"
    is_open = True

    def __init__(self, first: str, *answers: str) -> None:
        self.coming = [first]
        self.answers = list(answers)
        self.sent: list[str] = []

    @property
    def waiting(self) -> bool:
        return bool(self.coming)

    def receive(self, deadline: float) -> bytes:
        if not self.coming:
            raise DeadlinePassed
        return self.coming.pop(0).encode()

    def send(self, data: bytes) -> None:
        self.sent.append(data.decode())
        if self.answers:
            self.coming.append(self.answers.pop(0))


def entered(channel: Scripted, secret: str | None = PASSWORD) -> Dialogue:
    dialogue = Dialogue(channel, SessionSpec("generic"), "\n")  # type: ignore[arg-type] # what it needs of one
    dialogue.enter(CLIENT, secret, time.monotonic() + 5)
    return dialogue


def test_a_session_that_begins_with_the_question_is_sent_nothing_before_the_answer() -> None:
    prompt = "\r\nSRPClient> "
    channel = Scripted("Welcome\r\nEnter password:", f"\r\nUser=cordon{prompt}", prompt, prompt)
    dialogue = entered(channel)
    assert channel.sent[0] == f"{PASSWORD}\n"
    assert channel.sent.count(f"{PASSWORD}\n") == 1
    assert dialogue.prompt is not None


def test_what_looks_like_the_question_elsewhere_is_told_nothing() -> None:
    """A prompt that is none of the client's, and a line in the middle of an answer."""
    shell = "\r\nfw>"
    channel = Scripted("fw>", shell, shell, f"cli\r\nEnter password: is not for you{shell}")
    with pytest.raises(ClientRefused):
        entered(channel)
    assert PASSWORD not in "".join(channel.sent)
    with pytest.raises(NoPassword):
        entered(Scripted("Enter password:"), None)
