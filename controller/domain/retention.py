"""What may be erased from the log, and for how long it is kept. Nothing is ever deleted from the log itself:
texts and files are held beside it, by commitments and digests that stay."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from controller.domain.errors import InvalidRequest

ERASURE = "erasure"
"""The subject of the note that texts or files were erased: ``texts``, ``files``, ``request`` (a digest) or
``retention``; ``left`` is how many of the request are still to go. Its text is the reason."""

ERASED_FILE = "erased-file"
"""The subject of the note that a file was erased: ``file``, ``sha256``."""

ERASURE_REQUEST = "erasure-request"
"""The subject of the note that somebody asks for an erasure: its selection, what it comes to, who asks. Its
text is the reason."""

ERASURE_DENIED = "erasure-denied"
"""The subject of the note that it was denied or taken back: ``request``."""

LEAST_DAYS = 30
"""No retention is shorter: what one setting could wipe out at once needs two persons."""


class PayloadKind(StrEnum):
    """What is held beside the log. The text a person reads is ``payload.<value>``."""

    NAMES = "names"
    """Of who acted, whose words an entry has, who took over, witnesses, accounts."""
    REASONS = "reasons"
    """Why a run was begun."""
    LOGBOOK = "logbook"
    """What people wrote into the logbook."""
    NOTES = "notes"
    """What people wrote anywhere else: reasons of requests, hand work, statements."""
    ATTACHMENTS = "attachments"
    """Files of the logbook, and what they were called."""
    TRANSCRIPTS = "transcripts"
    """What devices answered."""
    TABLES = "tables"
    """MAC, ARP and session tables from before a cut: files."""


@dataclass(frozen=True, slots=True, order=True)
class Payload:
    """One text or file that entry ``entry`` of time ``at`` seals. ``name``: a text's commitment, a file's
    path below the evidence directory; ``digest``: the file's SHA-256, "" for a text. ``gone``: erased
    already."""

    entry: int
    kind: PayloadKind
    name: str
    digest: str
    at: datetime
    gone: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Of ``entries``, or of all before ``before``; of ``kinds``, of every kind without any."""

    entries: tuple[int, ...] = ()
    before: datetime | None = None
    kinds: tuple[PayloadKind, ...] = ()

    def takes(self, payload: Payload) -> bool:
        if self.kinds and payload.kind not in self.kinds:
            return False
        if self.entries and payload.entry not in self.entries:
            return False
        return self.before is None or payload.at < self.before

    def data(self) -> tuple[tuple[str, str], ...]:
        """As a note has it."""
        return (
            ("entries", " ".join(map(str, self.entries))),
            ("before", self.before.isoformat() if self.before else ""),
            ("kinds", " ".join(self.kinds)),
        )


def selection_from(data: Mapping[str, str]) -> Selection:
    """The inverse of :meth:`Selection.data`."""
    before = data["before"]
    return Selection(
        tuple(map(int, data["entries"].split())),
        datetime.fromisoformat(before) if before else None,
        tuple(map(PayloadKind, data["kinds"].split())),
    )


def digest_of(payloads: Iterable[Payload]) -> str:
    """Of exactly these, erased or not: what one person asked for is what another consents to."""
    digest = hashlib.sha256(b"cordon-erasure-v1\n")
    for each in sorted(payloads):
        digest.update(f"{each.entry} {each.kind} {each.name}\n".encode())
    return digest.hexdigest()


Retention = Mapping[PayloadKind, int]
"""Days for which each kind is kept; a kind that is not in it is kept for good."""


def retention_from(said: str) -> Retention:
    """``transcripts=1095d tables=365d``. Raises InvalidRequest."""
    found: dict[PayloadKind, int] = {}
    for part in re.split(r"[\s,]+", said.strip()):
        if not part:
            continue
        read = re.fullmatch(r"([a-z]+)=(\d{1,5})d", part)
        if read is None or read[1] not in set(PayloadKind) or int(read[2]) < LEAST_DAYS:
            kinds = ", ".join(PayloadKind)
            raise InvalidRequest("retention-invalid", said=part, kinds=kinds, least=LEAST_DAYS)
        found[PayloadKind(read[1])] = int(read[2])
    return found


def ranges(entries: Sequence[int]) -> str:
    """``5, 9–14``: rising numbers, for people to read."""
    spans: list[list[int]] = []
    for each in entries:
        if spans and each == spans[-1][1] + 1:
            spans[-1][1] = each
        elif not spans or each != spans[-1][1]:
            spans.append([each, each])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
