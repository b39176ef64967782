from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.api.house import House, house


@pytest.fixture
def at(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made
