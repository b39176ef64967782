"""docs/platforms.md is that of these profiles, and nothing in it claims more than was tried."""

from __future__ import annotations

import pytest

from controller.domain import profile as profiles
from controller.text import LANGUAGES
from tests.profiles import table
from tests.profiles.meeting import HERE, PROFILES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_of_platforms_is_that_of_these_profiles(lang: str) -> None:
    assert table.file(lang).read_text("utf-8") == table.page(lang), "run: make docs"


@pytest.mark.parametrize("name", list(PROFILES))
def test_a_profile_says_on_what_it_was_tried_and_rests(name: str) -> None:
    """``transcript`` needs some, like everything else; ``simulated`` is held in test_on_simulators.py."""
    assert PROFILES[name].tested is not profiles.Tested.NOTHING
    assert PROFILES[name].sources
    assert list((HERE / name).glob("*.yaml"))
