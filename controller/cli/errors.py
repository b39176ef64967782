"""What went wrong, for people or as an object, and the exit code it means."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from controller.cli.exits import Exit
from controller.cli.output import Output
from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    HomeFromTheFuture,
    InvalidInput,
    InvalidRequest,
    JournalUnavailable,
    LeaderElsewhere,
    LeaderLost,
    NotFound,
    OpenFailed,
    Problem,
    Refused,
    StaleEpoch,
)
from controller.domain.plan import Hazard, Severity
from controller.text import Catalogue

_EXITS: tuple[tuple[type[CordonError], Exit], ...] = (
    (InvalidInput, Exit.INVALID),
    (NotFound, Exit.INVALID),
    (Refused, Exit.REFUSED),
    (AwaitingApproval, Exit.WAITING),
    (LeaderElsewhere, Exit.LED_ELSEWHERE),
    (StaleEpoch, Exit.LED_ELSEWHERE),
    (JournalUnavailable, Exit.NOT_JOURNALLED),
    (HomeFromTheFuture, Exit.INVALID),
    (LeaderLost, Exit.UNPROVEN),
    (OpenFailed, Exit.UNPROVEN),
)

ALIKE = 5
"""Warnings of one kind shown one by one; the rest are counted."""


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
        found: dict[str, Any] = {"error": name_of(error), "text": text, "data": _data(error)}
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


def name_of(error: BaseException) -> str:
    if isinstance(error, InvalidRequest):
        return error.reason
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return error.code if isinstance(error, CordonError) else CordonError.code


def sentence(error: BaseException, words: Catalogue) -> str:
    data = _data(error)
    code = f"error.{name_of(error)}"
    if isinstance(error, OpenFailed):
        detail = f" ({data['detail']})" if data.get("detail") else ""
        data["why"] = words.text(f"open.{error.cause}") + detail
    if isinstance(error, NotFound):
        specific = f"{code}.{data.get('kind')}"
        text = words.text(specific if specific in words else code, **data)
        close = data.get("suggestion")
        return f"{text} {words.text('error.did-you-mean', suggestion=close)}" if close else text
    if not isinstance(error, CordonError | KeyboardInterrupt):
        data = {"kind": type(error).__name__, "detail": str(error)}
    return words.text(code, **data)


def _data(error: BaseException) -> dict[str, str | int]:
    given = error.data if isinstance(error, CordonError) else {}
    return {name: value if isinstance(value, int) else str(value) for name, value in given.items()}


# --- problems ----------------------------------------------------------------------------------------


def problem_text(problem: Problem, words: Catalogue) -> str:
    return words.text(f"problem.{problem.code}", **dict(problem.data))


def problem_line(problem: Problem, words: Catalogue) -> str:
    """``file:line:column: text``, as editors understand it; 0 stands for the whole file."""
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    return f"{place}: {problem_text(problem, words)}"


def plain_problem(problem: Problem, words: Catalogue) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "text": problem_text(problem, words),
        "data": dict(problem.data),
    }


# --- hazards -----------------------------------------------------------------------------------------


def hazard_text(hazard: Hazard, words: Catalogue) -> str:
    return words.text(f"hazard.{hazard.code}", culprit=hazard.culprit, **dict(hazard.data))


def hazard_lines(hazards: Iterable[Hazard], words: Catalogue) -> list[str]:
    """One line each, those that refuse first and all of them; many warnings of one kind are cut short."""
    every = sorted(hazards)
    lines = [
        f"{words.text('severity.refuse')} {hazard_text(hazard, words)}"
        for hazard in every
        if hazard.severity is Severity.REFUSE
    ]
    by_code: dict[str, list[Hazard]] = {}
    for hazard in every:
        if hazard.severity is not Severity.REFUSE:
            by_code.setdefault(hazard.code, []).append(hazard)
    for alike in by_code.values():
        lines.extend(
            f"{words.text('severity.warn')} {hazard_text(hazard, words)}" for hazard in alike[:ALIKE]
        )
        lines.extend(_uncounted(alike[ALIKE:], words))
    return lines


def _uncounted(alike: Sequence[Hazard], words: Catalogue) -> list[str]:
    return [f"  {words.text('hazards.alike', count=len(alike))}"] if alike else []


def plain_hazard(hazard: Hazard, words: Catalogue) -> dict[str, Any]:
    return {
        "code": hazard.code,
        "severity": hazard.severity.value,
        "culprit": hazard.culprit,
        "data": dict(hazard.data),
        "text": hazard_text(hazard, words),
    }
