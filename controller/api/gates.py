"""What each return waits for and for whom; and the words of named persons it waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer
from controller.api.models import gates as models
from controller.api.once import ActsOnce, Once
from controller.api.problems import documented, words_of
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.domain.facts import Attested
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.engine.people.statements import Statement

router = APIRouter(tags=["gates"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Attester = Annotated[Person, Depends(Needs(Permission.ATTEST))]
Decider = Annotated[Person, Depends(Needs(Permission.APPROVE))]
Subject = Annotated[str, Path(max_length=200)]


@router.get("/gates", summary="What each held segment waits for before it may return, and for whom")
def gates(serving: Serving, request: Request, _: Viewer) -> list[models.GateStanding]:
    """As the next wave would bring it back, and after it the rest. Probes are asked right before a wave."""
    return [models.standing(each, words_of(request)) for each in serving.office.gates()]


@router.get("/gates/{subject}", summary="What one held segment waits for")
def gate(serving: Serving, request: Request, _: Viewer, subject: Subject) -> models.GateStanding:
    for each in serving.office.gates():
        if each.subject == subject:
            return models.standing(each, words_of(request))
    raise NotFound(kind="subject", name=subject)


@router.post(
    "/gates/{subject}/attestations",
    status_code=201,
    summary="State what a gate asks for",
    response_model=models.Stated,
)
def attest(
    serving: Serving, person: Attester, once: ActsOnce, subject: Subject, asked: models.AttestAsked
) -> JSONResponse:
    """By a person, never by a machine with their token. It counts until the segment is cut again. An
    attachment is sent first, as for the logbook."""
    _check_known(serving, subject)

    def said() -> Attested:
        given = asked.attachment
        kept = serving.office.attachment(given.sha256, given.name) if given else None
        stated = Statement(subject, asked.statement, asked.text, asked.dated, kept)
        return serving.office.access().statements.attest(stated, serving.site, person)

    return _stated(once, person, said)


@router.post(
    "/gates/{subject}/attestations/withdraw",
    status_code=201,
    summary="Take one's own statement back",
    response_model=models.Stated,
)
def withdraw(
    serving: Serving, person: Attester, once: ActsOnce, subject: Subject, asked: models.WithdrawAsked
) -> JSONResponse:
    """Consents that rested on it are void."""

    def said() -> Attested:
        statements = serving.office.access().statements
        return statements.withdraw(subject, asked.statement, serving.site, person, asked.reason)

    return _stated(once, person, said)


@router.post(
    "/gates/{subject}/decision",
    status_code=201,
    summary="Say go or no-go for a return",
    response_model=models.Decided,
)
def decide(
    serving: Serving, person: Decider, once: ActsOnce, subject: Subject, asked: models.DecisionAsked
) -> JSONResponse:
    """A no-go stands until the same person says go. A go counts until the segment is cut again, and never for
    who asks for the return."""
    _check_known(serving, subject)

    def act(_marks: Marks) -> models.Decided:
        statements = serving.office.access().statements
        statements.decide(subject, serving.site, person, asked.reason, go=asked.go)
        return models.Decided(subject=subject, go=asked.go)

    return once.answer(person, 201, act)


def _stated(once: Once, person: Person, said: Callable[[], Attested]) -> JSONResponse:
    def act(_marks: Marks) -> models.Stated:
        fact = said()
        return models.Stated(id=fact.attestation, subject=fact.subject, statement=fact.statement)

    return once.answer(person, 201, act)


def _check_known(serving: Serving, subject: str) -> None:
    if serving.office.documents_in_force().inventory.subject(subject) is None:
        raise NotFound(kind="subject", name=subject)
