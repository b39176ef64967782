"""The block of a cut that goes out in one write, unread. Pure.

Nobody hears a line refused before the next one is taken. So only the first line of each step opens a context,
and the others are the same in every step: where a first line is refused, the others stand at the top, where
they mean nothing, or in the context of the step before, where this very block has put them already.

A shell hears them refused by itself (:mod:`controller.engine.points.shell_line`): no line of it needs a
context, and steps may differ in everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from controller.domain.plan import Operation, Rendering
from controller.domain.profile.session import AtOnceSpec, SessionSpec
from controller.engine.points.blocks import read_block
from controller.engine.points.shell_line import length
from controller.engine.ports import Answer, Block, Command, Purpose


def at_once_block(
    operation: Operation, first: Collection[str], renderings: Sequence[Rendering], session: SessionSpec
) -> Block | None:
    """The commands ``first``, the lines of each rendering as the group of its place (from 1), then every
    reading; without these where that is too long; None where the lines have to go one by one."""
    spec = session.at_once
    if spec is None or not session.echo or session.commit or session.insist:
        return None
    if not _fits(operation, renderings, spec):
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
    return next((block for block in blocks if size_of(block, spec) <= spec.bytes), None)


def _fits(operation: Operation, renderings: Sequence[Rendering], spec: AtOnceSpec) -> bool:
    if spec.shell_line:
        return not (operation.enter or operation.leave) and all(each.commands for each in renderings)
    for rendering in renderings:
        opens = [spec.context is not None and bool(spec.context.search(line)) for line in rendering.commands]
        if not opens or not opens[0] or any(opens[1:]):
            return False
    return bool(operation.enter) and len({rendering.commands[1:] for rendering in renderings}) == 1


@dataclass(frozen=True, slots=True)
class Joint:
    """Blocks of one device in a single one: what is read before, once; their lines, in turn; what is read
    after, once. ``places``: where in it each command of each of them stands."""

    block: Block
    places: tuple[tuple[int, ...], ...]

    def answers(self, number: int, block: Block, answers: Sequence[Answer]) -> tuple[Answer, ...]:
        """Those to ``block``, the one with that number, of the answers to all."""
        return tuple(
            replace(answers[place], command=command)
            for place, command in zip(self.places[number], block.commands, strict=True)
        )


def joint(blocks: Sequence[Block], spec: AtOnceSpec) -> Joint | None:
    """None where they do not go out together: too long, or lines that stand in another's context."""
    if len(blocks) == 1:
        return Joint(blocks[0], (tuple(range(len(blocks[0].commands))),))
    parts = [_parted(block) for block in blocks]
    if not spec.shell_line and len({_inside(lines) for _, lines, _ in parts}) > 1:
        return None
    before = tuple(dict.fromkeys(each for first, _, _ in parts for each in first))
    after = tuple(dict.fromkeys(each for _, _, last in parts for each in last))
    behind = len(before) + sum(len(lines) for _, lines, _ in parts)
    at, groups = len(before), 0
    told: list[Command] = []
    places: list[tuple[int, ...]] = []
    for first, own, last in parts:
        places.append(
            (
                *(before.index(each) for each in first),
                *range(at, at + len(own)),
                *(behind + after.index(each) for each in last),
            )
        )
        at += len(own)
        told.extend(replace(each, group=each.group + groups) if each.group else each for each in own)
        groups += max((each.group for each in own), default=0)
    block = Block((*before, *told, *after))
    return Joint(block, tuple(places)) if size_of(block, spec) <= spec.bytes else None


def _parted(block: Block) -> tuple[tuple[Command, ...], tuple[Command, ...], tuple[Command, ...]]:
    """What it reads before, its lines, and what it reads after."""
    reads = [command.purpose is Purpose.READ for command in block.commands]
    begin = reads.index(False)
    end = len(reads) - reads[::-1].index(False)
    return block.commands[:begin], block.commands[begin:end], block.commands[end:]


def _inside(lines: Sequence[Command]) -> tuple[str, ...]:
    """The lines of a step behind the one that opens its context: the same in every step of a block."""
    group = [each.text for each in lines if each.purpose is Purpose.CHANGE and each.group == 1]
    return tuple(group[1:])


def reads_back(block: Block) -> bool:
    """Whether it ends with a reading."""
    return block.commands[-1].purpose is Purpose.READ


def size_of(block: Block, spec: AtOnceSpec | None = None) -> int:
    """In bytes, as it is typed."""
    if spec is not None and spec.shell_line:
        return length(block)
    return sum(len(command.text.encode()) + 1 for command in block.commands)
