"""``cordon approvals``, ``approve``, ``countersign``: what waits for a second person, and their word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson
from controller.domain.errors import CordonError, InvalidRequest
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.engine.people.approvals import ApprovalShown, Unsigned
    from controller.engine.people.breakglass import Glass


def approvals(
    call: Call,
    request: Annotated[str | None, typer.Argument(help="help.request")] = None,
    every: Annotated[bool, typer.Option("--every", help="help.every-request")] = False,
    commands: Annotated[bool, typer.Option("--commands", help="help.commands")] = False,
) -> int:
    book = call.office.access().approvals
    found = (book.request(request),) if request else book.requests(every=every)
    unsigned = () if request else book.unsigned()
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "requests": [plain_request(each) for each in found],
                "to_countersign": [plain_unsigned(each) for each in unsigned],
                "exit": 0,
            }
        )
        return Exit.DONE
    if not found and not unsigned:
        call.out.say(call.text("approvals.none"))
    for each in found:
        call.out.say(*request_lines(call, each))
    if request:
        call.out.say(*_what(call, found[0], commands=commands))
    call.out.say(*unsigned_lines(call, unsigned))
    return Exit.DONE


def approve(
    call: Call,
    request: Annotated[list[str], typer.Argument(help="help.requests")],
    as_person: AsPerson = None,
    deny: Annotated[bool, typer.Option("--deny", help="help.deny")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="help.cancel")] = False,
) -> int:
    """Shows what would be done, then takes the word of the person named by ``--as``: once for all."""
    from controller.cli.consent import agree
    from controller.cli.signing import credentials

    if deny and cancel:
        raise InvalidRequest("choose-one", options="--deny, --cancel")
    if not as_person:
        raise InvalidRequest("who-consents")
    if len(request) > 1 and (deny or cancel):
        raise InvalidRequest("one-at-a-time", option="--deny" if deny else "--cancel")
    book = call.office.access().approvals
    asked = [book.request(each) for each in dict.fromkeys(request)]
    for each in asked:
        call.out.say(*request_lines(call, each), *_what(call, each, commands=False))
    if call.asked.dry_run:
        return Exit.DONE
    if not (deny or cancel):
        agree(call, asked[0].site)
    shown = {"credentials": credentials(call, as_person)}
    done: tuple[ApprovalShown, ...]
    if deny:
        reason = call.asked.reason or ""
        done = (call.office.ask_accounts("deny", request=asked[0].id, reason=reason, **shown),)
    elif cancel:
        done = (call.office.ask_accounts("cancel", request=asked[0].id, **shown),)
    else:
        signed = tuple((each.id, each.plan) for each in asked)
        done = call.office.ask_accounts("approve_each", requests=signed, **shown)
    if call.out.as_json:
        each_of = {"requests": [plain_request(each) for each in done]} if len(done) > 1 else {}
        call.out.object({"command": call.command, "request": plain_request(done[0]), **each_of, "exit": 0})
        return Exit.DONE
    use = "deny" if deny else "cancel" if cancel else "approve"
    for each in done:
        said = "approvals.ready" if each.ready else f"approvals.{use}"
        left = each.needed - len(each.given)
        call.out.say(call.text(said, request=each.id, requester=each.requester_name, left=left))
    return Exit.DONE


def countersign(
    call: Call, run: Annotated[str, typer.Argument(help="help.run-id")], as_person: AsPerson = None
) -> int:
    from controller.cli.runs import run_line
    from controller.cli.signing import credentials

    if not as_person:
        raise InvalidRequest("who-consents")
    record, _, _ = call.office.run(run)
    call.out.say(run_line(record, call.words))
    if not call.asked.dry_run:
        call.office.ask_accounts("countersign", run=record.run, credentials=credentials(call, as_person))
    if call.out.as_json:
        call.out.object({"command": call.command, "run": record.run, "by": as_person, "exit": 0})
    elif not call.asked.dry_run:
        call.out.say(call.text("approvals.countersigned", run=record.run, name=as_person))
    return Exit.DONE


# --- for these commands and for status ---------------------------------------------------------------


def request_lines(call: Call, each: ApprovalShown) -> Iterator[str]:
    names = ", ".join(name for _, name in each.given) or "—"
    yield call.text(
        "approvals.request",
        request=each.id,
        cause=call.text(f"request-cause.{each.cause}"),
        playbook=each.playbook,
        site=each.site,
        requester=each.requester_name or each.requester,
        at=moment(each.opened_at.astimezone()),
        state=call.text(f"request.{each.state}"),
    )
    yield "  " + call.text("approvals.given", names=names, given=len(each.given), needed=each.needed)
    if each.roles:
        yield "  " + call.text("approvals.roles", roles=", ".join(each.roles))
    if each.reason:
        yield f"  « {each.reason} »"
    if each.accept_drift:
        yield "  " + call.text("approvals.drift", devices=", ".join(each.accept_drift))


def unsigned_lines(call: Call, found: tuple[Unsigned, ...]) -> Iterator[str]:
    for each in found:
        at = moment(each.opened_at.astimezone())
        yield call.text("approvals.to-countersign", run=each.run, actor=each.actor, at=at)


def plain_request(each: ApprovalShown) -> dict[str, Any]:
    return {
        "id": each.id,
        "site": each.site,
        "action": each.action.value,
        "playbook": each.playbook,
        "plan": each.plan,
        "revision": each.revision,
        "accept_drift": list(each.accept_drift),
        "cause": each.cause.value,
        "requester": {"id": each.requester, "name": each.requester_name},
        "reason": each.reason,
        "needed": each.needed,
        "roles": list(each.roles),
        "given": [{"id": person, "name": name} for person, name in each.given],
        "state": each.state.value,
        "opened_at": each.opened_at.isoformat(),
        "run": each.run,
        "ready": each.ready,
    }


def plain_unsigned(each: Unsigned) -> dict[str, Any]:
    return {"run": each.run, "actor": each.actor, "opened_at": each.opened_at.isoformat()}


def second_persons(call: Call) -> tuple[list[str], dict[str, Any]]:
    """What status says of two persons and of the break-glass code, as lines and plain: nothing in a home
    without either. Accounts that cannot be read keep nobody from seeing what is cut."""
    from controller.cli.keys import glass_line, plain_glass

    try:
        access = call.office.access()
        waiting, unsigned = access.approvals.requests(), access.approvals.unsigned()
        glass: Glass = access.glass.glass()
    except CordonError as error:
        from controller.text.sentences import sentence

        return [sentence(error, call.words)], {"accounts": None}
    lines = [line for each in waiting for line in request_lines(call, each)]
    lines += unsigned_lines(call, unsigned)
    if glass.broken_at is not None:
        lines.append(glass_line(call, glass))
    return lines, {
        "approvals": [plain_request(each) for each in waiting],
        "to_countersign": [plain_unsigned(each) for each in unsigned],
        "break_glass": plain_glass(glass),
    }


def _what(call: Call, asked: ApprovalShown, *, commands: bool) -> Iterator[str]:
    """What is signed, from the plan on record."""
    from controller.cli.cost import cost_lines, wave_lines

    plan = call.office.stored_plan(asked.revision)
    if commands:
        yield from wave_lines(plan, call.words, commands=True)
    yield from cost_lines(plan, call.office.documents_in_force().inventory, call.words)
    yield call.text("approvals.signs", hash=asked.plan)
