"""One sequence of bytes for one value, and plain values there and back."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import hypothesis.strategies as st
import pytest
from hypothesis import given

from controller.domain.canonical import canonical_bytes, digest, written
from controller.domain.codec import from_plain, to_plain
from controller.domain.entry import CHAIN_START, chain_hash, commitment, leaf_hash, seal
from controller.domain.inventory import Point, PointId, PointKind
from controller.domain.template import Template

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé", max_size=4), inner),
)


@given(JSON)
def test_it_is_json_without_white_space_with_sorted_keys(value: object) -> None:
    made = canonical_bytes(value)  # type: ignore[arg-type]  # values outside the type are the point
    normal = unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False))
    again = json.loads(normal)
    assert json.loads(made) == again
    assert made == json.dumps(again, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@given(JSON)
def test_an_iterator_counts_as_its_list(value: object) -> None:
    assert canonical_bytes(iter([value, value])) == canonical_bytes([value, value])  # type: ignore[arg-type,list-item]  # values outside the type are the point


@given(st.dictionaries(st.text("abcé\u0301"), JSON))
def test_what_is_written_beforehand_is_written_alike(value: dict[str, object]) -> None:
    normal = {unicodedata.normalize("NFC", key): item for key, item in value.items()}
    expected = canonical_bytes({"a": [normal, None]})  # type: ignore[list-item]  # any JSON
    assert canonical_bytes({"a": [written(MappingProxyType(normal)), None]}) == expected  # type: ignore[arg-type]  # any JSON


def test_accents_typed_on_two_keyboards_hash_alike() -> None:
    assert digest({"é": "à"}) == digest({"e\u0301": "a\u0300"})
    assert canonical_bytes("é") == '"é"'.encode()


@pytest.mark.parametrize(
    "value",
    [1.0, {"a": [float("nan")]}, {1: "a"}, {"é": 1, "e\u0301": 2}, b"bytes", {"a"}, {None: 1}],
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)  # type: ignore[arg-type]  # values outside the type are the point


def test_entries_are_chained_leaves_of_rfc_6962() -> None:
    body = b'{"a":1}'
    leaf = hashlib.sha256(b"\x00" + body).digest()
    chain = hashlib.sha256(b"\x02" + CHAIN_START + leaf).digest()
    entry = seal(7, body, CHAIN_START)
    assert (entry.seq, entry.leaf, entry.chain) == (7, leaf, chain)
    assert (leaf_hash(body), chain_hash(CHAIN_START, leaf)) == (leaf, chain)
    assert hashlib.sha256(b"cordon-log-v1").digest() == CHAIN_START


def test_a_commitment_binds_salt_and_content() -> None:
    salt = bytes(range(16))
    assert commitment(salt, b"x") == hashlib.sha256(b"\x03" + salt + b"x").hexdigest()
    assert len({commitment(salt, b"x"), commitment(salt, b"y"), commitment(salt[::-1], b"x")}) == 3


# --- templates ------------------------------------------------------------------------------------------


def test_a_template_fills_its_names_and_leaves_a_shell_alone() -> None:
    template = Template.parse("echo $PATH ${interface} ${was.tag} $ ${UPPER} ^a$")
    assert template.names == {"interface", "was.tag"}
    assert template.fill({"interface": "p1", "was.tag": "[]"}) == "echo $PATH p1 [] $ ${UPPER} ^a$"
    assert str(template) == "echo $PATH ${interface} ${was.tag} $ ${UPPER} ^a$"


def test_a_missing_name_leaves_no_hole_in_a_command() -> None:
    with pytest.raises(KeyError, match="vlan"):
        Template.parse("vlan ${vlan}").fill({"interface": "p1"})


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert Template.parse("${a}").fill({"a": "${b}", "b": "no"}) == "${b}"


@given(st.text())
def test_a_template_without_names_is_its_text(text: str) -> None:
    template = Template.parse(text)
    assert str(template) == text
    if not template.names:
        assert template.fill({}) == text


# --- plain forms ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Everything:
    point: Point
    at: datetime
    pairs: tuple[tuple[str, int], ...]
    names: frozenset[str]
    maybe: int | None
    counts: dict[str, tuple[str, ...]]


def test_plain_values_are_there_and_back() -> None:
    value = _Everything(
        Point(PointId("a", "p1", None), PointKind.INTERFACE),
        datetime(2026, 1, 5, 3, 0, tzinfo=UTC),
        (("a", 1), ("b", 2)),
        frozenset({"y", "x"}),
        None,
        {"é": ("1", "2")},
    )
    plain = json.loads(json.dumps(to_plain(value)))
    assert plain["names"] == ["x", "y"]
    assert from_plain(_Everything, plain) == value


@pytest.mark.parametrize(
    "broken",
    [
        {},
        None,
        [],
        {"point": 1},
        "text",
        7,
    ],
)
def test_anything_else_is_refused(broken: object) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        from_plain(_Everything, broken)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("pairs", [["a"]]),
        ("pairs", [["a", "b"]]),
        ("names", "abc"),
        ("counts", [1]),
        ("maybe", "1"),
        ("at", "yesterday"),
        ("point", {"id": ["a", "p1"], "kind": "interface", "tagged": False}),
        ("point", {"id": ["a", "p1", None], "kind": "radio", "tagged": False}),
    ],
)
def test_a_field_of_another_type_is_refused(name: str, wrong: object) -> None:
    good = to_plain(
        _Everything(
            Point(PointId("a", "p1", None), PointKind.INTERFACE),
            datetime(2026, 1, 5, tzinfo=UTC),
            (),
            frozenset(),
            None,
            {},
        )
    )
    assert from_plain(_Everything, good).maybe is None
    with pytest.raises((TypeError, KeyError, ValueError)):
        from_plain(_Everything, {**good, name: wrong})
