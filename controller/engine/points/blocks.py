"""The blocks an operation sends, and what their answers say. Pure.

A change block is read, enter, the lines of each step as a group of its own, leave, read again: one session's
worth of work in one piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.domain.plan import Operation, Rendering
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.engine.ports import Answer, Block, Command, Purpose


def read_block(operation: Operation) -> Block:
    return Block(tuple(Command(text, Purpose.READ) for text in operation.reads))


def change_block(operation: Operation, renderings: Sequence[Rendering]) -> Block:
    """Each rendering's lines are the group of its place in ``renderings``, counted from 1."""
    reads = read_block(operation).commands
    enter = tuple(Command(text, Purpose.MODE) for text in operation.enter)
    leave = tuple(Command(text, Purpose.MODE) for text in operation.leave)
    changes = tuple(
        Command(text, Purpose.CHANGE, group)
        for group, rendering in enumerate(renderings, start=1)
        for text in rendering.commands
    )
    return Block((*reads, *enter, *changes, *leave, *reads))


def reads_before(operation: Operation, answers: Sequence[Answer]) -> Mapping[str, str]:
    return complete_answers(answers[: len(operation.reads)])


def reads_after(operation: Operation, answers: Sequence[Answer]) -> Mapping[str, str]:
    """Only the read-back counts: nothing where the block was cut short before it."""
    at = len(answers) - len(operation.reads)
    return complete_answers(answers[at:]) if at > len(operation.reads) else {}


def complete_answers(answers: Sequence[Answer]) -> Mapping[str, str]:
    return {answer.command.text: answer.text for answer in answers if answer.sent and answer.complete}


def interrupted(answers: Sequence[Answer]) -> bool:
    """Whether the session or the time ended before the last answer was whole."""
    return not answers or not answers[-1].complete


def outcome_of(answers: Sequence[Answer], group: int, profile: DeviceProfile | None) -> tuple[Outcome, str]:
    """How far the lines of a group went, and the cause: the device's own words where it refused."""
    changes = [answer for answer in answers if answer.command.group == group]
    if profile is not None:
        for answer in changes:
            said = profile.error_in(answer.text) if answer.sent else None
            if said:
                return Outcome.REJECTED, "device-refused"
    if not changes or not changes[0].sent:
        return Outcome.NOT_SENT, "device-refused" if _mode_refused(answers, profile) else "hung-up"
    if all(answer.sent and answer.complete for answer in changes):
        return Outcome.ACCEPTED, ""
    return Outcome.SENT, "hung-up"


def _mode_refused(answers: Sequence[Answer], profile: DeviceProfile | None) -> bool:
    """Whether the device would not enter the mode the changes need; none of them was sent then."""
    return profile is not None and any(
        profile.error_in(answer.text) for answer in answers if answer.command.purpose is Purpose.MODE
    )


def transcript(answers: Sequence[Answer]) -> str:
    """Commands and answers as a person reads them; lines left out are marked."""
    lines: list[str] = []
    for answer in answers:
        mark = "" if answer.sent else "  [not sent]"
        lines.append(f"> {answer.command.text}{mark}")
        if answer.text:
            lines.append(answer.text)
        if answer.sent and not answer.complete:
            lines.append("[no answer]")
    return "\n".join(lines)
