"""Commands of the operator and manager contexts of AOS-CX other than ``show``.

AOS-CX 10.06 Command-Line Interface Guide: "enable", "disable", "configure terminal", "page", "exit", "boot
system"; Fundamentals Guide: "copy running-config startup-config", "write memory" (``Copying configuration:``
and how it ended).
"""

from __future__ import annotations

import asyncio

from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.shell import Ask, Reply


def _enable(shell: Shell, _arguments: Arguments) -> str | None:
    account = shell.device.running.users.get(shell.user)
    if account is not None and account.group == "operators":
        return shell.device.unauthorized
    shell.enter("manager")
    return None


def _enter(mode: str) -> Handler:
    return lambda shell, _arguments: shell.enter(mode)


def _unpaged(shell: Shell, _arguments: Arguments) -> None:
    shell.screen.length = 0


def _paged(shell: Shell, arguments: Arguments) -> None:
    shell.screen.length = arguments.number() if arguments.values else 23


def _save(shell: Shell, _arguments: Arguments) -> Reply:
    if shell.device.faults.get("nvram_full"):
        return Reply("Copying configuration: [Failure]\n\nNo space left on device", result="rejected")
    shell.device.save()
    return Reply("Copying configuration: [Success]")


def _boot(shell: Shell, _arguments: Arguments) -> Reply:
    def answered(given: str) -> Reply:
        if given.strip().lower() not in ("y", "yes"):
            return Reply("Reboot aborted.")

        def now() -> None:
            asyncio.get_running_loop().call_soon(shell.device.reload, "command")

        return Reply("The system is going down for reboot.", then=now)

    return Reply(
        "This will reboot the entire switch and render it unavailable\nuntil the process is complete.",
        ask=Ask("Continue (y/n)? ", answered),
    )


def add_operating(operator: Grammar[Handler], manager: Grammar[Handler]) -> None:
    for grammar in (operator, manager):
        grammar.add("enable", _enable)
        grammar.add("exit", lambda _shell, _arguments: Reply(close=True))
        grammar.add("no page", _unpaged)
        grammar.add("page", _paged)
        grammar.add("page <number:2-1000>", _paged)
    manager.add("disable", _enter("operator"))
    for pattern in ("configure", "configure terminal"):
        manager.add(pattern, _enter("config"))
    for pattern in ("write memory", "copy running-config startup-config"):
        manager.add(pattern, _save)
    manager.add("boot system", _boot)
    for word in ("checkpoint", "clear", "diag", "erase", "ping", "traceroute", "vsf"):
        manager.add(word, None)
