"""The block of a cut that goes out in one write, unread. Pure.

Nobody hears a line refused before the next one is taken. So each step goes in from the top and leaves to it
again, and only its first line opens a context: where that line is refused, the others stand where they mean
nothing. And the others are the same in every step: whatever else is refused, the leaving too, they stand at
the top or where this very block wants them.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.domain.plan import Operation, Rendering
from controller.domain.profile.session import SessionSpec
from controller.engine.points.blocks import read_block
from controller.engine.points.track import Track
from controller.engine.ports import Block, Command, Purpose

_WAS = "was."


def undone_by(track: Track) -> frozenset[str]:
    """The fields that a restore of the method whose turn it is goes by: what they were before matters, and a
    reading afterwards no longer tells."""
    found: set[str] = set()
    for clause in track.context.spec.methods[track.rendering.method].restore:
        found.update(clause.when)
        for line in clause.send:
            found.update(name.removeprefix(_WAS) for name in line.send.names if name.startswith(_WAS))
    return frozenset(found)


def at_once_block(
    operation: Operation, first: Sequence[str], renderings: Sequence[Rendering], session: SessionSpec
) -> Block | None:
    """The commands ``first``, the lines of each rendering as the group of its place (from 1), then every
    reading; without these where that is too long; None where the lines have to go one by one."""
    spec = session.at_once
    if spec is None or not session.echo or session.commit or session.insist or not operation.enter:
        return None
    for rendering in renderings:
        opens = [spec.context.search(line) is not None for line in rendering.commands]
        if not opens or not opens[0] or any(opens[1:]):
            return None
    if len({rendering.commands[1:] for rendering in renderings}) > 1:
        return None
    reads = read_block(operation).commands
    before = tuple(command for command in reads if command.text in first)
    changes = [
        Command(text, purpose, group if purpose is Purpose.CHANGE else 0)
        for group, rendering in enumerate(renderings, start=1)
        for purpose, lines in (
            (Purpose.MODE, operation.enter),
            (Purpose.CHANGE, rendering.commands),
            (Purpose.MODE, operation.leave),
        )
        for text in lines
    ]
    blocks = (Block((*before, *changes, *reads)), Block((*before, *changes)))
    return next((block for block in blocks if size_of(block) <= spec.bytes), None)


def reads_back(block: Block) -> bool:
    """Whether it ends with a reading."""
    return block.commands[-1].purpose is Purpose.READ


def size_of(block: Block) -> int:
    """In bytes, as it is typed."""
    return sum(len(command.text.encode()) + 1 for command in block.commands)
