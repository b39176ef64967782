"""Texts: the same in both languages, one for every code the source can come up with."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest

import controller
from controller.cli.board import Standing
from controller.domain.errors import OpenCause
from controller.domain.inventory import Bilingual
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.execution.running import StopCause
from controller.engine.holding.situation import SubjectState
from controller.engine.people.accounts import RequestState
from controller.engine.people.approvals import Cause as RequestCause
from controller.engine.people.roles import Permission, Role
from controller.text import LANGUAGES, Catalogue, language
from controller.text.times import age, duration

SOURCE = Path(controller.__file__).parent
FR, EN = Catalogue("fr"), Catalogue("en")
NO_BREAK = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.filterwarnings("error")


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    assert set(FR) == set(EN)


def test_both_languages_use_the_same_data() -> None:
    assert [code for code in FR if _placeholders(FR.raw(code)) != _placeholders(EN.raw(code))] == []
    assert [code for code in FR if not (FR.raw(code).strip() and EN.raw(code).strip())] == []


def test_french_breaks_no_line_before_its_double_marks() -> None:
    text = FR.text("error.override-unsealed")
    assert f"À deux{NO_BREAK}: ajoutez" in text
    assert f"«{NO_BREAK}cordon user break-glass --print{NO_BREAK}»" in text
    assert [code for code in FR if re.search(r" [:;?!»](\s|$)|« ", FR.raw(code))] == []
    assert NO_BREAK not in "".join(EN.raw(code) for code in EN)


def test_french_elides_with_its_own_apostrophe() -> None:
    told = FR.text("error.override-unsealed")
    assert [code for code in FR if re.search(r"\w'[\w{«]", FR.raw(code))] == []
    assert "’" in told
    assert "’" not in "".join(EN.raw(code) for code in EN)
    assert "’" not in (SOURCE / "text" / "fr.toml").read_text("utf-8")


def test_a_number_is_written_twice_or_not_at_all() -> None:
    ones = {code.removesuffix(".one") for code in FR if code.endswith(".one")}
    assert ones == {code.removesuffix(".many") for code in FR if code.endswith(".many")}
    assert ones


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        (OpenCause, "open."),
        (Outcome, "outcome."),
        (Proof, "proof."),
        (RunState, "state."),
        (SubjectState, "subject-state."),
        (SubjectState, "status."),
        (Standing, "standing."),
        (Action, "action."),
        (Role, "role."),
        (Permission, "permission."),
        (RequestState, "request."),
        (RequestCause, "request-cause."),
    ],
)
def test_every_value_a_person_may_see_has_a_text(kind: type[StrEnum], prefix: str) -> None:
    missing = [f"{prefix}{each.value}" for each in kind if f"{prefix}{each.value}" not in FR]
    assert missing == []


def test_every_tag_has_a_text() -> None:
    assert [tag for tag in Tag if f"tag.{tag.value.replace(':', '.')}" not in FR] == []


# --- codes in the source -----------------------------------------------------------------------------


def _trees(*parts: str) -> Iterator[tuple[Path, ast.Module]]:
    for part in parts:
        path = SOURCE / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file, ast.parse(file.read_text("utf-8"))


def _calls(name: str, *parts: str) -> Iterator[ast.Call]:
    for _, tree in _trees(*parts):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == name:
                    yield node


def _literals(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def _code_like(values: set[str]) -> set[str]:
    return {value for value in values if value and set(value) <= set(string.ascii_lowercase + "-.")}


def test_every_error_has_a_text() -> None:
    codes = set()
    for _, tree in _trees("domain", "engine", "store", "workers", "drivers", "vault", "bootstrap"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            for line in node.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="code")], value=value):
                        codes |= _code_like(_literals(value))
                    case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant() as value):
                        codes |= _code_like(_literals(value))
                    case _:
                        pass
    assert {"refused", "internal", "leader-lost"} <= codes
    assert {code for code in codes if f"error.{code}" not in FR} == set()


def test_every_reason_of_an_invalid_request_has_a_text() -> None:
    reasons = set()
    for call in _calls("InvalidRequest", "."):
        if call.args:
            reasons |= _code_like(_literals(call.args[0]))
    assert {"nothing-held", "choose-one"} <= reasons
    assert {reason for reason in reasons if f"error.{reason}" not in FR} == set()


def test_every_hazard_has_a_text_with_its_data() -> None:
    codes: dict[str, set[str]] = {}
    calls = [(call, 0) for name in ("hazard", "Hazard") for call in _calls(name, "engine")]
    calls += [(call, 1) for call in _calls("_add", "engine")]
    for call, at in calls:
        for code in _code_like(_literals(call.args[at])) if len(call.args) > at else ():
            codes.setdefault(code, set()).update(each.arg for each in call.keywords if each.arg)
    assert {"keep-alive-selected", "plan-changed", "device-gone"} <= codes.keys()
    assert {code for code in codes if f"hazard.{code}" not in FR} == set()
    for code, data in codes.items():
        wanted = _placeholders(FR.raw(f"hazard.{code}"))
        said = {"unasked", "points", "hosts"} if "days" in data else set()  # out of data, in words
        said |= {"why"} if "against" in data else set()
        said |= {"when", "instead"} if "undo" in data else set()
        assert wanted <= data | {"culprit"} | said, f"hazard.{code} has no {wanted - data}"


def test_every_cause_has_a_text() -> None:
    causes = {value for name, value in vars(StopCause).items() if not name.startswith("_")}
    for call in (*_calls("finish", "engine"), *_calls("_give_up", "engine"), *_calls("_with", "engine")):
        for argument in call.args[:] if len(call.args) == 1 else call.args[1:]:
            causes |= _code_like(_literals(argument))
    for _, tree in _trees("engine/points/blocks.py"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                causes |= _code_like(_literals(node.value.elts[-1]))
    causes |= {"internal", "journal-unavailable", "stale-epoch"}  # what ends a run from within
    assert {"drift", "deadline", "probe-still-answers", "device-refused"} <= causes
    assert {cause for cause in causes if f"cause.{cause}" not in FR} == set()


def test_every_fault_of_the_log_has_a_text() -> None:
    codes = set()
    for call in _calls("_Bad", "store/verification.py"):
        codes |= _code_like(_literals(call.args[1]))
    for call in _calls("Fault", "store/verification.py"):
        codes |= _code_like(_literals(call.args[1]))
    assert {"leaf", "missing", "triggers"} <= codes
    assert {code for code in codes if f"verify.{code}" not in FR} == set()


def test_every_mistake_in_a_file_has_a_text_with_its_data() -> None:
    """Where a code and its data are written out at one call of ``add``; others are seen when they occur."""
    seen = 0
    for call in (*_calls("add", "catalog"), *_calls("_abandon", "catalog")):
        if len(call.args) < 2 or not isinstance(call.args[-1], ast.Constant):
            continue
        code = str(call.args[-1].value)
        seen += 1
        assert f"problem.{code}" in FR, code
        data = {each.arg for each in call.keywords if each.arg}
        if None not in {each.arg for each in call.keywords}:
            assert _placeholders(FR.raw(f"problem.{code}")) <= data, code
    assert seen > 30


def test_every_phrase_of_the_command_line_is_there() -> None:
    wanted = set()
    for name in ("text", "Option", "Argument"):
        for call in _calls(name, "cli"):
            found = (
                call.args[:1]
                if name == "text"
                else [each.value for each in call.keywords if each.arg == "help"]
            )
            wanted |= {code for each in found for code in _code_like(_literals(each)) if "." in code}
    wanted = {code for code in wanted if not code.endswith((".", "-"))}
    assert {"ask.site", "help.json", "end.degraded"} <= wanted
    assert {code for code in wanted if code not in FR} == set()


def test_the_state_of_a_run_always_ends_in_a_sentence() -> None:
    for action in Action:
        assert f"end.{action}" in FR
        assert f"end.{action}-nothing" in FR


# --- looking up --------------------------------------------------------------------------------------


def test_numbers_choose_the_form_of_their_language() -> None:
    assert FR.text("count.points", count=0) == "0 point"
    assert FR.text("count.points", count=1) == "1 point"
    assert FR.text("count.points", count=2) == "2 points"
    assert EN.text("count.points", count=0) == "0 points"
    assert EN.text("count.points", count=1) == "1 point"


def test_a_missing_text_or_value_never_hides_what_happened() -> None:
    assert FR.text("error.no-such-thing", device="acc-1") == "error.no-such-thing device=acc-1"
    assert "{device}" in EN.text("open-x") or EN.text("open-x") == "open-x"
    assert "{options}" in EN.text("error.choose-one")


def test_values_are_not_templates_themselves() -> None:
    assert "{home} {0}" in EN.text("error.choose-one", options="{home} {0}")


@pytest.mark.parametrize(
    ("asked", "environ", "expected"),
    [
        (None, {}, "en"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LANG": "C", "LC_MESSAGES": "fr_CA"}, "fr"),
        (None, {"LC_ALL": "en_GB.UTF-8", "CORDON_LANG": "fr"}, "fr"),
        ("en", {"CORDON_LANG": "fr"}, "en"),
        ("fr", {"LANG": "en_US"}, "fr"),
        (None, {"LANG": "de_DE"}, "en"),
        (None, {"CORDON_LANG": "", "LANG": "fr"}, "fr"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_systems(
    asked: str | None, environ: dict[str, str], expected: str
) -> None:
    assert language(asked, environ) == expected


def test_every_language_can_be_loaded() -> None:
    assert [Catalogue(lang).lang for lang in (*LANGUAGES, "xx")] == ["fr", "en", "en"]
    assert FR.pick(Bilingual("Labo", "Laboratory")) == "Labo"
    assert EN.pick(Bilingual("Labo", "Laboratory")) == "Laboratory"
    assert EN.pick(None) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.02, "0.1 s"),
        (1.44, "1.4 s"),
        (3, "3 s"),
        (9.96, "9 s"),
        (41.9, "41 s"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7500, "2 h 5 min"),
        (97_200, "1 d 3 h"),
        (-5, "0 s"),
    ],
)
def test_durations_in_their_two_largest_units(seconds: float, expected: str) -> None:
    assert duration(EN, seconds) == expected


def test_tenths_of_a_second_have_each_language_s_mark() -> None:
    assert duration(FR, 1.44) == "1,4 s"


def test_the_age_of_a_reading_from_the_future_is_not_called_fresh() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert age(FR, now - timedelta(minutes=4), now) == "il y a 4 min"
    assert "horloge" in age(FR, now + timedelta(hours=1), now)


def test_every_hazard_has_its_section_in_the_documentation_and_no_other_has() -> None:
    text = (SOURCE.parent / "docs" / "hazards.md").read_text("utf-8")
    sections = [line.strip("# `") for line in text.split("\n") if line.startswith("## ")]
    assert sorted(sections) == sorted(
        code.removeprefix("hazard.") for code in FR if code.startswith("hazard.")
    )
