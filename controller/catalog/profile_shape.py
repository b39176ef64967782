"""The shape of a device profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.catalog.document import Nothing
from controller.catalog.inventory_shape import one_of
from controller.catalog.scalars import (
    Count,
    Duration,
    FieldName,
    Format,
    Name,
    Object,
    OneOrMany,
    Raw,
    Text,
    Truth,
    choice,
)
from controller.catalog.shape import Shape
from controller.domain.inventory import Method, PointKind
from controller.domain.profile import Tested
from controller.domain.profile.readiness import Look, RevertKind
from controller.domain.profile.reading import Each, Family
from controller.domain.profile.returns import NapalmName
from controller.domain.profile.surroundings import Listing, TableKind

SECTIONS: dict[str, tuple[PointKind, bool]] = {
    **{kind.value: (kind, False) for kind in PointKind},
    "tagged_interface": (PointKind.INTERFACE, True),
    "tagged_aggregate": (PointKind.AGGREGATE, True),
}
"""The keys under ``points``: a kind of point, and whether its VLAN is one of several carried tagged."""


def _line(value: object) -> object:
    """A plain text is a line sent as it is."""
    return {"send": value} if isinstance(value, str | Nothing) else value


Values = Annotated[list[Raw], OneOrMany()]


class LineShape(Shape):
    send: Raw
    each: Annotated[Each, choice(Each)] | None = None


_LINE = {
    "type": "object",
    "properties": {"send": {"type": "string"}, "each": {"enum": list(Each)}},
    "required": ["send"],
    "additionalProperties": False,
}

LineText = Annotated[
    LineShape, BeforeValidator(_line), WithJsonSchema({"anyOf": [{"type": "string"}, _LINE]})
]


class ParseShape(Shape):
    """By ``regex`` or by ``textfsm``; each takes other keys beside it."""

    model_config = ConfigDict(json_schema_extra=one_of("regex", "textfsm"))

    regex: Raw | None = None
    given: Raw | None = None
    matched: dict[FieldName, Raw] = Field(default_factory=dict)
    each: Annotated[Each, choice(Each)] | None = None
    textfsm: Text | None = None
    row: dict[Text, Raw] = Field(default_factory=dict)
    fields: dict[FieldName, Text] = Field(default_factory=dict)
    otherwise: dict[FieldName, Raw] = Field(default_factory=dict)
    values: dict[FieldName, dict[Raw, Raw]] = Field(default_factory=dict)
    within: dict[FieldName, Raw] = Field(default_factory=dict)
    listed: list[FieldName] = Field(default_factory=list)


class ReadShape(Shape):
    send: Raw
    parse: list[ParseShape]
    family: Annotated[Family, choice(Family)] | None = None


class RestoreShape(Shape):
    when: dict[FieldName, Values] = Field(default_factory=dict)
    send: list[LineText]


class LimitShape(Shape):
    send: list[LineText]
    limited: dict[FieldName, Values]
    lift: list[RestoreShape]


class CutShape(Shape):
    """A line of a cut; or, with ``when``, the lines for one state."""

    send: Annotated[list[LineText], OneOrMany()]
    each: Annotated[Each, choice(Each)] | None = None
    when: dict[FieldName, Values] = Field(default_factory=dict)


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

CutText = Annotated[
    CutShape,
    BeforeValidator(_line),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                _LINE,
                {
                    "type": "object",
                    "properties": {
                        "when": {"type": "object", "additionalProperties": _TEXTS},
                        "send": {"type": "array", "items": {"anyOf": [{"type": "string"}, _LINE]}},
                    },
                    "required": ["when", "send"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class MethodShape(Shape):
    isolate: list[CutText]
    isolated: dict[FieldName, Values]
    restore: list[RestoreShape]
    spares_keep_alive: Truth = False
    limit: LimitShape | None = None


class MethodsShape(Shape):
    shutdown: MethodShape | None = None
    svi: MethodShape | None = None
    acl: MethodShape | None = None
    policy: MethodShape | None = None
    vlan: MethodShape | None = None
    ssid: MethodShape | None = None
    tunnel: MethodShape | None = None
    bgp: MethodShape | None = None
    drop_flow: MethodShape | None = None

    def given(self) -> dict[Method, MethodShape]:
        found = {method: getattr(self, method.value) for method in Method}
        return {method: shape for method, shape in found.items() if shape is not None}


class CounterShape(Shape):
    send: Raw
    value: Raw


class PointSectionShape(Shape):
    config: list[FieldName]
    observed: list[FieldName] = Field(default_factory=list)
    read: list[ReadShape]
    methods: MethodsShape
    counters: dict[FieldName, CounterShape] = Field(default_factory=dict)
    object: Raw | None = None


class PointsShape(Shape):
    interface: PointSectionShape | None = None
    tagged_interface: PointSectionShape | None = None
    aggregate: PointSectionShape | None = None
    tagged_aggregate: PointSectionShape | None = None
    svi: PointSectionShape | None = None
    policy: PointSectionShape | None = None
    ssid: PointSectionShape | None = None
    tunnel: PointSectionShape | None = None
    bgp_peer: PointSectionShape | None = None

    def given(self) -> dict[str, PointSectionShape]:
        found = {key: getattr(self, key) for key in SECTIONS}
        return {key: shape for key, shape in found.items() if shape is not None}


class CommitShape(Shape):
    send: list[Raw]
    discard: list[Raw]
    within: Count = 120
    errors: list[Raw] = Field(default_factory=list)
    done: Raw | None = None
    abandoned: list[Raw] = Field(default_factory=list)
    behind: list[Raw] = Field(default_factory=list)
    by_hand: list[Raw] = Field(default_factory=list)
    accounts: Raw | None = None


class InsistShape(Shape):
    line: Raw
    answered: Raw


class ClientShape(Shape):
    start: Raw
    asked: Raw
    prompt: Raw
    leave: Raw


class AtOnceShape(Shape):
    bytes: Count
    context: Raw | None = None
    shell_line: Truth = False


class QuestionShape(Shape):
    asked: Raw
    reply: Raw = ""


class SessionShape(Shape):
    netmiko: Text
    enable: Truth = False
    prepare: list[Raw] = Field(default_factory=list)
    enter: list[Raw] = Field(default_factory=list)
    leave: list[Raw] = Field(default_factory=list)
    errors: list[Raw] = Field(default_factory=list)
    type_ahead: Count = 0
    settle: Count = 2000
    noise: list[Raw] = Field(default_factory=list)
    echo: Truth = True
    locked: list[Raw] = Field(default_factory=list)
    commit: CommitShape | None = None
    insist: list[InsistShape] = Field(default_factory=list)
    escape: list[Raw] = Field(default_factory=list)
    abandoned: list[Raw] = Field(default_factory=list)
    at_once: AtOnceShape | None = None
    client: ClientShape | None = None
    greeting: QuestionShape | None = None


class SaveShape(Shape):
    send: list[Raw] = Field(default_factory=list)
    running: Raw | None = None
    startup: Raw | None = None
    ignore: list[Raw] = Field(default_factory=list)
    answers: list[QuestionShape] = Field(default_factory=list)
    lasting: list[Annotated[Method, choice(Method)]] = Field(default_factory=list)


class SentProbeShape(Shape):
    send: Raw
    answered: Raw


class SentProbesShape(Shape):
    icmp: SentProbeShape | None = None
    tcp: SentProbeShape | None = None


class TableReadShape(Shape):
    send: Raw


TableReadText = Annotated[
    TableReadShape,
    BeforeValidator(_line),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"send": {"type": "string"}},
                    "required": ["send"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""A plain text is a command."""


class TablesShape(Shape):
    mac: list[TableReadText] = Field(default_factory=list)
    arp: list[TableReadText] = Field(default_factory=list)
    sessions: list[TableReadText] = Field(default_factory=list)

    def given(self) -> dict[TableKind, list[TableReadShape]]:
        found = {kind: getattr(self, kind.value) for kind in TableKind}
        return {kind: reads for kind, reads in found.items() if reads}


class ListReadShape(Shape):
    """By ``rows`` or by ``textfsm`` with its ``fields``."""

    model_config = ConfigDict(json_schema_extra=one_of("rows", "textfsm"))

    send: Raw
    rows: Raw | None = None
    textfsm: Text | None = None
    fields: dict[FieldName, Text] = Field(default_factory=dict)


class DiscoverShape(Shape):
    neighbours: list[ListReadShape] = Field(default_factory=list)
    macs: list[ListReadShape] = Field(default_factory=list)
    addresses: list[ListReadShape] = Field(default_factory=list)
    ports: list[ListReadShape] = Field(default_factory=list)

    def given(self) -> dict[Listing, list[ListReadShape]]:
        found = {kind: getattr(self, kind.value) for kind in Listing}
        return {kind: reads for kind, reads in found.items() if reads}


class VersionShape(Shape):
    send: Raw
    version: Raw
    model: Raw | None = None


class LookShape(Shape):
    about: Annotated[Look, choice(Look)]
    send: Raw
    good: Raw | None = None
    bad: Raw | None = None
    whole: Raw | None = None


class RevertShape(Shape):
    kind: Annotated[RevertKind, choice(RevertKind)]
    send: Raw
    pending: Raw
    none: Raw
    undo: list[Raw] = Field(default_factory=list)


class GrantShape(Shape):
    line: Raw
    send: Raw
    granted: Raw


class NeedShape(Shape):
    send: Raw
    good: Raw


class TimerShape(Shape):
    after: Duration
    send: Raw
    pending: Raw
    none: Raw
    confirm: list[Raw]
    enter: list[Raw] | None = None
    commit: CommitShape | None = None
    leave: list[Raw] | None = None
    cancel: list[Raw] | None = None
    needs: NeedShape | None = None

    def lines(self) -> dict[tuple[str, ...], list[str]]:
        """What is sent, by the keys it stands under; not what is only read."""
        commit = self.commit
        found: dict[tuple[str, ...], list[str] | None] = {
            ("enter",): self.enter,
            ("commit", "send"): commit.send if commit else None,
            ("commit", "discard"): commit.discard if commit else None,
            ("commit", "abandoned"): commit.abandoned if commit else None,
            ("leave",): self.leave,
            ("confirm",): self.confirm,
            ("cancel",): self.cancel,
        }
        return {key: lines for key, lines in found.items() if lines is not None}


class ReadinessShape(Shape):
    looks: list[LookShape] = Field(default_factory=list)
    reverts: list[RevertShape] = Field(default_factory=list)
    grant: GrantShape | None = None


class ReturnDriverShape(Shape):
    napalm: Annotated[NapalmName, choice(NapalmName)]
    within: Duration = 60


class DriversShape(Shape):
    """What may go another way than typed through Netmiko, as a cut always does."""

    restore: ReturnDriverShape | None = None


class ProfileShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"format": "1", "platform": "unnamed"}

    format: Format
    platform: Name
    sources: list[Text] = Field(default_factory=list)
    settings: dict[FieldName, Object] = Field(default_factory=dict)
    session: SessionShape
    points: PointsShape
    save: SaveShape | None = None
    probes: SentProbesShape = SentProbesShape()
    tables: TablesShape = TablesShape()
    names: dict[Text, list[Text]] = Field(default_factory=dict)
    readiness: ReadinessShape = ReadinessShape()
    version: VersionShape | None = None
    tested: Annotated[Tested, choice(Tested)] = Tested.NOTHING
    discover: DiscoverShape = DiscoverShape()
    timer: TimerShape | None = None
    drivers: DriversShape = DriversShape()
