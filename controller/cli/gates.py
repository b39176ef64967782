"""``cordon gates`` and ``cordon attest``: what each return waits for and for whom; what persons say to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson
from controller.domain.errors import CordonError, InvalidRequest, NotFound

if TYPE_CHECKING:
    from controller.domain.facts import Attested
    from controller.domain.plan import Plan
    from controller.domain.playbook import Gate
    from controller.engine.holding.waiting import Waiting


def gates(
    call: Call,
    segment: Annotated[str | None, typer.Argument(help="help.gate-subject")] = None,
    playbook: Annotated[str | None, typer.Option("--playbook", help="help.return-playbook")] = None,
) -> int:
    if segment is not None:
        _check_known(call, segment)
    found = [each for each in call.office.gates(playbook) if segment in (None, each.subject)]
    if call.out.as_json:
        shown = [plain_waiting(call, each) for each in found]
        call.out.object({"command": call.command, "gates": shown, "exit": 0})
        return Exit.DONE
    if not found:
        call.out.say(call.text("gates.none"))
    for each in found:
        call.out.say(*_whole(call, each))
    return Exit.DONE


def attest(
    call: Call,
    segment: Annotated[str, typer.Argument(help="help.gate-subject")],
    statement: Annotated[str | None, typer.Argument(help="help.statement")] = None,
    *,
    as_person: AsPerson = None,
    dated: Annotated[str | None, typer.Option("--dated", help="help.statement-dated")] = None,
    attach: Annotated[Path | None, typer.Option("--attach", help="help.statement-attach")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="help.statement-withdraw")] = False,
    go: Annotated[bool, typer.Option("--go", help="help.gate-go")] = False,
    no_go: Annotated[bool, typer.Option("--no-go", help="help.gate-no-go")] = False,
) -> int:
    """A statement that a gate asks for, with ``--reason`` as its text; or a go or no-go."""
    if sum((statement is not None, go, no_go)) != 1:
        raise InvalidRequest("choose-one", options="STATEMENT, --go, --no-go")
    if not as_person:
        raise InvalidRequest("who-consents")
    _check_known(call, segment)
    word = "go" if go else "no-go" if no_go else "withdrawn" if withdraw else "stated"
    if not call.asked.dry_run:
        _say(call, as_person, word, segment, statement or "", dated or "", attach)
    waiting = [each for each in call.office.gates() if each.subject == segment]
    if call.out.as_json:
        shown = [plain_waiting(call, each) for each in waiting]
        about = {"segment": segment, "statement": statement, "word": word, "by": as_person}
        recorded = {"recorded": not call.asked.dry_run}
        call.out.object({"command": call.command, **about, **recorded, "gates": shown, "exit": 0})
        return Exit.DONE
    if not call.asked.dry_run:
        call.out.say(call.text(f"gates.{word}", statement=statement or "", subject=segment, name=as_person))
    for each in waiting:
        call.out.say(*_whole(call, each))
    return Exit.DONE


def _say(
    call: Call, person: str, word: str, segment: str, statement: str, dated: str, attach: Path | None
) -> None:
    from controller.cli.signing import credentials
    from controller.engine.people.statements import Statement

    text = (call.asked.reason or "").strip()
    site = call.office.documents_in_force().inventory.site
    shown = {"site": site, "credentials": credentials(call, person)}
    if word == "withdrawn":
        call.office.ask_accounts("withdraw", subject=segment, name=statement, reason=text, **shown)
    elif word == "stated":
        kept = call.office.attach(attach) if attach is not None else None
        stated = Statement(segment, statement, text, dated, kept)
        call.office.ask_accounts("attest", statement=stated, **shown)
    else:
        call.office.ask_accounts("decide", subject=segment, reason=text, go=word == "go", **shown)


# --- for these commands, for status and for the end of a restore ---------------------------------------


def gate_lines(call: Call, plan: Plan) -> list[str]:
    """What the subjects of ``plan`` wait for that are still held."""
    names = {each.subject for each in plan.conditions}
    return [line for each in _found(call) if each.subject in names for line in waiting_lines(call, each)]


def all_waiting(call: Call) -> tuple[list[str], list[dict[str, Any]]]:
    """For status, as lines and plain; nothing where nobody can tell."""
    found = _found(call)
    lines = [line for each in found for line in waiting_lines(call, each)]
    return [call.text("gates.title"), *lines] if lines else [], [plain_waiting(call, each) for each in found]


def waiting_lines(call: Call, each: Waiting) -> Iterator[str]:
    """What is missing; or that nothing is."""
    from controller.text.sentences import hazard_text

    for want in each.wants:
        yield "  " + hazard_text(want, call.words)
    if not each.wants:
        yield "  " + call.text("gates.probes-then" if each.probes else "gates.open", subject=each.subject)


def plain_waiting(call: Call, each: Waiting) -> dict[str, Any]:
    from controller.text.sentences import plain_hazard

    names = _names(call, each)
    return {
        "subject": each.subject,
        "open": not each.wants,
        "gates": [plain_gate(gate) for gate in each.gates],
        "wants": [plain_hazard(want, call.words) for want in each.wants],
        "attested": [_plain_fact(fact, names) for fact in each.attested],
        "unheard": [_plain_fact(fact, names) for fact in each.unheard],
        "go": list(each.go),
        "no_go": list(each.no_go),
        "plan": each.plan,
        "request": each.request,
    }


def _plain_fact(fact: Attested, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": fact.attestation,
        "statement": fact.statement,
        "by": {"id": fact.person, "name": names.get(fact.person, "")},
        "dated": fact.dated,
        "attachment": fact.attachment,
    }


def plain_gate(gate: Gate) -> dict[str, Any]:
    return {
        "approvals": gate.approvals,
        "roles": list(gate.roles),
        "attest": list(gate.attest),
        "probes": gate.probes,
        "go": gate.go,
        "hold": gate.hold,
        "watch": gate.watch,
    }


def _whole(call: Call, each: Waiting) -> Iterator[str]:
    names = _names(call, each)
    yield call.text("gates.of", subject=each.subject)
    for fact in each.attested:
        more = ", ".join(part for part in (fact.dated, fact.attachment[:16]) if part)
        said = {"statement": fact.statement, "name": names.get(fact.person, fact.person)}
        yield "  " + call.text("gates.attested", **said) + (f" ({more})" if more else "")
    for fact in each.unheard:
        said = {"statement": fact.statement, "name": names.get(fact.person, fact.person)}
        yield "  " + call.text("gates.unheard", **said)
    for person in each.go:
        yield "  " + call.text("gates.said-go", name=names.get(person, person))
    yield from waiting_lines(call, each)


def _found(call: Call) -> tuple[Waiting, ...]:
    try:
        return call.office.gates()
    except CordonError:
        return ()


def _names(call: Call, each: Waiting) -> dict[str, str]:
    """By id; what cannot be read stays an id."""
    if not (each.attested or each.unheard or each.go or each.no_go):
        return {}
    try:
        return {user.id: user.name for user in call.office.access().users.users()}
    except CordonError:
        return {}


def _check_known(call: Call, name: str) -> None:
    if call.office.documents_in_force().inventory.subject(name) is None:
        raise NotFound(kind="subject", name=name)
