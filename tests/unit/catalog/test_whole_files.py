"""Whole files, and all files of a site together: everything wrong is reported in one pass."""

from __future__ import annotations

from pathlib import Path

import pytest

import controller.catalog.profiles
from controller.catalog.inventory import inventory_from_text
from controller.catalog.shipped import shipped_examples, shipped_playbooks, shipped_profiles
from controller.catalog.site import Site, inventory_of, load_site
from controller.domain.inventory import MANUAL
from tests.unit.catalog.sample import INVENTORY, PLAYBOOK, SWITCH, problems_of

PLANTED = Path(__file__).with_name("twenty-mistakes.yaml")
EXAMPLES = sorted(shipped_examples().glob("*/inventory.yaml"))


def expected(text: str) -> list[tuple[int, str]]:
    """``(line, code)`` as announced in the file itself, behind ``#!``."""
    return sorted(
        (number, code)
        for number, line in enumerate(text.split("\n"), start=1)
        for code in line.partition("#!")[2].split()
    )


def test_twenty_mistakes_are_twenty_located_problems_in_one_pass() -> None:
    announced = expected(PLANTED.read_text("utf-8"))
    assert len(announced) >= 20
    assert len({code for _, code in announced}) >= 20
    problems = problems_of(lambda: load_site(PLANTED, [shipped_profiles()], [shipped_playbooks()]))
    assert sorted((problem.line, problem.code) for problem in problems) == announced
    assert {problem.file for problem in problems} == {str(PLANTED)}
    assert all(problem.column >= 1 for problem in problems)


def test_the_planted_secret_is_not_repeated() -> None:
    problems = problems_of(lambda: load_site(PLANTED, [shipped_profiles()], [shipped_playbooks()]))
    assert "hunter2" in PLANTED.read_text("utf-8")
    assert "hunter2" not in repr(problems)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_shipped_examples_are_sound(path: Path) -> None:
    site = load_site(path, [shipped_profiles()], [shipped_playbooks()])
    assert site.inventory_text == path.read_text("utf-8")
    assert set(site.profiles) == {device.platform for device in site.inventory.devices.values()} - {MANUAL}


def test_the_larger_example_is_a_hospital() -> None:
    site = load_site(
        shipped_examples() / "ch-exemple/inventory.yaml", [shipped_profiles()], [shipped_playbooks()]
    )
    inventory = site.inventory
    assert len(inventory.devices) >= 40
    assert len(inventory.segments) >= 12
    assert {"cisco_ios", "ovs_linux", "linux_nftables", "frr", MANUAL} <= {
        device.platform for device in inventory.devices.values()
    }
    assert sum(segment.keep_alive for segment in inventory.segments.values()) >= 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("profiles/switch.yaml", SWITCH),
        ("playbooks/cut.yaml", PLAYBOOK),
        ("inventory.yaml", INVENTORY),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def problems_in(folder: Path) -> list[tuple[str, str]]:
    problems = problems_of(
        lambda: load_site(folder / "inventory.yaml", [folder / "profiles"], [folder / "playbooks"])
    )
    return sorted((Path(problem.file).name, problem.code) for problem in problems)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_mistakes_of_all_files_are_reported_together(folder: Path) -> None:
    edit(folder / "inventory.yaml", "role: access", "role: acess")
    edit(folder / "profiles/switch.yaml", "settle: 500", "settle: soon")
    edit(folder / "playbooks/cut.yaml", "verify: proven", "verify: sure")
    (folder / "playbooks/broken.yaml").write_text("format: [", "utf-8")
    assert problems_in(folder) == [
        ("broken.yaml", "yaml-unclosed"),
        ("cut.yaml", "unknown-value"),
        ("inventory.yaml", "unknown-value.suggested"),
        ("switch.yaml", "integer-expected"),
    ]


def test_a_playbook_that_names_what_the_inventory_lacks_is_told_where(folder: Path) -> None:
    edit(folder / "playbooks/cut.yaml", "segments: [emergency, samu]", "segments: [emergency, smau]")
    edit(folder / "playbooks/cut.yaml", "devices: core-1", "devices: core-9")
    (first, second) = problems_of(
        lambda: load_site(folder / "inventory.yaml", [folder / "profiles"], [folder / "playbooks"])
    )
    assert (first.code, dict(first.data)["name"]) == ("unknown-device.suggested", "core-9")
    assert (second.code, dict(second.data)["suggestion"]) == ("unknown-segment.suggested", "samu")
    lines = (folder / "playbooks/cut.yaml").read_text("utf-8").split("\n")
    assert lines[first.line - 1][first.column - 1 :].startswith("core-9")
    assert lines[second.line - 1][second.column - 1 :].startswith("smau")


def test_an_absent_inventory_still_reports_the_other_files(folder: Path) -> None:
    (folder / "inventory.yaml").unlink()
    edit(folder / "profiles/switch.yaml", "settle: 500", "settle: soon")
    assert problems_in(folder) == [("inventory.yaml", "file-missing"), ("switch.yaml", "integer-expected")]


def test_only_the_profiles_in_use_are_part_of_what_a_plan_rests_on(folder: Path) -> None:
    other = SWITCH.replace("platform: switch", "platform: other")
    before = load_site(folder / "inventory.yaml", [folder / "profiles"], [folder / "playbooks"]).profiles
    (folder / "profiles/other.yaml").write_text(other, "utf-8")
    after = load_site(folder / "inventory.yaml", [folder / "profiles"], [folder / "playbooks"]).profiles
    assert set(after) == {"switch"}
    assert after.digest == before.digest


# --- the profiles that come with Cordon are read where a device has their platform --------------------------


@pytest.fixture
def shipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of Cordon's own, with the profile in use and another one."""
    directory = folder / "shipped"
    directory.mkdir()
    (folder / "profiles/switch.yaml").rename(directory / "switch.yaml")
    (directory / "router.yaml").write_text(SWITCH.replace("platform: switch", "platform: router"), "utf-8")
    monkeypatch.setattr(controller.catalog.profiles, "shipped_profiles", lambda: directory)
    return directory


def with_shipped(folder: Path, *, whole: bool) -> Site:
    directories = [folder / "profiles", folder / "shipped"]
    return load_site(folder / "inventory.yaml", directories, [folder / "playbooks"], whole=whole)


def test_a_profile_of_cordons_own_that_nobody_uses_is_read_when_all_is(folder: Path, shipped: Path) -> None:
    edit(shipped / "router.yaml", "settle: 500", "settle: soon")
    site = with_shipped(folder, whole=False)
    assert set(site.profiles) == {"switch"}
    assert inventory_of(site.inventory_text, "inventory", [shipped]) == site.inventory
    problems = problems_of(lambda: with_shipped(folder, whole=True))
    assert [Path(problem.file).name for problem in problems] == ["router.yaml"]


def test_what_a_plan_rests_on_is_the_same_however_much_was_read(folder: Path, shipped: Path) -> None:
    found, all_read = with_shipped(folder, whole=False), with_shipped(folder, whole=True)
    assert found.profiles.digest == all_read.profiles.digest
    assert found.profiles.text == all_read.profiles.text
    assert found.inventory == all_read.inventory


def test_one_that_a_device_needs_is_told_when_it_is_broken(folder: Path, shipped: Path) -> None:
    edit(shipped / "switch.yaml", "settle: 500", "settle: soon")
    problems = problems_of(lambda: with_shipped(folder, whole=False))
    assert [(Path(problem.file).name, problem.code) for problem in problems] == [
        ("switch.yaml", "integer-expected")
    ]


def test_one_of_a_sites_own_is_told_whoever_uses_it_and_comes_first(folder: Path, shipped: Path) -> None:
    edit(shipped / "router.yaml", "settle: 500", "settle: soon")
    own = (shipped / "router.yaml").read_text("utf-8")
    (folder / "profiles/mine.yaml").write_text(own, "utf-8")
    problems = problems_of(lambda: with_shipped(folder, whole=False))
    assert [Path(problem.file).name for problem in problems] == ["mine.yaml"]
    edit(folder / "profiles/mine.yaml", "settle: soon", "settle: 700")
    edit(folder / "profiles/mine.yaml", "platform: router", "platform: switch")
    assert with_shipped(folder, whole=False).profiles["switch"].session.settle == 700


def test_a_platform_that_was_not_read_is_known_all_the_same(folder: Path, shipped: Path) -> None:
    edit(folder / "inventory.yaml", "platform: switch", "platform: ruoter")
    problems = problems_of(lambda: with_shipped(folder, whole=False))
    assert {dict(problem.data)["suggestion"] for problem in problems} == {"router"}


def test_a_large_inventory_is_read_in_reasonable_time() -> None:
    # Looking names up in lists rather than mappings would take minutes here.
    devices = "".join(
        f"  d{n}: {{platform: manual, role: access, paths: [{{ssh: 10.{n // 250}.{n % 250}.1}}]}}\n"
        for n in range(3000)
    )
    points = "".join(f"      - {{device: d{n % 3000}, interface: p{n}}}\n" for n in range(20000))
    text = (
        f"format: 1\nsite: large\ndevices:\n{devices}segments:\n"
        f"  all-ports:\n    title: x\n    priority: 1\n    points:\n{points}"
    )
    assert len(inventory_from_text(text, "large.yaml", {}).segments["all-ports"].points) == 20000
