"""What the map and a device's page say of points that came back in part."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from controller.domain.errors import OpenCause
from controller.domain.inventory import PointId
from controller.engine.holding.situation import partly_back
from controller.web.cut_state import CutState
from controller.workers.resident import Resident
from tests.fakes.board import Fault, Strike
from tests.fakes.site import Site
from tests.unit.engine.test_escalation import tree
from tests.unit.engine.test_partial import site


def seen(at: Site, later: float = 0) -> CutState:
    """As a page of a service over this site's journal would, ``later`` seconds on, with the core alone read
    again meanwhile."""
    now = at.clock.now() + timedelta(seconds=later)
    reads = {
        point: replace(read, read_at=now) if point.device == "core" else read
        for point, read in at.history.last_reads().items()
    }
    office = SimpleNamespace(
        documents_in_force=lambda: at.documents,
        last_reads=lambda: reads,
        open_holds=at.history.open_holds,
        partly_back=lambda: partly_back(at.history),
    )
    return CutState(cast("Resident", office), now)


def points(at: Site, device: str) -> dict[str, PointId]:
    ward = at.documents.inventory.segments["ward"].points
    return {point.id.object: point.id for point in ward if point.id.device == device}


def test_a_point_that_lets_something_through_is_not_called_isolated() -> None:
    at = site()
    at.cut("ward")
    assert {seen(at).of_device(each) for each in ("fw", "acc")} == {"isolated"}
    at.bring_back("ward", towards=("record",), points=("acc p4",))
    found = seen(at)
    through, free, held = points(at, "fw")["ward"], points(at, "acc")["p4"], points(at, "acc")["p1"]
    assert [found.of_point(each) for each in (through, free, held)] == ["partly-back", "done", "isolated"]
    assert [found.towards(each) for each in (through, held)] == [("record",), ()]
    assert {found.of_device(each) for each in ("fw", "acc")} == {"partly-back"}
    at.cut("ward")
    assert {seen(at).of_device(each) for each in ("fw", "acc")} == {"isolated"}
    at.bring_back("ward")
    assert {seen(at).of_device(each) for each in ("fw", "acc")} == {"connected"}


def test_what_was_read_back_otherwise_has_a_shape_of_its_own() -> None:
    at = site()
    at.board("acc").strikes.append(Strike(Fault.IGNORE, r"p1"))
    at.cut("ward")
    found = seen(at)
    assert found.of_point(points(at, "acc")["p1"]) == "failed"
    assert found.of_device("acc") == "partial"


def test_a_device_cut_at_its_neighbour_is_as_well_known_as_the_neighbours_port() -> None:
    at = tree()
    at.board("a").closed = OpenCause.UNREACHABLE
    at.cut(level=5)
    found = seen(at, later=3600)
    assert (found.of_device("core"), found.of_device("a")) == ("isolated", "isolated")
    assert found.of_device("b") == "unknown"  # its own reading is old
