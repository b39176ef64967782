"""Whether what was signed of a log's beginnings holds: its keys, its checkpoints, what witnesses kept.

Goes along with the walk over the entries. Signatures are checked here with the library alone; roots are those
the walk worked out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.domain.checkpoint import (
    LOG_KEY,
    Checkpoint,
    Malformed,
    Signature,
    Spoken,
    VerifierKey,
    checkpoint_from,
    open_note,
    origin_of,
    succession,
    verifier_key_from,
)
from controller.domain.tags import Tag
from controller.store import recomputed

Witness = str | Spoken
"""What somebody else kept: a signed note, or the digits that were read out."""


class Unsound(Exception):
    """``entry`` is the first that can be bad, None where it is not the log that is wrong; ``good`` how many
    are good for certain, None for all before."""

    def __init__(self, entry: int | None, code: str, detail: str = "", good: int | None = None) -> None:
        self.entry, self.code, self.detail, self.good = entry, code, detail, good
        super().__init__(code)


@dataclass(slots=True)
class Signatures:
    """``signed`` entries are under a good signature; ``keys`` are all that signed, the last one in use;
    ``replaced`` the entries that began one without the old one's word."""

    sizes: set[int]
    origin: str = ""
    signed: int = 0
    checkpoints: int = 0
    keys: list[VerifierKey] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    heads: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    _tree: recomputed.Tree = field(default_factory=recomputed.Tree)

    def grow(self, seq: int, leaf: bytes, chain: bytes) -> None:
        """The next entry is sound in itself."""
        if seq == 1:
            self.origin = origin_of(leaf)
        self._tree.add(leaf)
        if seq in self.sizes:
            self.heads[seq] = (self._tree.root(), chain)

    def root(self) -> bytes:
        return self._tree.root()

    def read(
        self, seq: int, tag: str, notes: Iterable[Mapping[str, Any]], signed: Iterable[Mapping[str, Any]]
    ) -> None:
        """What entry ``seq`` says of keys and checkpoints. Raises Unsound."""
        for note in notes:
            if note["subject"] == LOG_KEY:
                self._key(seq, tag, note["data"])
        for row in signed:
            self._checkpoint(seq, row["size"], row["note"])

    def _key(self, seq: int, tag: str, said: str) -> None:
        try:
            data = dict(json.loads(said))
            key = verifier_key_from(data["verifier"])
            signature = base64.b64decode(data.get("signature", ""), validate=True)
        except (ValueError, TypeError, KeyError) as error:
            raise Unsound(seq, "key", "malformed") from error
        if key.name != self.origin:
            raise Unsound(seq, "key", key.name)
        if self.keys:
            old = self.keys[-1]
            if _signs(old, succession(self.origin, key), signature):
                pass
            elif tag == Tag.LOG_KEY_REPLACED:
                self.replaced.append(seq)
            else:
                raise Unsound(seq, "key", str(key))
        self.keys.append(key)

    def _checkpoint(self, seq: int, size: int, signed: str) -> None:
        try:
            text, signatures = open_note(signed)
            checkpoint = checkpoint_from(text)
        except Malformed as error:
            raise Unsound(seq, "checkpoint", "malformed") from error
        if (checkpoint.origin, checkpoint.size, checkpoint.text()) != (
            self.origin,
            size,
            text,
        ) or size >= seq:
            raise Unsound(seq, "checkpoint", "malformed")
        if not self.keys or not signed_by(self.keys[-1:], text, signatures):
            raise Unsound(seq, "signature", str(size))
        head = self.heads.get(size)
        if head is None or head[0] != checkpoint.root:
            raise Unsound(self.signed + 1, "root", f"{self.signed + 1}–{size}", self.signed)
        self.signed = max(self.signed, size)
        self.checkpoints += 1

    # --- witnesses ----------------------------------------------------------------------------------

    def compare(self, witnesses: Sequence[Witness], entries: int) -> Iterable[Unsound]:
        """What contradicts the ``entries`` that are sound in themselves, the smallest witness first."""
        agreed = 0
        for size, witness in sorted(((size_of(each), each) for each in witnesses), key=lambda pair: pair[0]):
            if size > entries:
                yield Unsound(entries + 1, "witness-longer", str(size), entries)
                return
            if wrong := self._against(witness, size):
                if wrong == "witness-differs":
                    yield Unsound(agreed + 1, wrong, str(size), agreed)
                else:
                    yield Unsound(None, wrong, str(size))
                return
            agreed = size

    def _against(self, witness: Witness, size: int) -> str:
        root = self.heads[size][0] if size else recomputed.Tree().root()
        if isinstance(witness, Spoken):
            return "" if witness.matches(root) else "witness-differs"
        text, signatures = open_note(witness)
        checkpoint = checkpoint_from(text)
        if checkpoint.origin != self.origin:
            return "witness-other"
        if checkpoint.root != root:
            return "witness-differs"
        return "" if signed_by(self.keys, text, signatures) else "witness-unsigned"


def size_of(witness: Witness) -> int:
    """Raises Malformed."""
    return witness.size if isinstance(witness, Spoken) else checkpoint_of(witness).size


def checkpoint_of(signed: str) -> Checkpoint:
    """Raises Malformed."""
    return checkpoint_from(open_note(signed)[0])


def signed_by(keys: Iterable[VerifierKey], text: str, signatures: Iterable[Signature]) -> bool:
    """Whether one of the signatures is one of these keys', and good; one of theirs that is bad spoils all."""
    by_id = {(key.name, key.id): key for key in keys}
    ours = [(by_id[each.name, each.key], each.value) for each in signatures if (each.name, each.key) in by_id]
    return bool(ours) and all(_signs(key, text, value) for key, value in ours)


def _signs(key: VerifierKey, text: str, value: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - opening a home checks no signature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - as above
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, text.encode())
    except InvalidSignature:
        return False
    return True
