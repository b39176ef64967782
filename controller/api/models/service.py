"""The service itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """``armed``: sessions held open, ready to fire; ``none`` in this version. ``forwarding``: whether what is
    in the log goes on to its receiver; ``off`` where none is named."""

    alive: bool
    journal_writable: bool
    leading: bool
    armed: Literal["none"] = "none"
    forwarding: Literal["off", "sending", "stuck"] = "off"


class VersionShown(BaseModel):
    """``fingerprint``: SHA-256 of the service's certificate; compare it with what the console printed."""

    product: Literal["cordon"] = "cordon"
    version: str
    api: Literal["v1"] = "v1"
    fingerprint: str
