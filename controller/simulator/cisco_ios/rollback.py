"""Timed rollback, and the AAA method lists that decide who is let in once the server is gone.

Cisco IOS Configuration Management Configuration Guide, "Configuration Replace and Configuration Rollback":
``configure terminal revert timer`` needs the archive, copies the running configuration there and returns to
it unless ``configure confirm`` comes in time; ``show archive config rollback timer`` tells of it, ``show
archive`` of the archive.
Authentication, Authorization, and Accounting Configuration Guide, "Method Lists". The methods themselves are
not simulated: log-ins go by the local users, whatever a list says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected, incomplete, invalid

NONE_PENDING = "%No Rollback Confirmed Change pending"

_METHODS = frozenset({"enable", "if-authenticated", "line", "local", "local-case", "none"})


# --- timed rollback ---------------------------------------------------------------------------------------


def _revert_timer(shell: Shell, arguments: Arguments) -> str:
    device = shell.device
    path = device.running.settings.archive
    if not path:
        raise Rejected("%Turn config archive on before using Rollback Confirmed Change")
    entered = shell.configure(lock=device.running.settings.exclusive == "auto")
    device.schedule_revert(arguments.number(), shell.user)
    return f"Rollback Confirmed Change: Backing up current running config to {path}-1\n\n{entered}"


def _confirm(shell: Shell, _arguments: Arguments) -> str | None:
    return None if shell.device.cancel_revert() else NONE_PENDING


def _revert_now(shell: Shell, _arguments: Arguments) -> str | None:
    pending = shell.device.pending_revert
    if pending is None:
        return NONE_PENDING
    pending.strike()
    return None


def _shown(shell: Shell, _arguments: Arguments) -> str:
    pending = shell.device.pending_revert
    if pending is None:
        return NONE_PENDING
    return (
        f"Time configured(or reconfigured): {pending.since:%H:%M:%S UTC %a %b %d %Y}\n"
        f"Timer type: absolute timer\nTimer value: {pending.minutes} min\nUser: {pending.user}\n"
    )


def _archived(shell: Shell, _arguments: Arguments) -> str:
    path = shell.device.running.settings.archive
    if not path:
        return " Archive feature not enabled"
    return (
        "The maximum archive configurations allowed is 10.\n"
        f"The next archive file will be named {path}-1\n Archive #  Name\n"
    )


def _reload(shell: Shell, _arguments: Arguments) -> str:
    """Cisco IOS Configuration Fundamentals Command Reference, "show reload"."""
    device = shell.device
    if device.reload_at is None:
        return "No reload is scheduled."
    left = max(0, int((device.reload_at - datetime.now(UTC)).total_seconds() / device.minute))
    return f"Reload scheduled for {device.reload_at:%H:%M:%S UTC %a %b %d %Y} (in {time_left(left)})"


def time_left(minutes: int) -> str:
    """``1 hour and 5 minutes``, ``20 minutes``."""
    hours, left = divmod(minutes, 60)
    said = f"{left} minute{'' if left == 1 else 's'}"
    return f"{hours} hour{'' if hours == 1 else 's'} and {said}" if hours else said


# --- configuration ----------------------------------------------------------------------------------------


def _archive(shell: Shell, _arguments: Arguments) -> None:
    shell.enter(Mode.ARCHIVE)


def _path(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, archive=arguments.text())


def _no_path(shell: Shell, _arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, archive="")


def _leave(shell: Shell, _arguments: Arguments) -> None:
    shell.enter(Mode.CONFIG)


def _new_model(shell: Shell, _arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, aaa=running.settings.aaa or ("new-model",))


def _no_new_model(shell: Shell, _arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, aaa=())


def _method_list(shell: Shell, arguments: Arguments) -> None:
    """One to four methods in the order they are tried; ``group`` wants its name."""
    running = shell.device.running
    if not running.settings.aaa:
        raise invalid(arguments.tokens[1].start)
    words = arguments.tokens[len(arguments.tokens) - len(arguments.text(-1).split()) :]
    index = 0
    while index < len(words):
        if words[index].text == "group":
            if index + 1 == len(words):
                raise incomplete()
            index += 1
        elif words[index].text not in _METHODS:
            raise invalid(words[index].start)
        index += 1
    line = " ".join(token.text for token in arguments.tokens[1:])
    head = line[: len(line) - len(arguments.text(-1))]
    kept = tuple(each for each in running.settings.aaa if not each.startswith(head))
    running.settings = replace(running.settings, aaa=(*kept, line))


def add_rollback(grammars: dict[str, Grammar[Handler]]) -> None:
    """To privileged EXEC the commands of a timed rollback, to the configuration those of archive and AAA."""
    enabled, config = grammars["exec"], grammars["config"]
    enabled.add("configure terminal revert timer <number:1-120>", _revert_timer)
    enabled.add("configure confirm", _confirm)
    enabled.add("configure revert now", _revert_now)
    enabled.add("show archive", _archived)
    enabled.add("show archive config rollback timer", _shown)
    enabled.add("show reload", _reload)
    config.add("archive", _archive)
    grammars["config-archive"].add("path <word>", _path)
    grammars["config-archive"].add("no path", _no_path)
    grammars["config-archive"].add("exit", _leave)
    config.add("aaa new-model", _new_model)
    config.add("no aaa new-model", _no_new_model)
    for what in ("authentication login", "authorization exec", "authorization commands <number:0-15>"):
        config.add(f"aaa {what} <word> <line>", _method_list)
