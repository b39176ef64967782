"""Port names in every form they are written in."""

from __future__ import annotations

import pytest

from controller.catalog.ports import canonical

NAMES = {"GigabitEthernet": ("GE",), "40GE": (), "Eth-Trunk": ()}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ge 0/0/1", "GigabitEthernet0/0/1"),
        ("40ge0/0/2", "40GE0/0/2"),
        ("Eth-Trunk 4", "Eth-Trunk4"),
        ("100GE0/0/1", None),
        ("1/0/1", None),
    ],
)
def test_a_port_has_one_name(written: str, name: str | None) -> None:
    assert canonical(written, NAMES) == name


def test_without_names_every_name_is_right() -> None:
    assert canonical("1/1/1", {}) == "1/1/1"
