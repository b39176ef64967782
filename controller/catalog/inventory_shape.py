"""The shape of ``inventory.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.catalog.document import Nothing
from controller.catalog.scalars import (
    Address,
    Certificate,
    Control,
    Duration,
    Format,
    HostKey,
    Name,
    Object,
    Pair,
    PortNumber,
    PortOrSegment,
    Prefix,
    Priority,
    TcpEndpoint,
    Text,
    Truth,
    Variable,
    Vlan,
    choice,
    refusal,
)
from controller.catalog.shape import Shape
from controller.domain.inventory import (
    Bilingual,
    ConduitKind,
    DeviceRole,
    Footing,
    LinkKind,
    Management,
    PointKind,
    SegmentRole,
)
from controller.domain.path import SSH_PORT, PathKind


class BilingualShape(Shape):
    fr: Text
    en: Text

    def value(self) -> Bilingual:
        return Bilingual(self.fr, self.en)


def _both(value: object) -> object:
    """A plain text stands for both languages."""
    return {"fr": value, "en": value} if isinstance(value, str) else value


def _inline(value: object) -> object:
    # Never shown, not even its length: it may well be the secret itself.
    if isinstance(value, str):
        raise refusal("secret-inline")
    return value


def _none(value: object) -> object:
    if not isinstance(value, Nothing) and value != "none":
        raise refusal("none-expected")
    return value


BilingualText = Annotated[
    BilingualShape,
    BeforeValidator(_both),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"fr": {"type": "string"}, "en": {"type": "string"}},
                    "required": ["fr", "en"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def one_of(*keys: str) -> dict[str, Any]:
    """For an editor: exactly one of these keys."""
    return {"oneOf": [{"required": [key]} for key in keys]}


class SecretShape(Shape):
    model_config = ConfigDict(json_schema_extra=one_of("env", "file", "vault"))
    unknown_code: ClassVar[str] = "secret-inline"

    env: Variable | None = None
    file: Text | None = None
    vault: Name | None = None


Secret = Annotated[SecretShape, BeforeValidator(_inline)]


class CredentialShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"username": "unnamed"}

    username: Text
    password: Secret | None = None
    key: Secret | None = None
    enable: Secret | None = None
    fallback: Text | None = None


class PathShape(Shape):
    """Exactly one of ``ssh``, ``telnet`` and ``console``."""

    model_config = ConfigDict(json_schema_extra=one_of(*PathKind))

    ssh: Address | None = None
    telnet: Address | None = None
    console: Text | None = None
    port: PortNumber | None = None
    line: Text | None = None
    via: Text | None = None

    def kinds(self) -> list[PathKind]:
        """Those given; a sound path has one."""
        return [kind for kind in PathKind if getattr(self, kind.value) is not None]


class WaypointShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"credentials": "unnamed"}

    ssh: Address
    port: PortNumber = SSH_PORT
    credentials: Text
    host_key: HostKey
    legacy_ssh: Truth = False


class LocationShape(Shape):
    building: Text | None = None
    rack: Text | None = None


class CanaryShape(Shape):
    interface: Object
    svi: Object | None = None


class HaShape(Shape):
    peer: Text
    synced: Truth = True


class NapalmAccessShape(Shape):
    port: PortNumber | None = None
    certificate: Certificate | None = None


class DeviceShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"platform": "manual", "role": "access"}

    platform: Text
    role: Annotated[DeviceRole, choice(DeviceRole)]
    paths: list[PathShape] = Field(default_factory=list)
    credentials: Text | None = None
    host_key: HostKey | None = None
    management: Annotated[Management, choice(Management)] = Management.OOB
    location: LocationShape | None = None
    canary: CanaryShape | None = None
    ha: HaShape | None = None
    managed_by: Text | None = None
    legacy_ssh: Truth = False
    careful: Truth = False
    napalm: NapalmAccessShape | None = None
    armed: Truth | None = None
    settings: dict[Name, Object] = Field(default_factory=dict)


class LinkShape(Shape):
    ends: Annotated[
        list[Pair],
        WithJsonSchema(
            {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "array", "minItems": 2, "maxItems": 2},
            }
        ),
    ]
    kind: Annotated[LinkKind, choice(LinkKind)] = LinkKind.DATA


class PointShape(Shape):
    """Exactly one of the kinds, naming the object on the device."""

    model_config = ConfigDict(json_schema_extra=one_of(*PointKind))

    device: Text
    interface: Object | None = None
    aggregate: Object | None = None
    svi: Object | None = None
    policy: Object | None = None
    ssid: Object | None = None
    tunnel: Object | None = None
    bgp_peer: Object | None = None
    vlan: Vlan | None = None
    tagged: Truth = False

    def objects(self) -> list[tuple[PointKind, str]]:
        """The kinds given; a sound point has one."""
        given = [(kind, getattr(self, kind.value)) for kind in PointKind]
        return [(kind, name) for kind, name in given if name is not None]


class ProbeShape(Shape):
    model_config = ConfigDict(json_schema_extra=one_of("tcp", "icmp"))

    tcp: TcpEndpoint | None = None
    icmp: Address | None = None
    source: Text = Field(alias="from")
    control: Control


class NeedShape(Shape):
    segment: Text
    dies_after: Duration | None = None


class SegmentShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"title": "untitled", "priority": "1"}

    title: BilingualText
    impact: BilingualText | None = None
    priority: Priority
    role: Annotated[SegmentRole, choice(SegmentRole)] = SegmentRole.GENERAL
    keep_alive: Truth = False
    depends_on: list[Text] = Field(default_factory=list)
    needs: list[NeedShape] = Field(default_factory=list)
    vlans: list[Vlan] = Field(default_factory=list)
    prefixes: list[Prefix] = Field(default_factory=list)
    ipv6: Annotated[Literal["none"] | None, BeforeValidator(_none), WithJsonSchema({"const": "none"})] = None
    gateways: list[Pair] = Field(default_factory=list)
    points: list[PointShape] = Field(default_factory=list)
    probes: list[ProbeShape] = Field(default_factory=list)
    forbidden: list[ProbeShape] = Field(default_factory=list)


class ConduitShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"kind": "internet"}

    kind: Annotated[ConduitKind, choice(ConduitKind)]
    title: BilingualText | None = None
    priority: Priority = 100
    keep_alive: list[Text] = Field(default_factory=list)
    points: list[PointShape] = Field(default_factory=list)
    probes: list[ProbeShape] = Field(default_factory=list)
    forbidden: list[ProbeShape] = Field(default_factory=list)


class ConsoleShape(Shape):
    device: Text
    interface: Object


class RestsOnShape(Shape):
    """Each a port as ``[device, interface]`` or a segment's name."""

    host: PortOrSegment | None = None
    hypervisor: PortOrSegment | None = None
    disk: PortOrSegment | None = None
    directory: PortOrSegment | None = None

    def given(self) -> list[tuple[Footing, tuple[str, str] | str]]:
        found = [(what, getattr(self, what.value)) for what in Footing]
        return [(what, where) for what, where in found if where is not None]


class ControllerShape(Shape):
    attached_to: Pair | None = None
    consoles: list[ConsoleShape] = Field(default_factory=list)
    rests_on: RestsOnShape = RestsOnShape()


class HypervisorShape(Shape):
    ports: list[Pair] = Field(min_length=1)


class ContactShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"role": "unnamed", "phone": "none"}

    role: BilingualText
    phone: Text
    name: Text | None = None


class InventoryShape(Shape):
    stand_ins: ClassVar[Mapping[str, str]] = {"format": "1", "site": "unnamed"}

    format: Format
    site: Name
    controller: ControllerShape = ControllerShape()
    credentials: dict[Name, CredentialShape] = Field(default_factory=dict)
    jump_hosts: dict[Name, WaypointShape] = Field(default_factory=dict)
    console_servers: dict[Name, WaypointShape] = Field(default_factory=dict)
    devices: dict[Name, DeviceShape]
    links: list[LinkShape] = Field(default_factory=list)
    segments: dict[Name, SegmentShape]
    conduits: dict[Name, ConduitShape] = Field(default_factory=dict)
    contacts: list[ContactShape] = Field(default_factory=list)
    hypervisors: dict[Name, HypervisorShape] = Field(default_factory=dict)
