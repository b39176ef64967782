"""A form that counts once: sent twice, by a double click or after a service that died before it answered,
it is carried out once."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from controller.engine.execution.marks import Marks
from controller.web.visits import Visit

FIELD = "once"


def fresh_key() -> str:
    """For each form of each page."""
    return secrets.token_urlsafe(18)


def act_once(visit: Visit, act: Callable[[Marks], str]) -> str:
    """Does ``act``, which puts the marks on record with the run it begins, and gives that run; the run of the
    first time where the same form came before. Raises what ``act`` does, InvalidRequest."""
    key, receipts = visit.sent.get(FIELD), visit.service.receipts
    if not key:
        return act(())
    asked = f"{visit.request.url.path}\n".encode() + visit.body
    known, marks = receipts.claim(visit.person.id, key, asked)
    if known is not None:
        return known.run
    try:
        run = act(marks)
    except BaseException:
        receipts.release(visit.person.id, key)
        raise
    receipts.settle(visit.person.id, key, 202, {"run": run}, visit.person.actor, marked=True)
    return run
