"""``cordon user sessions|token|tokens|break-glass``: what opens the door, listed, made and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.engine.people.accounts import SessionShown, TokenMade, TokenShown
    from controller.engine.people.breakglass import Glass, Sealed
    from controller.engine.people.roles import Permission

Whose = Annotated[str | None, typer.Argument(help="help.whose")]
Revoke = Annotated[str | None, typer.Option("--revoke", help="help.revoke")]


def sessions(call: Call, name: Whose = None, revoke: Revoke = None) -> int:
    from controller.cli.watching import actor

    if revoke:
        call.office.ask_accounts("revoke_session", session=revoke, actor=actor())
        return _told(call, call.text("user.session-revoked", id=revoke), revoked=revoke)
    access = call.office.access()
    found = access.sign_in.sessions(access.users.user(name).id if name else None)
    if call.out.as_json:
        return _told(call, sessions=[_plain_session(each) for each in found])
    if not found:
        call.out.say(call.text("user.no-sessions"))
    for each in found:
        since, seen = moment(each.opened_at.astimezone()), moment(each.seen_at.astimezone())
        shown = {"id": each.id, "name": each.name, "source": each.source, "since": since, "seen": seen}
        call.out.say(call.text("user.session", **shown))
    return Exit.DONE


def token(
    call: Call,
    name: Annotated[str, typer.Argument(help="help.user-name")],
    label: Annotated[str, typer.Option("--label", help="help.token-label")] = "",
    scope: Annotated[list[str] | None, typer.Option("--scope", help="help.token-scope")] = None,
    days: Annotated[int, typer.Option("--days", help="help.token-days")] = 90,
) -> int:
    from controller.cli.watching import actor

    made: TokenMade = call.office.ask_accounts(
        "issue_token", user=name, label=label, scope=_permissions(scope), days=days, actor=actor()
    )
    if call.out.as_json:
        return _told(call, token=made.secret, **_plain_token(made.shown))
    until = moment(made.shown.expires_at.astimezone())
    call.out.say(call.text("user.token-made", id=made.shown.id, until=until), f"  {made.secret}")
    call.out.say(call.text("user.token-once"))
    return Exit.DONE


def tokens(call: Call, name: Whose = None, revoke: Revoke = None) -> int:
    from controller.cli.watching import actor

    if revoke:
        call.office.ask_accounts("revoke_token", token=revoke, actor=actor())
        return _told(call, call.text("user.token-revoked", id=revoke), revoked=revoke)
    found = call.office.access().users.tokens(name)
    if call.out.as_json:
        return _told(call, tokens=[_plain_token(each) for each in found])
    if not found:
        call.out.say(call.text("user.no-tokens"))
    for each in found:
        used = moment(each.used_at.astimezone()) if each.used_at else "—"
        until = moment(each.expires_at.astimezone())
        parts = (each.id, each.user, each.label, ", ".join(each.scope))
        call.out.say("  ".join(parts), "  " + call.text("user.token-times", until=until, used=used))
    return Exit.DONE


def break_glass(
    call: Call,
    print_code: Annotated[bool, typer.Option("--print", help="help.print-break-glass")] = False,
) -> int:
    """``user break-glass``: how it stands; with ``--print`` a new code, the one before is void."""
    from controller.cli.watching import actor

    if not print_code:
        glass = call.office.access().glass.glass()
        return _told(call, glass_line(call, glass), break_glass=plain_glass(glass))
    sealed: Sealed = call.office.ask_accounts("seal", actor=actor())
    at = moment(sealed.sealed_at.astimezone())
    said = (
        call.text("glass.sheet", number=sealed.number, at=at),
        "",
        f"    {sealed.code}",
        "",
        call.text("glass.sheet-how"),
    )
    return _told(call, *said, code=sealed.code, number=sealed.number, sealed_at=sealed.sealed_at.isoformat())


def glass_line(call: Call, glass: Glass) -> str:
    if glass.number == 0 or glass.sealed_at is None:
        return call.text("glass.never")
    if glass.broken_at is not None:
        at = moment(glass.broken_at.astimezone())
        return call.text("glass.broken", number=glass.number, at=at, by=glass.broken_by)
    return call.text("glass.sealed", number=glass.number, at=moment(glass.sealed_at.astimezone()))


def plain_glass(glass: Glass) -> dict[str, Any]:
    return {
        "number": glass.number,
        "sealed": glass.sealed,
        "sealed_at": glass.sealed_at.isoformat() if glass.sealed_at else None,
        "broken_at": glass.broken_at.isoformat() if glass.broken_at else None,
        "broken_by": glass.broken_by,
    }


def _permissions(scope: list[str] | None) -> tuple[Permission, ...]:
    from controller.engine.people.roles import Permission

    known = [permission.value for permission in Permission]
    for said in scope or ():
        if said not in known:
            raise InvalidRequest("permission-unknown", permission=said, known=", ".join(known))
    return tuple(Permission(said) for said in scope or ())


def _plain_session(each: SessionShown) -> dict[str, Any]:
    return {
        "id": each.id,
        "user": each.user,
        "name": each.name,
        "source": each.source,
        "opened_at": each.opened_at.isoformat(),
        "seen_at": each.seen_at.isoformat(),
    }


def _plain_token(each: TokenShown) -> dict[str, Any]:
    return {
        "id": each.id,
        "user": each.user,
        "label": each.label,
        "scope": [permission.value for permission in each.scope],
        "created_at": each.created_at.isoformat(),
        "expires_at": each.expires_at.isoformat(),
        "used_at": each.used_at.isoformat() if each.used_at else None,
    }


def _told(call: Call, *lines: str, **shown: Any) -> int:
    if call.out.as_json:
        call.out.object({"command": call.command, **shown, "exit": 0})
    else:
        call.out.say(*lines)
    return Exit.DONE
