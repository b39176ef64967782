"""Consents of a large site are counted beside the board of return, which shows meanwhile what is known, and
nothing that was true before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from controller.bootstrap import Composition
from controller.domain.facts import Fact, GateDecided, HoldEnded, PointRead, Text
from controller.domain.hold import Ending
from controller.domain.playbook import STANDING, Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.holding.waiting import Waiting
from controller.engine.people.roles import Role
from controller.engine.people.statements import Statement
from controller.text import Catalogue
from controller.workers import resident
from controller.workers.beside import Beside
from controller.workers.office import Cut
from controller.workers.resident import reside
from tests.fakes.homes import new_home
from tests.unit.api.house import INVENTORY, ROOT, House
from tests.unit.web.console import Visitor, words_on
from tests.unit.web.test_acting import GATED, over

EN = Catalogue("en")
GATE = "/restore/segments/office"
COUNTING, TO_ASK = EN.text("restore-page.counting"), "gate-approvals-to-ask"


class Counted:
    """A large site with two subjects held; its consents are counted once ``go`` is set."""

    def __init__(self, at: House) -> None:
        self.at, self.office, self.go = at, at.office, Event()
        self.office.counting = Beside("counting", self._count, soon=0)
        self.visitor = Visitor(at, Role.VIEWER)

    def _count(self) -> None:
        assert self.go.wait(60)
        self.office.gates()

    def done(self) -> None:
        self.go.set()
        self.office.counting.wait()
        self.go.clear()

    def board(self) -> str:
        return words_on(self.visitor.open("/restore"))


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / f"{STANDING}.yaml").write_text(GATED)
    new_home(tmp_path / "home")
    composition = Composition(
        home=tmp_path / "home",
        inventory=tmp_path / "inventory.yaml",
        playbooks=(str(tmp_path / "playbooks"),),
        argon2_memory_kib=8,
        argon2_passes=1,
    )
    with reside(composition) as office:
        at = House(office)
        office.watch.stop()
        office.begin_cut(office.plan_cut(Cut(subjects=("office", "internet"))), "", ROOT)
        over(at)
        monkeypatch.setattr(resident, "LARGE", 0)
        made = Counted(at)
        try:
            yield made
        finally:
            made.done()


def test_what_is_known_is_on_the_board_while_consents_are_counted_and_then_all(
    large: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = large.visitor.open("/restore")
    assert 'id="truth" data-live data-again' in page.text
    assert EN.text("restore-page.counting-why") in words_on(page)
    gate = large.visitor.open(GATE)
    for shown in (page, gate):
        assert COUNTING in words_on(shown)
        assert "edr-clean" in words_on(shown)
        assert EN.text("restore-page.open") not in words_on(shown)
    assert EN.text("restore-page.missing", count=2) in words_on(gate)
    large.done()
    for address in ("/restore", GATE):
        page = large.visitor.open(address)
        assert COUNTING not in words_on(page)
        assert "data-again" not in page.text
    assert EN.text("restore-page.missing", count=2) in words_on(page)
    monkeypatch.setattr(resident, "LARGE", 300)  # of any other site all is said at once
    large.office.journal.commit(*_facts(_ended(large)), ROOT)
    assert COUNTING not in large.board()


def _ended(large: Counted) -> tuple[Tag, Fact]:
    key = next(hold.key for hold in large.office.open_holds() if hold.key.subject == "internet")
    return Tag.HOLD_ENDED, HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, key.run)


def _read(large: Counted) -> tuple[Tag, Fact]:
    hold = large.office.open_holds()[0]
    return Tag.POINT_WATCHED, PointRead(
        "watch",
        hold.key.point,
        Action.ISOLATE,
        hold.method,
        Outcome.NOT_ATTEMPTED,
        Proof.CONTRADICTED,
        {"admin": "up"},
        datetime.now(UTC),
    )


def _decided(_large: Counted) -> tuple[Tag, Fact]:
    return Tag.GATE_DECIDED, GateDecided("internet", "user:1", True, Text(""))


def test_after_whatever_changes_a_return_its_consents_are_counted_again(large: Counted) -> None:
    large.board()
    large.done()
    for change in (_ended, _read, _decided):
        assert COUNTING not in large.board()
        tag, fact = change(large)
        large.office.journal.commit(tag, [fact], ROOT)
        assert COUNTING in large.board()
        large.done()
        assert large.office.gates_at_hand() == large.office.gates()


def test_what_is_said_while_consents_are_counted_is_all_but_them(large: Counted) -> None:
    person = large.office.access().sign_in.session(large.at.session(Role.ENGINEER))
    assert person is not None
    large.office.access().statements.attest(Statement("office", "edr-clean"), "ch-exemple", person)
    large.office.journal.commit(*_facts(_decided(large)), ROOT)
    meanwhile = {each.subject: each for each in large.office.gates_at_hand()}
    whole = {each.subject: each for each in large.office.gates()}
    assert meanwhile.keys() == whole.keys() == {"office", "internet"}
    assert [name for name, each in meanwhile.items() if each.counting] == ["office"]  # no gate at the other
    assert {name: _without_consents(each) for name, each in whole.items()} == {
        name: replace(each, counting=False) for name, each in meanwhile.items()
    }
    assert TO_ASK in {want.code for each in whole.values() for want in each.wants}
    large.office.journal.commit(*_facts(_ended(large)), ROOT)
    gate = words_on(large.visitor.open(GATE))
    assert COUNTING in gate
    assert EN.text("restore-page.open") not in gate  # nothing else is missing, and that is not all


def _facts(told: tuple[Tag, Fact]) -> tuple[Tag, list[Fact]]:
    return told[0], [told[1]]


def _without_consents(each: Waiting) -> Waiting:
    wants = tuple(want for want in each.wants if want.code != TO_ASK)
    return replace(each, wants=wants, plan="", request="")


def test_who_asks_while_it_is_being_done_has_nothing_begun_twice() -> None:
    begun, go = [], Event()

    def work() -> None:
        begun.append(1)
        assert go.wait(60)

    beside = Beside("counting", work, soon=0)
    beside.wait()
    for _ in range(3):
        beside.ask()
    go.set()
    beside.wait()
    assert len(begun) == 1
    beside.ask()
    beside.wait()
    assert len(begun) == 2
