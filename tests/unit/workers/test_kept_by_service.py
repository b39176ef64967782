"""A process that stays keeps the plans by itself, and again when a file changes."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from controller.bootstrap import Composition
from controller.workers.front import cordon_office
from controller.workers.resident import reside
from tests.fakes.homes import new_home

ROOT = Path(__file__).parents[3]


def _kept_from(home: Path, revision: str) -> bool:
    """Waits until what is kept is of that revision."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if any(revision in path.read_text() for path in (home / "plans").glob("*.index")):
            return True
        time.sleep(0.02)
    return False


def test_a_service_keeps_the_plans_of_all_levels(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    shutil.copy(ROOT / "examples" / "lab" / "inventory.yaml", inventory)
    home = new_home(tmp_path / "home").path

    def revision() -> str:
        return cordon_office(inventory=inventory, home=tmp_path / "none").documents().inventory.digest

    with reside(Composition(inventory=inventory, home=home)) as office:
        assert _kept_from(home, revision())
        inventory.write_text(inventory.read_text().replace("rack: R3", "rack: R9"))
        changed = office.documents().inventory.digest
        assert changed == revision()
        assert _kept_from(home, changed)
        inventory.write_text("devices: [\n")
        assert office.documents_in_force().inventory.digest == changed
        assert office.documents_in_force().lapse is not None
        inventory.write_text((ROOT / "examples" / "lab" / "inventory.yaml").read_text())
        assert office.documents_in_force().lapse is None
