"""The sessions a leader holds open, as other processes see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from controller.domain.armed import ArmedDevice
from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import LeaderElsewhere, LeaderLost
from controller.workers.requests import AskArmed
from controller.workers.wire import error_from_line, request_to_line

if TYPE_CHECKING:
    from controller.bootstrap import Home


def said(standings: Sequence[ArmedDevice]) -> str:
    """As it goes from process to process."""
    return json.dumps([to_plain(each) for each in standings])


def ask_leader(home: Home) -> tuple[ArmedDevice, ...] | None:
    """What its leader says; None where nobody leads the home, or who does holds no session open."""
    try:
        with closing(home.request(request_to_line(AskArmed()))) as lines:
            for line in lines:
                if "error" in line:
                    raise error_from_line(dict(line))
                found = line["done"]
                return tuple(from_plain(ArmedDevice, each) for each in json.loads(found)) if found else None
    except LeaderElsewhere:
        return None
    raise LeaderLost(home=str(home.path))
