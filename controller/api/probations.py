"""What came back and is being watched: looked at, let pass, and cut again at another program's signal."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from controller.api.access import Needs, Viewer, anyone
from controller.api.models import Asked, Name, Reason, ReasonAsked, Written
from controller.api.once import ActsOnce
from controller.api.problems import Unauthorized, documented
from controller.api.service import Serving
from controller.domain.probation import Probation, ProbationState
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(tags=["probation"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Restorer = Annotated[Person, Depends(Needs(Permission.RESTORE))]
Subject = Annotated[str, Path(max_length=200, description="A segment or conduit.")]
Sender = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="Whose key signed: the name of its file.")
]


class ProbationShown(BaseModel):
    """``watch`` and ``observed`` in seconds; ``observed`` as recorded last."""

    subject: str
    run: str
    wave: int
    watch: int
    observed: int
    state: ProbationState
    cause: str


class SignalAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "maternity", "reason": "beaconing from 10.10.2.14"}]}
    )

    subject: Name
    reason: Reason = ""


class SignalHeard(BaseModel):
    subject: str
    cut_again: bool = Field(
        description="False where it is not being watched after a return: then only the log has it."
    )


def _shown(each: Probation) -> ProbationShown:
    return ProbationShown(
        subject=each.subject,
        run=each.run,
        wave=each.wave,
        watch=each.watch,
        observed=each.observed,
        state=each.state,
        cause=each.cause,
    )


@router.get("/probations", summary="What came back and is being watched")
def probations(serving: Serving, _: Viewer) -> list[ProbationShown]:
    return [_shown(each) for each in serving.office.situation().probations]


@router.post(
    "/probations/{subject}/pass",
    status_code=201,
    summary="End a watch that cannot know how things stand",
    response_model=Written,
)
def let_pass(
    serving: Serving, person: Restorer, once: ActsOnce, subject: Subject, asked: ReasonAsked
) -> JSONResponse:
    """A person's word, on record. Refused while the watch goes on by itself: nobody shortens one."""

    def act(marks: Marks) -> Written:
        return Written(seq=serving.office.let_pass_once(subject, asked.reason, person.actor, marks))

    return once.answer(person, 201, act, again=lambda _: Written(seq=None))


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/signals/{sender}",
    status_code=202,
    summary="Signal that something came back and is not well",
    dependencies=[anyone("the signature says which program it is; it can have something cut, nothing else")],
)
def signal(
    serving: Serving,
    sender: Sender,
    asked: SignalAsked,
    body: Annotated[bytes, Depends(_body)],
    time: Annotated[str, Header(alias="X-Cordon-Time", max_length=12)],
    signature: Annotated[str, Header(alias="X-Cordon-Signature", max_length=64)],
) -> SignalHeard:
    """Has a segment cut again at once while it is being watched after its return. ``X-Cordon-Signature`` is
    HMAC-SHA256, in hexadecimal, over ``X-Cordon-Time`` (seconds since 1970), a full stop and the body, with
    the sender's key. The same signature is heard once."""
    signals, now = serving.office.composition.signals, serving.clock().timestamp()
    if not signals.genuine(sender, time, body, signature, now):
        raise Unauthorized
    cut_again = signals.first(sender, signature) and serving.office.signal(
        sender, asked.subject, asked.reason
    )
    return SignalHeard(subject=asked.subject, cut_again=cut_again)
