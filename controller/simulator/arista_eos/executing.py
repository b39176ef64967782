"""EXEC commands of EOS other than ``show``.

Arista EOS User Manual: "enable", "configure", "terminal length", "terminal width", "write", "copy
running-config",
"reload", "terminal monitor", "configure session".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from difflib import unified_diff
from functools import partial

from controller.simulator.arista_eos.configuration import hashed
from controller.simulator.arista_eos.sessions import seconds, shown
from controller.simulator.arista_eos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, invalid
from controller.simulator.modal import paged
from controller.simulator.shell import Ask, Reply


def _enable(shell: Shell, _arguments: Arguments) -> Reply:
    wanted = shell.device.running.settings.enable_secret
    if shell.mode == "exec" or not wanted:
        shell.enter("exec")
        return Reply()
    return Reply(ask=Ask("Password: ", partial(_secret, shell, 1), secret=True))


def _secret(shell: Shell, attempt: int, given: str) -> Reply:
    if hashed(given) == shell.device.running.settings.enable_secret:
        shell.enter("exec")
        return Reply()
    if attempt == 3:
        return Reply("% Bad secret", result="rejected")
    return Reply(ask=Ask("Password: ", partial(_secret, shell, attempt + 1), secret=True))


def _enter(mode: str) -> Handler:
    return lambda shell, _arguments: shell.enter(mode)


def _length(shell: Shell, arguments: Arguments) -> str:
    shell.screen.length = arguments.number()
    return "Pagination disabled." if not arguments.number() else f"Length set to {arguments.number()} lines."


def _width(shell: Shell, arguments: Arguments) -> str:
    shell.screen.width = arguments.number()
    return f"Width set to {arguments.number()} columns."


def _monitor(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.monitor = on

    return handler


def _write(shell: Shell, _arguments: Arguments) -> str:
    if shell.device.faults.get("nvram_full"):
        return "% Error copying system:/running-config to flash:startup-config (No space left on device)"
    shell.device.save()
    return "Copy completed successfully."


# --- configuration sessions ------------------------------------------------------------------------------


def _session(shell: Shell, arguments: Arguments) -> None:
    device = shell.device
    if arguments.values:
        name = arguments.text()
    else:
        device.sessions.numbered += 1
        name = f"sess-{device.sessions.numbered}"
    device.open_session(name)
    shell.enter("config")
    shell.session = name


def _session_commit(shell: Shell, arguments: Arguments) -> None:
    shell.device.commit_session(arguments.text())


def _session_commit_timer(shell: Shell, arguments: Arguments) -> None:
    after = seconds(arguments.text(1))
    if after is None:
        raise invalid(arguments.starts[1])
    shell.device.commit_session(arguments.text(), after)


def _diffs(shell: Shell, arguments: Arguments) -> str:
    """As ``diff -u`` prints them; nothing where the session changes nothing."""
    name = arguments.text()
    draft = shell.device.drafts.get(name)
    if draft is None:
        return f"% Session {name} does not exist"
    before, after = (each.text().splitlines() for each in (shell.device.running, draft))
    ends = ("system:/running-config", f"session:/{name}-session-config")
    return "\n".join(unified_diff(before, after, *ends, lineterm=""))


def _keep_startup(shell: Shell, _arguments: Arguments) -> str:
    """To a file nobody here reads."""
    return "Copy completed successfully." if shell.device.startup else "% Error copying startup-config"


def _session_abort(shell: Shell, arguments: Arguments) -> None:
    shell.device.abort_session(arguments.text())


def _commit(shell: Shell, arguments: Arguments) -> None:
    after = seconds(arguments.text()) if arguments.values else 0
    if after is None:
        raise invalid(arguments.starts[0])
    shell.device.commit_session(shell.session, after)
    shell.enter("exec")


def _abort(shell: Shell, _arguments: Arguments) -> None:
    shell.device.abort_session(shell.session)
    shell.enter("exec")


def _sessions(*, detail: bool) -> Handler:
    return lambda shell, _given: paged(shown(shell.device.sessions, shell.device.drafts, detail=detail))


def add_sessions(grammars: Mapping[str, Grammar[Handler]]) -> None:
    """To privileged EXEC, and to ``session`` what ends one from within."""
    enabled = grammars["exec"]
    enabled.add("configure session", _session)
    enabled.add("configure session <word>", _session)
    enabled.add("configure session <word> commit", _session_commit)
    enabled.add("configure session <word> commit timer <word>", _session_commit_timer)
    enabled.add("configure session <word> abort", _session_abort)
    enabled.add("show session-config named <word> diffs", _diffs)
    enabled.add("copy startup-config <word>", _keep_startup)
    enabled.add("show configuration sessions", _sessions(detail=False))
    enabled.add("show configuration sessions detail", _sessions(detail=True))
    grammars["session"].add("commit", _commit)
    grammars["session"].add("commit timer <word>", _commit)
    grammars["session"].add("abort", _abort)


def _reload(shell: Shell, _arguments: Arguments) -> Reply:
    def now() -> None:
        asyncio.get_running_loop().call_soon(shell.device.reload, "command")

    return Reply(ask=Ask("Proceed with reload? [confirm]", lambda _key: Reply(then=now), key=True))


def add_executing(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    for grammar in (user, enabled):
        grammar.add("enable", _enable)
        grammar.add("disable", _enter("user"))
        grammar.add("exit", lambda _shell, _arguments: Reply(close=True))
        grammar.add("logout", lambda _shell, _arguments: Reply(close=True))
        grammar.add("terminal length <number:0-32767>", _length)
        grammar.add("terminal width <number:10-32767>", _width)
    for pattern in ("configure", "configure terminal"):
        enabled.add(pattern, _enter("config"))
    for pattern in ("write", "write memory", "copy running-config startup-config"):
        enabled.add(pattern, _write)
    enabled.add("terminal monitor", _monitor(True))
    enabled.add("terminal no monitor", _monitor(False))
    enabled.add("reload", _reload)
    for word in ("bash", "clear", "copy", "debug", "delete", "dir", "ping", "ssh", "traceroute", "watch"):
        enabled.add(word, None)
