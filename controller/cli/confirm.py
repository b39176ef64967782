"""``cordon confirm``: a person says that they did a step of the walk-list, or that they did not after all."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest
from controller.domain.proof import Proof
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.engine.execution.handwork import HandWork, Located


def confirm(
    call: Call,
    code: Annotated[str, typer.Argument(help="help.code")],
    by: Annotated[str | None, typer.Option("--by", help="help.by")] = None,
    at: Annotated[str | None, typer.Option("--at", help="help.at")] = None,
    run: Annotated[str | None, typer.Option("--run", help="help.run-id")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="help.withdraw")] = False,
) -> int:
    from controller.cli.watching import actor
    from controller.engine.execution.handwork import HandWork, as_code

    who = actor()
    work = HandWork(
        code=as_code(code),
        by=(by or "").strip() or str(who.name) or who.id,
        reason=(call.asked.reason or "").strip(),
        at=moment_of(at, datetime.now().astimezone()) if at else None,
        withdraw=withdraw,
        run=run or "",
    )
    located = call.office.locate(work.code, work.run)
    if call.asked.dry_run:
        return _told(call, located, work, call.text("plan.nothing-sent"))
    seq = call.office.confirm(work, who)
    said = call.text(
        f"confirm.{'withdrawn' if withdraw else located.plan.action.value}",
        code=located.code,
        point=located.result.step.point.id,
        by=work.by,
        at=moment(work.at or datetime.now().astimezone()),
    )
    return _told(call, located, work, said, seq=seq)


def _told(call: Call, located: Located, work: HandWork, said: str, seq: int | None = None) -> int:
    record, _, errands = call.office.run(located.record.run)
    left = sum(1 for errand in errands if errand.proof is not Proof.CLAIMED)
    if call.out.as_json:
        point = located.result.step.point.id
        call.out.object(
            {
                "command": call.command,
                "code": located.code,
                "run": record.run,
                "device": point.device,
                "object": point.object,
                "vlan": point.vlan,
                "by": work.by,
                "at": work.at.isoformat() if work.at else None,
                "withdrawn": work.withdraw,
                "dry_run": call.asked.dry_run,
                "seq": seq,
                "left": left,
                "exit": 0,
            }
        )
    else:
        call.out.say(said, call.text("confirm.left", count=left, run=record.run))
    return Exit.DONE


def moment_of(said: str, now: datetime) -> datetime:
    """``03:20`` is the last time it was so by the clock of this place; otherwise a date with its time.
    Raises InvalidRequest."""
    try:
        if len(said) <= len("03:20:00"):
            then = datetime.combine(now.date(), _clock(said), now.tzinfo)
            return then if then <= now else then - timedelta(days=1)
        found = datetime.fromisoformat(said)
    except ValueError:
        raise InvalidRequest("time-expected", value=said) from None
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _clock(said: str) -> time:
    return datetime.strptime(said, "%H:%M").replace(tzinfo=UTC).time()
