"""Canonical JSON: one sequence of bytes for one value, on every machine and for years.

The rules of RFC 8785 as far as they concern us: keys sorted, no white space, UTF-8; strings in
Unicode NFC so that an accented title typed on two keyboards hashes alike; floats refused, because
their text differs between languages.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring

Canonical = (
    None | bool | int | str | Sequence["Canonical"] | Iterator["Canonical"] | Mapping[str, "Canonical"]
)
"""An iterator counts as the list of what it yields, so that a large value need not exist as a whole."""


def canonical_bytes(value: Canonical) -> bytes:
    """``value`` as canonical JSON in UTF-8. Raises TypeError for floats and anything not JSON."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts).encode()


def digest(value: Canonical) -> str:
    """SHA-256 of the canonical bytes, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _write(value: Canonical, out: Callable[[str], None]) -> None:
    """The concrete types before the abstract ones, whose checks are slow: a plan has millions of values."""
    if isinstance(value, str):
        out(_quoted(value))
    elif isinstance(value, tuple | list):
        _write_list(value, out)
    elif isinstance(value, dict):
        _write_mapping(value, out)
    elif value is None or isinstance(value, bool):
        out(_WORDS[value])
    elif isinstance(value, int):
        out(int.__repr__(value))
    elif isinstance(value, Mapping):
        _write_mapping(value, out)
    elif isinstance(value, Iterator):
        _write_list(value, out)
    else:
        raise TypeError(f"not canonical: {type(value).__name__}")


def _write_list(items: Iterable[Canonical], out: Callable[[str], None]) -> None:
    opening = "["
    for item in items:
        if isinstance(item, str):
            out(opening + _quoted(item))
        else:
            out(opening)
            _write(item, out)
        opening = ","
    out("[]" if opening == "[" else "]")


def _write_mapping(value: Mapping[str, Canonical], out: Callable[[str], None]) -> None:
    opening = "{"
    for key, item in _in_order(value):
        out(f"{opening}{encode_basestring(key)}:")
        _write(item, out)
        opening = ","
    out("{}" if opening == "{" else "}")


def _in_order(value: Mapping[str, Canonical]) -> Iterable[tuple[str, Canonical]]:
    if "".join(value).isascii():  # a key that is no string raises TypeError here
        return [(key, value[key]) for key in sorted(value)]
    normal = {unicodedata.normalize("NFC", key): item for key, item in value.items()}
    if len(normal) != len(value):
        raise TypeError("not canonical: two keys are the same in NFC")
    return sorted(normal.items())


def _quoted(text: str) -> str:
    return encode_basestring(text if text.isascii() else unicodedata.normalize("NFC", text))


_WORDS = {None: "null", True: "true", False: "false"}
