"""``cordon user`` and its kin on a real home: from the console, with or without a leader that stays."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Actor
from controller.engine.people.accounts import Grant, Invitation
from controller.engine.people.roles import Role
from controller.workers.accounting import asked
from controller.workers.front import HomeOffice, cordon_office
from controller.workers.leading import AnyLeader
from controller.workers.requests import AskAccounts, WriteLog
from controller.workers.wire import error_from_line, request_to_line
from tests.unit.accounts.house import PASSWORD, ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"MEMORY_KIB": "8", "PASSES": "1"}.items():
        monkeypatch.setenv(f"CORDON_ARGON2_{name}", value)
    monkeypatch.setenv("CORDON_LANG", "en")
    return tmp_path / "home"


@pytest.fixture
def cordon(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, typed: str = "", code: int = 0) -> dict[str, Any]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert main(["--home", str(home), "--json", *arguments]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def test_an_account_from_its_making_to_its_end(led: HomeOffice, cordon: Any, home: Path) -> None:
    roles = ("--role", "responder", "--role", "approver@ch-a")
    made = cordon("user", "add", "Alice", *roles, typed=f"{PASSWORD}\n")
    assert made["user"]["roles"] == [
        {"role": "approver", "site": "ch-a"},
        {"role": "responder", "site": "*"},
    ]
    assert len(made["codes"]) == 10
    assert made["uri"].startswith("otpauth://")
    assert cordon("user", "list")["users"][0]["enrolled"]
    assert cordon("user", "roles", "alice", "--role", "viewer")["user"]["roles"][0]["role"] == "viewer"
    cordon("user", "password", "user:1", typed="another long password\n")
    assert cordon("user", "totp", "Alice")["secret"] != made["secret"]
    assert set(cordon("user", "recovery", "Alice")["codes"]).isdisjoint(made["codes"])
    token = cordon("user", "token", "Alice", "--scope", "view", "--label", "board")
    assert cordon("user", "tokens")["tokens"][0]["id"] == token["id"]
    cordon("user", "tokens", "--revoke", token["id"])
    assert cordon("user", "tokens")["tokens"] == []
    assert cordon("user", "sessions")["sessions"] == []
    assert cordon("user", "invite", "Alice")["token"]
    assert cordon("user", "disable", "Alice")["user"]["disabled"]
    assert not cordon("user", "enable", "Alice")["user"]["disabled"]
    assert cordon("audit", "verify")["whole"]
    tags = {entry["tag"] for entry in cordon("audit", "show")["entries"]}
    assert {"account:user:created", "account:token:revoked", "account:user:disabled"} <= tags
    on_disk = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for secret in (PASSWORD, "another long password", token["token"], *made["codes"]):
        assert secret.encode() not in on_disk


@pytest.mark.parametrize(
    ("arguments", "typed", "error"),
    [
        (("user", "add", "bob", "--role", "king"), f"{PASSWORD}\n", "role-unknown"),
        (("user", "add", "bob"), f"{PASSWORD}\n", "no-role"),
        (("user", "add", "bob", "--role", "viewer"), "short\n", "password-length"),
        (("user", "add", "bob", "--role", "viewer"), "", "nothing-typed"),
        (("user", "roles", "nobody"), "", "not-found"),
        (("user", "token", "nobody", "--scope", "all"), "", "permission-unknown"),
        (("approve", "beef"), "", "who-consents"),
        (("approve", "beef", "--as", "x", "--deny", "--cancel"), "", "choose-one"),
        (("countersign", "run"), "", "who-consents"),
    ],
)
def test_a_mistake_changes_nothing(cordon: Any, arguments: tuple[str, ...], typed: str, error: str) -> None:
    assert cordon(*arguments, typed=typed, code=2)["error"] == error
    assert cordon("user", "list")["users"] == []


def test_the_code_is_printed_once_and_its_state_told(cordon: Any) -> None:
    assert cordon("user", "break-glass")["break_glass"]["number"] == 0
    first = cordon("user", "break-glass", "--print")
    assert len(first["code"]) == 24
    shown = cordon("user", "break-glass")
    assert shown["break_glass"]["sealed"]
    assert first["code"] not in json.dumps(shown)
    assert cordon("user", "list")["break_glass"]["number"] == 1


# --- a leader that stays -----------------------------------------------------------------------------


@pytest.fixture
def led(home: Path) -> Iterator[HomeOffice]:
    """Another process's office, so to speak: the lead is held here meanwhile."""
    with AnyLeader(Composition(home=home), lambda _: None).lead():
        yield cordon_office(home=home)


def test_the_leader_does_what_the_console_asks(led: HomeOffice, cordon: Any, home: Path) -> None:
    made = cordon("user", "add", "Alice", "--role", "approver", typed=f"{PASSWORD}\n")
    answer = led.ask_accounts("invite", user="alice", actor=ROOT)
    assert isinstance(answer, Invitation)
    assert answer.user.id == made["user"]["id"]
    assert cordon("approve", "beef", "--as", "alice", code=2)["error"] == "not-found"
    assert cordon("countersign", "run", "--as", "alice", code=2)["error"] == "not-found"


def test_nobody_is_a_person_of_cordon_by_saying_so(led: HomeOffice, home: Path) -> None:
    composition = led._composition  # noqa: SLF001 - its home is the leader's
    for actor in (Actor("user:1"), Actor("glass:1")):
        line = request_to_line(WriteLog("forged", actor))
        [answer] = composition.home().request(line)
        error = error_from_line(dict(answer))
        assert isinstance(error, InvalidRequest)
        assert error.reason == "request-not-understood"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("__init__", {}),
        ("no_such", {}),
        ("disable", {"user": "x"}),
        ("disable", {"user": 7, "actor": ROOT}),
        ("create", {"name": "x", "grants": [{"role": "king", "site": "*"}], "actor": ROOT}),
    ],
)
def test_a_request_of_another_version_is_told_so(
    led: HomeOffice, call: str, given: dict[str, object]
) -> None:
    line = request_to_line(AskAccounts(call, asked(given)))
    [answer] = led._composition.home().request(line)  # noqa: SLF001 - its home is the leader's
    error = error_from_line(dict(answer))
    assert isinstance(error, InvalidRequest)
    assert error.reason == "request-not-understood"


def test_names_with_roles_reach_the_leader_as_they_are(led: HomeOffice) -> None:
    made: Invitation = led.ask_accounts("create", name="Zoé", grants=(Grant(Role.VIEWER),), actor=ROOT)
    assert (made.user.name, made.user.grants) == ("Zoé", (Grant(Role.VIEWER),))
