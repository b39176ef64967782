"""What an open page listens to: that something happened, and what time it is at the service.

One stream serves all pages of a browser. It tells no more than that: a page that hears of news fetches itself
again, and what it then shows was made by the service. As long as nothing happens the time comes every few
seconds, so that a page knows within moments that nobody answers any more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from anyio.to_thread import run_sync
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from controller.api.access import identified
from controller.domain.errors import CordonError
from controller.web.pages import clock_time
from controller.web.visits import Viewing, Visit

router = APIRouter()

PATH = "/live"

BEAT = 2.0
"""Seconds between two words of the service; ``console.js`` calls a page old after several of them."""

_RETRY = 1000
_CHECK_EVERY = 15


class LiveStream(StreamingResponse):
    media_type = "text/event-stream"


@router.get(PATH, response_class=LiveStream)
async def live(visit: Viewing) -> LiveStream:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return LiveStream(_stream(visit), headers=headers)


@router.get(f"{PATH}/now")
def now(visit: Viewing) -> dict[str, str]:
    """For a browser that knows no streams."""
    return {"at": clock_time(visit.now)}


async def _stream(visit: Visit) -> AsyncIterator[bytes]:
    feed, loop, news = visit.service.office.feed, asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    subscription = None
    while subscription is None:  # None where more happened since the head was read than is kept at hand
        subscription = feed.subscribe(feed.head, wake)
    try:
        yield _said(visit, "hello", retry=_RETRY)
        beats = 0
        while not feed.over:
            lost, found = subscription.take()
            if found or lost:
                yield _said(visit, "news")
            try:
                async with asyncio.timeout(BEAT):
                    await news.wait()
            except TimeoutError:
                beats += 1
                if beats % _CHECK_EVERY == 0 and not await run_sync(_still_there, visit):
                    return
                yield _said(visit, "time")
            news.clear()
    finally:
        subscription.close()


def _said(visit: Visit, event: str, retry: int | None = None) -> bytes:
    data = {"at": clock_time(visit.now), "seq": visit.service.office.feed.head}
    return format_sse_event(event=event, data_str=json.dumps(data), retry=retry)


def _still_there(visit: Visit) -> bool:
    try:
        identified(visit.request, visit.service)
    except CordonError:
        return False
    return True
