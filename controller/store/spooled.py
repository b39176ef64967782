"""What a leader left in the spool and the log does not hold yet, for processes that do not lead."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Callable, Iterable, Sequence

from controller.domain.tags import Tag
from controller.store import sealing, spool
from controller.store.database import reading
from controller.store.draft import Draft, from_bytes
from controller.store.places import Places
from controller.store.rows import COLUMNS

_log = logging.getLogger(__name__)

Unmerged = Callable[[int], Sequence[Draft]]
"""From the number of an entry to the drafts on disk that are not in the log up to there, in order."""


def spooled(places: Places) -> Unmerged:
    """The spool as it is now. To be called before the log is read: what is merged in between is then in both,
    and found out; never in neither."""
    drafts: list[Draft] = []
    try:
        drafts = [from_bytes(record) for record in spool.read(places.spool)]
    except (OSError, ValueError, zlib.error) as error:
        _log.debug("the spool cannot be read: %s", error)

    def unmerged(seq: int) -> Sequence[Draft]:
        if not drafts:
            return ()
        with reading(places.database) as connection:
            known = sealing.recorded(connection, beginning(drafts), through=seq)
        return [one for one in drafts if one.id not in known]

    return unmerged


def beginning(drafts: Iterable[Draft]) -> int:
    """The entry since which commits of the spool may be in the log already, as its first record says."""
    column = COLUMNS["note"].index("data")
    for one in drafts:
        if one.tag == Tag.JOURNAL_DEGRADED:
            return int(dict(json.loads(str(one.rows[0][1][column])))["after"])
    return 0
