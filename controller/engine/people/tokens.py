"""Secrets that the machine makes itself: long enough to need no slow hash, and typed or read aloud only where
they must be."""

from __future__ import annotations

import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No character looks like another on paper: neither 0 nor 1, nor I, L, O and U."""

GROUP = 4


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def new_code(groups: int) -> str:
    """``XXXX-XXXX-…``; a group is worth 19.6 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(groups))


def digest(secret: str) -> str:
    """What is kept of a token or a code."""
    return hashlib.sha256(b"cordon-secret-v1\n" + secret.encode("utf-8", "backslashreplace")).hexdigest()


def digest_of_code(said: str) -> str:
    """As :func:`digest`: case, blanks and hyphens do not matter."""
    return digest("".join(character for character in said.upper() if character.isalnum()))


def public_id() -> str:
    """What a session or token is called by: it opens nothing."""
    return secrets.token_hex(4)
