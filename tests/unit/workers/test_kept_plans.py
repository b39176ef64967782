"""The plans of all levels are kept compiled; what was valid last stands in for files with mistakes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import controller.bootstrap.documents
import controller.catalog.profiles
import controller.catalog.shipped
import controller.catalog.site
import controller.engine.planning.plans
from controller.domain.errors import InvalidInput, InvalidRequest
from controller.domain.facts import Actor, Text
from controller.domain.plan import Plan
from controller.engine.planning.planner import plan_isolation
from controller.workers.front import HomeOffice, cordon_office
from controller.workers.office import Cut, Keeping
from controller.workers.requests import Isolate
from controller.workers.wire import request_from_line, request_to_line

ROOT = Path(__file__).parents[3]
LEVELS = (1, 2, 3, 4, 5)
BROKEN = "devices: [\n"


@dataclass
class Desk:
    """An inventory, directories of its own for profiles and playbooks, and a home."""

    at: Path

    @property
    def inventory(self) -> Path:
        return self.at / "inventory.yaml"

    @property
    def plans(self) -> Path:
        return self.at / "home" / "plans"

    def office(self, home: str = "home") -> HomeOffice:
        """As a process that has just begun."""
        return cordon_office(
            inventory=self.inventory,
            home=self.at / home,
            profiles=(self.at / "profiles",),
            playbooks=(self.at / "playbooks",),
        )

    def keep(self) -> Keeping:
        office = self.office()
        office.documents(anew=True)
        return office.keep()

    def plan(self, level: int = 5) -> Plan:
        return self.office().plan_cut(Cut(level=level))

    def fresh(self, level: int = 5) -> Plan:
        """Compiled for a home that keeps nothing."""
        return self.office("empty").plan_cut(Cut(level=level))

    def replace(self, old: str, new: str) -> None:
        text = self.inventory.read_text()
        assert old in text
        self.inventory.write_text(text.replace(old, new))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "playbooks").mkdir()
    shutil.copy(ROOT / "examples" / "lab" / "inventory.yaml", tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, whoever reads a file anew or compiles has failed."""

    def refuse(*_given: object, **_more: object) -> Any:
        raise AssertionError("read or compiled at the moment of triggering")

    def begin() -> None:
        monkeypatch.setattr(controller.catalog.site, "load_site", refuse)
        monkeypatch.setattr(controller.engine.planning.plans, "plan_isolation", refuse)

    return begin


def test_every_level_is_kept_and_triggering_compiles_nothing(desk: Desk, idle: Callable[[], None]) -> None:
    fresh = [desk.fresh(level) for level in LEVELS]
    kept = desk.keep()
    assert [each.level for each in kept.plans] == list(LEVELS)
    assert kept.compiled == len(LEVELS)
    idle()
    plans = [desk.plan(level) for level in LEVELS]
    assert [plan.hash for plan in plans] == [plan.hash for plan in fresh]
    assert plans == fresh
    assert desk.office().plan_cut(Cut(playbook="level-5")) == fresh[-1]


def test_nothing_is_compiled_again_while_nothing_changes(desk: Desk) -> None:
    desk.keep()
    before = {path: path.stat().st_mtime_ns for path in desk.plans.iterdir()}
    again = desk.keep()
    assert (len(again.plans), again.compiled) == (len(LEVELS), 0)
    assert {path: path.stat().st_mtime_ns for path in desk.plans.iterdir()} == before


def _inventory_changes(desk: Desk) -> int:
    desk.replace("location: {building: B, rack: R3}", "location: {building: B, rack: R9}")
    return len(LEVELS)


def _profile_changes(desk: Desk) -> int:
    text = (ROOT / "device_profiles" / "ovs_linux.yaml").read_text()
    (desk.at / "profiles" / "ovs_linux.yaml").write_text(text + "# another\n")
    return len(LEVELS)


def _playbook_changes(desk: Desk) -> int:
    text = (ROOT / "playbooks" / "level-5.yaml").read_text()
    (desk.at / "playbooks" / "level-5.yaml").write_text(text.replace("farthest-first", "choke-points-first"))
    return 1


def _nothing_it_rests_on_changes(desk: Desk) -> int:
    shutil.copy(ROOT / "device_profiles" / "ovs_linux.yaml", desk.at / "profiles")
    return 0


CHANGES = (_inventory_changes, _profile_changes, _playbook_changes, _nothing_it_rests_on_changes)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.__name__).strip("_"))
def test_just_what_rests_on_a_change_is_compiled_again(desk: Desk, change: Callable[[Desk], int]) -> None:
    desk.keep()
    before = [desk.plan(level).hash for level in LEVELS]
    touched = change(desk)
    plans = [desk.plan(level) for level in LEVELS]  # before anything of it is kept
    assert plans == [desk.fresh(level) for level in LEVELS]
    assert sum(one != plan.hash for one, plan in zip(before, plans, strict=True)) == touched
    assert desk.keep().compiled == touched
    assert [desk.plan(level) for level in LEVELS] == plans


def test_another_program_s_plans_count_for_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.keep()
    monkeypatch.setattr(controller.bootstrap.documents, "program_digest", lambda: "another")
    compiled: list[Plan] = []

    def compile_it(*given: Any) -> Plan:
        compiled.append(plan_isolation(*given))
        return compiled[-1]

    monkeypatch.setattr(controller.engine.planning.plans, "plan_isolation", compile_it)
    assert desk.plan().hash
    assert compiled
    desk.inventory.write_text(BROKEN)
    assert desk.plan().hash  # from the sources kept by the other
    assert len(compiled) == 2


def test_what_is_let_go_in_spite_of_a_refusal_is_never_taken_from_what_is_kept(desk: Desk) -> None:
    desk.keep()
    cut = Cut(level=5, overrides=frozenset({"samu"}))
    assert desk.office().plan_cut(cut) == desk.office("empty").plan_cut(cut)


def test_damage_is_noticed_mended_and_never_used(desk: Desk) -> None:
    desk.keep()
    fresh = [desk.fresh(level) for level in LEVELS]
    for path in [path for path in desk.plans.iterdir() if path.name != "lock"]:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        office = desk.office()
        assert [office.plan_cut(Cut(level=level)) for level in LEVELS] == fresh, path.name
        assert desk.keep().damaged == (path.suffix == ".content")
        mended = desk.keep()
        assert mended.compiled == mended.damaged == 0


def test_files_with_mistakes_block_no_cut(desk: Desk) -> None:
    desk.keep()
    fresh = desk.fresh()
    revision = desk.office().documents().inventory.digest
    desk.inventory.write_text(BROKEN)
    office = desk.office()
    documents = office.documents_in_force()
    assert documents.lapse is not None
    assert documents.lapse.file == str(desk.inventory)
    assert [(problem.file, problem.line) for problem in documents.lapse.problems] == [
        (str(desk.inventory), 2)
    ]
    assert documents.inventory.digest == revision
    assert office.plan_cut(Cut(level=5)) == fresh
    name = next(iter(documents.inventory.segments))
    assert office.plan_cut(Cut(subjects=(name,))).hash
    assert office.situation().site == "lab"
    with pytest.raises(InvalidInput):
        office.documents()
    assert office.keep() == Keeping()  # what is not valid never replaces what was


def test_another_process_is_told_that_the_files_have_mistakes(desk: Desk) -> None:
    desk.keep()
    desk.inventory.write_text(BROKEN)
    office = desk.office()
    lapse = office.documents_in_force().lapse
    asked = Isolate(office.plan_cut(Cut(level=1)), {}, "", Actor("os:0", Text("")), lapse=lapse)
    heard = request_from_line(json.loads(json.dumps(request_to_line(asked))))
    assert isinstance(heard, Isolate)
    assert heard.lapse == lapse


def _gone(desk: Desk) -> None:
    desk.inventory.unlink()


def _no_text(desk: Desk) -> None:
    desk.inventory.write_bytes(b"\xff\xfe\x00")


def _profile_broken(desk: Desk) -> None:
    (desk.at / "profiles" / "ovs_linux.yaml").write_text("format: 7\n")


def _playbooks_gone(desk: Desk) -> None:
    (desk.at / "playbooks").rmdir()


def _names_what_is_gone(desk: Desk) -> None:
    desk.replace("[[core, acc1], [acc1, uplink]]", "[[core9, acc1], [acc1, uplink]]")


MISTAKES = (_gone, _no_text, _profile_broken, _playbooks_gone, _names_what_is_gone)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: str(mistake.__name__).strip("_"))
def test_whatever_the_mistake_is(desk: Desk, mistake: Callable[[Desk], None]) -> None:
    desk.keep()
    fresh = desk.fresh()
    mistake(desk)
    with pytest.raises(InvalidInput):
        desk.office("empty").documents_in_force()
    office = desk.office()
    assert office.plan_cut(Cut(level=5)) == fresh
    lapse = office.documents_in_force().lapse
    assert lapse is not None
    assert lapse.problems


def test_a_return_is_not_planned_from_what_was_valid_last(desk: Desk) -> None:
    desk.keep()
    desk.inventory.write_text(BROKEN)
    with pytest.raises(InvalidInput):
        desk.office().plan_return(controller.engine.planning.plans.Return(everything=True))


def test_mistakes_and_damage_together_leave_the_sources(desk: Desk) -> None:
    desk.keep()
    fresh = desk.fresh()
    keeper = desk.office()._documents._keeper  # noqa: SLF001 - which file holds what is nobody else's business
    keeper_of = keeper._of_file()  # noqa: SLF001 - the same
    assert keeper_of is not None
    (desk.plans / f"{keeper_of.documents}.content").write_bytes(b"")
    desk.inventory.write_text(BROKEN)
    assert desk.plan() == fresh
    (desk.plans / f"{keeper_of.sources}.content").write_bytes(b"")
    with pytest.raises(InvalidInput):
        desk.plan()


def test_a_file_named_by_mistake_is_stood_in_for_by_what_was_kept_last(desk: Desk) -> None:
    desk.keep()
    kept_from = str(desk.inventory)
    desk.inventory.rename(desk.at / "renamed.yaml")
    office = desk.office()
    lapse = office.documents_in_force().lapse
    assert lapse is not None
    assert lapse.file == kept_from


def test_its_own_file_goes_before_one_kept_later(desk: Desk, tmp_path: Path) -> None:
    desk.keep()
    revision = desk.office().documents().inventory.digest
    draft = tmp_path / "draft.yaml"
    draft.write_text(desk.inventory.read_text().replace("rack: R3", "rack: R8"))
    office = cordon_office(
        inventory=draft,
        home=desk.at / "home",
        profiles=(desk.at / "profiles",),
        playbooks=(desk.at / "playbooks",),
    )
    office.documents()
    assert office.keep().compiled
    desk.inventory.write_text(BROKEN)
    assert desk.office().documents_in_force().inventory.digest == revision


def test_no_inventory_named_is_a_matter_of_the_command_line(desk: Desk) -> None:
    desk.keep()
    with pytest.raises(InvalidRequest):
        cordon_office(home=desk.at / "home").documents_in_force()


def test_a_home_that_cannot_be_written_blocks_nothing(desk: Desk) -> None:
    desk.plans.parent.mkdir(mode=0o700)
    desk.plans.write_text("a file where the directory should be")
    kept = desk.keep()
    assert kept.problem
    assert desk.plan() == desk.fresh()


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = controller.catalog.site.load_site

    def slow(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        desk.replace("rack: R3", "rack: R7")
        return found

    monkeypatch.setattr(controller.catalog.site, "load_site", slow)
    assert desk.keep() == Keeping()
    monkeypatch.undo()
    assert desk.keep().compiled == len(LEVELS)


def test_a_check_reads_every_profile_that_comes_with_cordon(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = desk.at / "shipped"
    shipped.mkdir()
    for name in desk.office().documents().profiles:
        shutil.copy(ROOT / "device_profiles" / f"{name}.yaml", shipped)
    (shipped / "unused.yaml").write_text("platform: unused\n")
    monkeypatch.setattr(controller.catalog.shipped, "shipped_profiles", lambda: shipped)
    monkeypatch.setattr(controller.catalog.profiles, "shipped_profiles", lambda: shipped)
    assert "unused" not in desk.office().documents().profiles
    with pytest.raises(InvalidInput) as refused:
        desk.office().documents(anew=True)
    assert {Path(problem.file).name for problem in refused.value.problems} == {"unused.yaml"}
