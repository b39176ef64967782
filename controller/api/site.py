"""What the site is made of, and how it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request

from controller.api.access import Viewer
from controller.api.models import point as shown_point
from controller.api.models import site as models
from controller.api.models import situation as standing
from controller.api.paging import Page, Part, WhichPart, page
from controller.api.problems import documented, words_of
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.domain.inventory import Point, PointId
from controller.domain.proof import Proof, aged

R = TypeVar("R")
T = TypeVar("T")

router = APIRouter(tags=["site"], responses=documented(400, 401, 403, 404, 422, 429, 500, 503))


@router.get("/situation", summary="What is cut, how well that is known, what returns next")
def situation(serving: Serving, _: Viewer) -> standing.SituationShown:
    seq = serving.office.feed.head
    return standing.situation(serving.office.situation(), seq)


@router.get("/readiness", summary="Whether a cut would work, by the last live check on record")
def readiness(serving: Serving, request: Request, _: Viewer) -> standing.ReadinessShown:
    found = serving.office.last_readiness()
    if found is None:
        raise NotFound(kind="readiness", name="")
    return standing.readiness(found, words_of(request))


@router.get("/devices", summary="The devices of the inventory")
def devices(serving: Serving, _: Viewer, part: WhichPart) -> Page[models.DeviceShown]:
    return _named(serving.office.documents_in_force().inventory.devices, part, models.device)


@router.get("/devices/{name}", summary="One device")
def device(serving: Serving, _: Viewer, name: str) -> models.DeviceShown:
    try:
        return models.device(serving.office.documents_in_force().inventory.devices[name])
    except KeyError:
        raise NotFound(kind="device", name=name) from None


@router.get("/segments", summary="The segments: what is cut and brought back as one")
def segments(serving: Serving, _: Viewer, part: WhichPart) -> Page[models.SegmentShown]:
    return _named(serving.office.documents_in_force().inventory.segments, part, models.segment)


@router.get("/conduits", summary="The conduits: paths out of the site")
def conduits(serving: Serving, _: Viewer, part: WhichPart) -> Page[models.ConduitShown]:
    return _named(serving.office.documents_in_force().inventory.conduits, part, models.conduit)


@router.get("/playbooks", summary="The playbooks")
def playbooks(serving: Serving, _: Viewer, part: WhichPart) -> Page[models.PlaybookShown]:
    return _named(serving.office.documents_in_force().playbooks, part, models.playbook)


@router.get("/points", summary="The points, with what holds them and how well that is known")
def points(
    serving: Serving,
    _: Viewer,
    part: WhichPart,
    held: Annotated[bool | None, Query(description="Only those held, or only those free.")] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[models.PointHeld]:
    office = serving.office
    inventory = office.documents_in_force().inventory
    subjects: dict[PointId, list[str]] = defaultdict(list)
    known: dict[PointId, Point] = {}
    for each in inventory.subjects():
        for point in each.points:
            known[point.id] = point
            subjects[point.id].append(each.name)
    holders: dict[PointId, list[str]] = defaultdict(list)
    for hold in office.open_holds():
        known.setdefault(hold.point.id, hold.point)
        holders[hold.key.point].append(hold.key.run)
        if hold.key.subject not in subjects[hold.key.point]:
            subjects[hold.key.point].append(hold.key.subject)
    reads, now = office.last_reads(), serving.clock()

    def shown(point: Point) -> models.PointHeld:
        read = reads.get(point.id)
        return models.PointHeld(
            point=shown_point(point.id),
            kind=point.kind.value,
            subjects=subjects[point.id],
            held=point.id in holders,
            runs=sorted(set(holders.get(point.id, ()))),
            proof=aged(Proof(read.proof), read.read_at, now) if read else Proof.UNKNOWN,
            read_at=read.read_at if read else None,
        )

    chosen = [
        point
        for point in sorted(known.values(), key=lambda each: _order(each.id))
        if (held is None or (point.id in holders) is held)
        and (subject is None or subject in subjects[point.id])
    ]
    return page(chosen, lambda each: _order(each.id), part, shown)


def _order(point: PointId) -> str:
    """A text that sorts as the point does, and names it alone."""
    device, name, vlan = point.order
    return f"{device}\n{name}\n{vlan + 1:05d}"


def _named(found: Mapping[str, R], part: Part, shown: Callable[[R], T]) -> Page[T]:
    return page(sorted(found.items()), lambda each: each[0], part, lambda each: shown(each[1]))
