"""Checkpoints in files of the bootflash, and the return to one.

Cisco Nexus 9000 Series NX-OS System Management Configuration Guide, "Configuring Rollback": ``checkpoint
file``, ``rollback running-config file``, atomic unless told otherwise: it is carried out only where no error
occurs; only what ``checkpoint`` wrote can be gone back to. Fundamentals Command Reference: "delete"
(``no-prompt``), "dir", "terminal dont-ask" (nothing is asked in the session).
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.shell import Ask, Reply

FLASH = "bootflash:"
_FREE, _TOTAL = 110314684416, 116526366720
_MISSING = "No such file or directory"


def _named(written: str) -> str:
    system, colon, name = written.rpartition(":")
    if colon and f"{system}:" != FLASH:
        raise Rejected("Syntax error while parsing the filename")
    return name.lstrip("/")


def _existing(shell: Shell, written: str) -> str:
    name = _named(written)
    if name not in shell.device.files:
        raise Rejected(_MISSING)
    return name


def _asked(shell: Shell, question: str, act: Callable[[], str]) -> Reply:
    if shell.dont_ask:
        return Reply(act())
    return Reply(
        ask=Ask(question, lambda given: Reply(act() if given.strip().lower() in ("y", "yes") else ""))
    )


def _dont_ask(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        shell.dont_ask = on

    return handler


def _checkpoint(shell: Shell, arguments: Arguments) -> Reply:
    def written() -> str:
        shell.device.files = {**shell.device.files, name: shell.device.running.copy()}
        return "Done"

    name = _named(arguments.text())
    if name in shell.device.files:
        return _asked(shell, "The file already exists. Do you want to overwrite? (y/n) [n] ", written)
    return Reply(written())


def _rollback(shell: Shell, arguments: Arguments) -> Reply:
    kept = shell.device.files[_existing(shell, arguments.text())]
    begun = [
        "Note: Applying config parallelly may fail Rollback verification",
        "Collecting Running-Config",
        "#Generating Rollback Patch",
    ]
    if kept == shell.device.running:
        return Reply("\n".join([*begun, "Rollback Patch is Empty"]))
    begun.append("Executing Rollback Patch")
    if shell.device.faults.get("rollback_fails"):
        return Reply("\n".join([*begun, "", "Rollback failed. Some changes could not be applied."]))
    shell.device.running = kept.copy()
    return Reply(
        "\n".join(
            [
                *begun,
                "Generating Running-config for verification",
                "Generating Patch for verification",
                "Verification is Successful. ",
                "",
                "Rollback completed successfully.",
            ]
        )
    )


def _dir(shell: Shell, arguments: Arguments) -> Reply:
    files = shell.device.files
    if arguments.values and _named(arguments.text()):
        name = _existing(shell, arguments.text())
        files = {name: files[name]}
    lines = [
        f"{len(kept.text()):>10}    Jan 05 10:00:00 2026  {each}" for each, kept in sorted(files.items())
    ]
    usage = [f"{_TOTAL - _FREE} bytes used", f"{_FREE} bytes free", f"{_TOTAL} bytes total"]
    return paged([*lines, "", f"Usage for {FLASH}//sup-local", *usage])


def _delete(shell: Shell, arguments: Arguments) -> Reply:
    def gone() -> str:
        shell.device.files = {each: kept for each, kept in shell.device.files.items() if each != name}
        return ""

    name = _existing(shell, arguments.text())
    if len(arguments.tokens) > 2:
        return Reply(gone())
    return _asked(shell, f'Do you want to delete "/{name}" ? (yes/no/abort)   [y] ', gone)


def add_checkpoints(enabled: Grammar[Handler]) -> None:
    enabled.add("terminal dont-ask", _dont_ask(True))
    enabled.add("no terminal dont-ask", _dont_ask(False))
    enabled.add("checkpoint file <word>", _checkpoint)
    enabled.add("rollback running-config file <word>", _rollback)
    enabled.add("dir", _dir)
    enabled.add("dir <word>", _dir)
    enabled.add("delete <word>", _delete)
    enabled.add("delete <word> no-prompt", _delete)
