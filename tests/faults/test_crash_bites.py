"""The campaign goes red when recovery no longer reads a device before it acts."""

from __future__ import annotations

import pytest

from tests.faults.crash import Ground, Point, Series, reads_of, strike
from tests.faults.hooks import Blind
from tests.faults.site import SICK

pytestmark = pytest.mark.faults

CHANGED = Point(f"before outcome {SICK}")
"""The device did as told; nobody wrote it down."""
UNCHANGED = Point(f"after intent {SICK}")
"""It was written down; the device was never told."""


@pytest.mark.parametrize("action", ["isolate", "restore"])
def test_resending_blindly_is_found(ground: Ground, action: str) -> None:
    reads = reads_of(ground, action)
    found = strike(ground, action, Series.KILLED, CHANGED, reads, Blind.FIRST).violations
    assert any("which was so already" in violation for violation in found)
    assert not strike(ground, action, Series.KILLED, CHANGED).violations


@pytest.mark.parametrize(
    ("action", "seen"), [("isolate", "is not shut"), ("restore", "is not as it was before the cut")]
)
def test_assuming_what_was_intended_is_found(ground: Ground, action: str, seen: str) -> None:
    reads = reads_of(ground, action)
    found = strike(ground, action, Series.KILLED, UNCHANGED, reads, Blind.LAST).violations
    assert any(seen in violation for violation in found)
    assert not strike(ground, action, Series.KILLED, UNCHANGED).violations
