"""YAML is read as it is written, and every way it can be wrong is a located problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.catalog.document import MAX_BYTES, NOTHING, Document, parse
from controller.catalog.findings import Findings
from controller.catalog.inventory import inventory_source, load_inventory
from controller.domain.errors import Problem
from tests.unit.catalog.sample import INVENTORY, problems_of, switch_profiles


def tree(text: str) -> Document:
    findings = Findings()
    document = parse(text, "f.yaml", findings)
    assert document is not None, list(findings)
    assert not len(findings), list(findings)
    return document


def mistakes(text: str) -> list[Problem]:
    findings = Findings()
    parse(text, "f.yaml", findings)
    return list(findings)


@pytest.mark.parametrize("written", ["NO", "22:22", "0x10", "1e3", "2024-01-01", "on", "1_000", "010", ".5"])
def test_a_scalar_stays_what_was_written(written: str) -> None:
    assert tree(f"a: {written}").plain() == {"a": written}


@pytest.mark.parametrize("written", ["", "~", "null", "# only a comment"])
def test_a_key_without_value_is_nothing_rather_than_a_default(written: str) -> None:
    assert tree(f"a: {written}\nb: 1").plain() == {"a": NOTHING, "b": "1"}


def test_quoted_emptiness_is_a_text() -> None:
    assert tree("a: ''\nb: 'null'").plain() == {"a": "", "b": "null"}


@pytest.mark.parametrize(
    ("text", "line", "column", "code"),
    [
        ("a: 1\n\tb: 2", 2, 1, "yaml-tab"),
        ("a:\n\tb: 2", 2, 1, "yaml-tab"),
        ("a: b: c", 1, 5, "yaml-colon"),
        ("a: 1\nbc\n", 3, 1, "yaml-colon"),
        ("a:\n  b: 1\n c: 2", 3, 2, "yaml-indentation"),
        ("a: [1, 2\n", 2, 1, "yaml-unclosed"),
        ("a: 'x\n", 2, 1, "yaml-unclosed"),
        ("a: @x", 1, 4, "yaml-character"),
        ("a: é\x07", 1, 5, "yaml-control-character"),
        ("a: 1\n---\nb: 1", 2, 1, "yaml-many-documents"),
        ("a: 1\nb: !env X", 2, 4, "yaml-tag"),
        ("a: !!python/object:os.system x", 1, 4, "yaml-tag"),
        ("a: !!int 1", 1, 4, "yaml-tag"),
        ("a: *x", 1, 4, "yaml-alias-unknown"),
        ("a: &x [1, *x]", 1, 11, "yaml-alias-loop"),
        ("a: {<<: 1}", 1, 9, "yaml-merge"),
        ("a: 1\n[b, c]: 2", 2, 1, "key-not-text"),
        ("a: 1\nb: 2\na: 3", 3, 1, "duplicate-key"),
        ("x: {a: 1, a: 1}", 1, 11, "duplicate-key"),
        ("- a\n- b", 1, 1, "not-a-mapping"),
        ("words", 1, 1, "not-a-mapping"),
        ("", 0, 0, "file-empty"),
        ("# nothing\n", 0, 0, "file-empty"),
        ("---\n...\n", 0, 0, "file-empty"),
        ("a: " + "[" * 41, 1, 43, "yaml-too-deep"),
        ("a: \ud800", 0, 0, "not-utf8"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_where_it_stands(
    text: str, line: int, column: int, code: str
) -> None:
    assert [(p.file, p.line, p.column, p.code) for p in mistakes(text)] == [("f.yaml", line, column, code)]


def test_a_duplicate_key_names_the_line_of_the_first_which_counts() -> None:
    findings = Findings()
    document = parse("a: 1\nb: 2\na: 3\n", "f.yaml", findings)
    assert document is not None
    assert document.plain() == {"a": "1", "b": "2"}
    assert [dict(problem.data) for problem in findings] == [{"first": "1"}]


def test_nesting_that_overflows_a_stack_is_refused_instead() -> None:
    assert [problem.code for problem in mistakes("[" * 300_000)] == ["yaml-too-deep"]


def test_nested_aliases_stop_before_they_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    problems = mistakes("\n".join(lines))
    assert [problem.code for problem in problems] == ["yaml-alias-bomb"]


def test_aliases_and_merges_mean_what_they_mean_in_yaml() -> None:
    text = "base: &base {role: access, port: 22}\none: {<<: *base, port: 23}\ntwo: *base\n"
    assert tree(text).plain() == {
        "base": {"role": "access", "port": "22"},
        "one": {"role": "access", "port": "23"},
        "two": {"role": "access", "port": "22"},
    }


def test_the_earlier_of_several_merged_mappings_wins() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n"
    plain = tree(text).plain()
    assert isinstance(plain, dict)
    assert plain["c"] == {"x": "1", "y": "2"}


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert tree("a: {'<<': 1}").plain() == {"a": {"<<": "1"}}


def test_one_use_of_an_alias_does_not_change_another() -> None:
    document = tree("a: &a {x: [1, 2]}\nb: *a\n")
    document.remove(("b", "x", 0))
    assert document.plain() == {"a": {"x": ["1", "2"]}, "b": {"x": ["2"]}}


def test_bytes_that_are_not_utf8_are_located(tmp_path: Path) -> None:
    path = tmp_path / "i.yaml"
    path.write_bytes("format: 1\nsite: é ".encode() + b"\xe9\n")
    (problem,) = problems_of(lambda: inventory_source(path))
    assert (problem.file, problem.line, problem.column, problem.code) == (str(path), 2, 9, "not-utf8")


def test_a_byte_order_mark_is_no_mistake_and_no_part_of_the_revision(tmp_path: Path) -> None:
    path = tmp_path / "i.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + INVENTORY.encode())
    assert inventory_source(path) == INVENTORY
    assert load_inventory(path, switch_profiles()).site == "ch-sample"


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "i.yaml"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert [problem.code for problem in problems_of(lambda: inventory_source(path))] == ["file-too-large"]


@pytest.mark.parametrize(
    ("name", "code"), [("absent.yaml", "file-missing"), (".", "file-unreadable"), ("a\0b", "file-missing")]
)
def test_a_file_that_cannot_be_had_is_a_problem_of_the_whole_file(
    tmp_path: Path, name: str, code: str
) -> None:
    (problem,) = problems_of(lambda: inventory_source(tmp_path / name))
    assert (problem.line, problem.code) == (0, code)
