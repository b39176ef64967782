"""API tokens. A secret is in the answer to whoever made the token, and nowhere else."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from controller.api.access import Own, reads_accounts
from controller.api.models.accounts import PublicId, TokenAsked, TokenIssued, TokenListed
from controller.api.once import ActsOnce
from controller.api.problems import documented
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.engine.execution.marks import Marks
from controller.engine.people.roles import Permission

router = APIRouter(tags=["accounts"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))


@router.get("/tokens", summary="API tokens: one's own, or with the permission everybody's")
def tokens(serving: Serving, person: Own) -> list[TokenListed]:
    whose = None if reads_accounts(serving, person) else person.id
    return [TokenListed.model_validate(each) for each in serving.users.tokens(whose)]


@router.post("/tokens", status_code=201, summary="Make an API token", response_model=TokenIssued)
def issue_token(serving: Serving, person: Own, once: ActsOnce, asked: TokenAsked) -> JSONResponse:
    """For oneself, for part of what one may. The secret is in this answer only."""

    def act(_marks: Marks) -> TokenIssued:
        made = serving.users.issue_token(person.id, asked.label, tuple(asked.scope), asked.days, person.actor)
        return TokenIssued(**TokenListed.model_validate(made.shown).model_dump(), secret=made.secret)

    return once.answer(person, 201, act, secret=lambda given: {**given, "secret": None})


@router.delete("/tokens/{token}", status_code=204, summary="Revoke an API token")
def revoke_token(serving: Serving, person: Own, token: PublicId) -> None:
    mine = {each.id for each in serving.users.tokens(person.id)}
    if token not in mine and not person.may(Permission.MANAGE_ACCOUNTS, serving.site):
        raise NotFound(kind="token", name=token)
    serving.users.revoke_token(token, person.actor)
