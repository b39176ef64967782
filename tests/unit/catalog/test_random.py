"""Whatever stands in a file, reading it gives a value or located problems, never another exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.catalog.inventory import inventory_from_text
from controller.catalog.playbooks import Playbooks, playbook_from_text, playbooks_from_sources
from controller.catalog.profiles import profile_from_text, profiles_from_text
from controller.domain.errors import InvalidInput
from controller.domain.inventory import Inventory
from controller.domain.profile import DeviceProfile
from tests.unit.catalog.sample import INVENTORY, PLAYBOOK, SWITCH, switch_profiles

PROFILES = switch_profiles()

TOKENS = [
    "", " ", "\n", "\t", "  ", ":", ": ", "-", "- ", "[", "]", "{", "}", ",", "'", '"', "#", "&a ",
    "*a", "!x ", "<<: ", "|", ">", "%", "@", "?", "~", "null", "---\n", "...", "\ufeff", "\x00", "\x85",
    "\u2028", "\ud800", "é", "0", "-1", "1e9", "99999999999999999999", "NO", "true", "::", "10.0.0.0/8",
    "fe80::1%eth0", "all", "controller", "${x}", "(?P<", "${was.}", "{}", "[]", "[[]]", "[all]", "٣",
    "1٣", "icmp:", "tcp", "manual", "[x]:1", "acc-1", "emergency", "2001::/0",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["replace", "token", "value", "swap", "cut"]))
        if kind == "cut":
            text = text[:start]
        elif kind == "replace":
            end = start + draw(st.integers(0, 12))
            text = text[:start] + draw(st.sampled_from(TOKENS) | st.text(max_size=6)) + text[end:]
        elif kind == "token":
            text = text[:start] + draw(st.sampled_from(TOKENS)) + text[start:]
        else:
            lines = text.split("\n")
            first, second = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
            if kind == "swap":
                lines[first], lines[second] = lines[second], lines[first]
            else:
                key, colon, _ = lines[first].partition(":")
                lines[first] = key + colon + " " + draw(st.sampled_from(TOKENS))
            text = "\n".join(lines)
    return text


T = TypeVar("T")


def read(reader: Callable[[], T]) -> T | InvalidInput:
    try:
        return reader()
    except InvalidInput as error:
        refused = error
    assert refused.problems
    assert all(problem.line >= 0 and problem.column >= 0 and problem.code for problem in refused.problems)
    # Every one can be printed and stored.
    assert all(value.isprintable() for problem in refused.problems for _, value in problem.data)
    return refused


@given(text=mutated(INVENTORY))
def test_any_inventory(text: str) -> None:
    found = read(lambda: inventory_from_text(text, "i.yaml", PROFILES))
    assert isinstance(found, Inventory | InvalidInput)


@given(text=mutated(SWITCH))
def test_any_profile(text: str) -> None:
    found = read(lambda: profile_from_text(text, "p.yaml"))
    assert isinstance(found, DeviceProfile | InvalidInput)


@given(text=mutated(PLAYBOOK))
def test_any_playbook(text: str) -> None:
    found = read(lambda: playbooks_from_sources({"cut": text}))
    assert isinstance(found, Playbooks | InvalidInput)


@pytest.mark.parametrize("reader", [playbook_from_text, profiles_from_text])
@given(text=st.text(max_size=40) | mutated('{"cordon":"playbook","files":{"a":"format: 1"},"name":"a"}'))
def test_any_bundle(reader: Callable[[str], object], text: str) -> None:
    read(lambda: reader(text))
