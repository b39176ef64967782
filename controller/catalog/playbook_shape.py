"""The shape of a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from controller.catalog.findings import listed, shorten, suggest
from controller.catalog.inventory_shape import BilingualText
from controller.catalog.scalars import (
    Count,
    Duration,
    Format,
    Level,
    Name,
    Priority,
    Text,
    Truth,
    as_text,
    choice,
    one_or_many,
    refusal,
)
from controller.catalog.shape import Shape
from controller.domain.inventory import ConduitKind, DeviceRole, Method, SegmentRole
from controller.domain.playbook import Action, OnFailure, OnUnreachable, Order, Save, Scope, Selector
from controller.domain.proof import Proof

ALL = "all"
_VERIFY = [Proof.CLAIMED, Proof.ACCEPTED, Proof.CONFIRMED, Proof.PROVEN]


def _selector(value: object) -> object:
    """``all``, a name, or a list of names, as the mapping they stand for."""
    if value == ALL:
        return {}
    return {"name": value} if isinstance(value, str | list) else value


def _verify(value: object) -> Proof:
    text = as_text(value)
    if text not in _VERIFY:
        near = suggest(text, _VERIFY)
        raise refusal("unknown-value", value=shorten(text), known=listed(_VERIFY), suggestion=near)
    return Proof(text)


Names = Annotated[list[Text], BeforeValidator(one_or_many)]


class SelectorShape(Shape):
    """Attributes to have, each with the values that will do; none: everything."""

    scope: ClassVar[Scope]

    name: Names = Field(default_factory=list)

    def value(self) -> Selector:
        attributes = {
            key: tuple(_written(value) for value in getattr(self, key)) for key in type(self).model_fields if key in self.model_fields_set
        }
        if list(attributes) == ["name"]:
            return Selector(self.scope, names=attributes["name"])
        return Selector(self.scope, attributes=attributes)


class SegmentsShape(SelectorShape):
    scope = Scope.SEGMENTS

    role: Annotated[list[Annotated[SegmentRole, choice(SegmentRole)]], BeforeValidator(one_or_many)] = Field(
        default_factory=list
    )
    priority: Annotated[list[Priority], BeforeValidator(one_or_many)] = Field(default_factory=list)
    keep_alive: Annotated[list[Truth], BeforeValidator(one_or_many)] = Field(default_factory=list)


class ConduitsShape(SelectorShape):
    scope = Scope.CONDUITS

    kind: Annotated[list[Annotated[ConduitKind, choice(ConduitKind)]], BeforeValidator(one_or_many)] = Field(
        default_factory=list
    )
    priority: Annotated[list[Priority], BeforeValidator(one_or_many)] = Field(default_factory=list)


class DevicesShape(SelectorShape):
    scope = Scope.DEVICES

    role: Annotated[list[Annotated[DeviceRole, choice(DeviceRole)]], BeforeValidator(one_or_many)] = Field(
        default_factory=list
    )
    platform: Annotated[list[Text], BeforeValidator(one_or_many)] = Field(default_factory=list)


class SelectShape(Shape):
    segments: Annotated[SegmentsShape, BeforeValidator(_selector)] | None = None
    conduits: Annotated[ConduitsShape, BeforeValidator(_selector)] | None = None
    devices: Annotated[DevicesShape, BeforeValidator(_selector)] | None = None

    def given(self) -> list[SelectorShape]:
        scopes: list[SelectorShape | None] = [self.segments, self.conduits, self.devices]
        return [shape for shape in scopes if shape is not None]


class GateShape(Shape):
    approvals: Count = 0
    roles: list[Name] = Field(default_factory=list)
    attest: list[Name] = Field(default_factory=list)
    probes: Truth = False
    hold: Duration = 0
    watch: Duration = 0


class StageShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"name": "unnamed", "action": "isolate"}

    name: Name
    action: Annotated[Action, choice(Action)]
    select: SelectShape
    method: Annotated[list[Annotated[Method, choice(Method)]], BeforeValidator(one_or_many)] = Field(
        default_factory=list
    )
    order: Annotated[Order, choice(Order)] | None = None
    on_failure: Annotated[OnFailure, choice(OnFailure)] | None = None
    on_unreachable: Annotated[OnUnreachable, choice(OnUnreachable)] = OnUnreachable.REPORT
    verify: Annotated[
        Proof, BeforeValidator(_verify), WithJsonSchema({"enum": [proof.value for proof in _VERIFY]})
    ] = Proof.CONFIRMED
    gate: GateShape = GateShape()


class PlaybookShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"format": "1", "title": "untitled"}

    format: Format
    title: BilingualText
    level: Level | None = None
    include: Annotated[list[Text], BeforeValidator(one_or_many)] = Field(default_factory=list)
    save: Annotated[Save, choice(Save)] = Save.NEVER
    stages: list[StageShape] = Field(default_factory=list)


def _written(value: object) -> str:
    """A value as selectors compare it: the way it is written in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
