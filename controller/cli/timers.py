"""The timers behind returns, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.domain.timer import Timer


def plain_timers(found: Iterable[Timer]) -> list[dict[str, Any]]:
    return [
        {
            "device": each.device,
            "run": each.run,
            "wave": each.wave,
            "holder": each.holder.value,
            "after": each.after,
            "state": each.state.value,
        }
        for each in found
    ]
