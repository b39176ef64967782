"""Secrets from the environment and from files, and what is wrong with them when they are not given out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.domain.path import Credential, SecretRef, SecretSource
from controller.engine.ports import OpenCause, OpenFailed
from controller.vault.private import LARGEST
from controller.vault.secrets import SecretResolver

SECRET = "Hirondelle-42"


def env(name: str) -> SecretRef:
    return SecretRef(SecretSource.ENV, name)


def file(path: Path) -> SecretRef:
    return SecretRef(SecretSource.FILE, str(path))


def credential(
    password: SecretRef | None, key: SecretRef | None = None, enable: SecretRef | None = None
) -> Credential:
    return Credential("net-admin", "cordon", password, key, enable)


def refusal(password: SecretRef | None, key: SecretRef | None = None, enable: SecretRef | None = None) -> str:
    with pytest.raises(OpenFailed) as caught:
        SecretResolver({"PRESENT": SECRET, "EMPTY": ""}).login(credential(password, key, enable))
    assert caught.value.cause is OpenCause.SECRET_MISSING
    assert SECRET not in str(caught.value)
    return str(caught.value.data["detail"])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def test_every_part_comes_from_where_its_reference_says(kept: Path) -> None:
    resolver = SecretResolver({"PASSWORD": "from-env", "ENABLE": "sesame"})
    login = resolver.login(credential(env("PASSWORD"), file(kept), env("ENABLE")))
    assert (login.username, login.password, login.key, login.enable) == (
        "cordon",
        "from-env",
        SECRET,
        "sesame",
    )
    assert SECRET not in repr(login)
    assert "from-env" not in repr(login)


def test_the_environment_is_read_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = SecretResolver()
    monkeypatch.setenv("CORDON_LATER", SECRET)
    assert resolver.login(credential(env("CORDON_LATER"))).password == SECRET


@pytest.mark.parametrize(
    ("content", "secret"),
    [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("é\n", "é")],
)
def test_one_line_end_is_no_part_of_a_secret(tmp_path: Path, content: str, secret: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())
    path.chmod(0o400)
    assert SecretResolver({}).login(credential(file(path))).password == secret


def test_what_is_missing_is_named() -> None:
    assert refusal(env("ABSENT")) == "net-admin.password env ABSENT: not-set"
    assert refusal(env("PRESENT"), enable=env("EMPTY")) == "net-admin.enable env EMPTY: empty"
    assert refusal(None, key=file(Path("/nowhere/key"))) == "net-admin.key file /nowhere/key: not-found"
    assert refusal(SecretRef(SecretSource.VAULT, "net")) == "net-admin.password vault net: vault-absent"
    assert refusal(None) == "net-admin: no password or key"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_file_others_can_touch_is_refused(kept: Path, mode: int) -> None:
    kept.chmod(mode)
    assert refusal(file(kept)).endswith("open-to-others")


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert refusal(file(tmp_path / "pipe")).endswith("not-a-file")
    (tmp_path / "directory").mkdir(mode=0o700)
    assert refusal(file(tmp_path / "directory")).endswith("not-a-file")


def test_size_and_content_are_checked(kept: Path) -> None:
    kept.write_bytes(b"x" * LARGEST)
    assert SecretResolver({}).login(credential(file(kept))).password == "x" * LARGEST
    kept.write_bytes(b"x" * (LARGEST + 1))
    assert refusal(file(kept)).endswith("too-large")
    kept.write_bytes(b"\xff\xfe")
    assert refusal(file(kept)).endswith("not-text")
    kept.write_bytes(b"\n")
    assert refusal(file(kept)).endswith("empty")


def test_a_link_is_judged_by_what_it_leads_to(kept: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(kept)
    assert SecretResolver({}).login(credential(file(link))).password == SECRET
    kept.chmod(0o644)
    assert refusal(file(link)).endswith("open-to-others")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(kept: Path) -> None:
    os.chown(kept, 65534, 65534)
    assert refusal(file(kept)).endswith("foreign-owner")
