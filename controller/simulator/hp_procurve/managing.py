"""Commands of the operator and manager levels of AOS-S other than ``show``.

ArubaOS-Switch 16.10 Basic Operation Guide: "enable", "configure", "no page", "terminal width", "write
memory" (which says nothing), "logout", "exit", "boot system".
"""

from __future__ import annotations

import asyncio

from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.hp_procurve.shell import Handler, Shell
from controller.simulator.shell import Ask, Reply


def _enter(mode: str) -> Handler:
    return lambda shell, _arguments: shell.enter(mode)


def _exit(shell: Shell, _arguments: Arguments) -> Reply:
    if shell.mode == "manager":
        shell.enter("operator")
        return Reply()
    return shell.log_out()


def _paged(length: int) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.screen.length = length

    return handler


def _width(shell: Shell, arguments: Arguments) -> None:
    shell.screen.width = arguments.number()


def _save(shell: Shell, _arguments: Arguments) -> str | None:
    if shell.device.faults.get("nvram_full"):
        return "Unable to save the configuration: file system full."
    shell.device.save()
    return None


def _enable(shell: Shell, _arguments: Arguments) -> str | None:
    account = shell.device.running.users.get(shell.user)
    if account is not None and account.level == "operator":
        return shell.device.unauthorized
    shell.enter("manager")
    return None


def _boot(shell: Shell, _arguments: Arguments) -> Reply:
    def answered(given: str) -> Reply:
        if given.strip().lower() != "y":
            return Reply()

        def now() -> None:
            asyncio.get_running_loop().call_soon(shell.device.reload, "command")

        return Reply("Rebooting Aruba-2530...", then=now)

    return Reply(
        ask=Ask("System will be rebooted from primary image. Do you want to continue [y/n]? ", answered)
    )


def add_managing(operator: Grammar[Handler], manager: Grammar[Handler]) -> None:
    for grammar in (operator, manager):
        grammar.add("enable", _enable)
        grammar.add("exit", _exit)
        grammar.add("logout", lambda shell, _arguments: shell.log_out())
    manager.add("configure", _enter("config"))
    manager.add("configure terminal", _enter("config"))
    manager.add("no page", _paged(0))
    manager.add("page", _paged(24))
    manager.add("terminal width <number:61-1920>", _width)
    manager.add("write memory", _save)
    manager.add("boot system", _boot)
    for word in ("clear", "copy", "debug", "erase", "ping", "reload", "traceroute"):
        manager.add(word, None)
