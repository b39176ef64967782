"""What is said where the files have mistakes and what was valid last stands in for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.cli.asked import Call
from controller.cli.errors import problem_line
from controller.text.sentences import plain_problem
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.engine.planning.plans import Documents

PROBLEMS_SHOWN = 5
REVISION_SHOWN = 12


def tell_lapse(call: Call, documents: Documents) -> None:
    """Says loudly what is wrong with the files, and which revision is used instead; nothing where they are
    valid."""
    lapse = documents.lapse
    if lapse is None:
        return
    count = len(lapse.problems)
    call.out.warn(*(problem_line(problem, call.words) for problem in lapse.problems[:PROBLEMS_SHOWN]))
    if count > PROBLEMS_SHOWN:
        call.out.warn(call.text("lapse.more", count=count - PROBLEMS_SHOWN))
    call.out.warn(
        call.text("lapse.mistakes", count=count),
        call.text(
            "lapse.instead",
            file=lapse.file,
            at=moment(lapse.kept_at),
            revision=documents.inventory.digest[:REVISION_SHOWN],
        ),
    )


def plain_lapse(call: Call, documents: Documents) -> dict[str, Any]:
    """``last_valid`` for the object of ``--json``; nothing where the files are valid."""
    lapse = documents.lapse
    if lapse is None:
        return {}
    return {
        "last_valid": {
            "file": lapse.file,
            "kept_at": lapse.kept_at.isoformat(),
            "inventory": documents.inventory.digest,
            "profiles": documents.profiles_digest,
            "problems": [plain_problem(problem, call.words) for problem in lapse.problems],
        }
    }
