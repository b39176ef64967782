"""What proves the log elsewhere: its latest checkpoint, that an entry is in it, that it only grew."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from controller.api.access import Needs
from controller.api.problems import documented
from controller.api.service import Serving
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(
    prefix="/audit", tags=["log"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503)
)

Auditor = Annotated[Person, Depends(Needs(Permission.READ_AUDIT))]
Hash = Annotated[str, Field(description="32 bytes in base64.")]


class CheckpointShown(BaseModel):
    """``note``: the signed checkpoint, word for word. ``entries``: how many the log has by now; those after
    ``size`` are under no signature yet."""

    origin: str
    size: int
    root: Hash
    note: str
    signed_at: datetime
    entries: int


class ProofShown(BaseModel):
    """An inclusion proof (RFC 6962): ``leaf`` is entry ``seq`` of the tree with ``root`` at ``size``.
    ``note`` is the checkpoint that says so, "" while none does."""

    origin: str
    seq: int
    leaf: Hash
    size: int
    root: Hash
    proof: list[Hash]
    note: str


class GrowthShown(BaseModel):
    """A consistency proof (RFC 6962): the log at ``old`` entries is the beginning of the log at ``new``."""

    origin: str
    old: int
    old_root: Hash
    new: int
    new_root: Hash
    proof: list[Hash]


@router.get("/checkpoint", summary="How far the log is signed, and by what")
def checkpoint(serving: Serving, person: Auditor) -> CheckpointShown:
    found = serving.office.seal().checkpoint(person.actor)
    return CheckpointShown(
        origin=found.checkpoint.origin,
        size=found.checkpoint.size,
        root=_plain(found.checkpoint.root),
        note=found.note,
        signed_at=datetime.fromisoformat(found.at),
        entries=found.entries,
    )


@router.get("/proof", summary="That the log only grew")
def growth(
    serving: Serving,
    _: Auditor,
    old: Annotated[int, Query(ge=1, le=2**62, description="Entries of the log as it was seen.")],
    new: Annotated[int, Query(ge=1, le=2**62, description="Entries of the log as it is seen now.")],
) -> GrowthShown:
    found = serving.office.seal().growth(old, new)
    return GrowthShown(
        origin=found.origin,
        old=found.old,
        old_root=_plain(found.old_root),
        new=found.new,
        new_root=_plain(found.new_root),
        proof=[_plain(each) for each in found.proof],
    )


@router.get("/proof/{seq}", summary="That an entry is in the log")
def inclusion(
    serving: Serving, _: Auditor, seq: Annotated[int, Path(ge=1, le=2**62, description="Its number.")]
) -> ProofShown:
    found = serving.office.seal().entry(seq)
    return ProofShown(
        origin=found.origin,
        seq=found.seq,
        leaf=_plain(found.leaf),
        size=found.size,
        root=_plain(found.root),
        proof=[_plain(each) for each in found.proof],
        note=found.note,
    )


def _plain(found: bytes) -> str:
    return base64.b64encode(found).decode()
