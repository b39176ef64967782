"""What the routes take and give, as JSON: what all of them share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from controller.domain.inventory import Bilingual, PointId

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reason = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^[^\x00]*$"),
    Field(description="Goes into the log as it stands.", examples=["files are being encrypted"]),
]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

A_SHA = "3f8a4c1e9b7d2056" * 4
"""For examples."""


class Asked(BaseModel):
    """What a client sends: nothing it does not know."""

    model_config = ConfigDict(extra="forbid")


class Both(BaseModel):
    fr: str
    en: str


def both(text: Bilingual | None) -> Both:
    return Both(fr=text.fr, en=text.en) if text else Both(fr="", en="")


class PointShown(BaseModel):
    device: str = Field(examples=["acc-1"])
    object: str = Field(examples=["GigabitEthernet1/0/1"])
    vlan: int | None = None


def point(found: PointId) -> PointShown:
    return PointShown(device=found.device, object=found.object, vlan=found.vlan)


class Written(BaseModel):
    """``seq``: the number of the entry; null while it is only in the spool."""

    seq: int | None


class ReasonAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "wrong playbook"}]})

    reason: Reason = ""
