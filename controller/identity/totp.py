"""Codes of authenticator apps (RFC 6238: SHA-1, six digits, thirty seconds) and the picture to set one up."""

from __future__ import annotations

import hmac
import io
from datetime import datetime

import pyotp

from controller.engine.people.accounts import Factor

ISSUER = "Cordon"

NEIGHBOURS = (0, -1, 1)
"""Time steps beside the present one that are accepted: a telephone's clock is never quite right."""


class AppCodes:
    """Implements OneTimeCodes; offline."""

    def secret(self) -> str:
        return pyotp.random_base32()

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        totp = pyotp.TOTP(secret)
        said = "".join(code.split())
        present = totp.timecode(now)
        # All are compared, whichever fits: how long it takes tells nothing.
        fits = [
            present + beside
            for beside in NEIGHBOURS
            if hmac.compare_digest(totp.generate_otp(present + beside).encode(), said.encode())
        ]
        return fits[0] if fits else None

    def factor(self, name: str, secret: str) -> Factor:
        import segno  # noqa: PLC0415 - only whoever sets up a telephone needs a picture

        uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
        code = segno.make(uri, error="m", micro=False)
        picture = io.StringIO()
        code.terminal(picture, compact=True, border=2)
        return Factor(name, uri, secret, picture.getvalue(), code.svg_inline(scale=5, border=4))
