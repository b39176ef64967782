"""Errors, mistakes and hazards as sentences of one language, and as values for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.domain.errors import CordonError, InvalidRequest, NotFound, OpenFailed, Problem
from controller.domain.plan import Hazard, Severity
from controller.domain.proof import CAUSES_JOINED_BY
from controller.domain.readiness import Obstacle
from controller.text.catalogue import Catalogue
from controller.text.times import duration

ALIKE = 5
"""Warnings of one kind shown one by one; the rest are counted."""

FOR_PEACE = frozenset({"untested"})
"""Warnings that ask for work in peace time: at night one line of the kind is enough."""


def name_of(error: BaseException) -> str:
    """The stable code of ``error``, as texts and programs know it."""
    if isinstance(error, InvalidRequest):
        return error.reason
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return error.code if isinstance(error, CordonError) else CordonError.code


def sentence(error: BaseException, words: Catalogue) -> str:
    data = error_data(error)
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


def error_data(error: BaseException) -> dict[str, str | int]:
    """What fills the text of ``error``; never a secret."""
    given = error.data if isinstance(error, CordonError) else {}
    return {name: value if isinstance(value, int) else str(value) for name, value in given.items()}


def problem_text(problem: Problem, words: Catalogue) -> str:
    return words.text(f"problem.{problem.code}", **dict(problem.data))


def plain_problem(problem: Problem, words: Catalogue) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "text": problem_text(problem, words),
        "data": dict(problem.data),
    }


def hazard_text(hazard: Hazard, words: Catalogue) -> str:
    return words.text(
        f"hazard.{hazard.code}", culprit=hazard.culprit, **_in_words(dict(hazard.data), words, hazard.culprit)
    )


def hazards_by_kind(hazards: Iterable[Hazard]) -> list[tuple[list[Hazard], int]]:
    """Those that refuse first and all of them, then the warnings of each kind: those to show, and how many
    more there are."""
    every = sorted(hazards)
    found = [([each], 0) for each in every if each.severity is Severity.REFUSE]
    by_code: dict[str, list[Hazard]] = {}
    for hazard in every:
        if hazard.severity is not Severity.REFUSE:
            by_code.setdefault(hazard.code, []).append(hazard)
    for code, alike in by_code.items():
        shown = alike[: 1 if code in FOR_PEACE else ALIKE]
        found.append((shown, len(alike) - len(shown)))
    return found


def obstacle_text(obstacle: Obstacle, words: Catalogue) -> str:
    return words.text(f"obstacle.{obstacle.code}", **_in_words(dict(obstacle.data), words))


def _in_words(data: dict[str, str], words: Catalogue, culprit: str = "") -> dict[str, str]:
    """Codes and numbers among ``data`` said as a sentence needs them."""
    if "days" in data:
        data["unasked"] = words.text("hazards.unasked") if data.get("version") == "" else ""
        data["points"] = words.text("count.points", count=int(data["count"]))
        data["hosts"] = words.text("count.devices", count=int(data["devices"]))
    if "cause" in data:
        detail = f" ({data['detail']})" if data.get("detail") else ""
        data["why"] = words.text(f"open.{data['cause']}") + detail
    if "undo" in data:
        seconds, ports = data.get("seconds", ""), data.get("ports", "")
        left = words.text("revert.within", duration=duration(words, int(seconds))) if seconds else ""
        data["when"] = left or words.text("revert.when-unknown")
        data["undo"] = data["undo"] or words.text("revert.no-undo")
        at_neighbour = words.text("revert.ports", ports=ports, device=culprit)
        data["instead"] = at_neighbour if ports else words.text("revert.no-ports")
    if "against" in data:
        data["why"] = cause_text(words, data["against"])
    if "unsaved" in data:
        data["why"] = cause_text(words, data["unsaved"])
    return data


def plain_hazard(hazard: Hazard, words: Catalogue) -> dict[str, Any]:
    return {
        "code": hazard.code,
        "severity": hazard.severity.value,
        "culprit": hazard.culprit,
        "data": dict(hazard.data),
        "text": hazard_text(hazard, words),
    }


def cause_text(words: Catalogue, cause: str) -> str:
    """A cause in words: ``open.*`` codes are texts of their own; what follows a colon is what it is about; of
    two causes each is told."""
    if not cause:
        return ""
    first, joined, second = cause.partition(CAUSES_JOINED_BY)
    if joined:
        return f"{cause_text(words, first)}; {cause_text(words, second)}"
    code, _, about = cause.partition(":")
    return words.text(code if code.startswith("open.") else f"cause.{code}", about=about)
