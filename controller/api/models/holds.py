"""Holds, and how those of points that are no more move to others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from controller.api.models import A_SHA, Asked, Name, PointShown, Reason, Sha, point
from controller.api.problems import HazardShown
from controller.domain.hold import Hold
from controller.domain.plan import Hazard
from controller.engine.planning.transfer import Transfer, Transferral
from controller.engine.readiness.newpoints import NewPoint
from controller.text import Catalogue
from controller.text.sentences import cause_text, plain_hazard

_A_MOVE: JsonDict = {
    "device": "acc-7",
    "to": "acc-9",
    "ports": [{"old": "GigabitEthernet1/0/3", "new": "GigabitEthernet1/0/5"}],
    "as_found": True,
}


class HoldShown(BaseModel):
    """``run``: that cut it. A point returns when its last hold ends."""

    run: str
    subject: str
    point: PointShown
    method: str
    since: datetime


def hold(found: Hold) -> HoldShown:
    return HoldShown(
        run=found.key.run,
        subject=found.key.subject,
        point=point(found.key.point),
        method=found.method.value,
        since=found.opened_at,
    )


class PortPair(Asked):
    old: Name
    new: Name


class TransferAsked(Asked):
    """What is held at ``device`` moves to the points of the same names at ``to``; where there are ``ports``,
    only what is held at those. ``as_found``: it returns to what the new points are found as."""

    model_config = ConfigDict(json_schema_extra={"examples": [_A_MOVE]})

    device: Name
    to: Name
    ports: list[PortPair] = Field(default=[], max_length=1000)
    as_found: bool = False
    overrides: list[Name] = Field(default=[], max_length=100)


class TransferRun(TransferAsked):
    """``plans``: the hashes of what was shown; nothing else is carried out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_A_MOVE, "plans": [A_SHA], "reason": "switch replaced"}]}
    )

    plans: list[Sha] = Field(min_length=1, max_length=100)
    reason: Reason = ""


class NewPointShown(BaseModel):
    """``now``: its configured fields, null where it could not be read, with ``text`` saying why;
    ``returns_to``: those of the state that moves along, null where it returns to what it is found as.
    ``differs``: the fields it has otherwise."""

    old: PointShown
    new: PointShown
    subjects: list[str]
    now: dict[str, str] | None
    returns_to: dict[str, str] | None
    differs: list[str]
    cause: str
    text: str


class TransferShown(BaseModel):
    """``plans``: one for each level that holds something there. ``refused``: it would not be carried out."""

    plans: list[str]
    refused: bool
    hazards: list[HazardShown]
    points: list[NewPointShown]


def transfer_of(asked: TransferAsked) -> Transfer:
    pairs = tuple((each.old, each.new) for each in asked.ports)
    return Transfer(asked.device, asked.to, pairs, asked.as_found, frozenset(asked.overrides))


def transfer(
    found: Sequence[Transferral], points: Iterable[NewPoint], silent: Sequence[Hazard], words: Catalogue
) -> TransferShown:
    """``silent``: what refuses since a point could not be read."""
    hazards = sorted({*silent, *(each for one in found for each in one.plan.hazards)})
    return TransferShown(
        plans=[one.plan.hash for one in found],
        refused=bool(silent) or any(one.plan.refusals for one in found),
        hazards=[HazardShown(**plain_hazard(each, words)) for each in hazards],
        points=[_new_point(each, words) for each in points],
    )


def _new_point(found: NewPoint, words: Catalogue) -> NewPointShown:
    return NewPointShown(
        old=point(found.old),
        new=point(found.new),
        subjects=list(found.subjects),
        now=dict(found.now) if found.now is not None else None,
        returns_to=dict(found.returns_to) if found.returns_to is not None else None,
        differs=list(found.differs),
        cause=found.cause,
        text=cause_text(words, found.cause) if found.cause else "",
    )
