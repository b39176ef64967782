"""Texts of a file typed: each type takes the text as written, or refuses it with a code of its own."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.catalog.document import Nothing
from controller.catalog.findings import listed, shorten, suggest

FORMAT = 1
"""The version of all three formats."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FIELD = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Object names become part of commands, on Linux of a shell's: what could end or nest one is refused.
_UNSAFE = frozenset("`$;|&<>\\\"'\n\r\t*?!(){}")


def refusal(code: str, **data: object) -> PydanticCustomError:
    """What a validator raises to report ``code`` at its place."""
    return PydanticCustomError(code, code, data)


def as_text(value: object) -> str:
    """``value`` without blanks around it, if it is a text on one line."""
    if isinstance(value, Nothing):
        raise refusal("value-missing")
    if not isinstance(value, str):
        raise refusal("text-expected")
    text = value.strip()
    if not text:
        raise refusal("value-missing")
    if not text.isprintable():
        raise refusal("text-control-characters")
    return text


def as_raw(value: object) -> str:
    """``value`` as written, blanks and line ends included: patterns and commands."""
    if isinstance(value, Nothing):
        raise refusal("value-missing")
    if not isinstance(value, str):
        raise refusal("text-expected")
    return value


def _name(value: object) -> str:
    text = as_text(value)
    if not _NAME.fullmatch(text):
        raise refusal("name-invalid", value=shorten(text))
    return text


def _object(value: object) -> str:
    text = as_text(value)
    wrong = next((character for character in text if character in _UNSAFE), None)
    if wrong is not None:
        raise refusal("object-invalid", value=shorten(text), character=wrong)
    return text


def _field(value: object) -> str:
    text = as_text(value)
    if not _FIELD.fullmatch(text):
        raise refusal("field-name-invalid", value=shorten(text))
    return text


def _variable(value: object) -> str:
    text = as_text(value)
    if not _VARIABLE.fullmatch(text):
        raise refusal("secret-inline")
    return text


def _truth(value: object) -> bool:
    text = as_text(value)
    if text not in ("true", "false"):
        raise refusal("boolean-expected", value=shorten(text))
    return text == "true"


def _integer(low: int, high: int, code: str = "out-of-range") -> Callable[[object], int]:
    def read(value: object) -> int:
        text = as_text(value)
        if not _INTEGER.fullmatch(text):
            raise refusal("integer-expected", value=shorten(text))
        number = int(text)
        if not low <= number <= high:
            raise refusal(code, value=number, low=low, high=high)
        return number

    return read


def _duration(value: object) -> int:
    text = as_text(value)
    match = _DURATION.fullmatch(text)
    if not match:
        raise refusal("duration-expected", value=shorten(text))
    return int(match[1]) * _SECONDS[match[2]]


def _format(value: object) -> int:
    text = as_text(value)
    if not _INTEGER.fullmatch(text) or int(text) < 1:
        raise refusal("format-invalid", known=FORMAT)
    if int(text) > FORMAT:
        raise refusal("format-newer", found=text, known=FORMAT)
    return int(text)


def _address(value: object) -> str:
    text = as_text(value)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise refusal("address-expected", value=shorten(text)) from None


def _prefix(value: object) -> str:
    text = as_text(value)
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise refusal("prefix-invalid", value=shorten(text)) from None
    raise refusal("prefix-host-bits", value=shorten(text), meant=meant)


class Endpoint(NamedTuple):
    """``port`` None: the address is pinged."""

    address: str
    port: int | None


def _endpoint(value: object) -> Endpoint:
    text = as_text(value)
    match = _ENDPOINT.fullmatch(text)
    try:
        if match and 1 <= int(match[3]) <= 65535:
            return Endpoint(str(ipaddress.ip_address(match[1] or match[2])), int(match[3]))
    except ValueError:
        pass
    raise refusal("endpoint-expected", value=shorten(text))


def _control(value: object) -> Endpoint:
    text = as_text(value)
    if not text.startswith("icmp:"):
        return _endpoint(text)
    address = text.removeprefix("icmp:").strip()
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    return Endpoint(_address(address), None)


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise refusal("pair-expected")
    return (as_text(value[0]), _object(value[1]))


def _port_or_segment(value: object) -> tuple[str, str] | str:
    return _pair(value) if isinstance(value, list) else as_text(value)


_KEY_TYPES = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ssh-dss",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
    }
)


def _host_key(value: object) -> str:
    """The type and the key without comment. The blob must be whole: a truncated key would never match."""
    kind, _, rest = as_text(value).partition(" ")
    encoded = rest.split(" ")[0]
    try:
        parts = _fields_of(base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error):
        parts = []
    sound = kind in _KEY_TYPES and len(parts) >= 2 and parts[0] == kind.encode()
    if not sound or (kind == "ssh-ed25519" and len(parts[1]) != 32):
        raise refusal("host-key-invalid")
    return f"{kind} {encoded}"


def _certificate(value: object) -> str:
    """A SHA-256 in hexadecimal, with or without colons: without, and in small letters."""
    digits = as_text(value).replace(":", "").lower()
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise refusal("certificate-invalid")
    return digits


def _fields_of(blob: bytes) -> list[bytes]:
    """The length-prefixed fields of a key (RFC 4251 §5); none where the last one is cut short."""
    fields = []
    while blob:
        end = 4 + int.from_bytes(blob[:4], "big")
        if len(blob) < end:
            return []
        fields.append(blob[4:end])
        blob = blob[end:]
    return fields


def choice(kind: type[StrEnum]) -> BeforeValidator:
    """Takes the values of an enumeration, and proposes the nearest to a wrong one."""
    known = [member.value for member in kind]

    def read(value: object) -> StrEnum:
        text = as_text(value)
        if text not in known:
            near = suggest(text, known)
            raise refusal("unknown-value", value=shorten(text), known=listed(known), suggestion=near)
        return kind(text)

    return BeforeValidator(read)


class OneOrMany:
    """Marks a list that may be written as its single item."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}

    @staticmethod
    def _listed(value: object) -> object:
        return value if isinstance(value, list | Nothing) else [value]


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema(schema)


# What an editor's YAML reads as number or boolean is a text to us.
_ANY_SCALAR = ["string", "integer", "number", "boolean"]

Text = Annotated[str, BeforeValidator(as_text), _schema(type=_ANY_SCALAR)]
Raw = Annotated[str, BeforeValidator(as_raw), _schema(type=_ANY_SCALAR)]
Name = Annotated[str, BeforeValidator(_name), _schema(type=_ANY_SCALAR, pattern=f"^{_NAME.pattern}$")]
Object = Annotated[str, BeforeValidator(_object), _schema(type=_ANY_SCALAR)]
FieldName = Annotated[str, BeforeValidator(_field), _schema(type="string", pattern=f"^{_FIELD.pattern}$")]
Variable = Annotated[
    str, BeforeValidator(_variable), _schema(type="string", pattern=f"^{_VARIABLE.pattern}$")
]
Truth = Annotated[bool, BeforeValidator(_truth), _schema(type="boolean")]
Format = Annotated[int, BeforeValidator(_format), _schema(const=FORMAT)]
Priority = Annotated[
    int, BeforeValidator(_integer(1, 9999)), _schema(type="integer", minimum=1, maximum=9999)
]
Vlan = Annotated[
    int,
    BeforeValidator(_integer(1, 4094, "vlan-out-of-range")),
    _schema(type="integer", minimum=1, maximum=4094),
]
PortNumber = Annotated[
    int, BeforeValidator(_integer(1, 65535)), _schema(type="integer", minimum=1, maximum=65535)
]
Level = Annotated[int, BeforeValidator(_integer(1, 99)), _schema(type="integer", minimum=1, maximum=99)]
Count = Annotated[int, BeforeValidator(_integer(0, 1_000_000)), _schema(type="integer", minimum=0)]
Duration = Annotated[int, BeforeValidator(_duration), _schema(type="string", pattern="^[0-9]+[smhd]$")]
Address = Annotated[str, BeforeValidator(_address), _schema(type="string", pattern="^[0-9A-Fa-f:.]+$")]
Prefix = Annotated[
    str, BeforeValidator(_prefix), _schema(type="string", pattern="^[0-9A-Fa-f:.]+(/[0-9]+)?$")
]
TcpEndpoint = Annotated[
    Endpoint,
    BeforeValidator(_endpoint),
    _schema(type="string", pattern=r"^([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$"),
]
Control = Annotated[
    Endpoint,
    BeforeValidator(_control),
    _schema(type="string", pattern=r"^(([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]+|icmp:.+)$"),
]
Pair = Annotated[
    tuple[str, str],
    BeforeValidator(_pair),
    _schema(type="array", items={"type": _ANY_SCALAR}, minItems=2, maxItems=2),
]
PortOrSegment = Annotated[
    tuple[str, str] | str,
    BeforeValidator(_port_or_segment),
    _schema(
        anyOf=[
            {"type": "array", "items": {"type": _ANY_SCALAR}, "minItems": 2, "maxItems": 2},
            {"type": _ANY_SCALAR},
        ]
    ),
]
Certificate = Annotated[
    str, BeforeValidator(_certificate), _schema(type="string", pattern="^([0-9A-Fa-f]{2}:?){32}$")
]
HostKey = Annotated[str, BeforeValidator(_host_key), _schema(type="string", pattern="^(ssh|ecdsa)-")]
