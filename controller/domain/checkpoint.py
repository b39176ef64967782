"""Checkpoints: a log's size and root as a signed note, exactly as C2SP tlog-checkpoint and signed-note have
it, and in the short form that is read out over the telephone.

Signing and checking signatures need Ed25519, which is not here: a note is put together from signatures made
elsewhere, and taken apart for whoever checks them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

ED25519 = b"\x01"
"""The type of signature, as signed-note numbers them."""

KEY_ID = 4
PUBLIC = 32
MOST_SIGNATURES = 16


class Malformed(ValueError):
    """Not in the form it should be; the message says what is wrong, for developers."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first ``size`` entries of the log ``origin`` have this Merkle root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a note. ``key`` is the key's id, 4 bytes; ``value`` what the key made of the text."""

    name: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key (32 bytes) and the name it signs under. As text: ``name+id+base64``."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"


def origin_of(first_leaf: bytes) -> str:
    """The name of a log, from the leaf hash of its first entry: no two logs share it."""
    return f"cordon/{first_leaf[:8].hex()}"


def checkpoint_from(text: str) -> Checkpoint:
    """The checkpoint a note's text is. Lines after the third are taken as none of ours and left aside.
    Raises Malformed."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise Malformed("a checkpoint has three lines or more, none of them empty")
    origin, size, root = lines[:3]
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size):
        raise Malformed("the tree size is no decimal number")
    hashed = _bytes(root)
    if len(hashed) != 32:
        raise Malformed("the root hash is not of 32 bytes")
    return Checkpoint(origin, int(size), hashed)


def verifier_key_from(text: str) -> VerifierKey:
    """Raises Malformed, also where the id is not that of the key."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _bytes(encoded)
    if not _is_name(name) or data[:1] != ED25519 or len(data) != 1 + PUBLIC:
        raise Malformed("no Ed25519 verifier key")
    found = VerifierKey(name, data[1:])
    if found.id.hex() != key_id:
        raise Malformed("the id is not that of the key")
    return found


def note(text: str, signatures: Sequence[Signature]) -> str:
    """The signed note. Raises Malformed for what no reader would take."""
    if not text.endswith("\n") or not signatures or _has_controls(text):
        raise Malformed("a note is text ending in a newline, and signed")
    if not all(_is_name(each.name) for each in signatures):
        raise Malformed("a key's name has neither spaces nor +")
    lines = [f"— {each.name} {_base64(each.key + each.value)}\n" for each in signatures]
    return text + "\n" + "".join(lines)


def open_note(signed: str) -> tuple[str, tuple[Signature, ...]]:
    """A note's text and its signatures, none of them checked. Raises Malformed."""
    text, divide, tail = signed.rpartition("\n\n")
    lines = tail.split("\n")
    if not divide or _has_controls(signed) or len(lines) < 2 or lines.pop():
        raise Malformed("no signed note")
    if len(lines) > MOST_SIGNATURES:
        raise Malformed("more signatures than any note of ours has")
    return text + "\n", tuple(_signature(line) for line in lines)


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _bytes(encoded)
    if dash != "—" or not _is_name(name) or len(data) <= KEY_ID:
        raise Malformed("no signature line")
    return Signature(name, data[:KEY_ID], data[KEY_ID:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(each.isspace() for each in name)


def _has_controls(text: str) -> bool:
    return any(each < " " and each != "\n" for each in text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(encoded: str) -> bytes:
    """Strictly: one text for one value, so that no byte of a note can change unnoticed."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("no base64") from error
    if _base64(data) != encoded:
        raise Malformed("not the one base64 of its bytes")
    return data


# --- read out over the telephone ---------------------------------------------------------------------

GROUPS = 6
"""Groups of four digits, 79 bits of the root: too many to find another log that has them too."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """``digits``: the last 24 decimal digits of the root taken as a number, most significant byte first."""

    size: int
    digits: str

    def matches(self, root: bytes) -> bool:
        return self.digits == digits_of(root)


class Misheard(ValueError):
    """``group``: which one, 0 for the number of entries, from 1 on for the digits of the root; None where
    there are too few or too many."""

    def __init__(self, group: int | None) -> None:
        self.group = group
        super().__init__(f"group {group}")


def digits_of(root: bytes) -> str:
    return f"{int.from_bytes(root) % 10 ** (4 * GROUPS):0{4 * GROUPS}d}"


def spoken(checkpoint: Checkpoint) -> str:
    """``137-4 4821-0 …``: the number of entries, then groups of the root. After each hyphen stands its check
    digit; that of a group counts its place in, so that groups cannot change places."""
    size, digits = str(checkpoint.size), digits_of(checkpoint.root)
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    parts = [f"{size}-{_check(size)}"]
    parts += [f"{group}-{_check(f'{place}{group}')}" for place, group in enumerate(groups, start=1)]
    return " ".join(parts)


def spoken_from(said: str) -> Spoken:
    """From digits however a person groups them: with spaces, hyphens, dots or nothing between. The groups
    have a fixed length, so the rest is the number of entries. Raises Misheard."""
    if re.search(r"[^0-9\s.,;:/_-]", said):
        raise Misheard(None)
    typed = "".join(re.findall(r"[0-9]", said))
    numbered, rest = typed[: -5 * GROUPS], typed[-5 * GROUPS :]
    if not 2 <= len(numbered) <= 20:
        raise Misheard(None)
    size, check = numbered[:-1], numbered[-1]
    if _check(size) != check:
        raise Misheard(0)
    digits = ""
    for place in range(1, GROUPS + 1):
        group = rest[5 * (place - 1) : 5 * place]
        if _check(f"{place}{group[:4]}") != group[4]:
            raise Misheard(place)
        digits += group[:4]
    return Spoken(int(size), digits)


_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""Damm's check digit: finds every wrong digit and every two neighbours exchanged."""


def _check(digits: str) -> str:
    found = 0
    for each in digits:
        found = int(_DAMM[found][int(each)])
    return str(found)


# --- keys in the log ---------------------------------------------------------------------------------

LOG_KEY = "log-key"
"""The subject of the note with which a log says which key signs it from there on."""


def succession(origin: str, key: VerifierKey) -> str:
    """What the old key signs so that ``key`` follows it."""
    return f"cordon log key\n{origin}\n{key}\n"
