"""EXEC commands of NX-OS other than ``show``.

Cisco Nexus 9000 Series NX-OS Fundamentals Configuration Guide: "configure terminal", "terminal length",
"terminal width", "copy running-config startup-config", "reload", "terminal monitor".
"""

from __future__ import annotations

import asyncio

from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.shell import Ask, Reply


def _configure(shell: Shell, _arguments: Arguments) -> str:
    shell.enter("config")
    return "Enter configuration commands, one per line. End with CNTL/Z."


def _length(shell: Shell, arguments: Arguments) -> None:
    shell.screen.length = arguments.number()


def _width(shell: Shell, arguments: Arguments) -> None:
    shell.screen.width = arguments.number()


def _monitor(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.monitor = on

    return handler


def _copy(shell: Shell, _arguments: Arguments) -> str:
    if shell.device.faults.get("nvram_full"):
        return "Configuration update aborted: request was aborted, no space left on device"
    shell.device.save()
    return f"[{'#' * 40}] 100%\nCopy complete, now saving to disk (please wait)...\nCopy complete."


def _reload(shell: Shell, _arguments: Arguments) -> Reply:
    def now() -> None:
        asyncio.get_running_loop().call_soon(shell.device.reload, "command")

    def answer(given: str) -> Reply:
        return Reply(then=now) if given.strip().lower() == "y" else Reply()

    text = "This command will reboot the system. (y/n)?  [n] "
    return Reply(ask=Ask(text, answer))


def add_executing(enabled: Grammar[Handler]) -> None:
    enabled.add("exit", lambda _shell, _arguments: Reply(close=True))
    enabled.add("terminal length <number:0-511>", _length)
    enabled.add("terminal width <number:24-511>", _width)
    enabled.add("terminal monitor", _monitor(True))
    enabled.add("terminal no monitor", _monitor(False))
    for pattern in ("configure", "configure terminal"):
        enabled.add(pattern, _configure)
    enabled.add("copy running-config startup-config", _copy)
    enabled.add("reload", _reload)
    for word in (
        "clear",
        "copy",
        "debug",
        "guestshell",
        "ping",
        "ssh",
        "write erase",
    ):
        enabled.add(word, None)
