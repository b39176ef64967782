"""The log's hashes worked out a second time, from the formats alone (docs/auditor.md): nothing here is shared
with what writes them, so that one mistake cannot hide in both."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

START = hashlib.sha256(b"cordon-log-v1").digest()
"""What the first entry is chained to."""


def body(raw: bytes) -> dict[str, Any]:
    """The body of an entry. Raises ValueError unless ``raw`` is the one way to write it: keys sorted, no
    white space, UTF-8, Unicode NFC, no fractions."""
    text = raw.decode()
    value = _read(text)
    again = _sorted(value)
    if again != text or not (text.isascii() or unicodedata.is_normalized("NFC", text)):
        raise ValueError("not canonical")
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def leaf(raw: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + raw).digest()


def chain(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x02" + previous + leaf).digest()


def rows(cells: Sequence[Sequence[Any]]) -> str:
    """Of the rows of one table that one entry covers, in order of id: their JSON, as it is stored. Raises
    TypeError or ValueError for bytes, or what is no Unicode."""
    return hashlib.sha256(_plain(cells).encode()).hexdigest()


def text(salt: bytes, content: bytes) -> str:
    """What stands in an entry for a text."""
    return hashlib.sha256(b"\x03" + salt + content).hexdigest()


def document(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


class Tree:
    """The Merkle root over leaves as they come: full subtrees of equal height are joined as soon as there are
    two."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        self._full.append((1, leaf))
        while len(self._full) > 1 and self._full[-1][0] == self._full[-2][0]:
            width, right = self._full.pop()
            _, left = self._full.pop()
            self._full.append((2 * width, _joined(left, right)))

    def root(self) -> bytes:
        """Smaller subtrees hang to the right of larger ones."""
        if not self._full:
            return hashlib.sha256(b"").digest()
        *larger, (_, found) = self._full
        for _, left in reversed(larger):
            found = _joined(left, found)
        return found


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _no_fraction(said: str) -> Any:
    raise ValueError(f"{said} is not written by Cordon")


# Made once: a log has a million bodies.
_read = json.JSONDecoder(parse_float=_no_fraction, parse_constant=_no_fraction).decode
_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
