"""Secrets taken out of what devices print."""

from __future__ import annotations

import re
from collections.abc import Iterable

from controller.engine.ports import Login

REDACTED = "[redacted]"

_ANYWHERE = 10
"""From this length on a secret is replaced wherever it stands. A shorter one must stand alone: the
password ``admin`` must not turn ``administratively down`` into something no parser knows."""

_KEY_LINE = 16


class Redactor:
    """Replaces the secrets of some logins in any text."""

    def __init__(self, logins: Iterable[Login]) -> None:
        secrets: set[str] = set()
        for login in logins:
            secrets.update(secret for secret in (login.password, login.enable) if secret)
            secrets.update(line for line in (login.key or "").splitlines() if len(line) >= _KEY_LINE)
        patterns = [
            re.escape(secret) if len(secret) >= _ANYWHERE else rf"(?<!\w){re.escape(secret)}(?!\w)"
            for secret in sorted(secrets, key=len, reverse=True)
        ]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def __repr__(self) -> str:
        return "Redactor()"

    def __call__(self, text: str) -> str:
        return self._pattern.sub(REDACTED, text) if self._pattern else text
