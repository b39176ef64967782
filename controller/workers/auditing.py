"""The signed log of a home as a face works with it: checkpoints, proofs, witnesses, and the key."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.domain.checkpoint import (
    LOG_KEY,
    Checkpoint,
    Malformed,
    Misheard,
    Spoken,
    checkpoint_from,
    open_note,
    spoken,
    spoken_from,
)
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import Actor
from controller.workers.requests import RecordWitness, SealAct, SealLog

if TYPE_CHECKING:
    from controller.bootstrap import Home

Witness = str | Spoken
"""What somebody else kept: a signed note, or the digits that were read out."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The latest checkpoint: its entry, when it was signed (ISO 8601), the note as it goes on paper, what is
    read out; ``entries`` are in the log by now."""

    entry: int
    at: str
    checkpoint: Checkpoint
    note: str
    entries: int

    @property
    def spoken(self) -> str:
        return spoken(self.checkpoint)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """``keys`` that signed the log, in order, as signed-note verifier keys; ``trouble`` why the last one
    cannot be used here, as a code, "" where it can."""

    keys: tuple[str, ...]
    file: Path
    trouble: str


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """That ``leaf`` is entry ``seq`` of the log with this root at ``size``; ``note`` is the checkpoint that
    says so, "" while that far nothing is signed. Hashes are bytes."""

    origin: str
    seq: int
    leaf: bytes
    size: int
    root: bytes
    proof: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ProvenGrowth:
    """That the log at ``old`` entries is the beginning of the log at ``new``."""

    origin: str
    old: int
    old_root: bytes
    new: int
    new_root: bytes
    proof: tuple[bytes, ...]


class LogSeal:
    """``home`` opens the home without making one; ``ask`` has the leader carry a request out, and gives the
    number of its entry. Everything raises CordonError."""

    def __init__(
        self, home: Callable[[], Home], ask: Callable[[SealLog | RecordWitness], int | None]
    ) -> None:
        self._home = home
        self._ask = ask

    def latest(self) -> SignedHead | None:
        """None where nothing is signed or nothing can be read: paper is printed all the same."""
        try:
            return self._latest()
        except CordonError:
            return None

    def checkpoint(self, actor: Actor, *, now: bool = False) -> SignedHead:
        """``now``: has the leader sign first what is not signed yet."""
        if now:
            self._ask(SealLog(SealAct.SIGN, "", actor))
        found = self._latest()
        if found is None:
            raise InvalidRequest("log-not-signed")
        return found

    def _latest(self) -> SignedHead | None:
        with self._home().proving() as proofs:
            signed, entries = proofs.last_signed(), proofs.size()
        if signed is None:
            return None
        return SignedHead(signed.entry, signed.at, signed.checkpoint, signed.note, entries)

    # --- the key -------------------------------------------------------------------------------------

    def keys(self) -> LogKeys:
        from controller.evidence.keys import KeyUnusable, read_key  # noqa: PLC0415 - imports cryptography

        home = self._home()
        keys = tuple(dict(noted.data)["verifier"] for _, noted in home.history().noted(LOG_KEY))
        if not keys:
            raise InvalidRequest("log-not-signed")
        try:
            trouble = "" if str(read_key(home.log_key).verifier) == keys[-1] else "unknown"
        except KeyUnusable as unusable:
            trouble = unusable.reason
        return LogKeys(keys, home.log_key, trouble)

    def rotate(self, reason: str, actor: Actor, *, lost: bool) -> LogKeys:
        self._ask(SealLog(SealAct.REPLACE if lost else SealAct.ROTATE, reason, actor))
        return self.keys()

    # --- proofs --------------------------------------------------------------------------------------

    def entry(self, seq: int) -> ProvenEntry:
        with self._home().proving() as proofs:
            entries, signed = proofs.size(), proofs.last_signed()
            if not 1 <= seq <= entries:
                raise InvalidRequest("no-such-entry", entry=seq, size=entries)
            under = signed if signed and seq <= signed.checkpoint.size else None
            size = under.checkpoint.size if under else entries
            return ProvenEntry(
                origin=proofs.origin(),
                seq=seq,
                leaf=proofs.leaf(seq),
                size=size,
                root=proofs.root(size),
                proof=proofs.inclusion(seq, size),
                note=under.note if under else "",
            )

    def growth(self, old: int, new: int) -> ProvenGrowth:
        with self._home().proving() as proofs:
            if not 0 < old <= new <= proofs.size():
                raise InvalidRequest("no-such-growth", old=old, new=new, size=proofs.size())
            return ProvenGrowth(
                proofs.origin(), old, proofs.root(old), new, proofs.root(new), proofs.consistency(old, new)
            )

    # --- witnesses -----------------------------------------------------------------------------------

    def witnessed(self, said: str, name: str, actor: Actor) -> tuple[int, int | None]:
        """Records that a person elsewhere has this checkpoint, if it is one of this log. How many entries it
        covers, and the number of the entry that tells."""
        (witness,) = witnesses_in(said)
        size = witness.size if isinstance(witness, Spoken) else checkpoint_in(witness).size
        with self._home().proving() as proofs:
            entries, origin = proofs.size(), proofs.origin()
            root = proofs.root(size) if size <= entries else b""
        problem = _against(witness, origin, root)
        if problem:
            raise InvalidRequest("witness-refused", size=size, problem=problem)
        way = "read out" if isinstance(witness, Spoken) else "note"
        return size, self._ask(RecordWitness(size, _base64(root), way, name, actor))

    def witness_to(self, directory: Path, actor: Actor) -> tuple[Path, int | None]:
        """Writes the latest checkpoint to a file there, on disk when this returns, and records that."""
        head = self.checkpoint(actor)
        found = head.checkpoint
        path = directory / f"{found.origin.replace('/', '-')}-{found.size}.checkpoint"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(head.note)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            detail = error.strerror or str(error)
            raise InvalidRequest("not-writable", file=str(path), detail=detail) from error
        return path, self._ask(RecordWitness(found.size, _base64(found.root), "file", str(directory), actor))


def witnesses_in(text: str) -> Sequence[Witness]:
    """What a witness kept: a signed note, or digits read out. Raises InvalidRequest."""
    if "—" not in text:
        try:
            return [spoken_from(text)]
        except Misheard as misheard:
            if misheard.group is None:
                raise InvalidRequest("witness-malformed", detail=_short(text)) from misheard
            raise InvalidRequest("witness-misheard", group=misheard.group) from misheard
    note = text.strip().replace("\r\n", "\n") + "\n"
    checkpoint_in(note)
    return [note]


def checkpoint_in(note: str) -> Checkpoint:
    """Raises InvalidRequest."""
    try:
        return checkpoint_from(open_note(note)[0])
    except Malformed as malformed:
        raise InvalidRequest("witness-malformed", detail=str(malformed)) from malformed


def witness_file(path: Path) -> Sequence[Witness]:
    """Raises InvalidRequest."""
    try:
        return witnesses_in(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest("not-readable", file=str(path), detail=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise InvalidRequest("witness-malformed", detail=str(path)) from error


def _against(witness: Witness, origin: str, root: bytes) -> str:
    """Why this log is not the one the witness saw, as a code; "" where it is."""
    if not root:
        return "witness-longer"
    if isinstance(witness, Spoken):
        return "" if witness.matches(root) else "witness-differs"
    found = checkpoint_in(witness)
    if found.origin != origin:
        return "witness-other"
    return "" if found.root == root else "witness-differs"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
