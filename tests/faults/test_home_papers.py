"""What lies in files: an inventory that changes or breaks, a home that is not for this version or account."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import stat

import pytest

from tests.faults.crash import Ground
from tests.faults.home_house import House, asked, both, house

pytestmark = pytest.mark.faults


@both
def test_the_inventory_changes_midway(ground: Ground, action: str) -> None:
    with house(ground, "inventory-changed", action) as at:
        before = at.inventory.read_text()
        changed = before.replace("GigabitEthernet1/0/3", "GigabitEthernet1/0/13")
        assert changed != before
        with at.midway(action) as run:
            at.inventory.write_text(changed)
        at.judge(run.end(), at.run("status"))
        assert not any("GigabitEthernet1/0/13" in record["line"] for record in at.sent())


@both
def test_the_inventory_breaks(ground: Ground, action: str) -> None:
    with house(ground, "inventory-broken", action) as at:
        assert at.run("check").exit == 0  # what is valid is kept
        with at.midway(action) as run:
            run.signal(signal.SIGKILL)
            run.end()
        good = at.inventory.read_text()
        begun = at.office.runs()[-1].run
        at.inventory.write_text("devices: [\n")
        sent = len(at.sent())
        anew = at.run(*asked(action))
        if action == "restore":
            assert len(at.sent()) == sent
        assert at.run("status").exit == 0
        assert at.run("check").exit == 2
        resumed = at.run("resume", begun, "--yes")
        assert at.run("show", begun).exit == 0
        noted = [line for line in at.office.log() if line.data.get("documents") == "last-valid"]
        assert len(noted) == (action == "isolate")
        at.inventory.write_text(good)
        at.judge(anew, resumed)


def _digests(at: House) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in at.home.iterdir()
        if path.is_file()
    }


def _revision(at: House, wanted: str) -> str:
    """Sets it, as another version would have; returns what it was."""
    connection = sqlite3.connect(at.home / "cordon.db")
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (wanted,))
    connection.close()
    return str(found)


@both
def test_the_home_is_of_a_newer_version(ground: Ground, action: str) -> None:
    with house(ground, "home-newer", action) as at:
        revision = _revision(at, "9999")
        before = _digests(at)
        said = at.run(*asked(action))
        assert before.items() <= _digests(at).items()
        _revision(at, revision)
        at.judge(said)


@both
def test_others_can_read_the_home(ground: Ground, action: str) -> None:
    with house(ground, "home-readable", action) as at:
        at.home.chmod(0o755)
        at.judge(at.run(*asked(action)))
        assert stat.S_IMODE(at.home.stat().st_mode) == 0o700


@both
def test_others_can_write_in_the_home(ground: Ground, action: str) -> None:
    with house(ground, "home-writable", action) as at:
        at.home.chmod(0o770)
        said = at.run(*asked(action))
        assert stat.S_IMODE(at.home.stat().st_mode) == 0o770
        at.home.chmod(0o700)
        at.judge(said)
