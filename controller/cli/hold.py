"""``cordon hold``: holds that outlive their points, moved to new ones or ended without a return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.isolate import Overrides
from controller.cli.signing import AsPerson
from controller.domain.errors import InvalidRequest
from controller.text.sentences import cause_text

if TYPE_CHECKING:
    from controller.domain.inventory import PointId
    from controller.engine.planning.transfer import Transferral
    from controller.engine.readiness.newpoints import NewPoint
    from controller.workers.moving import Transferred

OldDevice = Annotated[str, typer.Argument(help="help.hold-old")]
NewDevice = Annotated[str, typer.Argument(help="help.hold-new")]
Ports = Annotated[list[str] | None, typer.Option("--port", help="help.hold-port")]
AsFound = Annotated[bool, typer.Option("--as-found", help="help.hold-as-found")]
Segments = Annotated[list[str], typer.Argument(help="help.hold-segments")]
OnlyDevice = Annotated[list[str] | None, typer.Option("--device", help="help.hold-device")]


def transfer(
    call: Call,
    device: OldDevice,
    to: NewDevice,
    *,
    port: Ports = None,
    as_found: AsFound = False,
    override: Overrides = None,
    as_person: AsPerson = None,
) -> int:
    """Shows what moves where and what the new points are now; then cuts them, and only then lets go."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.errors import hazard_lines
    from controller.cli.signing import credentials
    from controller.cli.vaulting import devices_of, open_vault
    from controller.cli.watching import actor, watch
    from controller.domain.errors import Refused
    from controller.engine.planning.transfer import Transfer
    from controller.engine.readiness.newpoints import unread

    wanted = Transfer(device, to, port_pairs(port or ()), as_found, frozenset(override or ()))
    transfers = call.office.transfers()
    found = transfers.plan(wanted)
    if refusals := [each for one in found for each in one.plan.refusals]:
        raise Refused(refusals)
    plans = [each.plan for each in found]
    inventory = call.office.documents().inventory
    open_vault(call, inventory, [name for plan in plans for name in devices_of(plan)])
    points = transfers.look(found)
    silent = unread(points)
    call.out.say(*_point_lines(call, points))
    if silent:
        raise Refused(silent)
    if call.asked.dry_run:
        if call.out.as_json:
            shown = {"dry_run": True, "plans": [plan.hash for plan in plans], "points": _plain(points)}
            call.out.object({"command": call.command, **shown, "exit": 0})
        else:
            call.out.say(call.text("plan.nothing-sent"))
        return Exit.DONE
    call.out.say(*hazard_lines([each for plan in plans for each in plan.hazards], call.words))
    reason = reason_for(call, needed_by="hold transfer")
    agree(call, inventory.site)
    shown_by: dict[str, Any] = {"credentials": credentials(call, as_person)} if as_person else {}
    watched = watch(
        call, lambda watcher: transfers.carry_out(wanted, found, reason, actor(), watcher, **shown_by)
    )
    return _transferred(call, watched.result, found)


def retire(call: Call, segment: Segments, *, device: OnlyDevice = None, as_person: AsPerson = None) -> int:
    """Ends holds without bringing anything back. Asked twice: once others consented, it is done."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.cost import cost_lines
    from controller.cli.signing import credentials
    from controller.cli.watching import actor, carry_out
    from controller.domain.errors import Refused
    from controller.engine.planning.plans import Return

    wanted = Return(subjects=tuple(segment), retire=True, devices=tuple(device or ()))
    plan = call.office.plan_return(wanted)
    if plan.refusals:
        raise Refused(plan.refusals)
    lines = cost_lines(plan, call.office.documents().inventory, call.words)
    ends = [{**_plain_point(point), "subject": name} for _, name, point in plan.ends]
    if call.asked.dry_run:
        if call.out.as_json:
            call.out.object(
                {"command": call.command, "dry_run": True, "plan": plan.hash, "ends": ends, "exit": 0}
            )
        else:
            call.out.say(*lines, call.text("plan.nothing-sent"))
        return Exit.DONE
    if not as_person:
        raise InvalidRequest("who-consents")
    call.out.say(*lines)
    reason = reason_for(call, needed_by="hold retire")
    agree(call, plan.site)
    shown = credentials(call, as_person)
    carried = carry_out(
        call, lambda watcher: call.office.restore(wanted, plan, reason, actor(), watcher, credentials=shown)
    )
    ended = carried.execution.ended
    code = Exit.DONE if ended.state.value == "finished" else Exit.UNPROVEN
    if call.out.as_json:
        about = {"run": carried.execution.run, "plan": plan.hash, "state": ended.state.value}
        call.out.object({"command": call.command, **about, "ends": ends, "exit": int(code)})
    elif code is Exit.DONE:
        call.out.say(call.text("hold.retired", count=len(plan.ends), run=carried.execution.run))
    else:
        call.out.say(call.text("hold.not-retired", why=cause_text(call.words, ended.cause)))
    return code


def port_pairs(ports: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Of ``OLD=NEW`` each. Raises InvalidRequest."""
    found = []
    for each in ports:
        old, sign, new = each.partition("=")
        if not (old and sign and new):
            raise InvalidRequest("port-pair", value=each)
        found.append((old, new))
    return tuple(found)


def _transferred(call: Call, done: Transferred, found: Sequence[Transferral]) -> int:
    from controller.cli.verdict import errand_lines, plain_errand

    code = Exit.UNPROVEN if done.kept else Exit.DONE
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "runs": list(done.runs),
                "plans": [each.plan.hash for each in found],
                "moved": [_plain_pair(*pair) for pair in done.moved],
                "kept": [_plain_pair(*pair) for pair in done.kept],
                "unproven": [plain_errand(each, call.words) for each in done.errands],
                "degraded": done.degraded,
                "exit": int(code),
            }
        )
        return code
    for old, new in done.moved:
        call.out.say(call.text("hold.moved", old=old, new=new))
    for old, new in done.kept:
        call.out.say(call.text("hold.kept", old=old, new=new))
    call.out.say(*errand_lines(done.errands, call.office.documents().inventory, call.words))
    return code


def _point_lines(call: Call, points: Sequence[NewPoint]) -> Iterator[str]:
    """Point by point: what it is now, and what it returns to."""
    yield call.text("hold.moves", count=len(points))
    for each in points:
        yield f"  {each.old} → {each.new}  ({', '.join(each.subjects)})"
        if each.now is None:
            yield "      " + call.text("hold.unread", why=cause_text(call.words, each.cause))
        else:
            yield "      " + call.text("hold.now", state=_state(each.now))
        if each.returns_to is None:
            yield "      " + call.text("hold.returns-as-found")
        else:
            yield "      " + call.text("hold.returns-to", state=_state(each.returns_to))
        if each.differs:
            yield "      " + call.text("hold.differs", fields=", ".join(each.differs))


def _state(state: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(state.items()))


def _plain(points: Iterable[NewPoint]) -> list[dict[str, Any]]:
    return [
        {
            **_plain_pair(each.old, each.new),
            "subjects": list(each.subjects),
            "now": dict(each.now) if each.now is not None else None,
            "returns_to": dict(each.returns_to) if each.returns_to is not None else None,
            "differs": list(each.differs),
            "cause": each.cause,
        }
        for each in points
    ]


def _plain_pair(old: PointId, new: PointId) -> dict[str, Any]:
    return {"old": _plain_point(old), "new": _plain_point(new)}


def _plain_point(point: PointId) -> dict[str, Any]:
    return {"device": point.device, "object": point.object, "vlan": point.vlan}
