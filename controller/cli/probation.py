"""``cordon probation``: what came back and is being watched, and a person's word where nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson
from controller.domain.probation import Probation, ProbationState
from controller.text.sentences import cause_text
from controller.text.times import duration

if TYPE_CHECKING:
    from controller.engine.events import ProbationMoved
    from controller.text import Catalogue

Subject = Annotated[str, typer.Argument(help="help.probation-subject")]


def shown(call: Call) -> int:
    found = call.office.situation().probations
    if call.out.as_json:
        call.out.object({"command": call.command, "probations": plain_probations(found), "exit": 0})
    elif found:
        call.out.say(*probation_lines(found, call.words))
    else:
        call.out.say(call.text("probation.none"))
    return Exit.DONE


def let_pass(call: Call, subject: Subject, as_person: AsPerson = None) -> int:
    from controller.cli.consent import reason_for
    from controller.cli.signing import credentials
    from controller.cli.watching import actor

    asked = not call.asked.dry_run
    if asked:
        reason = reason_for(call, needed_by="probation pass")
        shown_by: dict[str, Any] = {"credentials": credentials(call, as_person)} if as_person else {}
        call.office.let_pass(subject, reason, actor(), **shown_by)
    if call.out.as_json:
        call.out.object({"command": call.command, "subject": subject, "passed": asked, "exit": 0})
    else:
        call.out.say(
            call.text("probation.let-pass", subject=subject) if asked else call.text("plan.nothing-sent")
        )
    return Exit.DONE


def probation_lines(found: Iterable[Probation], words: Catalogue) -> Iterator[str]:
    """What is being watched, and that somebody has to; nothing where nothing is."""
    watched = False
    for each in found:
        if each.state is ProbationState.TRIPPED:
            why = cause_text(words, each.cause)
            yield words.text("probation.tripped-line", subject=each.subject, why=why)
            continue
        watched = True
        yield words.text("probation.line", **_times(each, words), run=each.run)
    if watched:
        yield words.text("probation.unwatched")


def event_text(event: ProbationMoved, words: Catalogue) -> str:
    """One line of a run as it goes."""
    each = event.probation
    said = {**_times(each, words), "by": each.by, "why": cause_text(words, each.cause)}
    if each.state is not ProbationState.UNDER_WAY:
        by_person = each.state is ProbationState.PASSED and each.cause
        return words.text("probation.passed-by-person" if by_person else f"probation.{each.state}", **said)
    if event.doubt:
        why = words.text(f"doubt.{event.doubt}", probe=event.probe)
        return words.text("probation.doubt", **{**said, "why": why})
    return words.text("probation.moved" if each.observed else "probation.begun", **said)


def plain_probations(found: Iterable[Probation]) -> list[dict[str, Any]]:
    return [
        {
            "subject": each.subject,
            "run": each.run,
            "wave": each.wave,
            "state": each.state.value,
            "cause": each.cause,
            "watch": each.watch,
            "observed": each.observed,
        }
        for each in found
    ]


def _times(each: Probation, words: Catalogue) -> dict[str, str]:
    return {
        "subject": each.subject,
        "watch": duration(words, each.watch),
        "observed": duration(words, each.observed),
    }
