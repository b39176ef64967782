"""``cordon status``: the situation in one sentence, then segment by segment in order of return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.inventory import Conduit
from controller.domain.proof import Proof
from controller.text.partly import partly_back
from controller.text.times import age, duration, moment

if TYPE_CHECKING:
    from controller.engine.holding.situation import Situation, SubjectSituation
    from controller.text import Catalogue

SHAPES = {
    "isolated": "■",
    "partly-back": "◪",
    "partial": "◧",
    "unknown": "◇",
    "connected": "○",
    "kept-alive": "▣",
}
"""A shape of its own for each state: the table reads without colour."""


def status(call: Call) -> int:
    from controller.cli.approvals import second_persons
    from controller.cli.errors import hazard_lines
    from controller.cli.forwarding import forwarding
    from controller.cli.gates import all_waiting
    from controller.cli.lapsed import plain_lapse, tell_lapse
    from controller.cli.logbook import plain_rhythm, rhythm_lines
    from controller.cli.probation import probation_lines
    from controller.cli.readiness import last_lines, plain_last
    from controller.cli.runs import how_to_go_on, plain_run, run_line
    from controller.text.sentences import plain_hazard
    from controller.text.timers import timer_lines

    found = call.office.situation()
    documents = call.office.documents_in_force()
    tell_lapse(call, documents)
    if call.out.as_json:
        shown = plain_situation(found)
        under_way = [plain_run(record) for record in found.under_way]
        lapsed = plain_lapse(call, documents)
        shown |= second_persons(call)[1]
        shown["gates"] = all_waiting(call)[1]
        shown["logbook"] = plain_rhythm(call.office.rhythm())
        shown["forwarding"] = forwarding(call, found.subjects)[1]
        live = {"checked_live": plain_last(call.office.last_readiness())}
        shown["reboots"] = [plain_hazard(hazard, call.words) for hazard in found.reboots]
        call.out.object(
            {"command": call.command, **shown, **lapsed, **live, "under_way": under_way, "exit": 0}
        )
        return Exit.DONE
    call.out.say(sentence(found, call.words), *situation_lines(found, call.words))
    if found.canaries:
        ports = ", ".join(str(point) for point in found.canaries)
        call.out.say(call.text("status.canaries", count=len(found.canaries), ports=ports))
    call.out.say(*probation_lines(found.probations, call.words))
    call.out.say(*timer_lines(found.timers, call.words))
    call.out.say(*hazard_lines(found.reboots, call.words))
    call.out.say(*all_waiting(call)[0])
    call.out.say(*second_persons(call)[0])
    call.out.say(*rhythm_lines(call.office.rhythm(), call.words))
    for record in found.under_way:
        call.out.say(run_line(record, call.words), *how_to_go_on(record, call.words))
    call.out.say(*forwarding(call, found.subjects)[0])
    if live_check := call.office.last_readiness():
        call.out.say(*last_lines(live_check, found.at, call.words))
    return Exit.DONE


def sentence(found: Situation, words: Catalogue) -> str:
    states = Counter(each.state.value for each in found.subjects)
    return summary(states, found.site, found.at, found.since, found.level, words)


def summary(
    states: Mapping[str, int],
    site: str,
    at: datetime,
    since: datetime | None,
    level: int | None,
    words: Catalogue,
) -> str:
    """``states``: how many subjects are in each; ``since``: when the first of them was cut."""
    if not sum(states.get(each, 0) for each in ("isolated", "partly-back", "partial", "unknown")):
        return words.text("status.nothing-cut", site=site, at=moment(at))
    said = [words.text(f"status.{state}", count=number) for state in SHAPES if (number := states.get(state))]
    lasted = duration(words, int((at - since).total_seconds())) if since else "?"
    text = words.text("status.sentence", site=site, at=moment(at), states=", ".join(said), since=lasted)
    return text if level is None else f"{text} {words.text('status.level', level=level)}"


def situation_lines(found: Situation, words: Catalogue) -> Iterator[str]:
    if found.inventory_changed:
        yield words.text("status.inventory-changed")
    cut_first = sorted(found.subjects, key=lambda each: each.wave is None)
    rows = [(each, _cells(each, found, words)) for each in cut_first]
    widths = [max((len(cells[column]) for _, cells in rows), default=0) for column in range(4)]
    for title, wanted in (("status.segments", False), ("status.conduits", True)):
        chosen = [cells for each, cells in rows if isinstance(each.subject, Conduit) is wanted]
        if chosen:
            yield words.text(title)
        for cells in chosen:
            aligned = "  ".join(cell.ljust(width) for cell, width in zip(cells, (*widths, 0), strict=True))
            yield f"  {aligned.rstrip()}"


def _cells(each: SubjectSituation, found: Situation, words: Catalogue) -> tuple[str, ...]:
    """State, name, title, proofs, then whatever needs a sentence."""
    more = partly_back(each.held, each.back, each.towards, words)
    if each.held:
        more.append(
            words.text("status.read", age=age(words, each.oldest_read, found.at))
            if each.oldest_read
            else words.text("status.never-read")
        )
    if each.upstream:
        more.append(words.text("status.upstream", ports=", ".join(each.upstream)))
    if each.wave is not None:
        more.append(words.text("status.wave", wave=each.wave))
    if each.waits_for:
        more.append(words.text("status.waits", subjects=", ".join(each.waits_for)))
    return (
        f"{SHAPES[each.state.value]} {words.text(f'subject-state.{each.state}')}",
        each.subject.name,
        words.pick(each.subject.title),
        proofs_text(each.proofs, words),
        "; ".join(more),
    )


def proofs_text(proofs: Mapping[Proof, int], words: Catalogue) -> str:
    return ", ".join(
        words.text(f"proofs.{each}", count=proofs[each]) for each in reversed(Proof) if proofs.get(each)
    )


def plain_situation(found: Situation) -> dict[str, Any]:
    from controller.cli.probation import plain_probations
    from controller.cli.timers import plain_timers

    return {
        "site": found.site,
        "at": found.at.isoformat(),
        "level": found.level,
        "since": found.since.isoformat() if found.since else None,
        "proofs": {each.value: found.proofs.get(each, 0) for each in Proof},
        "inventory_changed": found.inventory_changed,
        "probations": plain_probations(found.probations),
        "timers": plain_timers(found.timers),
        "canaries": [{"device": point.device, "object": point.object} for point in found.canaries],
        "subjects": [
            {
                "name": each.subject.name,
                "kind": "conduit" if isinstance(each.subject, Conduit) else "segment",
                "title": {"fr": each.subject.title.fr, "en": each.subject.title.en},
                "priority": each.subject.priority,
                "state": each.state.value,
                "proof": each.proof.value if each.held else None,
                "proofs": {kind.value: each.proofs.get(kind, 0) for kind in Proof},
                "held": each.held,
                "oldest_read": each.oldest_read.isoformat() if each.oldest_read else None,
                "since": each.since.isoformat() if each.since else None,
                "wave": each.wave,
                "waits_for": list(each.waits_for),
                "upstream": list(each.upstream),
                "back": each.back,
                "towards": list(each.towards),
            }
            for each in found.subjects
        ],
    }
