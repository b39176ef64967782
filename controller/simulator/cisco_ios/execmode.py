"""EXEC commands other than ``show``.

Cisco IOS Configuration Fundamentals Command Reference: "enable", "copy", "write memory", "reload",
"terminal length", "terminal monitor"; Terminal Services Command Reference: "clear line". Exclusive
Configuration Change Access: ``configuration mode exclusive``, ``configure terminal lock``; the lock goes with
the mode it was taken with.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from controller.simulator.cisco_ios.configuration import hashed
from controller.simulator.cisco_ios.rollback import time_left
from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.cisco_ios.vocabulary import EXEC
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.shell import Ask, Reply


def _enable(shell: Shell, _arguments: Arguments) -> Reply:
    if shell.mode is Mode.ENABLED:
        return Reply()
    wanted = shell.device.running.settings.enable_secret
    if not wanted:
        return Reply("% No password set", result="rejected")
    return Reply(ask=Ask("Password: ", partial(_secret, shell, 1), secret=True))


def _secret(shell: Shell, attempt: int, given: str) -> Reply:
    if hashed(given) == shell.device.running.settings.enable_secret:
        shell.enter(Mode.ENABLED)
        return Reply()
    if attempt == 3:
        return Reply("% Bad secrets\n", result="rejected")
    return Reply(ask=Ask("Password: ", partial(_secret, shell, attempt + 1), secret=True))


def _disable(shell: Shell, _arguments: Arguments) -> None:
    shell.enter(Mode.USER)


def _exit(_shell: Shell, _arguments: Arguments) -> Reply:
    return Reply(close=True)


def _configure(shell: Shell, _arguments: Arguments) -> str:
    return shell.configure(lock=shell.device.running.settings.exclusive == "auto")


def _configure_lock(shell: Shell, _arguments: Arguments) -> str:
    return shell.configure(lock=shell.device.running.settings.exclusive != "")


def _configure_ask(shell: Shell, arguments: Arguments) -> Reply:
    def answer(given: str) -> Reply:
        if given.strip() and not "terminal".startswith(given.strip()):
            return Reply('?Must be "terminal", "memory" or "network"', result="rejected")
        return Reply(_configure(shell, arguments))

    return Reply(ask=Ask("Configuring from terminal, memory, or network [terminal]? ", answer))


def _length(shell: Shell, arguments: Arguments) -> None:
    shell.screen.length = arguments.number()


def _width(shell: Shell, arguments: Arguments) -> None:
    shell.screen.width = arguments.number()


def _monitor(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.monitor = on

    return handler


def _save(shell: Shell) -> str:
    if shell.device.faults.get("nvram_full"):
        return "startup-config file open failed (Not enough space)"
    shell.device.save()
    return "Building configuration...\n[OK]"


def _write(shell: Shell, _arguments: Arguments) -> str:
    return _save(shell)


def _copy(shell: Shell, _arguments: Arguments) -> Reply:
    def answer(given: str) -> Reply:
        if given.strip() not in ("", "startup-config"):
            return Reply(
                f"%Error opening nvram:{given.strip()} (No such file or directory)", result="rejected"
            )
        return Reply(_save(shell))

    return Reply(ask=Ask("Destination filename [startup-config]? ", answer))


def _reload(shell: Shell, _arguments: Arguments) -> Reply:
    def now() -> None:
        asyncio.get_running_loop().call_soon(shell.device.reload, "command")

    return _unsaved(shell, Ask("Proceed with reload? [confirm]", lambda _key: Reply(then=now), key=True))


def _reload_in(shell: Shell, arguments: Arguments) -> Reply:
    minutes = arguments.number()
    device = shell.device
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    def confirmed(_key: str) -> Reply:
        device.schedule_reload(minutes * device.minute)
        device.say(f"%SYS-5-SCHEDULED_RELOAD: Reload requested for {at:%H:%M:%S UTC %a %b %d %Y}")
        return Reply()

    text = f"Reload scheduled for {at:%H:%M:%S UTC %a %b %d %Y} (in {time_left(minutes)})"
    question = f"{text} by {shell.user} on vty{shell.line}\nProceed with reload? [confirm]"
    return _unsaved(shell, Ask(question, confirmed, key=True))


def _unsaved(shell: Shell, proceed: Ask) -> Reply:
    """Asks first whether to save, where running and startup configuration differ."""
    if shell.device.startup == shell.device.running:
        return Reply(ask=proceed)

    def answer(given: str) -> Reply:
        if not given.strip() or not ("yes".startswith(given.strip()) or "no".startswith(given.strip())):
            return Reply("% Please answer 'yes' or 'no'.", ask=question)
        return Reply(_save(shell) if given.strip().startswith("y") else "", ask=proceed)

    question = Ask("System configuration has been modified. Save? [yes/no]: ", answer)
    return Reply(ask=question)


def _reload_cancel(shell: Shell, _arguments: Arguments) -> str:
    if not shell.device.cancel_reload():
        return "%No reload is scheduled."
    shell.device.say("%SYS-5-SCHEDULED_RELOAD_CANCELLED: Scheduled reload cancelled")
    return "\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n"


def _clear_line(shell: Shell, arguments: Arguments) -> Reply:
    wanted = arguments.number()

    def confirmed(_key: str) -> Reply:
        line = shell.device.lines.get(wanted)
        return Reply(" [OK]", then=line.drop if line else None)

    if wanted >= shell.device.running.settings.vty_lines:
        raise Rejected("% Invalid line number")
    return Reply(ask=Ask("[confirm]", confirmed, key=True))


def add_exec(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    """The commands of user EXEC, and those of privileged EXEC, which has both."""
    for grammar in (user, enabled):
        for word in EXEC.split():
            grammar.add(word, None)
        grammar.add("enable", _enable)
        grammar.add("disable", _disable)
        grammar.add("exit", _exit)
        grammar.add("logout", _exit)
        grammar.add("terminal length <number:0-512>", _length)
        grammar.add("terminal width <number:0-512>", _width)
    for pattern in ("copy", "clear", "configure", "reload", "write"):
        enabled.add(pattern, None)
    enabled.add("terminal monitor", _monitor(True))
    enabled.add("terminal no monitor", _monitor(False))
    enabled.add("configure", _configure_ask)
    enabled.add("configure terminal", _configure)
    enabled.add("configure terminal lock", _configure_lock)
    enabled.add("configure replace", None)
    enabled.add("write", _write)
    enabled.add("write memory", _write)
    enabled.add("write erase", None)
    enabled.add("copy running-config startup-config", _copy)
    enabled.add("copy startup-config", None)
    enabled.add("reload", _reload)
    enabled.add("reload in <number:1-1440>", _reload_in)
    enabled.add("reload at", None)
    enabled.add("reload cancel", _reload_cancel)
    enabled.add("clear line <number:0-98>", _clear_line)
    enabled.add("clear line vty <number:0-98>", _clear_line)
    enabled.add("clear counters", None)
