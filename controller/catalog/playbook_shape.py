"""The shape of a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from controller.catalog.findings import listed, shorten, suggest
from controller.catalog.inventory_shape import BilingualText
from controller.catalog.scalars import (
    Count,
    Duration,
    FieldName,
    Format,
    Level,
    Name,
    OneOrMany,
    Priority,
    Text,
    Truth,
    as_text,
    choice,
    refusal,
)
from controller.catalog.shape import Shape
from controller.domain.inventory import ConduitKind, DeviceRole, Method, SegmentRole
from controller.domain.playbook import Action, OnFailure, OnUnreachable, Order, Save, Scope, Selector
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Proof

ALL = "all"
_VERIFY = [Proof.CLAIMED, Proof.ACCEPTED, Proof.CONFIRMED, Proof.PROVEN]


class Selected:
    """Marks a selector, which may be ``all``, a name or a list of names instead of a mapping."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._mapping, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, handler(schema)]
        }

    @staticmethod
    def _mapping(value: object) -> object:
        if value == ALL:
            return {}
        return {"name": value} if isinstance(value, str | list) else value


def _verify(value: object) -> Proof:
    text = as_text(value)
    if text not in _VERIFY:
        near = suggest(text, _VERIFY)
        raise refusal("unknown-value", value=shorten(text), known=listed(_VERIFY), suggestion=near)
    return Proof(text)


Names = Annotated[list[Text], OneOrMany()]


class SelectorShape(Shape):
    """Attributes to have, each with the values that will do; none: everything."""

    scope: ClassVar[Scope]

    name: Names = Field(default_factory=list)

    def value(self) -> Selector:
        attributes = {
            key: tuple(_written(value) for value in getattr(self, key))
            for key in type(self).model_fields
            if key in self.model_fields_set
        }
        if list(attributes) == ["name"]:
            return Selector(self.scope, names=attributes["name"])
        return Selector(self.scope, attributes=attributes)


class SegmentsShape(SelectorShape):
    scope = Scope.SEGMENTS

    role: Annotated[list[Annotated[SegmentRole, choice(SegmentRole)]], OneOrMany()] = Field(
        default_factory=list
    )
    priority: Annotated[list[Priority], OneOrMany()] = Field(default_factory=list)
    keep_alive: Annotated[list[Truth], OneOrMany()] = Field(default_factory=list)


class ConduitsShape(SelectorShape):
    scope = Scope.CONDUITS

    kind: Annotated[list[Annotated[ConduitKind, choice(ConduitKind)]], OneOrMany()] = Field(
        default_factory=list
    )
    priority: Annotated[list[Priority], OneOrMany()] = Field(default_factory=list)


class DevicesShape(SelectorShape):
    scope = Scope.DEVICES

    role: Annotated[list[Annotated[DeviceRole, choice(DeviceRole)]], OneOrMany()] = Field(
        default_factory=list
    )
    platform: Annotated[list[Text], OneOrMany()] = Field(default_factory=list)


class SelectShape(Shape):
    segments: Annotated[SegmentsShape, Selected()] | None = None
    conduits: Annotated[ConduitsShape, Selected()] | None = None
    devices: Annotated[DevicesShape, Selected()] | None = None

    def given(self) -> list[SelectorShape]:
        scopes: list[SelectorShape | None] = [self.segments, self.conduits, self.devices]
        return [shape for shape in scopes if shape is not None]


class CounterLimitShape(Shape):
    counter: FieldName
    over: Count
    within: Duration = 60


class GateShape(Shape):
    approvals: Count = 0
    roles: list[Name] = Field(default_factory=list)
    attest: list[Name] = Field(default_factory=list)
    probes: Truth = False
    hold: Duration = 0
    watch: Duration = 0
    go: Truth = False
    counters: list[CounterLimitShape] = Field(default_factory=list)


class StageShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"name": "unnamed", "action": "isolate"}

    name: Name
    action: Annotated[Action, choice(Action)]
    select: SelectShape
    method: Annotated[list[Annotated[Method, choice(Method)]], OneOrMany()] = Field(default_factory=list)
    order: Annotated[Order, choice(Order)] | None = None
    on_failure: Annotated[OnFailure, choice(OnFailure)] | None = None
    on_unreachable: Annotated[OnUnreachable, choice(OnUnreachable)] = OnUnreachable.REPORT
    verify: Annotated[
        Proof, BeforeValidator(_verify), WithJsonSchema({"enum": [proof.value for proof in _VERIFY]})
    ] = Proof.CONFIRMED
    gate: GateShape = GateShape()
    wave_size: Count = 0
    pause: Duration = 0
    towards: Names = Field(default_factory=list)
    points: Names = Field(default_factory=list)


class EvidenceShape(Shape):
    tables: Annotated[list[Annotated[TableKind, choice(TableKind)]], OneOrMany()]
    devices: Annotated[DevicesShape, Selected()] | None = None
    within: Duration = 5


class PlaybookShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"format": "1", "title": "untitled"}

    format: Format
    title: BilingualText
    level: Level | None = None
    include: Annotated[list[Text], OneOrMany()] = Field(default_factory=list)
    save: Annotated[Save, choice(Save)] = Save.NEVER
    evidence: EvidenceShape | None = None
    stages: list[StageShape] = Field(default_factory=list)


def _written(value: object) -> str:
    """A value as selectors compare it: the way it is written in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
