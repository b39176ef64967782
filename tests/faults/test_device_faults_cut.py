from __future__ import annotations

import pytest

from tests.faults.crash import Ground
from tests.faults.device_faults import DEVICE_FAULTS, DeviceFault
from tests.faults.devices import run_fault

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("fault", DEVICE_FAULTS, ids=lambda fault: fault.name)
def test_a_cut_meets_a_device_that(ground: Ground, fault: DeviceFault) -> None:
    run_fault(ground, fault, "isolate")
