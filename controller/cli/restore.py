"""``cordon restore``: shows what would come back and why, asks, brings it back, tells what is next."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.inventory import needed_by, serves_everybody

if TYPE_CHECKING:
    from controller.domain.inventory import Inventory
    from controller.domain.plan import Plan
    from controller.engine.holding.situation import SubjectSituation
    from controller.engine.planning.plans import Return

AcceptDrift = Annotated[list[str] | None, typer.Option("--accept-drift", help="help.accept-drift")]
KeepTheirs = Annotated[list[str] | None, typer.Option("--keep-theirs", help="help.keep-theirs")]


def restore(
    call: Call,
    *,
    next_wave: Annotated[bool, typer.Option("--next", "-n", help="help.return-next")] = False,
    segment: Annotated[list[str] | None, typer.Option("--segment", "-s", help="help.return-segment")] = None,
    conduit: Annotated[list[str] | None, typer.Option("--conduit", "-c", help="help.return-conduit")] = None,
    level: Annotated[int | None, typer.Option("--level", "-l", help="help.return-level")] = None,
    everything: Annotated[bool, typer.Option("--all", help="help.return-all")] = False,
    playbook: Annotated[str | None, typer.Option("--playbook", help="help.return-playbook")] = None,
    towards: Annotated[list[str] | None, typer.Option("--towards", help="help.return-towards")] = None,
    points: Annotated[list[str] | None, typer.Option("--points", help="help.return-points")] = None,
    accept_drift: AcceptDrift = None,
    keep_theirs: KeepTheirs = None,
    as_person: AsPerson = None,
) -> int:
    from controller.engine.planning.plans import Return

    subjects = (*(segment or ()), *(conduit or ()))
    chosen = (next_wave, bool(subjects), level is not None, everything, playbook is not None)
    if sum(chosen) != 1:
        raise InvalidRequest("choose-one", options="--next, --segment/--conduit, --level, --all, --playbook")
    wanted = Return(
        next_wave=next_wave,
        subjects=subjects,
        level=level,
        everything=everything,
        playbook=playbook,
        accept_drift=decisions(accept_drift, keep_theirs),
        towards=tuple(towards or ()),
        points=tuple(points or ()),
    )
    return carry_out_return(call, wanted, as_person=as_person)


def decisions(accept_drift: list[str] | None, keep_theirs: list[str] | None) -> frozenset[str]:
    """What a person decided of devices that somebody changed. Raises InvalidRequest for one decided twice."""
    from controller.domain.drift import keeping

    ours, theirs = set(accept_drift or ()), set(keep_theirs or ())
    for device in sorted(ours & theirs):
        raise InvalidRequest("drift-decided-twice", device=device)
    return frozenset(ours | {keeping(device) for device in theirs})


def option_of(decided: Collection[str]) -> str:
    """The option that made such a decision, which wants a reason; "" where none was made."""
    from controller.domain.drift import decided_on

    if not decided:
        return ""
    return "--accept-drift" if any(decided_on(each) == each for each in decided) else "--keep-theirs"


def carry_out_return(call: Call, wanted: Return, *, as_person: str | None = None) -> int:
    from controller.cli.consent import agree, reason_for
    from controller.cli.cost import cost_lines, plain_plan
    from controller.cli.signing import credentials
    from controller.cli.vaulting import devices_of, open_vault
    from controller.cli.verdict import report
    from controller.cli.watching import actor, carry_out
    from controller.domain.errors import Refused
    from controller.engine.execution.running import StopCause

    office = call.office
    inventory = office.documents().inventory
    plan = office.plan_return(wanted)
    if call.asked.dry_run:
        code = Exit.REFUSED if plan.refusals else Exit.DONE
        if call.out.as_json:
            why = {"why": plain_why(plan, inventory)} if wanted.next_wave else {}
            shown = {**plain_plan(plan, inventory, call.words), **why}
            call.out.object({"command": call.command, "dry_run": True, **shown, "exit": int(code)})
        else:
            call.out.say(*cost_lines(plan, inventory, call.words))
            call.out.say(*why_lines(call, wanted, plan, inventory), call.text("plan.nothing-sent"))
        return code
    if plan.refusals:
        raise Refused(plan.refusals)
    call.out.say(*cost_lines(plan, inventory, call.words))
    if not call.asked.yes:
        call.out.say(*why_lines(call, wanted, plan, inventory))
    reason = reason_for(call, needed_by=option_of(wanted.accept_drift))
    agree(call, plan.site)
    open_vault(call, inventory, devices_of(plan))
    shown_by = {"credentials": credentials(call, as_person)} if as_person else {}
    carried = carry_out(
        call, lambda watcher: office.restore(wanted, plan, reason, actor(), watcher, **shown_by)
    )
    following = _following(call)
    names = None if following is None else [each.subject.name for each in following]
    code = report(call, carried, next=names)
    if not call.out.as_json:
        tripped = carried.execution.ended.cause == StopCause.TRIPPED
        call.out.say(call.text("probation.tripwire-next") if tripped else _next_line(call, following))
    return code


def why_lines(call: Call, wanted: Return, plan: Plan, inventory: Inventory) -> list[str]:
    """Why the next wave is what it is; and what the gates of ``plan`` still want."""
    from controller.cli.gates import gate_lines

    lines = []
    for each in plain_why(plan, inventory) if wanted.next_wave else ():
        code = "serves" if each["serves"] else "after" if each["after"] else "first"
        names = ", ".join(each["after"])
        said = {"subject": each["subject"], "priority": each["priority"], "names": names}
        lines.append("  " + call.text(f"restore.why.{code}", **said))
    return [*lines, *gate_lines(call, plan)]


def plain_why(plan: Plan, inventory: Inventory) -> list[dict[str, Any]]:
    """``after``: what it depends on or needs; ``serves``: whether everybody lives on it."""
    known = [subject for name in plan.brought_back if (subject := inventory.subject(name)) is not None]
    return [
        {
            "subject": each.name,
            "priority": each.priority,
            "serves": serves_everybody(each),
            "after": list(needed_by(each)),
        }
        for each in known
    ]


def _following(call: Call) -> list[SubjectSituation] | None:
    """What the next wave would bring back; None where the situation cannot be read."""
    try:
        situation = call.office.situation()
    except CordonError:
        return None
    return [each for each in situation.subjects if each.wave == 1]


def _next_line(call: Call, following: list[SubjectSituation] | None) -> str:
    from controller.text.costs import title

    if following is None:
        return call.text("restore.unknown-left")
    if not following:
        return call.text("restore.nothing-left")
    shown: list[Any] = [title(each.subject, each.subject.name, call.words) for each in following]
    return call.text("restore.next", subjects=", ".join(shown))
