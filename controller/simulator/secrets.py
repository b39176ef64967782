"""Secrets as a configuration keeps them: what cannot be read back, in a form that only has to be stable."""

from __future__ import annotations

import base64
import hashlib


def stored(secret: str, mark: str, end: str = "") -> str:
    """``mark`` and ``end`` stand around it, as the platform writes secrets."""
    digest = hashlib.sha256(b"simulated" + secret.encode()).digest()
    return mark + base64.b64encode(digest[:24]).decode().rstrip("=") + end
