"""Secrets planted in every place that takes them are used, and are found nowhere else."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from controller.store import spool
from controller.store.draft import from_bytes
from tests.faults.home_cli import Command, Said, start
from tests.faults.home_defect import WHERE
from tests.faults.home_disk import lock

pytestmark = pytest.mark.faults

REASON = "reason-that-anyone-may-read"
PORT = "GigabitEthernet1/0/1"
ASKING, ITS_PORT = "by-asked", "ethernet0"
"""A firewall that asks for the password a second time, in mid-session."""

IN_ENVIRON = ("ENV_PASSWORD", "ENV_ENABLE", "KEY_ENABLE", "PASSPHRASE", "ASKED_PASSWORD")
CUT, BACK = ("isolate", "--level", "5", "--yes", "--reason", REASON), ("restore", "--all", "--yes")


def _planted(name: str) -> str:
    return f"planted-{name}-{secrets.token_hex(8)}"


@dataclass
class Planted:
    """What is planted: by the variable, the file or the vault entry it is in, and the private keys of two of
    the files. ``passphrase``: of the vault."""

    environ: Mapping[str, str]
    files: Mapping[str, str]
    keys: Mapping[str, asyncssh.SSHKey]
    vault: Mapping[str, str]
    passphrase: str

    @property
    def everything(self) -> list[str]:
        lines = [line for text in self.files.values() for line in text.splitlines()]
        sealed = [*self.vault.values(), self.passphrase]
        keys = [line for line in lines if len(line) > 16 and "-----" not in line]
        return [*self.environ.values(), *sealed, *keys]


def _plant() -> Planted:
    environ = {name: _planted(name) for name in IN_ENVIRON}
    keys = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("plain", "locked")}
    files = {
        "password": _planted("FILE_PASSWORD"),
        "enable": _planted("FILE_ENABLE"),
        "plain": keys["plain"].export_private_key().decode(),
        "locked": keys["locked"].export_private_key(passphrase=environ["PASSPHRASE"]).decode(),
    }
    vault = {name: _planted(name) for name in ("vault-password", "vault-enable")}
    return Planted(environ, files, keys, vault, _planted("vault-phrase"))


@dataclass
class Night:
    """The site, its home, and everything the commands said."""

    planted: Planted
    simulation: Simulation
    folder: Path
    said: list[Said]
    commands: list[Command]

    @property
    def environ(self) -> dict[str, str]:
        names = {name: str(self.folder / name) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
        for path in names.values():
            Path(path).mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            **names,
            **self.planted.environ,
            "CORDON_HOME": str(self.folder / "home"),
            "CORDON_INVENTORY": str(self.folder / "inventory.yaml"),
            "CORDON_VAULT_PASSPHRASE_FILE": str(self.folder / "vault-phrase"),
        }

    def start(self, *arguments: str, **how: Any) -> Command:
        command = start(arguments, {**self.environ, **how.pop("environ", {})}, **how)
        self.commands.append(command)
        return command

    def end(self, command: Command) -> Said:
        self.said.append(command.end())
        return self.said[-1]

    def run(self, *arguments: str, **how: Any) -> Said:
        return self.end(self.start(*arguments, **how))


_PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "by-env": ({"password": {"env": "ENV_PASSWORD"}, "enable": {"env": "ENV_ENABLE"}}, "password"),
    "by-file": ({"password": {"file": "password"}, "enable": {"file": "enable"}}, "password"),
    "by-key": ({"key": {"file": "plain"}, "enable": {"env": "KEY_ENABLE"}}, "key"),
    "by-vault": ({"password": {"vault": "vault-password"}, "enable": {"vault": "vault-enable"}}, "password"),
    "by-locked-key": (
        {"key": {"file": "locked"}, "password": {"env": "PASSPHRASE"}, "enable": {"env": "ENV_ENABLE"}},
        "key",
    ),
    ASKING: ({"password": {"env": "ASKED_PASSWORD"}}, "password"),
}
"""Device and credential: where its secrets are; and by which of them it lets in."""


def _spec(name: str, planted: Planted) -> DeviceSpec:
    places, by = _PLACES[name]

    def secret(part: str) -> str:
        (source, where), *_ = places[part].items()
        return {"env": planted.environ, "file": planted.files, "vault": planted.vault}[source][where]

    key = (
        planted.keys["plain" if name == "by-key" else "locked"].export_public_key().decode()
        if by == "key"
        else ""
    )
    password = secret("password") if by == "password" else _planted("unused")
    if name == ASKING:
        told = f'CONFIG NETWORK INTERFACE UPDATE ifname={ITS_PORT} comment="{password}"'
        accounts = {"cordon": Account(password)}
        return DeviceSpec(name, users=accounts, config=[told], platform="stormshield_sns")
    shown = secret("password") if "password" in places else secret("enable")
    config = [
        f"banner login ^welcome, the password is {shown}^",
        f"interface {PORT}",
        f"description {shown} {secret('enable')}",
    ]
    return DeviceSpec(
        name, users={"cordon": Account(password, key=key)}, enable=secret("enable"), config=config
    )


def _inventory(simulation: Simulation, folder: Path) -> dict[str, Any]:
    def placed(places: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        return {
            part: {source: str(folder / where) if source == "file" else where}
            for part, place in places.items()
            for source, where in place.items()
        }

    return {
        "format": 1,
        "site": "secrets",
        "credentials": {
            name: {"username": "cordon", **placed(places)} for name, (places, _) in _PLACES.items()
        },
        "devices": {
            name: {
                "platform": "stormshield_sns" if name == ASKING else "cisco_ios",
                "role": "access",
                "paths": [{"ssh": simulation[name].address, "port": simulation[name].port}],
                "credentials": name,
                "host_key": simulation[name].host_key,
            }
            for name in _PLACES
        },
        "segments": {
            "ward": {
                "title": {"fr": "Service", "en": "Ward"},
                "priority": 1,
                "role": "clinical",
                "vlans": [1],
                "prefixes": ["10.1.0.0/24"],
                "ipv6": "none",
                "points": [
                    {"device": name, "interface": ITS_PORT}
                    if name == ASKING
                    else {"device": name, "interface": PORT, "vlan": 1}
                    for name in _PLACES
                ],
            }
        },
    }


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    planted = _plant()
    for name, text in (*planted.files.items(), ("vault-phrase", planted.passphrase)):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(text)
    with simulate([_spec(name, planted) for name in _PLACES]) as simulation:
        text = yaml.safe_dump(_inventory(simulation, tmp_path), sort_keys=False)
        (tmp_path / "inventory.yaml").write_text(text)
        made = Night(planted, simulation, tmp_path, [], [])
        try:
            for name, secret in planted.vault.items():
                assert made.run("secrets", "set", name, piped="to be changed").exit == 0
                assert made.run("secrets", "rotate", name, piped=secret).exit == 0
            yield made
        finally:
            for command in made.commands:
                command.kill()


@pytest.mark.timeout(300)  # a score of commands, one after the other
def test_secrets_are_used_and_found_nowhere(night: Night) -> None:
    _a_whole_night(night)
    _every_place_was_used(night)
    found = _searched(night)
    assert any(REASON.encode() in data for data in found.values()), "the search finds nothing at all"
    assert any(b"[redacted]" in data for data in found.values()), "no device printed a secret"
    leaks = [
        f"{secret[:20]}… in {name}"
        for name, data in found.items()
        for secret in night.planted.everything
        for needle in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="))
        if needle in data
    ]
    assert not leaks


def _a_whole_night(night: Night) -> None:
    """A cut that hangs, is looked at, and dies; its resumption through the spool; a restore; defects of the
    controller itself; all that can be shown."""
    decided = (*BACK, "--reason", REASON, *(word for name in _PLACES for word in ("--accept-drift", name)))
    night.simulation.fault("by-key", "hang", nth=1, applied=True)
    crashing = night.start(*CUT)
    crashing.until("5 of 6")
    _process_is_clean(night, crashing)
    crashing.signal(signal.SIGKILL)
    night.end(crashing)
    night.simulation.clear("by-key")
    (run,) = [each["run"] for each in night.run("runs", "--json").answer["runs"]]
    with lock(night.folder / "home"):
        assert night.run("resume", run, "--yes", "--json").answer["degraded"]
        assert spool.read(night.folder / "home" / "spool")
        night.said.append(Said(0, _spooled(night.folder / "home"), ""))
    assert night.run(*decided, "--json").exit == 0
    for where, code in (("session", 6), ("operation", 6), ("command", 70)):
        said = night.run(*CUT, module="tests.faults.home_defect", environ={WHERE: where})
        assert said.exit == code, said.all
        assert "Traceback" in said.err or where == "session"
    assert night.run(*decided).exit == 0
    for look in (
        ("audit", "show"),
        ("audit", "show", "--json"),
        ("show", run),
        ("status",),
        ("plan", "level-5", "--json"),
        ("secrets", "list"),
        ("secrets", "list", "--json"),
    ):
        assert night.run(*look).exit == 0
    _wrong_secrets(night)


def _wrong_secrets(night: Night) -> None:
    """A secret that is refused is told of, and not told."""
    for name in _PLACES:
        night.simulation.fault(name, "wrong_password")
    assert night.run(*CUT, "--json").exit == 6


def _process_is_clean(night: Night, command: Command) -> None:
    """Nothing on any command line, and in its environment only what was put there; it has no child."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                shown = (process / "cmdline").read_bytes()
            except OSError:
                continue
            assert not [secret for secret in night.planted.everything if secret.encode() in shown]
    environ = Path(f"/proc/{command.pid}/environ").read_bytes()
    assert night.planted.environ["ENV_PASSWORD"].encode() in environ
    assert not [secret for secret in night.planted.files.values() if secret.encode() in environ]
    children = [
        Path(f"/proc/{command.pid}/task/{task.name}/children")
        for task in Path(f"/proc/{command.pid}/task").iterdir()
    ]
    assert not "".join(path.read_text() for path in children)
    limits = Path(f"/proc/{command.pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4:6] == [
        "0",
        "0",
    ]


def _every_place_was_used(night: Night) -> None:
    """Every device let in by its own secret alone, and gave privileges for its own enable secret."""
    log = night.simulation.log()
    for name, (_, by) in _PLACES.items():
        logins = [each for each in log if each["device"] == name and each["event"] == "login"]
        assert logins, name
        assert all(("by" in each) == (by == "key") for each in logins)
        changed = [
            each for each in log if each["device"] == name and each["event"] == "line" and each["changed"]
        ]
        assert changed, f"{name}: never privileged"


def _spooled(home: Path) -> str:
    """What is in the spool, unpacked."""
    parts = []
    for record in spool.read(home / "spool"):
        parts.append(zlib.decompress(record).decode())
        parts += [payload.content.decode() for payload in from_bytes(record).payloads]
    return "\n".join(parts)


def _searched(night: Night) -> dict[str, bytes]:
    """Everything that was written anywhere, by name: files as they are, the database also row by row."""
    own = {*night.planted.files, "inventory.yaml", "vault-phrase"}
    found = {
        str(path.relative_to(night.folder)): path.read_bytes()
        for path in night.folder.rglob("*")
        if path.is_file() and not (path.parent == night.folder and path.name in own)
    }
    assert {"home/cordon.db", "home/spool", "home/vault"} <= found.keys()
    database = sqlite3.connect(night.folder / "home" / "cordon.db")
    database.text_factory = bytes
    tables = [
        name.decode() for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    cells = (cell for table in tables for row in database.execute(f'SELECT * FROM "{table}"') for cell in row)  # noqa: S608 - the names are those of the database itself
    found["rows"] = b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
    database.close()
    for number, said in enumerate(night.said):
        found[f"said {number}"] = said.all.encode()
    return found
