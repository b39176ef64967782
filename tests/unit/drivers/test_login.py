"""Logging in: which key is accepted, what is offered to whom, how often, and by which path."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path as File

import asyncssh
import pytest

from controller.domain.inventory import Device
from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import SessionSpec
from controller.domain.proof import Outcome
from controller.drivers.host_keys import fetch_host_key, fingerprint
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Block, Command, Login, OpenCause, OpenFailed, Purpose
from tests.fakes import sshd as real
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.sshd import Sshd
from tests.fakes.switch import Switch, profile

LINUX = DeviceProfile(platform="linux", session=SessionSpec(netmiko="linux"), points={})
RIGHT = Login(real.USER, real.PASSWORD)
WRONG = Login(real.USER, "not-the-password")


@pytest.fixture
def sshd(tmp_path: File) -> Iterator[Callable[..., Sshd]]:
    reason = real.missing()
    if reason:
        pytest.skip(f"a real sshd {reason}")
    started: list[Sshd] = []

    def start(**options: object) -> Sshd:
        server = Sshd(tmp_path, **options)  # type: ignore[arg-type] # a test's own values
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def ssh() -> Iterator[SshDevice]:
    with SshDevice(Switch.with_ports("acc-1", ["p1"])) as device:
        yield device


def log_in(device: Device, *logins: Login, patience: float = 15.0) -> NetmikoSession:
    return NetmikoDriver().open(device, LINUX, logins, time.monotonic() + patience)


def failure(device: Device, *logins: Login, patience: float = 15.0) -> OpenFailed:
    with pytest.raises(OpenFailed) as caught:
        log_in(device, *logins, patience=patience)
    assert not any(secret in str(caught.value) for login in logins for secret in _secrets(login))
    return caught.value


def _secrets(login: Login) -> list[str]:
    return [secret for secret in (login.password, login.key) if secret]


def say(session: NetmikoSession, line: str) -> str:
    assert session.write(Block((Command(line, Purpose.READ),))) is Outcome.SENT
    (answer,) = session.collect(time.monotonic() + 10)
    assert answer.complete
    return answer.text


# --- a real sshd -----------------------------------------------------------------------------------


@pytest.mark.lab
def test_a_shell_behind_a_password(sshd: Callable[..., Sshd]) -> None:
    session = log_in(sshd().device(), RIGHT)
    assert say(session, "id -un") == real.USER
    assert say(session, "printf without-line-end") == "without-line-end"
    assert say(session, "seq 3") == "1\n2\n3"
    session.close()


@pytest.mark.lab
@pytest.mark.parametrize("length", [490, 500, 511, 520, 1100, 3000])
def test_a_line_longer_than_the_screen_is_recognised(sshd: Callable[..., Sshd], length: int) -> None:
    session = log_in(sshd().device(), RIGHT)
    prefixes = ", ".join(f"10.{n // 250}.{n % 250}.0/24" for n in range(length))[:length]
    assert say(session, f"echo '{{ {prefixes} }}' | wc -c") == str(length + 5)
    assert say(session, "echo next") == "next"
    session.close()


@pytest.mark.lab
def test_a_changed_host_key_is_its_own_cause_and_no_password_is_offered(sshd: Callable[..., Sshd]) -> None:
    server = sshd()
    trusted = server.host_key()
    server.replace_host_key()
    failed = failure(server.device(host_key=trusted), RIGHT)
    assert failed.cause is OpenCause.HOST_KEY_CHANGED
    assert fingerprint(server.host_key()) in str(failed.data["detail"])
    log = server.log.read_text()
    assert "Connection from 127.0.0.1" in log
    assert "userauth-request" not in log
    assert "Failed password" not in log


@pytest.mark.lab
def test_a_server_that_now_has_only_keys_of_another_kind_has_changed(sshd: Callable[..., Sshd]) -> None:
    server = sshd(key_types=("rsa",))
    server.keygen(server.directory / "old", "ed25519")
    old = " ".join((server.directory / "old.pub").read_text().split()[:2])
    assert failure(server.device(host_key=old), RIGHT).cause is OpenCause.HOST_KEY_CHANGED


@pytest.mark.lab
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_of_several_host_keys_the_pinned_one_is_asked_for(sshd: Callable[..., Sshd], kind: str) -> None:
    server = sshd(key_types=("ed25519", "ecdsa", "rsa"))
    log_in(server.device(host_key=server.host_key(kind)), RIGHT).close()


@pytest.mark.lab
def test_a_wrong_password_then_the_fallback(sshd: Callable[..., Sshd]) -> None:
    server = sshd()
    session = log_in(server.device(), WRONG, RIGHT)
    assert say(session, "id -un") == real.USER
    assert server.log.read_text().count("Failed password") == 1
    session.close()


@pytest.mark.lab
def test_a_server_that_hangs_up_on_the_first_failure_has_rejected(sshd: Callable[..., Sshd]) -> None:
    server = sshd(config=["MaxAuthTries 1"])
    failed = failure(server.device(), WRONG)
    assert failed.cause is OpenCause.LOGIN_REJECTED
    assert real.USER in str(failed.data["detail"])


@pytest.mark.lab
@pytest.mark.parametrize(
    ("kind", "passphrase"), [("ed25519", ""), ("ecdsa", ""), ("rsa", ""), ("ed25519", "clef-des-champs")]
)
def test_a_private_key_logs_in(sshd: Callable[..., Sshd], kind: str, passphrase: str) -> None:
    server = sshd(config=["PasswordAuthentication no"])
    key = server.keygen(server.directory / "user", kind, passphrase)
    server.authorize((server.directory / "user.pub").read_text())
    session = log_in(server.device(), Login(real.USER, password=passphrase or None, key=key))
    assert say(session, "id -un") == real.USER
    session.close()


@pytest.mark.lab
def test_no_key_of_the_user_who_runs_cordon_is_tried(
    sshd: Callable[..., Sshd], tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sshd()
    (tmp_path / "me" / ".ssh").mkdir(parents=True)
    server.keygen(tmp_path / "me" / ".ssh" / "id_ed25519", "ed25519")
    server.authorize((tmp_path / "me" / ".ssh" / "id_ed25519.pub").read_text())
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert failure(server.device(), WRONG).cause is OpenCause.LOGIN_REJECTED
    assert "publickey" not in server.log.read_text().replace("publickey,password", "")


@pytest.mark.lab
def test_old_algorithms_only_where_the_device_is_marked(sshd: Callable[..., Sshd]) -> None:
    server = sshd(
        key_types=("rsa",),
        config=["KexAlgorithms diffie-hellman-group14-sha1", "HostKeyAlgorithms ssh-rsa", "MACs hmac-sha1"],
    )
    failed = failure(server.device(), RIGHT)
    assert failed.cause is OpenCause.ALGORITHMS
    assert "Failed" not in server.log.read_text()
    log_in(server.device(legacy_ssh=True), RIGHT).close()


@pytest.mark.lab
@pytest.mark.parametrize(
    "config", ["KexAlgorithms sntrup761x25519-sha512@openssh.com", "Ciphers chacha20-poly1305@openssh.com"]
)
def test_without_a_common_algorithm_a_mark_changes_nothing_and_the_cause_is_named(
    sshd: Callable[..., Sshd], config: str
) -> None:
    server = sshd(config=[config])
    for legacy in (False, True):
        failed = failure(server.device(legacy_ssh=legacy), RIGHT)
        assert failed.cause is OpenCause.ALGORITHMS
        assert f"127.0.0.1:{server.port}" in str(failed.data["detail"])


@pytest.mark.lab
def test_a_frozen_server_ends_at_the_deadline(sshd: Callable[..., Sshd]) -> None:
    server = sshd()
    session = log_in(server.device(), RIGHT)
    server.freeze()
    try:
        begun = time.monotonic()
        assert session.write(Block((Command("id", Purpose.READ),))) is Outcome.SENT
        (answer,) = session.collect(time.monotonic() + 0.5)
        assert time.monotonic() - begun < 0.8
        assert (answer.sent, answer.complete) == (True, False)
    finally:
        server.thaw()


@pytest.mark.lab
def test_a_fetched_key_is_the_servers_and_printed_as_ssh_keygen_does(sshd: Callable[..., Sshd]) -> None:
    server = sshd()
    fetched = fetch_host_key(Path("127.0.0.1", server.port), time.monotonic() + 5)
    assert fetched == server.host_key()
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", server.directory / "host_ed25519.pub"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert fingerprint(fetched) in shown.split()
    assert "userauth-request" not in server.log.read_text()


# --- how often, and by which path ------------------------------------------------------------------


def enter(
    ssh: SshDevice, *logins: Login, paths: tuple[Path, ...] | None = None, patience: float = 10.0
) -> NetmikoSession:
    device = ssh.device() if paths is None else ssh.device(paths=paths)
    return NetmikoDriver().open(device, profile(), logins, time.monotonic() + patience)


def refused(ssh: SshDevice, *logins: Login, paths: tuple[Path, ...] | None = None) -> OpenFailed:
    with pytest.raises(OpenFailed) as caught:
        enter(ssh, *logins, paths=paths)
    return caught.value


CLOSED = Path("127.0.0.1", 9)


def test_the_second_path_serves_when_the_first_is_dead(ssh: SshDevice) -> None:
    enter(ssh, Login(USER, PASSWORD), paths=(CLOSED, *ssh.device().paths)).close()
    assert ssh.logins == [(USER, PASSWORD)]


def test_no_login_is_tried_twice_whatever_the_paths(ssh: SshDevice) -> None:
    logins = [Login(USER, "wrong-one"), Login("local", "wrong-two")]
    failed = refused(ssh, *logins, paths=ssh.device().paths * 3)
    assert failed.cause is OpenCause.LOGIN_REJECTED
    assert ssh.logins == [(USER, "wrong-one"), ("local", "wrong-two")]
    assert USER in str(failed.data["detail"])
    assert "local" in str(failed.data["detail"])
    assert "wrong" not in str(failed)


def test_the_fallback_is_not_tried_while_the_first_login_works(ssh: SshDevice) -> None:
    enter(ssh, Login(USER, PASSWORD), Login("local", "secours")).close()
    assert ssh.logins == [(USER, PASSWORD)]


def test_a_login_left_unanswered_leaves_time_for_the_fallback(ssh: SshDevice) -> None:
    ssh.manners.silent_login = True
    begun = time.monotonic()
    with pytest.raises(OpenFailed) as caught:
        enter(ssh, Login(USER, PASSWORD), Login("local", "secours"), patience=1.5)
    assert time.monotonic() - begun < 1.8
    assert [username for username, _ in ssh.logins] == [USER, "local"]
    assert caught.value.cause is OpenCause.TIMEOUT


def test_an_accepted_login_may_try_the_next_path(ssh: SshDevice) -> None:
    ssh.manners.no_prompt = True
    with pytest.raises(OpenFailed) as caught:
        enter(ssh, Login(USER, PASSWORD), paths=ssh.device().paths * 2, patience=1.5)
    assert caught.value.cause is OpenCause.NOT_READY
    assert ssh.logins == [(USER, PASSWORD)] * 2


def test_a_hung_path_takes_only_its_share_of_the_time(ssh: SshDevice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = Path("127.0.0.1", silent.getsockname()[1])
        begun = time.monotonic()
        enter(ssh, Login(USER, PASSWORD), paths=(hangs, *ssh.device().paths), patience=4).close()
        assert 1.9 < time.monotonic() - begun < 3


def test_a_name_is_refused_and_never_looked_up(ssh: SshDevice) -> None:
    failed = refused(ssh, Login(USER, PASSWORD), paths=(Path("localhost", ssh.port),))
    assert failed.cause is OpenCause.UNREACHABLE
    assert "not an address" in str(failed.data["detail"])
    assert ssh.logins == []


def test_a_refused_connection_and_an_unreadable_key_name_themselves(ssh: SshDevice) -> None:
    assert "ECONNREFUSED" in str(refused(ssh, Login(USER, PASSWORD), paths=(CLOSED,)).data["detail"])
    failed = refused(ssh, Login(USER, key="-----BEGIN NOTHING-----\nabc\n"))
    assert failed.cause is OpenCause.SECRET_MISSING
    assert ssh.logins == []


def test_a_pinned_key_that_is_none_is_unknown(ssh: SshDevice) -> None:
    for text in ("", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-rsa " + ssh.host_key.split()[1]):
        with pytest.raises(OpenFailed) as caught:
            NetmikoDriver().open(
                ssh.device(host_key=text), profile(), [Login(USER, PASSWORD)], time.monotonic() + 5
            )
        assert caught.value.cause is OpenCause.HOST_KEY_UNKNOWN
    assert ssh.logins == []


def test_what_is_on_the_walk_list_is_never_contacted(ssh: SshDevice) -> None:
    with pytest.raises(OpenFailed) as caught:
        NetmikoDriver().open(
            ssh.device(platform="manual"), profile(), [Login(USER, PASSWORD)], time.monotonic() + 5
        )
    assert caught.value.cause is OpenCause.MANUAL


def test_an_unknown_device_type_says_so(ssh: SshDevice) -> None:
    with pytest.raises(OpenFailed) as caught:
        NetmikoDriver().open(
            ssh.device(), profile("no_such_type"), [Login(USER, PASSWORD)], time.monotonic() + 5
        )
    assert "no_such_type" in str(caught.value.data["detail"])


def test_fetching_from_a_closed_port_or_a_silent_one() -> None:
    with pytest.raises(OpenFailed) as caught:
        fetch_host_key(CLOSED, time.monotonic() + 1)
    assert caught.value.cause is OpenCause.UNREACHABLE
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(OpenFailed) as caught:
            fetch_host_key(Path("127.0.0.1", silent.getsockname()[1]), time.monotonic() + 0.5)
        assert time.monotonic() - begun < 0.8
    assert caught.value.cause is OpenCause.TIMEOUT


def test_a_fingerprint_needs_a_key() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode()
    assert fingerprint(public) == key.get_fingerprint()
    with pytest.raises(ValueError, match="ssh-ed25519"):
        fingerprint("ssh-ed25519 AAAA")
