from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.campaign import SHARES, run_share
from tests.faults.crash import Ground, Series

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("series", Series)
def test_a_restore_survives_its_controller(
    ground: Ground, series: Series, share: int, record_property: Callable[[str, object], None]
) -> None:
    run_share(ground, "restore", series, share, record_property)
