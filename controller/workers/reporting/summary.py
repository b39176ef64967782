"""The first page: what a director, an insurer or a prosecutor has to know, in whole sentences."""

from __future__ import annotations

from collections.abc import Iterator

from controller.domain.probation import ProbationState
from controller.domain.proof import Proof
from controller.engine.incident.told import Act, Incident, Kind, RunTold
from controller.workers.reporting.standing import Standing
from controller.workers.reporting.words import Words

_TRIPPED = frozenset({ProbationState.TRIPPED, ProbationState.CUT_AGAIN})

_TOLD = 4
"""Cuts told one by one; of more, the rest is counted."""


def summary(found: Incident, standing: Standing, words: Words) -> tuple[str, ...]:
    return tuple(
        sentence
        for sentence in (
            *_cuts(found, words),
            *_proven(found, words),
            _kept(found, words),
            *_returns(found, words),
            _held(found, words),
            *_others(found, words),
            *_people(found, words),
            log_sentence(standing, words),
        )
        if sentence
    )


def _cuts(found: Incident, words: Words) -> Iterator[str]:
    if not found.cuts:
        yield words("no-cut")
    for run in found.cuts[:_TOLD]:
        at = run.decided.at
        said = words(
            "decided",
            day=words.day(at),
            time=words.time(at),
            who=words.who(run.decided.actor),
            what=words.run(run),
            reason=reason(run.decided, words),
        )
        yield f"{said} {_reached(run, words)}"
    if len(found.cuts) > _TOLD:
        yield words("more-cuts", count=len(found.cuts) - _TOLD)


def _reached(run: RunTold, words: Words) -> str:
    known = sum(number for proof, number in run.proofs.items() if proof.satisfies(Proof.CONFIRMED))
    total = max(run.planned, sum(run.proofs.values()))
    if not known or run.last_proof is None:
        return words("reached-none", total=total)
    return words(
        "reached",
        count=known,
        total=total,
        time=words.time(run.last_proof),
        after=words.lasted(run.decided.at, run.last_proof),
    )


def reason(act: Act, words: Words) -> str:
    said = " ".join(act.text.split())
    return words("reason", reason=said) if said else words("no-reason")


def _proven(found: Incident, words: Words) -> Iterator[str]:
    total = sum(found.points.values())
    if not total:
        return
    without = found.points.get(Proof.UNKNOWN, 0)
    parts = [
        words(f"best.{proof}", count=number)
        for proof in (Proof.PROVEN, Proof.CONFIRMED, Proof.CLAIMED)
        if (number := found.points.get(proof, 0))
    ]
    parts.append(words("best.without", count=without) if without else words("best.none-without"))
    subjects = len(found.subjects)
    yield words("in-all", count=total, subjects=subjects, parts=words.plain("list.semicolon").join(parts))


def _kept(found: Incident, words: Words) -> str:
    inventory = words.inventory
    cut = {each.subject for each in found.subjects}
    segments = inventory.segments.values() if inventory and found.cuts else ()
    kept = [each.name for each in segments if each.keep_alive and each.name not in cut]
    return words("kept-alive", subjects=words.subjects(kept)) if kept else ""


def _returns(found: Incident, words: Words) -> Iterator[str]:
    if not found.returns:
        if found.cuts:
            yield words("no-return")
        return
    first, last = found.returns[0].decided.at, max(r.ended_at or r.decided.at for r in found.returns)
    back = sum(run.let_go for run in found.returns)
    lacking = sum(lack.points for run in found.returns for lack in run.lacking)
    yield words(
        "returns",
        count=len(found.returns),
        span=words.span(first, last),
        points=words.points(back),
        who=_names(found, words),
    )
    if lacking:
        yield words("returns-lacking", count=lacking)


def _names(found: Incident, words: Words) -> str:
    named = dict.fromkeys(words.who(run.decided.actor) for run in found.returns)
    return ", ".join(named)


def _held(found: Incident, words: Words) -> str:
    held = sum(found.held.values())
    if held:
        subjects = [each.subject for each in found.subjects if each.held]
        return words("still-held", count=held, subjects=words.subjects(subjects))
    return words("nothing-held") if found.cuts or found.returns else ""


def _others(found: Incident, words: Words) -> Iterator[str]:
    """What is out of the ordinary, and that nothing else was."""
    overridden = sum(len(run.overridden) for run in found.runs)
    given = sum(len(each.given) for each in found.consents)
    tripped = sum(watched.state in _TRIPPED for run in found.returns for watched in run.watched.values())
    refused = sum(each.end == "denied" for each in found.consents)
    said = [
        words(f"extraordinary.{code}", count=count)
        for code, count in (
            ("overrides", overridden),
            ("glass", len(found.glass)),
            ("consents", given),
            ("refusals", refused),
            ("tripped", tripped),
            ("unrecorded", found.unrecorded),
            ("degraded", len(found.degraded)),
            ("clock", len(found.steps)),
        )
        if count
    ]
    if said:
        yield words("extraordinary.said", parts=words.plain("list.semicolon").join(said))
    missing = [
        words(f"extraordinary.no-{code}")
        for code, count in (
            ("overrides", overridden),
            ("glass", len(found.glass)),
            ("unrecorded", found.unrecorded),
        )
        if not count
    ]
    if missing:
        yield words("extraordinary.nothing", parts=", ".join(missing))


def _people(found: Incident, words: Words) -> Iterator[str]:
    notes = sum(line.kind is Kind.NOTE for line in found.lines)
    if notes:
        yield words("notes", count=notes)
    if found.undecided:
        yield words("undecided", count=len(found.undecided))


def log_sentence(standing: Standing, words: Words) -> str:
    if standing.problem:
        return words("log-bad")
    if not standing.signed:
        return words("log-unsigned", entries=standing.entries)
    return words("log-whole", entries=standing.entries, signed=standing.signed)
