"""A cut handed to whoever leads, by a process that has loaded next to nothing yet.

The leader plans it of the documents it has read already. Whatever keeps it from doing so leaves nothing
begun, and the caller goes the ordinary way, which plans, shows and refuses by itself.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.bootstrap import handed_to_leader
from controller.domain.errors import CordonError

Lines = Iterator[Mapping[str, Any]]
Told = Generator[Mapping[str, Any]]


def files_of(
    inventory: Path | None, profiles: Sequence[Path] = (), playbooks: Sequence[Path] = ()
) -> tuple[str, ...]:
    """What documents are read from beside the shipped ones, as two processes compare it."""
    named = ([inventory] if inventory else [], profiles, playbooks)
    return tuple("\0".join(os.path.abspath(path) for path in paths) for paths in named)  # noqa: PTH100 - a lexical comparison, nothing is resolved


def handed_over(home: Path, request: Mapping[str, Any]) -> Told | None:
    """Hands ``request``, an IsolateByLeader as a line, to the leader of ``home``. Returns what it tells, once
    it has the request, to be closed by whoever does not hear it out; None where nobody answers."""
    try:
        return handed_to_leader(home, request)
    except (CordonError, OSError):
        return None


def begun(lines: Lines) -> Mapping[str, Any] | None:
    """The first of ``lines`` where it tells of a run that has begun; None where nothing has, for whatever
    reason."""
    try:
        first = next(lines, None)
    except (CordonError, OSError):
        return None
    return first if first is not None and first.get("event") == "RunStarted" else None
