"""One network with a device of every simulated platform, cut and brought back by the command itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.profiles.hospital import (
    EXIT_DONE,
    EXIT_UNPROVEN,
    Hospital,
    device_of,
    network,
    points_of,
    secrets,
)
from tests.profiles.meeting import SITES

FAULTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("hang", {"at": "shell"}, "open.not-ready"),
    ("hang", {"on": "interface"}, "hung-up"),
    ("refuse", {}, "open.unreachable"),
    ("reject", {}, "device-refused"),
)
"""Each with the cause that a person reads."""

FAULTY = dict(zip(sorted(SITES)[::3], FAULTS * len(SITES), strict=False))
"""Every third device."""


@pytest.fixture
def hospital(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hospital]:
    secrets(monkeypatch)
    with network() as running:
        yield Hospital(running, tmp_path, capsys)


def test_all_are_cut_and_come_back_as_they_were(hospital: Hospital) -> None:
    before = hospital.running()
    assert all(any(hospital.passes(platform).values()) for platform in SITES)
    code, told = hospital("isolate", "--segment", "ward")
    assert code == EXIT_DONE, json.dumps(told)[:3000]
    assert {platform for platform in SITES if any(hospital.passes(platform).values())} == set()
    code, told = hospital("restore", "--segment", "ward")
    assert code == EXIT_DONE, json.dumps(told)[:3000]
    assert hospital.running() == before


def test_what_fails_is_told_and_stops_nobody_else(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_CONNECT_TIMEOUT", "6")
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", "8")
    for platform, (fault, params, _) in FAULTY.items():
        hospital.simulation.fault(device_of(platform), fault, **params)
    code, told = hospital("isolate", "--segment", "ward")
    assert code == EXIT_UNPROVEN
    left = {(each["device"], each["object"]): each for each in told["unproven"]}
    assert set(left) == {
        (device_of(platform), each.point.id.object)
        for platform in FAULTY
        for each in points_of(SITES[platform])
    }
    for platform, (fault, _, cause) in FAULTY.items():
        for each in (each for (device, _), each in left.items() if device == device_of(platform)):
            assert cause in each["cause"].split(" + "), (fault, each)
            assert each["proof"] in ("unknown", "contradicted")
            assert each["rack"] == platform
            assert each["commands"], "nothing to type by hand"
    for platform in SITES:
        through = hospital.passes(platform)
        assert all(through.values()) if platform in FAULTY else not any(through.values()), platform
    assert told["points"]["satisfied"] == told["points"]["wanted"] - len(left)
    assert last_change(hospital) < first_given_up(hospital)


def last_change(hospital: Hospital) -> int:
    """The place in the devices' common log of the last line that cut something on a device that is well."""
    return max(
        int(each["seq"])
        for platform in SITES
        if platform not in FAULTY
        for each in hospital.simulation.log(device=device_of(platform))
        if each["event"] == "line" and each["changed"]
    )


def first_given_up(hospital: Hospital) -> int:
    """Of the first session with a device that hangs."""
    return min(
        int(each["seq"])
        for platform, (fault, _, _) in FAULTY.items()
        if fault == "hang"
        for each in hospital.simulation.log(device=device_of(platform))
        if each["event"] == "closed"
    )
