from __future__ import annotations

import os

import pytest

from tests.faults.crash import Ground, Point, Series, strike
from tests.faults.device_faults import DEVICE_FAULTS, DeviceFault
from tests.faults.devices import run_armed

pytestmark = pytest.mark.faults

FULL = os.environ.get("CORDON_FAULTS_ARMED", "") not in {"", "0"}
"""Every fault of the table, instead of a sample: ``make faults-armed``."""

SAMPLE = {
    "loses what is typed ahead",
    "renegotiates the session's keys all the time",
    "stops reading after a line",
    "drops the session before a line takes effect",
}


@pytest.mark.parametrize(
    "fault",
    [fault for fault in DEVICE_FAULTS if FULL or fault.name in SAMPLE],
    ids=lambda fault: fault.name,
)
def test_a_cut_through_a_session_held_open_meets_a_device_that(ground: Ground, fault: DeviceFault) -> None:
    run_armed(ground, fault)


@pytest.mark.parametrize("point", ["after intent core-1", "volley fired"])
def test_a_volley_survives_its_controller(ground: Ground, point: str) -> None:
    assert not strike(ground, "isolate", Series.KILLED, Point(point), armed=True).violations
