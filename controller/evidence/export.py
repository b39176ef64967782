"""The log as one file that anybody can check: entries as stored, what they seal, evidence, and the program
that checks it (:mod:`controller.evidence.verify`, which shares nothing with what writes here).

The leaf hash of every entry is in it, so that a part of the log is under the same signatures as the whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from controller.domain.entry import CHAIN_START, SealedEntry, SealedText
from controller.domain.logbook import ATTACHED
from controller.evidence.names import Names

FORMAT = 1

_ALWAYS = ("home:checkpoint:", "home:logkey:", "person:logkey:", "person:log:witnessed", "home:payload:")
"""Beginnings of the tags of entries that are in every export: without them nothing else could be judged."""

_LEFT_OUT = frozenset({"revision"})
"""Tables that name persons in what is sealed as a whole: documents of the site."""


@dataclass(frozen=True, slots=True)
class Scope:
    """``entries``: those to disclose, None for all. ``without_names``: names replaced, documents and attached
    files left out. ``said``: what was asked for, for people to read."""

    entries: Collection[int] | None = None
    without_names: bool = False
    said: str = ""


class Teller(Protocol):
    """Makes further files of the entries that were asked for, such as a report."""

    def begin(self, names: Names | None) -> None:
        """``names``: those that are taken out, None where they stay in."""
        ...

    def take(self, sealed: SealedEntry, instead: Mapping[str, str]) -> None:
        """One entry after the other; ``instead``: by commitment, what stands in place of a text."""
        ...

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Name and content, once every entry was given."""
        ...


@dataclass(slots=True)
class Exported:
    """``shown`` of ``entries`` are disclosed; ``checkpoints`` signed; ``absent`` evidence files that are not
    in the file; ``replaced`` texts with names taken out. ``digest`` is the file's SHA-256, ``size`` its
    bytes."""

    entries: int = 0
    shown: int = 0
    checkpoints: int = 0
    replaced: int = 0
    files: int = 0
    absent: list[str] = field(default_factory=list)
    digest: str = ""
    size: int = 0


def write_export(
    path: Path,
    walk: Callable[[], Iterator[SealedEntry]],
    evidence: Path,
    scope: Scope,
    at: datetime,
    teller: Teller | None = None,
) -> Exported:
    """Makes ``path`` anew, readable by its owner alone. ``walk`` gives the same entries each time;
    ``evidence`` is the directory of evidence files. Raises FileExistsError, OSError."""
    names = Names()
    if scope.without_names:
        for sealed in walk():
            names.learn(sealed)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            exported = _Writer(file, evidence, scope, names, at, teller).write(walk())
            file.flush()
            os.fsync(descriptor)
            exported.size = file.seek(0, os.SEEK_END)
            file.seek(0)
            exported.digest = hashlib.file_digest(file, "sha256").hexdigest()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return exported


class _Writer:
    def __init__(
        self,
        file: IO[bytes],
        evidence: Path,
        scope: Scope,
        names: Names,
        at: datetime,
        teller: Teller | None,
    ) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._evidence = evidence
        self._scope = scope
        self._names = names
        self._teller = teller
        self._at = at.astimezone(UTC)
        self._digests: dict[str, str] = {}
        self._wanted: dict[str, str] = {}  # evidence file to what to say of it
        self._keys: list[str] = []
        self._note = ""
        self._chain = CHAIN_START
        self._done = Exported()

    def write(self, walk: Iterator[SealedEntry]) -> Exported:
        if self._teller is not None:
            self._teller.begin(self._names if self._scope.without_names else None)
        with self._archive, ExitStack() as stack:
            parts = {
                name: stack.enter_context(TemporaryFile())
                for name in ("leaves.txt", "entries.jsonl", "rows.jsonl", "texts.jsonl")
            }
            for sealed in walk:
                self._chain = sealed.entry.chain
                self._done.entries += 1
                parts["leaves.txt"].write(sealed.entry.leaf.hex().encode() + b"\n")
                if self._is_wanted(sealed):
                    self._disclose(sealed, parts)
            for name, part in parts.items():
                part.seek(0)
                self._add(name, part)
            self._text("keys.txt", "".join(f"{key}\n" for key in self._keys))
            self._text("checkpoint.txt", self._note)
            self._text("verify.py", Path(__file__).with_name("verify.py").read_text("utf-8"))
            self._files()
            for name, content in self._teller.files() if self._teller is not None else ():
                self._bytes(name, content)
            self._manifest()
        return self._done

    def _is_wanted(self, sealed: SealedEntry) -> bool:
        return self._is_asked_for(sealed.entry.seq) or _tag(sealed).startswith(_ALWAYS)

    def _is_asked_for(self, seq: int) -> bool:
        wanted = self._scope.entries
        return wanted is None or seq in wanted

    def _disclose(self, sealed: SealedEntry, parts: Mapping[str, IO[bytes]]) -> None:
        seq = sealed.entry.seq
        self._done.shown += 1
        self._learn(sealed)
        hidden = _LEFT_OUT if self._scope.without_names else frozenset()
        rows = {table: list(map(list, found)) for table, found in sealed.rows.items() if table not in hidden}
        replaced = self._names.replaced(sealed) if self._scope.without_names else {}
        self._done.replaced += len(replaced)
        if self._teller is not None and self._is_asked_for(seq):
            self._teller.take(sealed, replaced)
        texts = [_text_shown(each, replaced) for each in sealed.texts]
        parts["entries.jsonl"].write(sealed.entry.body + b"\n")
        parts["rows.jsonl"].write(_line({"entry": seq, "rows": rows}))
        parts["texts.jsonl"].write(_line({"entry": seq, "texts": texts}))

    def _learn(self, sealed: SealedEntry) -> None:
        for row in sealed.rows.get("checkpoint", ()):
            self._note = str(row[5])
            self._done.checkpoints += 1
        for row in sealed.rows.get("evidence", ()):
            if row[7]:
                self._wanted[str(row[7])] = str(row[8])
        for row in sealed.rows.get("note", ()):
            if row[4] == "log-key":
                self._keys.append(dict(json.loads(str(row[5])))["verifier"])
            elif row[4] == ATTACHED:
                data = dict(json.loads(str(row[5])))
                self._wanted[data["file"]] = "" if self._scope.without_names else data["sha256"]

    def _files(self) -> None:
        """As they are, even where they are not what they were: whoever checks shall see that."""
        for file, digest in self._wanted.items():
            try:
                if not digest:
                    raise FileNotFoundError
                with (self._evidence / file).open("rb") as opened:
                    self._add(f"evidence/{file}", opened)
                self._done.files += 1
            except OSError:
                self._done.absent.append(file)

    def _manifest(self) -> None:
        manifest = {
            "format": FORMAT,
            "exported_at": self._at.isoformat(timespec="seconds"),
            "scope": self._scope.said,
            "whole": self._scope.entries is None,
            "without_names": self._scope.without_names,
            "entries": self._done.entries,
            "shown": self._done.shown,
            "chain": self._chain.hex(),
            "signed": "yes" if self._done.checkpoints else "no: the log has no checkpoint yet",
            "absent": self._done.absent,
            "files": dict(self._digests),
        }
        content = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
        self._text("manifest.json", content)
        self._text("manifest.sha256", f"{self._digests['manifest.json']}  manifest.json\n")

    def _text(self, name: str, content: str) -> None:
        self._bytes(name, content.encode())

    def _bytes(self, name: str, content: bytes) -> None:
        with TemporaryFile() as part:
            part.write(content)
            part.seek(0)
            self._add(name, part)

    def _add(self, name: str, source: IO[bytes]) -> None:
        info = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        with self._archive.open(info, "w", force_zip64=True) as opened:
            while part := source.read(1 << 20):
                digest.update(part)
                opened.write(part)
        self._digests[name] = digest.hexdigest()


def _text_shown(text: SealedText, replaced: dict[str, str]) -> dict[str, Any]:
    if text.salt is None or text.content is None:
        return {"commitment": text.commitment, "erased": True}
    if text.commitment in replaced:
        return {"commitment": text.commitment, "replaced": replaced[text.commitment]}
    return {"commitment": text.commitment, "salt": text.salt.hex(), "text": text.content.decode()}


def _tag(sealed: SealedEntry) -> str:
    return str(json.loads(sealed.entry.body)["tag"])


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
