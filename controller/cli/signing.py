"""Secrets of persons: typed at the terminal without echo, or lines of standard input; never arguments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.engine.people.accounts import Credentials

AsPerson = Annotated[str | None, typer.Option("--as", help="help.as-person")]
BreakGlass = Annotated[bool, typer.Option("--break-glass", help="help.with-break-glass")]

APP_CODE = 6
"""Digits of an app's code; whatever else is typed in its place is a recovery code."""


def secret(call: Call, question: str) -> str:
    """The next line of a standard input that is no terminal, else what is typed. ``question`` is a code of
    the catalogue. Raises InvalidRequest where nobody answers."""
    from controller.cli.typed import typed

    said = call.text(question)
    answer = typed(said) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not answer:
        raise InvalidRequest("nothing-typed", what=said)
    return answer


def credentials(call: Call, name: str) -> Credentials:
    from controller.engine.people.accounts import Credentials

    if not call.out.as_json:
        call.out.say(call.text("signing.who", name=name))
    password = secret(call, "signing.password")
    code = "".join(secret(call, "signing.code").split())
    return Credentials(name, password, code, recovery=not (code.isdigit() and len(code) == APP_CODE))


def new_password(call: Call) -> str:
    """Typed twice at a terminal. Raises InvalidRequest where the two differ."""
    first = secret(call, "signing.new-password")
    if sys.stdin.isatty() and secret(call, "signing.once-more") != first:
        raise InvalidRequest("passwords-differ")
    return first
