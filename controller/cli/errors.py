"""What went wrong, for people or as an object, and the exit code it means."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from controller.cli.exits import Exit
from controller.cli.output import Output
from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    HomeFromTheFuture,
    InvalidInput,
    JournalUnavailable,
    LeaderElsewhere,
    LeaderLost,
    NotFound,
    NotPermitted,
    OpenFailed,
    Problem,
    Refused,
    SignInBusy,
    SignInDelayed,
    SignInFailed,
    StaleEpoch,
)
from controller.domain.plan import Hazard
from controller.text import Catalogue
from controller.text.sentences import (
    error_data,
    hazard_text,
    hazards_by_kind,
    name_of,
    plain_hazard,
    plain_problem,
    problem_text,
    sentence,
)

_EXITS: tuple[tuple[type[CordonError], Exit], ...] = (
    (InvalidInput, Exit.INVALID),
    (NotFound, Exit.INVALID),
    (Refused, Exit.REFUSED),
    (NotPermitted, Exit.REFUSED),
    (SignInFailed, Exit.REFUSED),
    (SignInDelayed, Exit.REFUSED),
    (SignInBusy, Exit.REFUSED),
    (AwaitingApproval, Exit.WAITING),
    (LeaderElsewhere, Exit.LED_ELSEWHERE),
    (StaleEpoch, Exit.LED_ELSEWHERE),
    (JournalUnavailable, Exit.NOT_JOURNALLED),
    (HomeFromTheFuture, Exit.INVALID),
    (LeaderLost, Exit.UNPROVEN),
    (OpenFailed, Exit.UNPROVEN),
)


def exit_of(error: BaseException) -> Exit:
    return next((code for kind, code in _EXITS if isinstance(error, kind)), Exit.INTERNAL)


def tell(error: BaseException, words: Catalogue, out: Output, run: Mapping[str, Any] | None = None) -> Exit:
    """Says ``error``; ``run`` is what is known of the run it ended, if one had begun."""
    code = Exit.INTERRUPTED if isinstance(error, KeyboardInterrupt) else exit_of(error)
    if code is Exit.INTERNAL:
        out.warn("".join(traceback.format_exception(error)).rstrip(), "")
    text = sentence(error, words)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    hazards = error.hazards if isinstance(error, Refused) else ()
    if out.as_json:
        found: dict[str, Any] = {"error": name_of(error), "text": text, "data": error_data(error)}
        if problems:
            found["problems"] = [plain_problem(problem, words) for problem in problems]
        if hazards:
            found["hazards"] = [plain_hazard(hazard, words) for hazard in hazards]
        out.object({**found, **({"run": dict(run)} if run else {}), "exit": int(code)})
        return code
    out.warn(*(problem_line(problem, words) for problem in problems))
    out.warn(*hazard_lines(hazards, words))
    out.warn(text)
    if run:
        out.warn(words.text("error.run-had-begun", run=run["id"], known=run["known"], total=run["total"]))
    return code


# --- problems ----------------------------------------------------------------------------------------


def problem_line(problem: Problem, words: Catalogue) -> str:
    """``file:line:column: text``, as editors understand it; 0 stands for the whole file."""
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    return f"{place}: {problem_text(problem, words)}"


# --- hazards -----------------------------------------------------------------------------------------


def hazard_lines(hazards: Iterable[Hazard], words: Catalogue) -> list[str]:
    """One line each, those that refuse first and all of them; many warnings of one kind are cut short."""
    lines: list[str] = []
    for shown, more in hazards_by_kind(hazards):
        said = [(words.text(f"severity.{each.severity}"), hazard_text(each, words)) for each in shown]
        lines.extend(f"{head} {text}" for head, text in said)
        if more:
            lines.append(f"  {words.text('hazards.alike', count=more)}")
    return lines
