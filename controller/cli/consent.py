"""A person's yes, and why: asked on a terminal, given as options anywhere else."""

from __future__ import annotations

import unicodedata

from controller.cli.asked import Call
from controller.domain.errors import InvalidRequest


def agree(call: Call, site: str) -> None:
    """Has the site's name typed, unless ``--yes``. Raises InvalidRequest where it is not, or cannot be."""
    if call.asked.yes:
        return
    answer = call.out.ask(call.text("ask.site", site=site))
    if answer is None:
        raise InvalidRequest("not-confirmed", site=site)
    if _folded(answer) != _folded(site):
        raise InvalidRequest("wrong-site", site=site)


def reason_for(call: Call, *, needed_by: str = "") -> str:
    """The reason given, or asked for on a terminal. ``needed_by`` is the option that wants one. Raises
    InvalidRequest where it is needed and missing."""
    reason = (call.asked.reason or "").strip()
    if not reason and (needed_by or not call.asked.yes):
        reason = call.out.ask(call.text("ask.reason-needed" if needed_by else "ask.reason")) or ""
    if needed_by and not reason:
        raise InvalidRequest("reason-needed", option=needed_by)
    return reason


def _folded(name: str) -> str:
    """Case, accents' encoding and outer spaces do not matter at 3 in the morning."""
    return unicodedata.normalize("NFC", name).strip().casefold()
