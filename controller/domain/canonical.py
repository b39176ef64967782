"""Canonical JSON: one sequence of bytes for one value, on every machine and for years.

The rules of RFC 8785 as far as they concern us: keys sorted, no white space, UTF-8; strings in
Unicode NFC so that an accented title typed on two keyboards hashes alike; floats refused, because
their text differs between languages.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import JSONEncoder, encode_basestring


@dataclass(frozen=True, slots=True)
class Written:
    """A value as its canonical text, from :func:`written`."""

    text: str


Canonical = (
    None
    | bool
    | int
    | str
    | Sequence["Canonical"]
    | Iterator["Canonical"]
    | Mapping[str, "Canonical"]
    | Written
)
"""An iterator counts as the list of what it yields, so that a large value need not exist as a whole."""


def canonical_bytes(value: Canonical) -> bytes:
    """``value`` as canonical JSON in UTF-8. Raises TypeError for floats and anything not JSON."""
    return _text(value).encode()


def digest(value: Canonical) -> str:
    """SHA-256 of the canonical bytes, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def written(value: Mapping[str, Canonical]) -> Written:
    """``value`` as part of a larger one, written at once and several times as fast: for what there are tens
    of thousands of. Only for values whose types are certain, since nothing checks them; no iterator in it.
    """
    text = _STANDARD.encode(value)
    # In ASCII there is but one normal form, and the order of keys is that of their bytes.
    return Written(text if text.isascii() else _text(value))


def _text(value: Canonical) -> str:
    """The concrete types before the abstract ones, whose checks are slow: a plan has millions of values."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, _LISTS):
        return _list_text(value)
    if isinstance(value, dict):
        return _mapping_text(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Mapping):
        return _mapping_text(value)
    if isinstance(value, Iterator):
        return _list_text(value)
    if isinstance(value, Written):
        return value.text
    raise TypeError(f"not canonical: {type(value).__name__}")


def _list_text(items: Iterable[Canonical]) -> str:
    return f"[{','.join(map(_text, items))}]"


def _mapping_text(value: Mapping[str, Canonical]) -> str:
    keys = _in_order(tuple(value))
    return "{" + ",".join([written + _text(value[key]) for key, written in keys]) + "}"


@lru_cache(maxsize=1024)
def _in_order(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The keys of a mapping in the order of their normal form, each with how it is written: kept, since
    a plan has a few kinds of mapping and hundreds of thousands of each."""
    normal = {_normal(key): key for key in keys}
    if len(normal) != len(keys):
        raise TypeError("not canonical: two keys are the same in NFC")
    return tuple((key, f"{encode_basestring(name)}:") for name, key in sorted(normal.items()))


def _quoted(text: str) -> str:
    return encode_basestring(text if text.isascii() else unicodedata.normalize("NFC", text))


def _normal(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"not canonical: a key that is {type(key).__name__}")
    return unicodedata.normalize("NFC", key)


_STANDARD = JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"), default=dict
)
_LISTS = (tuple, list)
_WORDS = {None: "null", True: "true", False: "false"}
