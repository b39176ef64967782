"""Ordered ways to a device: straight, by a jump host, by a console server, by Telnet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as File

import pytest

from controller.domain.path import Credential, Path, PathKind, SecretRef, SecretSource, Waypoint
from controller.domain.proof import Outcome
from controller.drivers.host_keys import fetch_host_key
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.drivers.telnet import Negotiation
from controller.drivers.waypoints import AT_ONCE, Door, Waypoints
from controller.engine.ports import Block, Command, Login, OpenCause, OpenFailed, Purpose
from controller.vault.secrets import SecretResolver
from tests.fakes import sshd as real
from tests.fakes.line import DO, ECHO, GO_AHEAD_OFF, SIZE, TYPE, WONT, ConsoleServer, TelnetDevice, Terminal
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.sshd import Sshd
from tests.fakes.switch import Switch, profile

LOGIN = Login(USER, PASSWORD)
CLOSED = Path("127.0.0.1", 9)
SECRETS = {"JUMP": real.PASSWORD, "WRONG": "not-the-password", "CONSOLE": "porte-des-serveurs"}
CUT = Block(
    (
        Command("configure terminal", Purpose.MODE),
        Command("interface p1", Purpose.CHANGE, 1),
        Command("shutdown", Purpose.CHANGE, 1),
        Command("end", Purpose.MODE),
        Command("show interface p1", Purpose.READ, ahead=True),
    )
)


def credential(secret: str, username: str = real.USER) -> Credential:
    return Credential(secret.lower(), username, password=SecretRef(SecretSource.ENV, secret))


def driver() -> NetmikoDriver:
    return NetmikoDriver(SecretResolver(SECRETS))


@pytest.fixture
def ssh() -> Iterator[SshDevice]:
    with SshDevice(Switch.with_ports("acc-1", ["p1"])) as device:
        yield device


@pytest.fixture
def bastion(tmp_path: File) -> Iterator[Sshd]:
    reason = real.missing()
    if reason:
        pytest.skip(f"a real sshd {reason}")
    server = Sshd(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def old() -> Iterator[TelnetDevice]:
    with TelnetDevice() as device:
        yield device


@pytest.fixture
def console() -> Iterator[ConsoleServer]:
    terminal = Terminal(Switch.with_ports("acc-1", ["p1"]), console=True)
    with ConsoleServer(ports={"port05": terminal}) as server:
        yield server


def jump(server: Sshd, *secrets: str, **changes: object) -> Waypoint:
    chain = tuple(map(credential, secrets or ("JUMP",)))
    made = Waypoint("bastion", "127.0.0.1", server.port, chain, server.host_key())
    return replace(made, **changes)  # type: ignore[arg-type] # a test's own values


def by(ssh: SshDevice, via: Waypoint) -> Path:
    return Path("127.0.0.1", ssh.port, via=via)


def serial(server: ConsoleServer, line: str = "port05", **changes: object) -> Path:
    made = server.waypoint(**({"credentials": (credential("CONSOLE"),)} | changes))
    return Path(made.address, made.port, PathKind.CONSOLE, console=made, line=line)


def enter(
    ssh: SshDevice, *paths: Path, using: NetmikoDriver | None = None, patience: float = 30.0
) -> NetmikoSession:
    device = ssh.device(paths=paths)
    return (using or driver()).open(device, profile(), [LOGIN], time.monotonic() + patience)


def failure(ssh: SshDevice, *paths: Path, using: NetmikoDriver | None = None) -> OpenFailed:
    with pytest.raises(OpenFailed) as caught:
        enter(ssh, *paths, using=using)
    assert not any(secret in str(caught.value) for secret in (PASSWORD, *SECRETS.values()))
    return caught.value


def cut(session: NetmikoSession, port: str = "p1") -> None:
    assert session.write(CUT) is Outcome.SENT
    answers = session.collect(time.monotonic() + 10)
    assert all(answer.complete for answer in answers)
    assert answers[-1].text.startswith(f"{port} is administratively down")


# --- a jump host: a real sshd ----------------------------------------------------------------------


@pytest.mark.lab
def test_behind_a_jump_host_a_block_is_sent_and_read_back(ssh: SshDevice, bastion: Sshd) -> None:
    session = enter(ssh, by(ssh, jump(bastion)))
    cut(session)
    assert ssh.switch.ports["p1"].admin == "down"
    assert ssh.logins == [(USER, PASSWORD)]
    session.close()


@pytest.mark.lab
def test_straight_first_then_by_the_jump_host(ssh: SshDevice, bastion: Sshd) -> None:
    enter(ssh, CLOSED, by(ssh, jump(bastion))).close()
    assert ssh.logins == [(USER, PASSWORD)]


@pytest.mark.lab
def test_a_jump_host_with_another_key_is_offered_nothing(ssh: SshDevice, bastion: Sshd) -> None:
    pinned = jump(bastion)
    bastion.replace_host_key()
    changed = replace(pinned, port=bastion.port)
    failed = failure(ssh, by(ssh, changed))
    assert failed.cause is OpenCause.WAY_FAILED
    assert "bastion 127.0.0.1" in str(failed.data["detail"])
    assert "host-key-changed ssh-ed25519 SHA256:" in str(failed.data["detail"])
    assert "userauth-request" not in bastion.log.read_text()
    assert ssh.logins == []


@pytest.mark.lab
def test_behind_the_jump_host_the_devices_key_is_checked_as_well(ssh: SshDevice, bastion: Sshd) -> None:
    device = ssh.device(paths=(by(ssh, jump(bastion)),), host_key=bastion.host_key())
    with pytest.raises(OpenFailed) as caught:
        driver().open(device, profile(), [LOGIN], time.monotonic() + 30)
    assert caught.value.cause is OpenCause.HOST_KEY_CHANGED
    assert f"127.0.0.1:{ssh.port} via bastion" in str(caught.value.data["detail"])
    assert ssh.logins == []


@pytest.mark.lab
def test_what_the_jump_host_does_not_reach_is_the_device_not_the_jump_host(
    ssh: SshDevice, bastion: Sshd
) -> None:
    via = jump(bastion)
    failed = failure(ssh, Path("127.0.0.1", 9, via=via))
    assert failed.cause is OpenCause.UNREACHABLE
    assert "127.0.0.1:9 via bastion" in str(failed.data["detail"])


@pytest.mark.lab
def test_a_jump_host_that_forbids_forwarding_says_so(ssh: SshDevice, tmp_path: File) -> None:
    if real.missing():
        pytest.skip(real.missing())
    server = Sshd(tmp_path, config=["AllowTcpForwarding no"])
    server.start()
    try:
        failed = failure(ssh, by(ssh, jump(server)))
    finally:
        server.stop()
    assert failed.cause is OpenCause.WAY_FAILED
    assert "forwarding" in str(failed.data["detail"])


@pytest.mark.lab
def test_a_jump_hosts_fallback_serves_and_what_it_rejected_is_not_offered_again(
    ssh: SshDevice, bastion: Sshd
) -> None:
    using = driver()
    via = jump(bastion, "WRONG", "JUMP")
    for _ in range(3):
        enter(ssh, by(ssh, via), using=using).close()
    assert bastion.log.read_text().count("Failed password") == 1
    failed = failure(ssh, by(ssh, jump(bastion, "WRONG")))
    assert failed.cause is OpenCause.WAY_FAILED
    assert f"login-rejected {real.USER}" in str(failed.data["detail"])


@pytest.mark.lab
def test_every_path_says_how_it_failed(ssh: SshDevice, bastion: Sshd) -> None:
    failed = failure(ssh, CLOSED, by(ssh, jump(bastion, "NOWHERE")))
    detail = str(failed.data["detail"])
    assert failed.cause is OpenCause.WAY_FAILED
    assert "127.0.0.1:9 ECONNREFUSED (unreachable)" in detail
    assert "secret-missing nowhere.password env NOWHERE: not-set (way-failed)" in detail


@pytest.mark.lab
def test_a_jump_host_that_freezes_ends_the_session_at_its_deadline(ssh: SshDevice, bastion: Sshd) -> None:
    session = enter(ssh, by(ssh, jump(bastion)))
    bastion.freeze()
    try:
        begun = time.monotonic()
        assert session.write(Block((Command("say hello", Purpose.READ),))) is Outcome.SENT
        (answer,) = session.collect(time.monotonic() + 0.5)
        assert time.monotonic() - begun < 5
        assert not answer.complete
        assert not session.is_open
    finally:
        bastion.thaw()


@pytest.mark.lab
def test_a_jump_host_that_is_not_there_is_named_not_the_device(ssh: SshDevice, bastion: Sshd) -> None:
    failed = failure(ssh, by(ssh, jump(bastion, port=9)))
    assert failed.cause is OpenCause.WAY_FAILED
    assert "bastion 127.0.0.1:9 unreachable ECONNREFUSED" in str(failed.data["detail"])


@pytest.mark.lab
def test_many_at_once_by_one_jump_host_are_all_let_in(bastion: Sshd, ssh: SshDevice) -> None:
    using, via = driver(), jump(bastion)
    sessions: list[NetmikoSession] = []
    threads = [
        threading.Thread(target=lambda: sessions.append(enter(ssh, by(ssh, via), using=using)))
        for _ in range(2 * AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 2 * AT_ONCE
    for session in sessions:
        session.close()


def test_once_one_was_let_in_those_who_waited_behind_it_go_in_together() -> None:
    door, deadline = Door(), time.monotonic() + 30
    inside, leave = threading.Semaphore(0), threading.Event()

    def go_in() -> None:
        with door.turn(deadline) as has_turn:
            if has_turn:
                inside.release()
                leave.wait(30)

    with door.turn(deadline):
        waiting = [threading.Thread(target=go_in) for _ in range(AT_ONCE + 1)]
        for thread in waiting:
            thread.start()
        with door.turn(time.monotonic()) as has_turn:
            assert not has_turn
        door.open()
    assert all(inside.acquire(timeout=20) for _ in range(AT_ONCE))
    assert not inside.acquire(timeout=0.05)
    leave.set()
    for thread in waiting:
        thread.join()


@pytest.mark.lab
def test_a_devices_key_is_fetched_by_its_jump_host(ssh: SshDevice, bastion: Sshd) -> None:
    waypoints = Waypoints(SecretResolver(SECRETS))
    assert fetch_host_key(by(ssh, jump(bastion)), time.monotonic() + 30, waypoints) == ssh.host_key
    with pytest.raises(OpenFailed) as caught:
        fetch_host_key(by(ssh, jump(bastion)), time.monotonic() + 30)
    assert caught.value.cause is OpenCause.WAY_FAILED


# --- a console server ------------------------------------------------------------------------------


def test_the_console_serves_when_the_network_does_not(ssh: SshDevice, console: ConsoleServer) -> None:
    terminal = console.ports["port05"]
    session = enter(ssh, CLOSED, serial(console))
    assert console.logins == [f"{real.USER}:port05"]
    assert terminal.logins == [(USER, PASSWORD)]
    cut(session)
    assert terminal.switch.ports["p1"].admin == "down"
    session.close()
    _until(lambda: not terminal.entered)


def test_on_a_console_nothing_is_typed_ahead(ssh: SshDevice, console: ConsoleServer) -> None:
    spec = profile()
    spec = replace(spec, session=replace(spec.session, type_ahead=4000))
    session = driver().open(ssh.device(paths=(serial(console),)), spec, [LOGIN], time.monotonic() + 30)
    block = Block(tuple(Command(f"say {word}", Purpose.READ, ahead=True) for word in ("one", "two", "three")))
    assert session.write(block) is Outcome.SENT
    answers = session.collect(time.monotonic() + 10)
    assert [answer.text for answer in answers] == ["one", "two", "three"]
    assert max(data.count(b"\r") for data in console.arrived) == 1
    session.close()


def test_a_session_somebody_left_on_the_console_is_logged_out_first(
    ssh: SshDevice, console: ConsoleServer
) -> None:
    terminal = console.ports["port05"]
    terminal.typed(f"\r{USER}\r{PASSWORD}\rconfigure terminal\rinterface p1\r")
    terminal.entered = "somebody"
    terminal.logins.clear()
    session = enter(ssh, serial(console))
    assert terminal.entered == USER
    assert terminal.logins == [(USER, PASSWORD)]
    cut(session)
    session.close()


def test_a_console_that_asks_nobody_is_taken_as_it_is(ssh: SshDevice) -> None:
    terminal = Terminal(Switch.with_ports("acc-1", ["p1"]), console=True, guarded=False)
    with ConsoleServer(ports={"port05": terminal}) as server:
        session = enter(ssh, serial(server))
        cut(session)
        session.close()


def test_what_was_under_way_on_the_console_is_left_when_the_time_is_over(
    ssh: SshDevice, console: ConsoleServer
) -> None:
    terminal = console.ports["port05"]
    spec = profile()
    spec = replace(spec, session=replace(spec.session, leave=("end",)))
    session = driver().open(ssh.device(paths=(serial(console),)), spec, [LOGIN], time.monotonic() + 30)
    assert session.write(Block((Command("configure terminal", Purpose.MODE),))) is Outcome.SENT
    session.close()
    _until(lambda: not terminal.entered)
    assert "end" in terminal.switch.received


def test_the_console_servers_rejection_is_not_the_devices(ssh: SshDevice, console: ConsoleServer) -> None:
    failed = failure(ssh, serial(console, credentials=(credential("WRONG"),)))
    assert failed.cause is OpenCause.WAY_FAILED
    assert "console cs-a 127.0.0.1" in str(failed.data["detail"])
    assert console.ports["port05"].logins == []
    unpinned = serial(console, host_key=ssh.host_key)
    assert "host-key-changed" in str(failure(ssh, unpinned).data["detail"])


def test_the_devices_rejection_on_the_console_is_the_devices(ssh: SshDevice, console: ConsoleServer) -> None:
    device = ssh.device(paths=(serial(console),) * 2)
    with pytest.raises(OpenFailed) as caught:
        driver().open(device, profile(), [Login(USER, "wrong")], time.monotonic() + 30)
    assert caught.value.cause is OpenCause.LOGIN_REJECTED
    assert console.ports["port05"].logins == [(USER, "wrong")]


def test_a_wrong_port_of_a_console_server_does_not_bar_the_others(
    ssh: SshDevice, console: ConsoleServer
) -> None:
    using = driver()
    assert failure(ssh, serial(console, "port77"), using=using).cause is OpenCause.WAY_FAILED
    enter(ssh, serial(console), using=using).close()
    for wrong in ("port78", "port79", "port80"):
        failure(ssh, serial(console, wrong), using=using)
    assert f"{real.USER}:port80" not in console.logins


# --- Telnet ----------------------------------------------------------------------------------------


def telnet(device: TelnetDevice) -> Path:
    return Path("127.0.0.1", device.port, PathKind.TELNET)


def test_a_block_by_telnet(ssh: SshDevice, old: TelnetDevice) -> None:
    session = driver().open(
        ssh.device(paths=(telnet(old),), host_key=None), profile(), [LOGIN], time.monotonic() + 30
    )
    cut(session)
    assert old.switch.ports["p1"].admin == "down"
    assert [terminal.logins for terminal in old.terminals] == [[(USER, PASSWORD)]]
    assert set(old.heard) == {(DO, ECHO), (DO, GO_AHEAD_OFF), (WONT, TYPE), (WONT, SIZE)}
    assert old.heard.count((DO, ECHO)) == 1
    session.close()
    assert not session.is_open


def test_telnet_rejects_and_the_fallback_serves(ssh: SshDevice, old: TelnetDevice) -> None:
    device = ssh.device(paths=(telnet(old),), host_key=None)
    wrong = Login(USER, "wrong")
    driver().open(device, profile(), [wrong, LOGIN], time.monotonic() + 30).close()
    assert [terminal.logins for terminal in old.terminals] == [[(USER, "wrong")], [(USER, PASSWORD)]]
    with pytest.raises(OpenFailed) as caught:
        driver().open(device, profile(), [wrong], time.monotonic() + 30)
    assert caught.value.cause is OpenCause.LOGIN_REJECTED
    assert f"telnet 127.0.0.1:{old.port} {USER}" in str(caught.value.data["detail"])


def test_a_key_alone_is_nothing_for_telnet(ssh: SshDevice, old: TelnetDevice) -> None:
    device = ssh.device(paths=(telnet(old),), host_key=None)
    with pytest.raises(OpenFailed) as caught:
        driver().open(device, profile(), [Login(USER, key="k")], time.monotonic() + 30)
    assert caught.value.cause is OpenCause.SECRET_MISSING


def test_what_answered_in_the_devices_place_gets_no_password_by_telnet(
    ssh: SshDevice, old: TelnetDevice, console: ConsoleServer
) -> None:
    straight = ssh.device().paths[0]
    device = ssh.device(paths=(straight, telnet(old)), host_key=console.host_key)
    with pytest.raises(OpenFailed) as caught:
        driver().open(device, profile(), [LOGIN], time.monotonic() + 30)
    assert caught.value.cause is OpenCause.HOST_KEY_CHANGED
    assert "not tried" in str(caught.value.data["detail"])
    assert old.terminals == []


def test_without_a_pinned_key_only_the_paths_that_show_none_are_tried(
    ssh: SshDevice, old: TelnetDevice
) -> None:
    device = ssh.device(paths=(*ssh.device().paths, telnet(old)), host_key=None)
    driver().open(device, profile(), [LOGIN], time.monotonic() + 30).close()
    assert ssh.logins == []
    with pytest.raises(OpenFailed) as caught:
        driver().open(replace(device, paths=(device.paths[0], replace(telnet(old), port=9))), profile(),
                      [LOGIN], time.monotonic() + 30)  # fmt: skip
    assert caught.value.cause is OpenCause.HOST_KEY_UNKNOWN


@pytest.mark.parametrize("cuts", [1, 2, 3, 100])
def test_options_are_taken_out_however_they_are_cut(cuts: int) -> None:
    stream = b"ab\xff\xff\xff\xfb\x01c\xff\xfa\x18\x01\xff\xf0d\xff\xf1\xff\xfd\x03e\xff\xfd\x18\xff\xfc\x01f"
    negotiation = Negotiation()
    text = answers = b""
    for start in range(0, len(stream), cuts):
        came, answer = negotiation.take(stream[start : start + cuts])
        text, answers = text + came, answers + answer
    assert text == b"ab\xffcdef"
    assert answers == b"\xff\xfd\x01" + b"\xff\xfb\x03" + b"\xff\xfc\x18" + b"\xff\xfe\x01"


def _until(true: Callable[[], bool], patience: float = 5.0) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("never became true")
