"""Decisions and restorations: each run with who took it, on whose word, and what it achieved."""

from __future__ import annotations

from collections.abc import Iterator

from controller.domain.plan import Hazard
from controller.domain.playbook import Action, Gate
from controller.engine.incident.told import Act, Consent, GateTold, Incident, RunTold, Watched, Word
from controller.paper.report import Block, Facts, Part, Points, Sub
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.workers.reporting.summary import reason
from controller.workers.reporting.words import Words, grouped

_LACKS_NAMED = 8


def decisions(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("decisions.intro")]
    if not found.cuts:
        blocks.append(words("no-cut"))
    for number, run in enumerate(found.cuts, start=1):
        blocks += [Sub(f"{number}. {capital(words.run(run))}"), Facts(tuple(_run(run, found, words)))]
    unused = [each for each in found.consents if not each.run]
    if unused:
        texts = tuple(" ".join(consent(each, words).splitlines()) for each in unused)
        blocks += [Sub(words("decisions.unused")), Points(texts)]
    if found.glass:
        blocks += [Sub(words("decisions.glass")), Points(tuple(_glass(each, words) for each in found.glass))]
    return Part(words("title.decisions"), tuple(blocks))


def returns(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("returns.intro")]
    if not found.returns:
        blocks.append(words("no-return"))
    for number, run in enumerate(found.returns, start=1):
        blocks += [Sub(f"{number}. {capital(words.run(run))}"), Facts(tuple(_run(run, found, words)))]
    return Part(words("title.returns"), tuple(blocks))


# --- one run -------------------------------------------------------------------------------------------


def _run(run: RunTold, found: Incident, words: Words) -> Iterator[tuple[str, str]]:
    decided = run.decided
    yield words("row.when"), words("row.when-said", moment=words.moment(decided.at), seq=decided.seq)
    yield words("row.who"), words.who(decided.actor)
    yield words("row.why"), reason(decided, words)
    if run.subjects:
        what = words.subjects(run.subjects, most=40)
        devices = words.plain("count.devices", count=run.devices)
        said = words("row.what-said", what=what, points=words.points(run.planned), devices=devices)
        yield words("row.what"), said
    plan = grouped(run.plan)
    yield words("row.plan"), words("row.plan-said", playbook=run.playbook, hash=plan, run=run.run)
    for label, acts in (("joined", run.joined), ("resumed", run.resumed), ("aborted", run.aborted)):
        for act in acts:
            yield words(f"row.{label}"), acted(act, words)
    yield words("row.consent"), _consents(run, found, words)
    if run.gates:
        yield words("row.conditions"), "\n".join(_gate(gate, words) for gate in run.gates)
    if run.words:
        yield words("row.words"), "\n".join(_word(word, words) for word in run.words)
    if run.checked:
        yield words("row.gates"), "\n".join(_checked(gate, words) for gate in run.checked)
    if run.overridden:
        yield words("row.overridden"), "\n".join(_override(each, words) for each in run.overridden)
    if run.glass:
        yield words("row.glass"), _glass(run.glass, words)
    if run.lapse:
        yield words("row.lapse"), words("row.lapse-said", **dict(run.lapse))
    yield words("row.result"), _result(run, words)
    if run.watched:
        yield words("row.watched"), "\n".join(_watched(each, words) for each in run.watched.values())
    if run.claimed:
        yield words("row.claimed"), "\n".join(acted(act, words) for act in run.claimed)


def _override(hazard: Hazard, words: Words) -> str:
    data = dict(hazard.data)
    culprit = words.subject(hazard.culprit)
    return words(
        f"override.{hazard.code}", **{"some": "", "also": "", "lost": "", **data, "culprit": culprit}
    )


def _word(word: Word, words: Words) -> str:
    code = ("statement" if word.given else "taken-back") if word.statement else "go" if word.go else "no-go"
    dated = words("word.dated", day=word.dated) if word.dated else ""
    return words(
        f"word.{code}",
        subject=words.subject(word.subject),
        statement=word.statement,
        dated=dated,
        act=acted(word.act, words),
    )


def _checked(gate: GateTold, words: Words) -> str:
    return words(
        "gate.passed" if gate.passed else "gate.closed",
        subject=words.subject(gate.subject),
        wave=gate.wave + 1,
        time=words.stamp(gate.at),
        seq=gate.seq,
        wants=words.wants(gate.wants),
    )


def _watched(watched: Watched, words: Words) -> str:
    return words(
        "watched",
        subject=words.subject(watched.subject),
        state=words.plain(f"probation-state.{watched.state}"),
        time=words.stamp(watched.at),
        seq=watched.seq,
    )


def _consents(run: RunTold, found: Incident, words: Words) -> str:
    if run.consents:
        return "\n".join(consent(each, words) for each in run.consents)
    if run.countersigned is not None:
        return words("countersigned", act=acted(run.countersigned, words))
    if run.action is Action.ISOLATE and has_accounts(found):
        return words("not-countersigned")
    return words("no-consent")


def has_accounts(found: Incident) -> bool:
    return bool(found.consents) or any(person.id.startswith("user:") for person in found.persons)


def consent(found: Consent, words: Words) -> str:
    said = []
    if found.asked is not None:
        said.append(words("consent.asked", act=acted(found.asked, words)))
        cause = f"consent.cause-{found.cause}"
        if found.cause in ("override", "gate"):
            said.append(words(cause, count=int(found.needed) if found.needed.isdigit() else 1))
    said += [words("consent.given", act=acted(act, words)) for act in found.given]
    if found.ended is not None:
        known = ("used", "denied", "cancelled", "lapsed")
        code = found.end if found.end in known else "other"
        said.append(words(f"consent.{code}", act=acted(found.ended, words), run=found.run))
    else:
        said.append(words("consent.open"))
    return "\n".join(said)


def acted(act: Act, words: Words) -> str:
    text = " ".join(act.text.split())
    said = words("act", who=words.who(act.actor), moment=words.moment(act.at), seq=act.seq)
    return words("act-saying", act=said, text=text) if text else said


def _glass(act: Act, words: Words) -> str:
    return words("glass", number=act.number, act=acted(act, words))


def _gate(gate: Gate, words: Words) -> str:
    parts = []
    if gate.approvals:
        parts.append(words("gate.approvals", count=gate.approvals))
    if gate.roles:
        roles = ", ".join(words.plain(f"role.{role}") for role in gate.roles)
        parts.append(words("gate.roles", roles=roles))
    if gate.attest:
        parts.append(words("gate.attest", statements=", ".join(gate.attest)))
    if gate.probes:
        parts.append(words("gate.probes"))
    for name, seconds in (("hold", gate.hold), ("watch", gate.watch)):
        if seconds:
            parts.append(words(f"gate.{name}", duration=duration(words.catalogue, seconds)))
    if gate.go:
        parts.append(words("gate.go"))
    return capital(words.plain("list.semicolon").join(parts))


def _result(run: RunTold, words: Words) -> str:
    state = words.plain(f"state.{run.state}")
    said = [
        words("result.ended", state=state, moment=words.moment(run.ended_at), seq=run.ended_seq)
        if run.ended_at
        else words("result.not-over", state=state)
    ]
    if run.cause:
        said.append(capital(cause_text(words.catalogue, run.cause)) + ".")
    if run.proofs:
        code = "result.cut" if run.action is Action.ISOLATE else "result.back"
        said.append(words(code, proofs=words.proofs(run.proofs.items())))
    if run.last_proof and run.first_proof:
        said.append(
            words(
                "result.between",
                times=words.between(run.first_proof, run.last_proof),
                after=words.lasted(run.decided.at, run.last_proof),
            )
        )
    if run.action is Action.RESTORE and not run.retired:
        said.append(words("result.let-go", points=words.points(run.let_go)))
    if run.retired:
        said.append(words("result.retired", points=words.points(run.retired)))
    if run.moved:
        said.append(words("result.moved", points=words.points(run.moved)))
    said += [
        words(
            "result.lack",
            device=lack.device,
            points=words.points(lack.points),
            proof=words.plain(f"proof.{lack.proof}"),
            why=cause_of(lack.cause, words),
        )
        for lack in run.lacking[:_LACKS_NAMED]
    ]
    if len(run.lacking) > _LACKS_NAMED:
        said.append(words("result.more-lacks", count=len(run.lacking) - _LACKS_NAMED))
    return "\n".join(said)


def cause_of(cause: str, words: Words) -> str:
    return cause_text(words.catalogue, cause) if cause else words("no-cause")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
