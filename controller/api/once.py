"""``Idempotency-Key``: an act that a client may ask for again because it heard no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from controller.api.receipts import Receipt, Receipts
from controller.api.service import service_of
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the client, new for every act. The same key with the same body is answered as "
        "before and nothing is done again, for 24 hours, also after a restart; with another body it is "
        "refused.",
        examples=["b2c2b4e0-3d1c-4b27-9d0c-5a3f9b0a6f11"],
    ),
]


@dataclass
class Once:
    """One request that acts."""

    key: str | None
    asked: bytes
    receipts: Receipts

    def answer(
        self,
        person: Person,
        status: int,
        act: Callable[[Marks], Any],
        again: Callable[[Receipt], Any] | None = None,
        secret: Callable[[Any], Any] | None = None,
    ) -> JSONResponse:
        """Does ``act`` and answers with what it returns, once for its key. ``again`` tells the answer from
        a receipt whose answer is gone: then the act itself keeps the marks. ``secret`` takes out of an answer
        what is shown once only."""
        if self.key is None:
            return _response(status, act(()))
        known, marks = self.receipts.claim(person.id, self.key, self.asked)
        if known is not None:
            found = known.answer
            if found is None:
                found = again(known) if again else {}
            return _response(known.status or status, found, replayed=True)
        try:
            given = jsonable_encoder(act(marks))
        except BaseException:
            self.receipts.release(person.id, self.key)
            raise
        kept = secret(given) if secret else given
        self.receipts.settle(person.id, self.key, status, kept, person.actor, marked=again is not None)
        return _response(status, given)


def _response(status: int, content: Any, *, replayed: bool = False) -> JSONResponse:
    content = jsonable_encoder(content)
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    if isinstance(content, dict) and content.get("run") and status in (201, 202):
        headers["Location"] = f"/api/v1/runs/{content['run']}"
    return JSONResponse(content, status, headers)


async def once(request: Request, key: Key = None) -> Once:
    body = await request.body()
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    return Once(key, asked, service_of(request).receipts)


ActsOnce = Annotated[Once, Depends(once)]
