"""Playbooks: what is written, what is included, and the doctrine of the shipped ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.catalog.playbooks import (
    Playbooks,
    load_playbooks,
    playbook_from_text,
    playbooks_from_sources,
    resolve,
)
from controller.catalog.shipped import shipped_playbooks
from controller.domain.errors import InvalidInput, NotFound
from controller.domain.inventory import Bilingual, Method
from controller.domain.playbook import (
    Action,
    Evidence,
    Gate,
    OnFailure,
    OnUnreachable,
    Order,
    Playbook,
    Save,
    Scope,
    Selector,
    Stage,
)
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Proof
from tests.unit.catalog.sample import (
    INVENTORY,
    PLAYBOOK,
    only_problem,
    planted,
    problems_of,
    switch_profiles,
)


def one(text: str) -> Playbook:
    return playbooks_from_sources({"cut": text})["cut"]


def stage(name: str) -> str:
    return f"stages: [{{name: {name}, action: isolate, select: {{segments: all}}, method: svi}}]\n"


def small(name: str, *include: str, level: int | None = None) -> str:
    text = f"format: 1\ntitle: {name}\ninclude: [{', '.join(include)}]\n"
    return text + (f"level: {level}\n" if level else "") + stage(name)


def test_a_playbook_is_what_its_file_says() -> None:
    found = one(PLAYBOOK)
    assert (found.name, found.title, found.level, found.save) == (
        "cut",
        Bilingual("Couper", "Cut"),
        3,
        Save.IF_EQUAL,
    )
    core = Selector(Scope.DEVICES, attributes={"role": ("core",)})
    assert found.evidence == Evidence((TableKind.MAC, TableKind.SESSIONS), core, 3)
    assert found.stages == (
        Stage(
            name="gateways",
            action=Action.ISOLATE,
            select=(
                Selector(
                    Scope.SEGMENTS,
                    attributes={"role": ("clinical", "general"), "keep_alive": ("false",)},
                ),
                Selector(Scope.DEVICES, names=("core-1",)),
            ),
            method=(Method.SVI, Method.ACL),
            order=Order.CHOKE_POINTS_FIRST,
            on_failure=OnFailure.CONTINUE,
            on_unreachable=OnUnreachable.REPORT,
            verify=Proof.PROVEN,
            gate=Gate(
                approvals=2,
                roles=("crisis-cell",),
                attest=("patched",),
                probes=True,
                hold=1800,
                watch=90,
            ),
        ),
        # A restore, unless told otherwise, goes by priority and stops at the first failure.
        Stage(
            name="back",
            action=Action.RESTORE,
            select=(Selector(Scope.SEGMENTS, names=("emergency", "samu")), Selector(Scope.CONDUITS)),
            order=Order.PRIORITY,
            on_failure=OnFailure.STOP,
        ),
    )


@pytest.mark.parametrize(
    ("written", "selector"),
    [
        ("segments: all", Selector(Scope.SEGMENTS)),
        ("segments: emergency", Selector(Scope.SEGMENTS, names=("emergency",))),
        ("segments: {name: emergency}", Selector(Scope.SEGMENTS, names=("emergency",))),
        (
            "segments: {name: [a, b], priority: 1}",
            Selector(Scope.SEGMENTS, attributes={"name": ("a", "b"), "priority": ("1",)}),
        ),
        ("conduits: {kind: [wan, vpn]}", Selector(Scope.CONDUITS, attributes={"kind": ("wan", "vpn")})),
        (
            "devices: {role: firewall, platform: frr}",
            Selector(Scope.DEVICES, attributes={"role": ("firewall",), "platform": ("frr",)}),
        ),
    ],
)
def test_selectors(written: str, selector: Selector) -> None:
    text = PLAYBOOK.replace("segments: [emergency, samu], conduits: all", written)
    assert one(text).stages[1].select == (selector,)


MISTAKES = [
    ("format: 1", "format: ¶3", "format-newer", {"found": "3"}),
    ("level: 3", "level: ¶0", "out-of-range", {}),
    ("save: if-equal", "save: ¶ifequal", "unknown-value.suggested", {"suggestion": "if-equal"}),
    ("name: back", "name: ¶gateways", "stage-duplicate", {"line": "7"}),
    ("[mac, sessions]", "[mac, ¶macs]", "unknown-value.suggested", {"suggestion": "mac"}),
    ("tables: [mac, sessions]", "¶tables: []", "evidence-empty", {}),
    ("within: 3s", "within: ¶3", "duration-expected", {}),
    ("within: 3s", "¶without: 3s", "unknown-key.suggested", {"suggestion": "within"}),
    ("action: restore", "action: ¶restart", "unknown-value.suggested", {"suggestion": "restore"}),
    ("[svi, acl]", "[svi, ¶ack]", "unknown-value.suggested", {"suggestion": "acl", "key": "method"}),
    ("[svi, acl]", "[svi, ¶svi]", "method-twice", {"method": "svi"}),
    ("order: choke-points-first", "order: ¶choke-point-first", "unknown-value.suggested", {}),
    ("verify: proven", "verify: ¶proved", "unknown-value.suggested", {"suggestion": "proven"}),
    ("verify: proven", "verify: ¶unknown", "unknown-value", {"key": "verify"}),
    ("approvals: 2", "approvals: ¶two", "integer-expected", {}),
    ("hold: 30m", "hold: ¶30", "duration-expected", {}),
    ("hold: 30m", "¶holds: 30m", "unknown-key.suggested", {"suggestion": "hold"}),
    ("probes: true", "probes: ¶maybe", "boolean-expected", {}),
    ("keep_alive: false", "keep_alive: ¶NO", "boolean-expected", {"value": "NO"}),
    ("keep_alive: false", "¶keepalive: false", "unknown-key.suggested", {"suggestion": "keep_alive"}),
    ("[clinical, general]", "[clinical, ¶generall]", "unknown-value.suggested", {"suggestion": "general"}),
    ("conduits: all}", "¶conduit: all}", "unknown-key.suggested", {"suggestion": "conduits"}),
    ("    select: {segments: [em", "    ¶method: [svi]\n    select: {segments: [em", "method-in-restore", {}),
    ("verify: proven", "verify: proven\n    ¶towards: [emergency]", "partial-in-isolate", {"key": "towards"}),
    ("verify: proven", "verify: proven\n    ¶points: core-1", "partial-in-isolate", {"key": "points"}),
    ("save: if-equal", "include: [¶cutt]", "unknown-playbook.suggested", {"suggestion": "cut"}),
    ("save: if-equal", "include: [¶cut]", "include-loop", {"loop": "cut → cut"}),
]


@pytest.mark.parametrize(("old", "new", "code", "data"), MISTAKES)
def test_a_mistake_is_located_and_named(old: str, new: str, code: str, data: dict[str, str]) -> None:
    place = planted(PLAYBOOK, old, new)
    problem = only_problem(lambda: playbooks_from_sources({"cut": place.text}), place)
    assert problem.code == code
    assert dict(problem.data).items() >= data.items()


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("    method: [svi, acl]\n", "", "method-missing", 7),
        ("{segments: [emergency, samu], conduits: all}", "{}", "select-empty", 16),
        ("    action: restore\n", "", "key-missing", 14),
        ("title: {fr: Couper, en: Cut}", "title: {fr: Couper}", "key-missing", 2),
    ],
)
def test_what_is_absent_is_told(old: str, new: str, code: str, line: int) -> None:
    assert PLAYBOOK.count(old) == 1
    problems = problems_of(lambda: one(PLAYBOOK.replace(old, new)))
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]


def test_a_playbook_must_do_something() -> None:
    assert [problem.code for problem in problems_of(lambda: one("format: 1\ntitle: x\n"))] == [
        "stages-missing"
    ]


def test_a_playbook_that_only_restores_keeps_no_evidence() -> None:
    text = "format: 1\ntitle: x\nevidence: {tables: arp}\nstages:\n"
    text += "  - {name: back, action: restore, select: {segments: all}}\n"
    assert [(problem.code, problem.line) for problem in problems_of(lambda: one(text))] == [
        ("evidence-in-restore", 3)
    ]


def names(playbooks: Playbooks, name: str) -> list[str]:
    return [found.name for found in resolve(playbooks[name], playbooks)]


def test_what_is_included_comes_first_and_once() -> None:
    playbooks = playbooks_from_sources(
        {"d": small("d", "b", "c"), "b": small("b", "a"), "c": small("c", "a"), "a": small("a")}
    )
    assert names(playbooks, "d") == ["a", "b", "c", "d"]
    assert names(playbooks, "b") == ["a", "b"]
    assert names(playbooks, "a") == ["a"]


def test_a_loop_of_includes_is_refused_and_shown() -> None:
    sources = {"a": small("a", "b"), "b": small("b", "c"), "c": small("c", "a"), "d": small("d", "a")}
    (problem,) = problems_of(lambda: playbooks_from_sources(sources))
    assert (problem.file, problem.line, problem.code) == ("c", 3, "include-loop")
    assert dict(problem.data) == {"loop": "a → b → c → a"}


def test_resolving_never_runs_in_circles_nor_leaves_out_what_is_missing() -> None:
    a, b = (
        Playbook("a", Bilingual("", ""), (), include=("b",)),
        Playbook("b", Bilingual("", ""), (), include=("a",)),
    )
    with pytest.raises(InvalidInput):
        resolve(a, {"a": a, "b": b})
    with pytest.raises(NotFound):
        resolve(a, {"a": a})


def test_a_level_belongs_to_one_playbook() -> None:
    sources = {"a": small("a", level=2), "b": small("b", level=2)}
    (problem,) = problems_of(lambda: playbooks_from_sources(sources))
    assert (problem.file, problem.line, problem.code) == ("b", 4, "level-duplicate")
    assert dict(problem.data) == {"level": "2", "other": "a"}


def test_a_users_playbook_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    sources: Mapping[str, str] = {
        "own/a.yaml": small("mine"),
        "shipped/a.yaml": small("a"),
        "shipped/b.yaml": small("b", "a"),
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    playbooks = load_playbooks([tmp_path / "own", tmp_path / "shipped"])
    assert names(playbooks, "b") == ["mine", "b"]


def test_a_playbook_comes_back_from_its_text_with_what_it_includes() -> None:
    playbooks = load_playbooks([shipped_playbooks()])
    text = playbooks.text("level-5")
    again, others = playbook_from_text(text)
    assert again == playbooks["level-5"]
    assert again.digest == hashlib.sha256(text.encode()).hexdigest()
    assert resolve(again, others) == resolve(playbooks["level-5"], playbooks)
    assert "restore-by-priority" not in others


def test_the_digest_changes_with_what_is_included_only() -> None:
    sources = {"a": small("a"), "b": small("b", "a"), "c": small("c")}
    before = playbooks_from_sources(sources)
    after = playbooks_from_sources({**sources, "a": small("a") + "# remark\n"})
    assert before["b"].digest != after["b"].digest
    assert before["c"].digest == after["c"].digest


@pytest.mark.parametrize("text", ["", '{"cordon":"profiles","files":{}}', '{"cordon":"playbook","files":{}}'])
def test_a_foreign_text_is_no_playbook(text: str) -> None:
    assert [problem.code for problem in problems_of(lambda: playbook_from_text(text))] == ["bundle-invalid"]


def test_names_that_an_inventory_lacks_are_found_where_they_stand() -> None:
    inventory = inventory_from_text(INVENTORY, "i.yaml", switch_profiles())
    text = (
        PLAYBOOK.replace("emergency, samu", "emergncy, samu")
        .replace("devices: core-1", "devices: {name: [core-1, x]}")
        .replace("devices: {role: core}", "devices: [core-1, y]")
    )
    playbooks = playbooks_from_sources({"cut": text})
    found = playbooks.unmatched(inventory)
    assert [(problem.code, problem.line) for problem in found] == [
        ("unknown-device", 5),
        ("unknown-device", 9),
        ("unknown-segment.suggested", 16),
    ]
    assert playbooks.unmatched(inventory, names=[]) == ()


def test_what_a_stage_brings_back_alone() -> None:
    alone = (
        "towards: [emergency, 192.0.2.7, 'fd00::/8']\n    points: core-1 Vlan10\n    select: {segments: [em"
    )
    text = PLAYBOOK.replace("select: {segments: [em", alone)
    found = one(text).stages[1]
    assert (found.towards, found.points) == (("emergency", "192.0.2.7", "fd00::/8"), ("core-1 Vlan10",))
    inventory = inventory_from_text(INVENTORY, "i.yaml", switch_profiles())
    assert [each.code for each in playbooks_from_sources({"a": text}).unmatched(inventory)] == []
    wrong = text.replace("192.0.2.7", "192.0.2.777").replace("towards: [emergency", "towards: [emergncy")
    wrong = wrong.replace("core-1 Vlan10", "core-9 Vlan10")
    problems = playbooks_from_sources({"a": wrong}).unmatched(inventory)
    codes = {"unknown-device.suggested", "unknown-towards", "unknown-towards.suggested"}
    assert {each.code for each in problems} == codes


# --- the doctrine ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Playbooks:
    return load_playbooks([shipped_playbooks()])


@pytest.mark.parametrize("level", range(1, 6))
def test_each_level_contains_the_one_below(shipped: Playbooks, level: int) -> None:
    playbook = shipped.at_level(level)
    assert playbook is not None
    assert playbook.name == f"level-{level}"
    assert playbook.title.fr != playbook.title.en
    assert playbook.save is Save.NEVER
    stages = resolve(playbook, shipped)
    if level > 1:
        below = resolve(shipped[f"level-{level - 1}"], shipped)
        assert stages[: len(below)] == below
        assert len(stages) > len(below)


def test_no_level_touches_what_is_kept_alive(shipped: Playbooks) -> None:
    selectors = [
        selector
        for found in resolve(shipped["level-5"], shipped)
        for selector in found.select
        if selector.scope is Scope.SEGMENTS
    ]
    assert selectors
    assert all(selector.attributes.get("keep_alive") == ("false",) for selector in selectors)


def test_log_ins_go_last_at_every_level(shipped: Playbooks) -> None:
    roles = [
        [selector.attributes["role"] for selector in found.select if "role" in selector.attributes]
        for level in ("level-4", "level-5")
        for found in shipped[level].stages
    ]
    assert [("aaa",) in found for found in roles] == [False, True, False, True]
    assert not any(
        "aaa" in selector.attributes.get("role", ("aaa",))
        for found in resolve(shipped["level-3"], shipped)
        for selector in found.select
        if selector.scope is Scope.SEGMENTS
    )


def test_the_last_level_goes_farthest_first_by_ports(shipped: Playbooks) -> None:
    assert all(found.order is Order.FARTHEST_FIRST for found in shipped["level-5"].stages)
    assert all(found.method[0] is Method.SHUTDOWN for found in shipped["level-5"].stages)


def test_the_way_back_is_by_priority_and_stops_at_the_first_failure(shipped: Playbooks) -> None:
    stages = resolve(shipped["restore-by-priority"], shipped)
    assert {found.action for found in stages} == {Action.RESTORE}
    assert {found.order for found in stages} == {Order.PRIORITY}
    assert {found.on_failure for found in stages} == {OnFailure.STOP}
    assert [found.select[0].scope for found in stages] == [Scope.SEGMENTS, Scope.CONDUITS]
