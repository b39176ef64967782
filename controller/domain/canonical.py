"""Canonical JSON: one sequence of bytes for one value, on every machine and for years.

The rules of RFC 8785 as far as they concern us: keys sorted, no white space, UTF-8; strings in
Unicode NFC so that an accented title typed on two keyboards hashes alike; floats refused, because
their text differs between languages.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence

Canonical = None | bool | int | str | Sequence["Canonical"] | Mapping[str, "Canonical"]


def canonical_bytes(value: Canonical) -> bytes:
    """``value`` as canonical JSON in UTF-8. Raises TypeError for floats and anything not JSON."""
    return json.dumps(
        _normal(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(value: Canonical) -> str:
    """SHA-256 of the canonical bytes, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _normal(value: Canonical) -> object:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        normal: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"not canonical: key of type {type(key).__name__}")
            normal[unicodedata.normalize("NFC", key)] = _normal(item)
        if len(normal) != len(value):
            raise TypeError("not canonical: two keys are the same in NFC")
        return normal
    if isinstance(value, tuple | list):
        return [_normal(item) for item in value]
    raise TypeError(f"not canonical: {type(value).__name__}")
