"""What a browser sends with a page: the fields of a form or of an address, and files with them (RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

_FIELDS = 2000
_BOUNDARY = re.compile(
    r'^multipart/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data\b(.*)$", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(rb';\s*(name|filename)="([^"\r\n]*)"', re.IGNORECASE)


class Sent:
    """``get`` and ``every`` are without space around them, ``get`` the first of that name."""

    def __init__(self, fields: Mapping[str, Sequence[str]], files: Mapping[str, bytes] | None = None) -> None:
        self._fields = fields
        self._files = files or {}

    def get(self, name: str, fallback: str = "") -> str:
        return next(iter(self._fields.get(name, ())), fallback).strip()

    def raw(self, name: str) -> str:
        """The first of that name to the letter: a secret, or a whole text, its lines ending in a line feed as
        in a file."""
        return next(iter(self._fields.get(name, ())), "").replace("\r\n", "\n")

    def every(self, name: str) -> tuple[str, ...]:
        return tuple(each.strip() for each in self._fields.get(name, ()))

    def beginning(self, start: str) -> Mapping[str, str]:
        """The fields whose names begin so, by the rest of the name; of each the first."""
        return {name.removeprefix(start): self.get(name) for name in self._fields if name.startswith(start)}

    def file(self, name: str) -> bytes | None:
        """The file chosen in that field; None where none was."""
        return self._files.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._fields


def sent_in(query: str) -> Sent:
    """Of an address, or of a form without files. What cannot be read holds nothing."""
    try:
        return Sent(parse_qs(query, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        return Sent({})


def sent_as(body: bytes, content_type: str) -> Sent:
    """Of a form. What cannot be read holds nothing."""
    found = _BOUNDARY.match(content_type)
    if found is None:
        return sent_in(body.decode("utf-8", "replace"))
    return _with_files(body, (found[1] or found[2]).encode("latin-1", "replace"))


def _with_files(body: bytes, boundary: bytes) -> Sent:
    """Parts between boundaries, each with a head and what follows the first empty line. A field without a
    chosen file comes with an empty name: that is none."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _FIELDS + 2)
    if len(parts) > _FIELDS + 2 or not parts[-1].startswith(b"--"):
        return Sent({})
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        said = _DISPOSITION.search(head)
        named = {key.lower(): value for key, value in _PARAMETER.findall(said[1])} if said else {}
        name = named.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in named:
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
        elif named[b"filename"]:
            files.setdefault(name, content)
    return Sent(fields, files)
