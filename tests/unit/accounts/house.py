"""A home's accounts with a real store, a log in memory and a clock that does as it is told."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pyotp

from controller.domain.facts import Actor, RevisionStored, RunOpened, Text
from controller.domain.inventory import PointId
from controller.domain.plan import Basis, Condition, Hazard, Plan, Severity, Wave
from controller.domain.playbook import Action, Gate, OnFailure, OnUnreachable
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.engine.people.access import Access, access
from controller.engine.people.accounts import Grant, Limits, Person, Session
from controller.engine.people.roles import Role
from controller.identity.passwords import Argon2Passwords
from controller.identity.totp import AppCodes
from controller.store.accounts import HomeAccounts
from tests.fakes.journal import MemoryHistory, MemoryJournal

SITE = "ch-test"
PASSWORD = "correct horse battery"
ROOT = Actor("os:0", Text("root"))


class Clock:
    """``wall`` and ticks go together until somebody sets the clock."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
        self.ticks = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def pause(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += timedelta(seconds=seconds)

    def set_back(self, seconds: float) -> None:
        self.wall -= timedelta(seconds=seconds)


@cache
def fast_passwords() -> Argon2Passwords:
    return Argon2Passwords(passes=1, memory=8, threads=2)


@cache
def _empty() -> Path:
    """A database as it is made, to be copied: making it takes Alembic a second."""
    directory = Path(tempfile.mkdtemp(prefix="cordon-accounts-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    with HomeAccounts(directory, directory / "accounts.db").change():
        pass
    return directory / "accounts.db"


class House:
    """``again``: the same home after a restart of its leader."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        shutil.copy(_empty(), directory / "accounts.db")
        self.clock = Clock()
        self.journal = MemoryJournal(lambda: self.clock.wall)
        self.history = MemoryHistory(self.journal)
        self.factors: dict[str, str] = {}
        self.access = self._open()

    def again(self) -> None:
        self.access = self._open()

    def _open(self, passwords: Argon2Passwords | None = None) -> Access:
        return access(
            HomeAccounts(self.directory, self.directory / "accounts.db"),
            passwords or fast_passwords(),
            AppCodes(),
            self.journal,
            self.clock,
            lambda: self.history,
            Limits(),
        )

    def with_passwords(self, passwords: Argon2Passwords) -> None:
        self.access = self._open(passwords)

    def add(self, name: str, *roles: Role, site: str = "*") -> tuple[str, ...]:
        """An account ready to sign in; its recovery codes."""
        made = self.access.users.create(name, tuple(Grant(role, site) for role in roles), ROOT)
        factor = self.access.users.invited(made.token)
        assert factor is not None
        self.factors[name] = factor.secret
        codes = self.access.users.enrol(made.token, PASSWORD, self.code(name))
        self.clock.pause(30)
        return codes

    def code(self, name: str, steps: int = 0) -> str:
        return pyotp.TOTP(self.factors[name]).at(self.clock.wall, counter_offset=steps)

    def sign_in(self, name: str, source: str = "10.0.0.9") -> Session:
        session = self.access.sign_in.authenticate(name, PASSWORD, self.code(name), source)
        self.clock.pause(30)
        return session

    def person(self, name: str) -> Person:
        person = self.access.sign_in.session(self.sign_in(name).token)
        assert person is not None
        return person

    def take_over(self, other: House) -> None:
        """The accounts of another house, which may go on being used."""
        ours, theirs = (sqlite3.connect(one.directory / "accounts.db") for one in (self, other))
        with closing(ours), closing(theirs):
            theirs.backup(ours)
        self.factors, self.clock.wall = other.factors, other.clock.wall

    def stored(self) -> bytes:
        """Everything the accounts have on disk."""
        return b"".join(path.read_bytes() for path in self.directory.glob("accounts.db*"))

    def tags(self) -> list[str]:
        return [commit.tag.value for commit in self.journal.commits]


def restore_plan(*gates: Gate, command: str = "no shutdown") -> Plan:
    ends = (("run-1", "emergency", PointId("acc-1", command)),)
    waits = (Condition("emergency", tuple(gate for gate in gates if not gate.open), "bases", "known"),)
    basis = Basis("i", "p", "b", "r", "bases")
    return Plan("back", Action.RESTORE, SITE, None, basis, (), (), ends=ends, conditions=waits)


def cut_plan(*kept_alive: str, severity: Severity = Severity.WARN) -> Plan:
    hazards = tuple(Hazard("keep-alive-overridden", severity, name) for name in kept_alive)
    wave = Wave(0, "cut", (), OnFailure.CONTINUE, OnUnreachable.REPORT, Proof.CONFIRMED)
    return Plan("level-5", Action.ISOLATE, SITE, 5, Basis("i", "p", "b", "r"), (wave,), hazards)


def isolated(house: House, run: str, by: Person | None, action: Action = Action.ISOLATE) -> None:
    plan = cut_plan()
    content = '{"site": "ch-test"}'
    opened = RunOpened(run, action, plan.hash, "level-5", 5, "i", "p", Text(""))
    stored = RevisionStored("plan", plan.hash, content)
    house.journal.commit(Tag.RUN_OPENED, [stored, opened], by.actor if by else ROOT)
