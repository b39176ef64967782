from __future__ import annotations

from pathlib import Path

import pytest

from controller.simulator.faults import NAMES
from controller.text import LANGUAGES, Catalogue
from tests.faults.device_faults import DEVICE_FAULTS
from tests.faults.home_cases import HOME_FAULTS
from tests.faults.messages import codes_of
from tests.faults.table import PATH, document
from tests.profiles.meeting import PROFILES
from tests.profiles.worst import ADVERSITIES

pytestmark = pytest.mark.faults

AT_THEIR_WORST = {"aaa_dies", "asks", "banner", "failover", "latin_1"}


def test_the_page_says_what_the_tests_say() -> None:
    assert PATH.read_text("utf-8") == document(), "run: python -m tests.faults.table"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_words(language: str) -> None:
    words = Catalogue(language)
    endings = [ending for fault in DEVICE_FAULTS for ending in (fault.cut, fault.restore)]
    causes = {step.cause for ending in endings for step in ending.steps} - {""}
    assert [cause for cause in causes for code in codes_of(cause) if code not in words] == []


def test_every_fault_of_the_simulator_is_in_a_table() -> None:
    """Here, or in docs/platforms.md, where it meets every platform."""
    everywhere = {
        name
        for adversity in ADVERSITIES
        for platform in adversity.platforms
        for name in adversity.faults(PROFILES[platform])
    }
    assert everywhere >= AT_THEIR_WORST
    assert {name for fault in DEVICE_FAULTS for name, _ in fault.faults} == NAMES - AT_THEIR_WORST


def test_every_fault_of_the_house_is_struck() -> None:
    struck = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_home_*.py"))
    assert [fault.name for fault in HOME_FAULTS if f'house(ground, "{fault.name}"' not in struck] == []
