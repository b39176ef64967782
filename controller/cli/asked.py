"""What every command may be told, before or after its name, and what a command works with."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from controller.text import Catalogue, language

if TYPE_CHECKING:
    from controller.cli.output import Output
    from controller.workers.office import Office

OfficeMaker = Callable[..., "Office"]
"""Takes the settings given on the command line (``inventory``, ``home``, ``profiles``, ``playbooks``)."""


@dataclass(frozen=True)
class Asked:
    """The options of every command; the help texts are keys of the catalogue."""

    inventory: Annotated[Path | None, typer.Option("--inventory", help="help.inventory")] = None
    home: Annotated[Path | None, typer.Option("--home", help="help.home")] = None
    profiles: Annotated[list[Path] | None, typer.Option("--profiles", help="help.profiles-dir")] = None
    playbooks: Annotated[list[Path] | None, typer.Option("--playbooks", help="help.playbooks-dir")] = None
    json: Annotated[bool, typer.Option("--json", help="help.json")] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="help.yes")] = False
    reason: Annotated[str | None, typer.Option("--reason", help="help.reason")] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help.dry-run")] = False
    lang: Annotated[str | None, typer.Option("--lang", help="help.lang")] = None
    server: Annotated[str | None, typer.Option("--server", help="help.server")] = None
    pin: Annotated[str | None, typer.Option("--pin", help="help.pin")] = None

    def over(self, before: Asked) -> Asked:
        """These options, and from ``before`` what these leave out."""
        empty = Asked()
        given = {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) and value != getattr(empty, each.name)
        }
        return replace(before, **given)


@dataclass
class Call:
    """What one command works with. ``run`` is the run it began, for an error that comes later."""

    asked: Asked
    words: Catalogue
    out: Output
    make_office: OfficeMaker
    command: str = ""
    run: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """What the options say of the settings, by their names."""
        given = {
            "inventory": self.asked.inventory,
            "home": self.asked.home,
            "profiles": tuple(self.asked.profiles) if self.asked.profiles else None,
            "playbooks": tuple(self.asked.playbooks) if self.asked.playbooks else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    @functools.cached_property
    def office(self) -> Office:
        return self.make_office(**self.settings())

    def settle(self) -> None:
        """When everything is said: what was found valid is kept for the next time, where there is a home.
        Never the cause of a failure, and never waited for twice: who presses Ctrl-C has had the answer."""
        office = self.__dict__.get("office")
        if office is not None:
            with contextlib.suppress(Exception, KeyboardInterrupt):
                office.keep(make_home=False)

    def text(self, code: str, /, **data: object) -> str:
        return self.words.text(code, **data)


@dataclass
class Invocation:
    """One call of ``cordon``: what the options before the command said, and how the office is made."""

    make_office: OfficeMaker
    asked: Asked = field(default_factory=Asked)

    def open(self, asked: Asked, command: str) -> Call:
        from controller.cli.output import Output

        asked = asked.over(self.asked)
        words = Catalogue(language(asked.lang, os.environ))
        return Call(asked, words, Output(as_json=asked.json), self.make_office, command)


Command = Callable[..., int]


def with_options(command: Command, name: str) -> Callable[..., int]:
    """``command``, which takes a Call and its own options, as Typer wants it: with the options of every
    command in its signature."""
    hints = get_type_hints(command, include_extras=True)
    own = [each for each in inspect.signature(command).parameters.values() if each.name != "call"]
    common = _common()

    @functools.wraps(command)
    def wrapped(ctx: typer.Context, **given: Any) -> int:
        asked = Asked(**{parameter.name: given.pop(parameter.name) for parameter in common})
        invocation: Invocation = ctx.obj
        call = invocation.open(asked, name)
        try:
            if asked.server or invocation.asked.server:
                from controller.cli.remote import remote

                return remote(call, given)
            code = command(call, **given)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every end has a text and an exit code
            from controller.cli.errors import tell

            code = tell(error, call.words, call.out, call.run)
            if isinstance(error, KeyboardInterrupt):
                return code
        call.settle()
        return code

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[each.name]) for each in own),
        *common,
    ]
    return _signed(wrapped, parameters)


def before_commands() -> Callable[..., None]:
    """The options that stand before the command."""
    common = _common()

    def remember(ctx: typer.Context, **given: Any) -> None:
        invocation: Invocation = ctx.obj
        invocation.asked = Asked(**given).over(invocation.asked)

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *common,
    ]
    return _signed(remember, parameters)


def _common() -> list[inspect.Parameter]:
    hints = get_type_hints(Asked, include_extras=True)
    return [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )
        for each in fields(Asked)
    ]


def _signed(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> Callable[..., Any]:
    """Gives ``function`` a signature Typer reads its options from."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect reads it
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    return function
