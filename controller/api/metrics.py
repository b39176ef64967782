"""Numbers for a monitor, which signs in with a token of a viewer."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from controller.api.access import Viewer
from controller.api.problems import documented
from controller.api.service import Service, Serving
from controller.domain.armed import counted
from controller.domain.errors import CordonError
from controller.telemetry.metrics import MEDIA_TYPE, Gauge

router = APIRouter(tags=["metrics"], responses=documented(401, 403, 429, 500))


@router.get(
    "/metrics",
    summary="Counters and gauges in the text format of Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(serving: Serving, _: Viewer) -> PlainTextResponse:
    found = serving.office.composition.observer.metrics.exposition(_gauges(serving))
    return PlainTextResponse(found, media_type=MEDIA_TYPE)


def _gauges(serving: Service) -> Iterator[Gauge]:
    writable, leading = serving.office.condition()
    yield Gauge("cordon_build_info", "The version that runs.", 1, {"version": serving.version})
    yield Gauge("cordon_journal_writable", "1 while records go into the database.", writable)
    yield Gauge("cordon_leading", "1 while this process leads its home.", leading)
    yield Gauge("cordon_runs_under_way", "Runs that act now.", len(serving.office.under_way()))
    yield from _armed(serving)
    yield from _forwarding(serving)
    try:
        situation = serving.office.situation()
    except CordonError:
        return  # the files have mistakes, or the log does not answer: the other numbers say so
    for subject in situation.subjects:
        said = {"subject": subject.subject.name, "state": subject.state.value}
        yield Gauge("cordon_subject", "Always 1; the labels say how a segment or conduit stands.", 1, said)
    for proof, count in situation.proofs.items():
        text = "Points held cut, by the proof as it counts now."
        yield Gauge("cordon_points_held", text, count, {"proof": proof.value})


def _armed(serving: Service) -> Iterator[Gauge]:
    found = serving.office.armed()
    if found is not None:
        armed, wanted = counted(found)
        yield Gauge("cordon_sessions_armed", "Sessions held open, ready to cut.", armed)
        yield Gauge("cordon_sessions_wanted", "Sessions that are to be held open.", wanted)


def _forwarding(serving: Service) -> Iterator[Gauge]:
    try:
        states = serving.office.forwarding().states()
    except CordonError:
        return
    for each in states:
        said = {"receiver": each.receiver}
        yield Gauge("cordon_forwarded_entry", "The last entry of the log its receiver has.", each.sent, said)
        yield Gauge("cordon_forward_lag", "Entries of the log its receiver has not got.", each.behind, said)
        stuck = each.trouble != ""
        yield Gauge("cordon_forward_stuck", "1 while the next entry cannot be sent.", stuck, said)
