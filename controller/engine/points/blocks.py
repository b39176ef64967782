"""The blocks an operation sends, and what their answers say. Pure.

A change block is read, enter, the lines of each step as a group of its own, leave, read again: one session's
worth of work in one piece. Where lines are a candidate first, it is committed before it is left, or
discarded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

from controller.domain import napalm
from controller.domain.plan import Operation, Rendering, TimerLines
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec, SessionSpec
from controller.domain.proof import Outcome
from controller.engine.ports import Answer, Block, Command, Purpose

LOCKED = "config-locked"
"""The cause of what somebody else's session keeps us from: it passes by itself."""


def read_block(operation: Operation) -> Block:
    return Block(tuple(Command(text, Purpose.READ, ahead=True) for text in operation.reads))


def change_block(
    operation: Operation,
    renderings: Sequence[Rendering],
    timer: TimerLines | None = None,
    first: Sequence[Command] = (),
    session: SessionSpec | None = None,
    before: Collection[str] = (),
) -> Block:
    """Each rendering's lines are the group of its place in ``renderings``, counted from 1. ``timer``: the one
    that begins with it; ``first``: what goes out before anything is changed. ``session``: where its lines
    are a candidate, all that leaves the block before its own ``leave`` commits, and which lines wait for
    that; and what follows a group of which a line was refused. ``before``: the commands that are enough of a
    reading before; without any of them it is the whole."""
    reads = read_block(operation).commands
    enough = tuple(command for command in reads if command.text in before) or reads
    enter = tuple(Command(text, Purpose.MODE) for text in (timer or operation).enter)
    leave = (timer or operation).leave
    escape = session.escape if session else ()
    waits = session.commit.behind if session and session.commit else ()
    changes: list[Command] = []
    behind: list[Command] = []
    for group, rendering in enumerate(renderings, start=1):
        for text in rendering.commands:
            later = any(pattern.search(text) for pattern in waits)
            (behind if later else changes).append(Command(text, Purpose.CHANGE, group))
        changes.extend(Command(text, Purpose.ESCAPE, group) for text in escape)
    commit = session.commit if session else None
    return Block((*enough, *first, *enter, *changes, *_leaving(leave, session, behind), *reads), commit)


def _leaving(
    lines: Sequence[str], session: SessionSpec | None, behind: Sequence[Command]
) -> tuple[Command, ...]:
    if session is None or session.commit is None:
        return tuple(Command(text, Purpose.MODE) for text in lines)
    at = len(lines) - len(session.leave)
    return (
        *(Command(text, Purpose.COMMIT) for text in lines[:at]),
        *(Command(text, Purpose.DISCARD) for text in session.commit.discard),
        *behind,
        *(Command(text, Purpose.MODE) for text in lines[at:]),
    )


def abandoned_block(session: SessionSpec) -> Block:
    """What throws away what a session that broke left undone."""
    return Block(tuple(Command(text, Purpose.MODE) for text in session.left_undone))


class Course:
    """Which lines of a block may still go out, by what the device said to those before. ``commit``: the
    block's, where it has one of its own."""

    def __init__(self, profile: DeviceProfile, commit: CommitSpec | None = None) -> None:
        self._profile = profile
        self._commit = commit or profile.session.commit
        self._refused: set[int] = set()
        self._taken: set[int] = set()
        self._inside = self._committed = self._failed = False
        self._entered = True

    def sends(self, command: Command) -> bool:
        match command.purpose:
            case Purpose.CHANGE:
                return self._entered and command.group not in self._refused and not self._failed
            case Purpose.ESCAPE:
                return command.group in self._refused
            case Purpose.MODE:
                return self._entered or self._inside
            case Purpose.COMMIT:
                # A step of which a line was refused is no reason to commit the lines before it.
                return self._entered and not self._failed and bool(self._taken - self._refused)
            case Purpose.DISCARD:
                return self._inside and (self._failed or not self._committed)
            case _:
                return True

    def told(self, command: Command, answer: str) -> None:
        """``answer`` is what came to a line that was sent."""
        refused = self._profile.refusal_of(command.text, answer) is not None
        match command.purpose:
            case Purpose.MODE if refused:
                self._entered = False
            case Purpose.MODE:
                self._inside = True
            case Purpose.CHANGE if refused:
                self._refused |= {command.group} if command.group else set()
            case Purpose.CHANGE:
                self._taken |= {command.group} if command.group else set()
            case Purpose.COMMIT:
                self._failed = self._failed or not committed(answer, self._profile, self._commit)
                self._committed = True
            case _:
                pass


def committed(answer: str, profile: DeviceProfile, commit: CommitSpec | None) -> bool:
    return profile.error_in(answer) is None and not (commit is not None and commit.failed(answer))


def reads_before(answers: Sequence[Answer]) -> Mapping[str, str]:
    return complete_answers(_first_reads(answers))


def reads_after(operation: Operation, answers: Sequence[Answer]) -> Mapping[str, str]:
    """Only the read-back counts: nothing where the block was cut short before it."""
    at = len(answers) - len(operation.reads)
    return complete_answers(answers[at:]) if at > len(_first_reads(answers)) else {}


def _first_reads(answers: Sequence[Answer]) -> Sequence[Answer]:
    return tuple(takewhile(lambda answer: answer.command.purpose is Purpose.READ, answers))


def complete_answers(answers: Sequence[Answer]) -> Mapping[str, str]:
    return {answer.command.text: answer.text for answer in answers if answer.sent and answer.complete}


def interrupted(answers: Sequence[Answer]) -> bool:
    """Whether the session or the time ended before the last answer was whole."""
    return not answers or not answers[-1].complete


def denied(operation: Operation, answers: Sequence[Answer], profile: DeviceProfile) -> bool:
    """Whether the device refuses now even what it let the session read before: who authorises it is gone, and
    another log-in may do what this one may no more."""
    before, after = _first_reads(answers), answers[len(answers) - len(operation.reads) :]
    return (
        0 < len(before) < len(answers)
        and not all(_refused(answer, profile) for answer in before)
        and all(_refused(answer, profile) for answer in after)
    )


def left_behind(answers: Sequence[Answer], profile: DeviceProfile) -> bool:
    """Whether a candidate may be there still: the session broke, or was not allowed to discard it."""
    discards = (answer for answer in answers if answer.command.purpose is Purpose.DISCARD)
    return interrupted(answers) or any(_refused(answer, profile) for answer in discards)


def _refused(answer: Answer, profile: DeviceProfile) -> bool:
    return answer.sent and answer.complete and profile.error_in(answer.text) is not None


def outcome_of(answers: Sequence[Answer], group: int, profile: DeviceProfile | None) -> tuple[Outcome, str]:
    """How far the lines of a group went, and the cause: the device's own words where it refused."""
    changes = [
        answer
        for answer in answers
        if answer.command.group == group and answer.command.purpose is Purpose.CHANGE
    ]
    if profile is not None:
        for answer in changes:
            said = profile.refusal_of(answer.command.text, answer.text) if answer.sent else None
            if said:
                return Outcome.REJECTED, LOCKED if profile.locked_in(answer.text) else "device-refused"
    if not changes or not changes[0].sent:
        return Outcome.NOT_SENT, _mode_refused(answers, profile) or "hung-up"
    in_force = _in_force(answers, profile)
    if in_force[0] is Outcome.REJECTED or all(answer.sent and answer.complete for answer in changes):
        return in_force
    return Outcome.SENT, "hung-up"


def _mode_refused(answers: Sequence[Answer], profile: DeviceProfile | None) -> str:
    """Why the device would not enter the mode the changes need; none of them was sent then."""
    for answer in answers if profile is not None else ():
        if answer.command.purpose is Purpose.MODE and profile is not None and profile.error_in(answer.text):
            if answer.text.startswith(napalm.SAID) and not profile.locked_in(answer.text):
                return "napalm-not-entered"
            return LOCKED if profile.locked_in(answer.text) else "device-refused"
    return ""


def _in_force(answers: Sequence[Answer], profile: DeviceProfile | None) -> tuple[Outcome, str]:
    """What became of lines that were taken, where they had to be committed."""
    for answer in answers:
        if answer.command.purpose is not Purpose.COMMIT or profile is None:
            continue
        if not (answer.sent and answer.complete):
            return Outcome.SENT, "hung-up"
        if not committed(answer.text, profile, profile.session.commit):
            return Outcome.REJECTED, LOCKED if profile.locked_in(answer.text) else "commit-failed"
    return Outcome.ACCEPTED, ""


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
