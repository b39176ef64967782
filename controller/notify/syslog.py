"""Entries of the log as syslog messages: RFC 5424, framed by their length as RFC 5425 has it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from controller.domain.tags import Tag

FACILITY = 13
"""Log audit (RFC 5424, table 1)."""

SD_ID = "cordon@32473"
"""Structured data of every message. 32473 is the number RFC 5612 keeps for who has none of their own."""

SD_DATA = "data@32473"
"""What the entry is about: codes and values only."""

LARGEST = 8192
"""Octets of a message; RFC 5425 has every receiver take 2048 and wants 8192. What is longer is cut."""

_VALUE = 200
"""Characters of one value of the structured data."""

_DATA = 5000
"""Octets of all of them."""

_BOM = b"\xef\xbb\xbf"


class Severity(IntEnum):
    """As RFC 5424 numbers them."""

    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6


SEVERITIES: Mapping[str, Severity] = {
    Tag.POINT_REOPENED: Severity.ALERT,
    Tag.GLASS_BROKEN: Severity.ALERT,
    Tag.JOURNAL_BYPASSED: Severity.CRITICAL,
    Tag.JOURNAL_DEGRADED: Severity.ERROR,
    Tag.LOG_KEY_REPLACED: Severity.ERROR,
    Tag.LEADER_KILLED: Severity.WARNING,
    Tag.CLOCK_STEPPED: Severity.WARNING,
    Tag.CREDENTIAL_DROPPED: Severity.WARNING,
    Tag.WATCH_BLIND: Severity.WARNING,
    Tag.HAZARD_OVERRIDDEN: Severity.WARNING,
    Tag.DRIFT_ACCEPTED: Severity.WARNING,
    Tag.SIGN_IN_REFUSED: Severity.WARNING,
    Tag.GLASS_REFUSED: Severity.WARNING,
    Tag.RUN_OPENED: Severity.NOTICE,
    Tag.RUN_JOINED: Severity.NOTICE,
    Tag.RUN_MOVED: Severity.NOTICE,
    Tag.RUN_RESUMED: Severity.NOTICE,
    Tag.PAYLOAD_ERASED: Severity.NOTICE,
}
"""Tags that are more than information."""


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the log. ``actor`` is an id, ``name`` a person's or ""; ``leaf``: its leaf hash; ``what``:
    what happened, in words; ``data``: codes and values; ``text``: what a person wrote, "" where it is not to
    be sent."""

    seq: int
    epoch: int
    at: datetime
    tag: str
    actor: str
    name: str
    run: str | None
    degraded: bool
    leaf: bytes
    what: str
    data: Mapping[str, str]
    text: str


def frame(told: Told, host: str) -> bytes:
    """The message with its length in front. ``host``: the name of this machine."""
    content = message(told, host)
    return str(len(content)).encode() + b" " + content


def message(told: Told, host: str) -> bytes:
    """At most :data:`LARGEST` octets; the text is what is cut short."""
    severity = SEVERITIES.get(told.tag, Severity.INFORMATIONAL)
    header = " ".join(
        (
            f"<{8 * FACILITY + severity}>1",
            told.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            _printable(host, 255),
            "cordon",
            str(told.epoch),
            _printable(told.tag, 32),
        )
    )
    begun = f"{header} {_structured(told)} ".encode() + _BOM
    said = _one_line(f"{told.what}: {told.text}" if told.text else told.what).encode()
    room = LARGEST - len(begun)
    if len(said) > room:
        said = said[: room - len("…".encode())].decode(errors="ignore").encode() + "…".encode()
    return begun + said


def _structured(told: Told) -> str:
    """Every entry names itself, so that whoever gets it twice can tell."""
    own = {
        "seq": str(told.seq),
        "epoch": str(told.epoch),
        "tag": told.tag,
        "actor": told.actor,
        "name": told.name,
        "run": told.run or "",
        "hash": told.leaf.hex(),
        "evidence": "degraded" if told.degraded else "",
    }
    first = "".join(f" {name}={_value(value)}" for name, value in own.items() if value)
    rest = "".join(_fitting(told.data))
    return f"[{SD_ID}{first}]" + (f"[{SD_DATA}{rest}]" if rest else "")


def _fitting(data: Mapping[str, str]) -> Iterator[str]:
    room = _DATA
    for name, value in data.items():
        said = f" {_name(name)}={_value(value)}"
        room -= len(said.encode())
        if room < 0:
            return
        yield said


def _name(name: str) -> str:
    return re.sub(r'[^!-~]|[="\]]', "_", name)[:32] or "_"


def _value(value: str) -> str:
    return '"' + re.sub(r'(["\\\]])', r"\\\1", _one_line(value)[:_VALUE]) + '"'


def _printable(word: str, length: int) -> str:
    return re.sub(r"[^!-~]", "_", word)[:length] or "-"


def _one_line(text: str) -> str:
    """As UTF-8 can say it, without control characters: they are for no terminal and no parser elsewhere."""
    plain = text.encode("utf-8", "backslashreplace").decode()
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in plain)
