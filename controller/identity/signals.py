"""Signals of other programs, signed: that something they watch went wrong.

The signature is HMAC-SHA256 over the time, a full stop and the body, with the sender's key: the content of
the file of the sender's name in one directory. Whoever has a key can have cut again what came back and is
being watched, and have read what is held; nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

LEAST_KEY = 32
"""Bytes a key has at least."""

AGREES = 300.0
"""Seconds by which the sender's clock may differ from ours."""

REMEMBERED = 4096
"""Signatures that are known to have come already."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass
class Signals:
    """``keys``: the directory; None: nobody may signal. Safe to call from many threads."""

    keys: Path | None
    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def genuine(self, sender: str, time: str, body: bytes, signature: str, now: float) -> bool:
        """Whether the sender signed exactly this, just now. ``time`` and ``now`` are seconds since 1970,
        ``signature`` hexadecimal."""
        key = self._key(sender)
        if key is None or not time.isascii() or not time.isdigit() or len(time) > 12:
            return False
        right = hmac.new(key, time.encode() + b"." + body, hashlib.sha256).hexdigest()
        same = hmac.compare_digest(right.encode(), signature.encode())
        return same and abs(now - int(time)) <= AGREES

    def first(self, sender: str, signature: str) -> bool:
        """Whether that signature has not come before: the same signal twice is one."""
        with self._lock:
            known = f"{sender}:{signature}"
            if known in self._seen:
                return False
            self._seen[known] = None
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return True

    def _key(self, sender: str) -> bytes | None:
        if self.keys is None or not _NAME.fullmatch(sender):
            return None
        try:
            key = (self.keys / sender).read_bytes().strip()
        except OSError:
            return None
        return key if len(key) >= LEAST_KEY else None
