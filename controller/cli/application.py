"""The commands by name, their help in the language asked for, and how their arguments are read."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import typer
import typer.core
import typer.main

from controller.cli.asked import Command, before_commands, with_options
from controller.domain.errors import InvalidRequest
from controller.text import Catalogue

_COMMANDS = {
    "": (
        ("isolate", "isolate:isolate"),
        ("restore", "restore:restore"),
        ("status", "status:status"),
        ("run", "plans:run"),
        ("plan", "plans:plan"),
        ("runs", "runs:runs"),
        ("show", "runs:show"),
        ("drift", "drift:drift"),
        ("confirm", "confirm:confirm"),
        ("resume", "runs:resume"),
        ("abort", "runs:abort"),
        ("approvals", "approvals:approvals"),
        ("approve", "approvals:approve"),
        ("countersign", "approvals:countersign"),
        ("gates", "gates:gates"),
        ("attest", "gates:attest"),
        ("serve", "serve:serve"),
        ("arm", "arm:arm"),
        ("paper", "paper:paper"),
        ("rehearse", "rehearse:rehearse"),
        ("discover", "discover:discover"),
        ("check", "documents:check"),
        ("trust", "trust:trust"),
        ("profiles", "profiles:profiles"),
        ("schema", "documents:schema"),
        ("version", "documents:version"),
        ("demo", "demo:demo"),
    ),
    "probation": (("show", "probation:shown"), ("pass", "probation:let_pass")),
    "hold": (("transfer", "hold:transfer"), ("retire", "hold:retire")),
    "secrets": (
        ("set", "secrets:keep"),
        ("list", "secrets:listed"),
        ("open", "secrets:lend"),
        ("rotate", "secrets:rotate"),
        ("remove", "secrets:remove"),
    ),
    "user": (
        ("add", "user:add"),
        ("list", "user:listed"),
        ("roles", "user:roles"),
        ("invite", "user:invite"),
        ("password", "user:password"),
        ("totp", "user:totp"),
        ("recovery", "user:recovery"),
        ("disable", "user:disable"),
        ("enable", "user:enable"),
        ("sessions", "keys:sessions"),
        ("token", "keys:token"),
        ("tokens", "keys:tokens"),
        ("break-glass", "keys:break_glass"),
    ),
    "log": (
        ("write", "logbook:write"),
        ("nothing", "logbook:nothing"),
        ("every", "logbook:every"),
        ("show", "logbook:show"),
    ),
    "audit": (
        ("show", "audit:show"),
        ("verify", "audit:verify"),
        ("export", "export:export"),
        ("report", "report:report"),
        ("checkpoint", "sealing:checkpoint"),
        ("witness", "sealing:witness"),
        ("prove", "sealing:prove"),
        ("key", "sealing:key"),
        ("rotate-key", "sealing:rotate_key"),
        ("forward", "forwarding:forward"),
        ("erase", "erasing:erase"),
    ),
}
"""Group to commands, each with the module and function that answers it; ``""`` is ``cordon`` itself."""

_NAMES = {
    "cordon": (*(name for name, _ in _COMMANDS[""]), *filter(None, _COMMANDS)),
    **{group: tuple(name for name, _ in commands) for group, commands in _COMMANDS.items() if group},
}
"""What may stand behind the name of each group."""


_HELP = ["-h", "--help"]


class Commands(typer.core.TyperGroup):
    """Commands in the order they are needed, not of the alphabet."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], _NAMES.get(self.name or "", _NAMES["cordon"]), n=1)
            raise InvalidRequest("no-such-command", name=args[0], near=near[0] if near else "--help")
        return super().resolve_command(ctx, args)


class Writing(Commands):
    """``cordon log "…"``: what is no command is what is to be written."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        known = (*self.commands, *_HELP)
        return super().parse_args(ctx, args if args and args[0] in known else ["write", *args])


def application(words: Catalogue, arguments: Collection[str] | None = None) -> Any:
    """The command tree, ready for ``main``. ``arguments``: of the call, where only what they may mean is
    wanted; making all of it takes a quarter of a second."""
    given = frozenset(arguments or ())
    called = given & frozenset(_NAMES["cordon"]) if given.isdisjoint(_HELP) else frozenset()
    app = _group("")
    for group, commands in _COMMANDS.items():
        target = app
        if called and group and group not in called:
            continue
        if group:
            target = _group(group)
            app.add_typer(target, name=group, help=f"help.{group}")
        for name, where in commands:
            if called and not group and name not in called:
                continue
            full = f"{group} {name}".strip()
            target.command(name, help=f"help.{full.replace(' ', '-')}")(with_options(_load(where), full))
    app.callback(help="help.cordon")(before_commands())
    tree = typer.main.get_command(app)
    _prepare(tree, words)
    return tree


def _group(name: str) -> typer.Typer:
    return typer.Typer(
        name=name or "cordon",
        cls=Writing if name == "log" else Commands,
        add_completion=False,
        rich_markup_mode=None,  # plain help: it also reads in a log file, and costs no start-up
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": _HELP},
    )


def _load(where: str) -> Command:
    module, _, function = where.partition(":")
    found: Command = getattr(importlib.import_module(f"controller.cli.{module}"), function)
    return found


class _Plain:
    """Reads one parameter's text without pydantic, whose import would double the start-up."""

    def __init__(self, wanted: Any) -> None:
        self._number = wanted is int
        self._path = wanted in (Path, list[Path])

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        del ctx
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._number and isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                raise InvalidRequest("not-a-number", option=param.opts[0], value=value) from None
        if self._path:
            return Path(value) if isinstance(value, str) else [Path(each) for each in value]
        return value


_METAVARS = {
    "inventory": "FILE",
    "home": "DIR",
    "profiles": "DIR",
    "playbooks": "DIR",
    "reason": "TEXT",
    "lang": "fr|en",
    "server": "URL",
    "pin": "SHA256|FILE",
    "bind": "ADDRESS:PORT",
    "certificate": "FILE",
    "key": "FILE",
    "level": "N",
    "wave": "N",
    "of": "RUN",
    "port": "OLD=NEW",
    "since": "N",
    "limit": "N",
    "days": "N",
    "role": "ROLE[@SITE]",
    "scope": "PERMISSION",
    "revoke": "ID",
    "as_person": "NAME",
    "accept_drift": "DEVICE",
    "towards": "SEGMENT|ADDRESS",
    "points": "POINT",
    "keep_theirs": "DEVICE",
    "by": "NAME",
    "pdf": "FILE",
    "write": "FILE",
    "out": "DIR",
    "key_file": "FILE",
    "at": "TIME",
    "until": "N",
    "to": "DIR",
    "witnesses": "FILE",
    "checkpoints": "TEXT",
    "status": "STATUS",
    "corrects": "N",
    "attach": "FILE",
    "handed_to": "NAME",
    "begin": "N|TIME",
    "end": "N|TIME",
    "search": "TEXT",
}


def _prepare(command: Any, words: Catalogue) -> None:
    """Puts the texts of ``words`` in place of their keys, and our reading in place of Typer's."""
    if command.help:
        command.help = command.short_help = words.text(command.help)
    asks_help = command.get_help_option(typer.Context(command, help_option_names=_HELP))
    asks_help.help = words.text("help.help")
    asks_help._runtime_param = _Plain(bool)  # noqa: SLF001 - Typer has no public way in
    for parameter in command.params:
        if parameter.help:
            parameter.help = words.text(parameter.help)
        if parameter.param_type_name == "option" and parameter.type_descriptor.annotation is not bool:
            parameter.metavar = _METAVARS.get(parameter.name, parameter.metavar or parameter.name.upper())
        parameter._runtime_param = _Plain(parameter.type_descriptor.annotation)  # noqa: SLF001 - as above
    for each in getattr(command, "commands", {}).values():
        _prepare(each, words)
