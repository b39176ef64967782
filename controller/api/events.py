"""Live events: the log as it grows, to any number of watchers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from controller.api.access import Viewer, identified
from controller.api.problems import documented
from controller.api.service import Service, Serving
from controller.domain.errors import CordonError
from controller.workers.feed import Feed, Subscription, Told

router = APIRouter(tags=["events"], responses=documented(400, 401, 403, 404, 422, 429, 500, 503))

FARTHEST = 20_000
"""Entries a watcher may be behind and still be told one by one; beyond, it takes stock anew."""

_CHECK_EVERY = 30.0
"""Seconds between two looks whether whoever listens is still signed in."""


class EventStream(StreamingResponse):
    """FastAPI's own would encode each event for each watcher anew, in the middle of a cut."""

    media_type = "text/event-stream"


@router.get(
    "/events",
    summary="Everything that happens, as it happens",
    response_class=EventStream,
    responses={
        200: {
            "description": "Server-sent events. ``id`` is the number of the entry in the log, ``event`` its "
            "tag, ``data`` the entry as JSON. Reconnecting with ``Last-Event-ID`` loses and repeats nothing. "
            "``position`` comes first on a new stream: its ``id`` is where the stream begins. ``resync`` "
            "says that the watcher was too slow or away for too long: fetch the situation again, then go on "
            "listening.",
            "content": {
                "text/event-stream": {
                    "example": "event: watch:point:reopened\n"
                    'data: {"seq":412,"at":"2026-02-11T03:15:02+00:00","tag":"watch:point:reopened"}\n'
                    "id: 412\n\n"
                }
            },
        }
    },
)
async def events(
    request: Request,
    serving: Serving,
    _: Viewer,
    last_event_id: Annotated[str | None, Header(max_length=20, pattern=r"^\d+$")] = None,
    after: Annotated[
        int | None, Query(ge=0, le=2**62, description="As ``Last-Event-ID``, for a first connection.")
    ] = None,
    run: Annotated[
        str | None, Query(max_length=40, pattern=r"^[0-9a-f-]+$", description="Only what tells of this run.")
    ] = None,
) -> EventStream:
    begin = int(last_event_id) if last_event_id is not None else after
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(_stream(request, serving, begin, run), headers=headers)


async def _stream(
    request: Request, service: Service, begin: int | None, run: str | None
) -> AsyncIterator[bytes]:
    feed, loop, news = service.office.feed, asyncio.get_running_loop(), asyncio.Event()
    head = feed.head
    position = head if begin is None else begin
    if begin is None:
        yield format_sse_event(event="position", data_str=f'{{"seq":{head}}}', id=str(head), retry=2000)
    elif begin > head or head - begin > FARTHEST:
        position = head
        yield _resync(head)
    subscription = None

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    while subscription is None:
        subscription = feed.subscribe(position, wake)
        if subscription is None:
            for told in await run_sync(feed.page, position):
                position = told.seq
                if run is None or told.run == run:
                    yield _event(told)
    try:
        async for part in _live(request, service, subscription, news, run):
            yield part
    finally:
        subscription.close()


async def _live(
    request: Request, service: Service, subscription: Subscription, news: asyncio.Event, run: str | None
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    feed: Feed = service.office.feed
    check_at = loop.time() + _CHECK_EVERY
    while not feed.over:
        lost, found = subscription.take()
        if lost:
            yield _resync(found[0].seq - 1 if found else feed.head)
        wanted = [_event(told) for told in found if run is None or told.run == run]
        if wanted:
            yield b"".join(wanted)
        if loop.time() >= check_at:
            check_at = loop.time() + _CHECK_EVERY
            if not await run_sync(_still_there, request, service):
                return
        try:
            async with asyncio.timeout(service.quiet_after):
                await news.wait()
        except TimeoutError:
            yield b": alive\n\n"
        news.clear()


def _still_there(request: Request, service: Service) -> bool:
    try:
        identified(request, service)
    except CordonError:
        return False
    return True


@lru_cache(maxsize=4096)
def _event(told: Told) -> bytes:
    """Encoded once for all who listen."""
    return format_sse_event(event=told.tag, data_str=told.data, id=str(told.seq))


def _resync(seq: int) -> bytes:
    return format_sse_event(event="resync", data_str=f'{{"seq":{seq}}}', id=str(seq))
