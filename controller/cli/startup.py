"""What became of startup configurations and what was kept as evidence, as ``show`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from controller.cli.asked import Call
from controller.cli.errors import hazard_lines
from controller.domain.errors import CordonError
from controller.text.sentences import cause_text, plain_hazard

if TYPE_CHECKING:
    from controller.domain.plan import Hazard, Plan
    from controller.engine.ports import RunRecord
    from controller.text import Catalogue


def reboot_lines(call: Call, run: str, plan: Plan) -> list[str]:
    return hazard_lines(_found(call, run, plan), call.words)


def reboots(call: Call, run: str, plan: Plan) -> list[dict[str, Any]]:
    return [plain_hazard(hazard, call.words) for hazard in _found(call, run, plan)]


def _found(call: Call, run: str, plan: Plan) -> tuple[Hazard, ...]:
    """Nothing where the record cannot be read: the run itself has said so."""
    try:
        return call.office.reboots(run, plan)
    except CordonError:
        return ()


def plain_startups(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "device": name,
            "state": each.state.value,
            "cause": each.cause,
            "before": each.compared.value if each.compared else None,
        }
        for name, each in sorted(record.startups.items())
    ]


def evidence_lines(record: RunRecord, words: Catalogue) -> Iterator[str]:
    for each in record.evidence:
        if each.file:
            yield words.text("show.evidence", file=each.file, size=each.size, digest=each.digest)
        else:
            why = cause_text(words, each.cause)
            yield words.text("show.no-evidence", device=each.device, table=each.kind.value, why=why)


def plain_evidence(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "device": each.device,
            "table": each.kind.value,
            "file": each.file or None,
            "sha256": each.digest or None,
            "size": each.size,
            "read_at": each.read_at.isoformat(),
            "cause": each.cause,
        }
        for each in record.evidence
    ]
