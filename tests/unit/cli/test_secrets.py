"""``cordon secrets``: what is piped or typed goes in, names come out, values never do."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.vault.vault import Opener, Vault
from tests.unit.cli.office import ScriptedOffice, scripted

SECRET, PHRASE = "Hirondelle-42", "quatre mots bien choisis"
ROOT = Path(__file__).parents[3]


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)


Cordon = Callable[..., Said]


@pytest.fixture
def office(tmp_path: Path) -> ScriptedOffice:
    return scripted(tmp_path / "calls", "key-file")


@pytest.fixture
def cordon(
    office: ScriptedOffice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cordon:
    def run(*arguments: str, piped: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        code = main(["--lang", "en", *arguments], lambda **_: office)
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def revealed(vault: Vault, name: str) -> str:
    return vault.open(Opener.key_file(vault.path.with_name("key"))).reveal(name)


def test_a_secret_goes_in_gets_a_new_value_and_goes_out(cordon: Cordon, vault: Vault, tmp_path: Path) -> None:
    said = cordon("secrets", "set", "net", piped=SECRET + "\n")
    assert said.code == 0
    assert "keep them out of the same backup" in said.out
    assert revealed(vault, "net") == SECRET
    assert cordon("secrets", "set", "net", piped="other").code == 2
    assert "version 2" in cordon("secrets", "rotate", "net", piped="Martinet-43").out
    assert revealed(vault, "net") == "Martinet-43"
    listed = cordon("secrets", "list", "--json").object
    assert listed["secrets"] == [{"name": "net", "version": 2, "devices": []}]
    assert (listed["standing"], listed["by"], listed["generation"]) == ("open", "file", 3)
    said = cordon("secrets", "remove", "nett", "--yes")
    assert said.code == 2
    assert "Did you mean “net”?" in said.err
    assert cordon("secrets", "remove", "net", "--yes").code == 0
    assert cordon("secrets", "list", "--json").object["secrets"] == []
    acts = [json.loads(line)[1:] for line in (tmp_path / "calls").read_text().splitlines()]
    assert acts == [["created", ""], ["set", "net"], ["rotated", "net"], ["removed", "net"]]


def test_a_value_keeps_its_lines_and_loses_one_line_end(cordon: Cordon, vault: Vault) -> None:
    cordon("secrets", "set", "key", piped="-----BEGIN-----\nabc\n-----END-----\n\n")
    assert revealed(vault, "key") == "-----BEGIN-----\nabc\n-----END-----\n"


def test_the_vault_is_sealed_anew(cordon: Cordon, vault: Vault, tmp_path: Path) -> None:
    cordon("secrets", "set", "net", piped=SECRET)
    before = vault.path.read_bytes()
    assert cordon("secrets", "rotate", "--key-file", str(tmp_path / "new-key")).code == 0
    assert vault.open(Opener.key_file(tmp_path / "new-key")).reveal("net") == SECRET
    assert vault.path.read_bytes() != before
    said = cordon("secrets", "list")
    assert "does not open the vault" in said.out


def test_a_dry_run_and_a_bad_name_change_nothing(cordon: Cordon, vault: Vault) -> None:
    assert cordon("secrets", "set", "net", "--dry-run", piped=SECRET).code == 0
    assert cordon("secrets", "set", "../net", piped=SECRET).code == 2
    assert not vault.exists
    cordon("secrets", "set", "net", piped=SECRET)
    before = vault.path.read_bytes()
    cordon("secrets", "rotate", "net", "--dry-run", piped="x")
    cordon("secrets", "rotate", "--dry-run", "--key-file", str(vault.path))
    cordon("secrets", "remove", "net", "--dry-run")
    assert vault.path.read_bytes() == before


def test_an_old_copy_of_the_whole_file_is_noticed_by_the_log(
    cordon: Cordon, vault: Vault, office: ScriptedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    cordon("secrets", "set", "net", piped=SECRET)
    assert "an old copy was put back" not in cordon("secrets", "list").err
    monkeypatch.setattr(office, "generations", 5)
    said = cordon("secrets", "list")
    assert "older (generation 2) than the last change on record (generation 5)" in said.err
    assert cordon("secrets", "list", "--json").object["older_than_the_log"]


# --- typed --------------------------------------------------------------------------------------------


class Terminal:
    """``cordon`` with a controlling terminal of its own."""

    def __init__(self, calls: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.seen = ""
        environ = {**os.environ, "TEST_CALLS": str(calls), "TEST_TERMINAL": "1", "TERM": "dumb"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cli.office", "--lang", "en", *arguments],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**environ, "PYTHONPATH": str(ROOT)},
        )
        os.close(slave)

    def answer(self, question: str, text: str, *, shown: bool = False) -> None:
        deadline = time.monotonic() + 30
        while question not in self.seen or self._echoes() is not shown:
            assert time.monotonic() < deadline, self.seen
            self._read(0.1)
        self.seen = self.seen.partition(question)[2]
        os.write(self.master, text.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        while self.process.poll() is None:
            self._read(0.1)
        while self._read(0):
            pass
        os.close(self.master)
        return self.process.wait(10), self.seen

    def _echoes(self) -> bool:
        """Whether what is typed now would be shown."""
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            read = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += read.decode()
        return bool(read)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        made.append(Terminal(tmp_path / "calls", *arguments))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def test_values_and_passphrases_are_typed_unseen_and_twice(
    terminal: Callable[..., Terminal], vault: Vault
) -> None:
    first = terminal("secrets", "set", "net")
    first.answer("not shown):", SECRET)
    first.answer("again:", SECRET)
    first.answer("New passphrase", PHRASE)
    first.answer("again:", PHRASE)
    code, seen = first.end()
    assert (code, SECRET in seen, PHRASE in seen) == (0, False, False)
    assert vault.open(Opener.passphrase(PHRASE)).reveal("net") == SECRET
    second = terminal("secrets", "rotate", "net")
    second.answer("not shown):", "one")
    second.answer("again:", "another")
    code, seen = second.end()
    assert code == 2
    assert "not the same" in seen
    third = terminal("secrets", "remove", "net")
    third.answer("for good:", "net", shown=True)
    for wrong in ("one", "two", "three"):
        third.answer("Passphrase of the vault:", wrong)
    code, seen = third.end()
    assert code == 2
    assert "not the passphrase" in seen
    assert vault.open(Opener.passphrase(PHRASE)).versions == {"net": 1}


def test_without_a_terminal_nobody_is_asked(cordon: Cordon, office: ScriptedOffice, vault: Vault) -> None:
    office.script = ""
    assert "there is no terminal" in cordon("secrets", "set", "net", piped=SECRET).err
    assert not vault.exists
