"""How long ago an entry was: by the ticks of the machine, whatever its clock is set to."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.domain.facts import Actor, GateDecided, Text
from controller.domain.tags import Tag
from controller.store import draft, ticks
from tests.fakes.homes import new_home

ANNA = Actor("user:2")
GO = GateDecided("icu", "user:2", True, Text(""))


class Machine:
    """``boot`` and ``seconds`` since then, as every entry bears them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boot, self.seconds = "one", 100.0
        for module in (draft, ticks):
            monkeypatch.setattr(module, "boot_id", lambda: self.boot)
            monkeypatch.setattr(module.time, "monotonic_ns", lambda: int(self.seconds * 1e9))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_only_time_in_which_the_machine_was_seen_running_counts(tmp_path: Path, machine: Machine) -> None:
    home = new_home(tmp_path / "home")

    def ago() -> float:
        return round(home.history().statements("icu").words[0].ago)

    with home.lead(actor=ANNA) as lead:
        lead.journal.commit(Tag.GATE_DECIDED, [GO], ANNA)
        machine.seconds += 30
        assert ago() == 30
        lead.journal.commit(Tag.GATE_DECIDED, [GO], ANNA)
    machine.boot, machine.seconds = "two", 5_000.0
    with home.lead(actor=ANNA) as lead:
        assert ago() == 30  # nobody saw how long it was off
        machine.seconds += 10
        lead.journal.commit(Tag.GATE_DECIDED, [GO], ANNA)
        assert ago() == 40
