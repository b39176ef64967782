"""Values as tables: what is read again is what was written, and what was equal is one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.tables import from_tables, to_tables


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Place(NamedTuple):
    device: str
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    place: Place
    colour: Colour
    shut: bool = False
    again: str = field(init=False, default="")


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    pair: tuple[Place, int]
    marks: Mapping[str, tuple[str, ...]]
    by_colour: Mapping[Colour, Leaf]
    best: Leaf | None = None
    other: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Odd:
    value: float


PLACES = st.builds(Place, st.text(max_size=3), st.none() | st.integers(0, 3))
LEAVES = st.builds(Leaf, PLACES, st.sampled_from(Colour), st.booleans())
WORDS = st.lists(st.text(max_size=2), max_size=3).map(tuple)
TREES = st.builds(
    Tree,
    st.lists(LEAVES, max_size=5).map(tuple),
    st.tuples(PLACES, st.integers()),
    st.dictionaries(st.text(max_size=3), WORDS, max_size=3),
    st.dictionaries(st.sampled_from(Colour), LEAVES),
    st.none() | LEAVES,
    st.none() | WORDS,
)


def _through_json(tree: Tree) -> Tree:
    return from_tables(Tree, json.loads(json.dumps(to_tables(Tree, tree))))


@given(TREES)
def test_what_is_read_again_is_what_was_written(tree: Tree) -> None:
    again = _through_json(tree)
    assert again == tree
    assert list(again.marks) == list(tree.marks)
    assert all(type(leaf.colour) is Colour and type(leaf.place) is Place for leaf in again.leaves)


def test_equal_values_are_written_once_and_come_back_as_one() -> None:
    leaves = tuple(Leaf(Place("sw", 1), Colour.RED) for _ in range(1000))
    tree = Tree(leaves, (Place("sw", 1), 2), {}, {})
    assert len(json.dumps(to_tables(Tree, tree))) < 4500
    again = _through_json(tree)
    assert again == tree
    assert len({id(leaf) for leaf in again.leaves}) == 1


@pytest.mark.parametrize("last", [[], [[[7]]]], ids=["a-table-lacks", "columns-lack"])
def test_what_is_plainly_something_else_is_refused(last: list[Any]) -> None:
    tables = to_tables(Tree, Tree((), (Place("sw"), 1), {}, {}))
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        from_tables(Tree, [*tables[:-1], *last])


def test_a_type_without_such_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no table for float"):
        to_tables(Odd, Odd(1.5))
