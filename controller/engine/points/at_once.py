"""The block of a cut that goes out in one write, unread. Pure.

Nobody hears a line refused before the next one is taken. So only the first line of each step opens a context,
and the others are the same in every step: where a first line is refused, the others stand at the top, where
they mean nothing, or in the context of the step before, where this very block has put them already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from controller.domain.plan import Operation, Rendering
from controller.domain.profile.session import SessionSpec
from controller.engine.points.blocks import read_block
from controller.engine.ports import Block, Command, Purpose


def at_once_block(
    operation: Operation, first: Collection[str], renderings: Sequence[Rendering], session: SessionSpec
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
    changes = (
        *(Command(text, Purpose.MODE) for text in operation.enter),
        *(
            Command(text, Purpose.CHANGE, group)
            for group, rendering in enumerate(renderings, start=1)
            for text in rendering.commands
        ),
        *(Command(text, Purpose.MODE) for text in operation.leave),
    )
    blocks = (Block((*before, *changes, *reads)), Block((*before, *changes)))
    return next((block for block in blocks if size_of(block) <= spec.bytes), None)


def reads_back(block: Block) -> bool:
    """Whether it ends with a reading."""
    return block.commands[-1].purpose is Purpose.READ


def size_of(block: Block) -> int:
    """In bytes, as it is typed."""
    return sum(len(command.text.encode()) + 1 for command in block.commands)
