from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.accounts.house import House
from tests.unit.accounts.returns import Night, gated_night


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def night(house: House) -> Night:
    return gated_night(house)
