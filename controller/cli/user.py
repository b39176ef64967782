"""``cordon user``: accounts, from the console of the machine. Who may sit there answers for it: the log says
which account of the machine it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.engine.people.accounts import Factor, Grant, Invitation, User
    from controller.workers.accounting import Added

Name = Annotated[str, typer.Argument(help="help.user-name")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="help.role")]


def add(
    call: Call,
    name: Name,
    role: Roles = None,
    invite: Annotated[bool, typer.Option("--invite", help="help.user-by-invitation")] = False,
) -> int:
    from controller.cli.signing import new_password
    from controller.cli.watching import actor

    grants = _grants(role)
    if not grants:
        raise InvalidRequest("no-role")
    if invite:
        made: Invitation = call.office.ask_accounts("create", name=name, grants=grants, actor=actor())
        return _invited(call, made)
    password = new_password(call)
    added: Added = call.office.ask_accounts("add", name=name, grants=grants, password=password, actor=actor())
    if call.out.as_json:
        shown = {"user": plain_user(added.user), **_plain_factor(added.factor), "codes": list(added.codes)}
        return _object(call, **shown)
    call.out.say(call.text("user.added", name=added.user.name, roles=_said(added.user.grants, call)))
    _show_factor(call, added.factor)
    _show_codes(call, added.codes)
    return Exit.DONE


def listed(call: Call) -> int:
    """``user list``: accounts with their roles, and the state of the break-glass code."""
    from controller.cli.keys import glass_line, plain_glass

    access = call.office.access()
    users, glass = access.users.users(), access.glass.glass()
    if call.out.as_json:
        return _object(call, users=[plain_user(user) for user in users], break_glass=plain_glass(glass))
    if not users:
        call.out.say(call.text("user.none"))
    width = max((len(user.name) for user in users), default=0)
    for user in users:
        state = "disabled" if user.disabled else "ready" if user.enrolled else "invited"
        codes = call.text("user.codes-left", count=user.codes) if state == "ready" else ""
        parts = (user.id, user.name.ljust(width), call.text(f"user.{state}"), _said(user.grants, call), codes)
        call.out.say("  ".join(part for part in parts if part))
    call.out.say(glass_line(call, glass))
    return Exit.DONE


def roles(call: Call, name: Name, role: Roles = None) -> int:
    """Exactly the roles given, from now on; without any, shows them."""
    from controller.cli.watching import actor

    if role:
        user: User = call.office.ask_accounts("grant", user=name, grants=_grants(role), actor=actor())
    else:
        user = call.office.access().users.user(name)
    if call.out.as_json:
        return _object(call, user=plain_user(user))
    call.out.say(call.text("user.roles", name=user.name, roles=_said(user.grants, call)))
    return Exit.DONE


def invite(call: Call, name: Name) -> int:
    from controller.cli.watching import actor

    made: Invitation = call.office.ask_accounts("invite", user=name, actor=actor())
    return _invited(call, made)


def password(call: Call, name: Name) -> int:
    from controller.cli.signing import new_password
    from controller.cli.watching import actor

    user = call.office.access().users.user(name)
    chosen = new_password(call)
    call.office.ask_accounts("set_password", user=user.id, password=chosen, actor=actor())
    return _told(call, "user.password-set", user)


def totp(call: Call, name: Name) -> int:
    from controller.cli.watching import actor

    factor: Factor = call.office.ask_accounts("renew_factor", user=name, actor=actor())
    if call.out.as_json:
        return _object(call, **_plain_factor(factor))
    _show_factor(call, factor)
    return Exit.DONE


def recovery(call: Call, name: Name) -> int:
    from controller.cli.watching import actor

    codes: tuple[str, ...] = call.office.ask_accounts("renew_codes", user=name, actor=actor())
    if call.out.as_json:
        return _object(call, codes=list(codes))
    _show_codes(call, codes)
    return Exit.DONE


def disable(call: Call, name: Name) -> int:
    return _switched(call, name, "disable", "user.now-disabled")


def enable(call: Call, name: Name) -> int:
    return _switched(call, name, "enable", "user.now-enabled")


# --- parts -------------------------------------------------------------------------------------------


def plain_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "roles": [{"role": grant.role.value, "site": grant.site} for grant in user.grants],
        "disabled": user.disabled,
        "enrolled": user.enrolled,
        "codes": user.codes,
        "created_at": user.created_at.isoformat(),
    }


def _grants(roles: list[str] | None) -> tuple[Grant, ...]:
    """``responder`` at every site of the home, ``responder@ch-exemple`` at one."""
    from controller.engine.people.accounts import EVERY_SITE, Grant
    from controller.engine.people.roles import Role

    known = [role.value for role in Role]
    found = []
    for said in roles or ():
        role, _, site = said.partition("@")
        if role not in known:
            raise InvalidRequest("role-unknown", role=role, known=", ".join(known))
        found.append(Grant(Role(role), site or EVERY_SITE))
    return tuple(found)


def _said(grants: tuple[Grant, ...], call: Call) -> str:
    from controller.engine.people.accounts import EVERY_SITE

    return ", ".join(
        call.text(f"role.{grant.role}") + ("" if grant.site == EVERY_SITE else f" ({grant.site})")
        for grant in grants
    )


def _invited(call: Call, made: Invitation) -> int:
    from controller.text.times import moment

    if call.out.as_json:
        expires = made.expires_at.isoformat()
        return _object(call, user=plain_user(made.user), token=made.token, expires_at=expires)
    until = moment(made.expires_at.astimezone())
    call.out.say(call.text("user.invited-by", name=made.user.name, token=made.token, until=until))
    return Exit.DONE


def _show_factor(call: Call, factor: Factor) -> None:
    call.out.say(call.text("user.factor", name=factor.name), factor.picture.rstrip())
    call.out.say(call.text("user.factor-typed", secret=factor.secret, uri=factor.uri))


def _show_codes(call: Call, codes: tuple[str, ...]) -> None:
    call.out.say(call.text("user.codes"), *(f"  {code}" for code in codes), call.text("user.codes-once"))


def _plain_factor(factor: Factor) -> dict[str, str]:
    return {"uri": factor.uri, "secret": factor.secret}


def _switched(call: Call, name: str, use: str, said: str) -> int:
    from controller.cli.watching import actor

    user = call.office.access().users.user(name)
    call.office.ask_accounts(use, user=user.id, actor=actor())
    return _told(call, said, user)


def _told(call: Call, said: str, user: User) -> int:
    if call.out.as_json:
        return _object(call, user=plain_user(call.office.access().users.user(user.id)))
    call.out.say(call.text(said, name=user.name))
    return Exit.DONE


def _object(call: Call, **shown: Any) -> int:
    call.out.object({"command": call.command, **shown, "exit": 0})
    return Exit.DONE
