"""eAPI: commands of the command line over JSON-RPC.

Arista EOS "Command API Guide": ``runCmds`` carries out the commands in order in one go, beginning in EXEC
mode; the first that fails ends it, with what those before it gave; modes and a configuration session it was
in are left at the end. In ``json`` a command without output is ``{}``, one whose output has no model is
refused; in ``text`` each is ``{"output": …}``. Codes of errors: the same guide, "JSON-RPC error codes". "show
version" and "show configuration sessions" in JSON: EOS 4.30, as public transcripts of eAPI have them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from controller.simulator.arista_eos.device import EosSwitch
from controller.simulator.arista_eos.shell import Shell
from controller.simulator.arista_eos.showing import VERSION
from controller.simulator.shell import Reply

PATH = "/command-api"

_BOOTED = time.time() - 3900

_INVALID_REQUEST, _NO_METHOD, _BAD_PARAMETERS, _NO_JSON = -32600, -32601, -32602, -32700
_COULD_NOT, _INVALID, _UNCONVERTED, _UNAUTHORIZED = 1000, 1002, 1003, 1005

_WHY = {
    _COULD_NOT: "could not run command",
    _INVALID: "invalid command",
    _UNCONVERTED: "unconverted command",
    _UNAUTHORIZED: "unauthorized to run command",
}

CarryOut = Callable[[str, Callable[[str], Reply]], Awaitable[Reply]]


class _Refused(Exception):
    def __init__(self, code: int, error: str) -> None:
        super().__init__(error)
        self.code = code


async def answer(device: EosSwitch, shell: Shell, carry_out: CarryOut, body: bytes) -> bytes:
    """``carry_out`` has a line carried out by the shell, with all that may happen to it."""
    try:
        asked = json.loads(body)
    except ValueError:
        return _error(None, _NO_JSON, "Parse error")
    if not isinstance(asked, dict) or asked.get("jsonrpc") != "2.0":
        return _error(None, _INVALID_REQUEST, "Invalid Request")
    number, given = asked.get("id"), asked.get("params")
    if asked.get("method") != "runCmds":
        return _error(number, _NO_METHOD, "Method not found")
    if not isinstance(given, dict) or not isinstance(given.get("cmds"), list):
        return _error(number, _BAD_PARAMETERS, "Invalid params")
    shell.screen.length = 0
    results: list[Any] = []
    for index, command in enumerate(given["cmds"], start=1):
        line, typed = (
            (command, "") if isinstance(command, str) else (command["cmd"], command.get("input", ""))
        )
        try:
            results.append(await _run(device, shell, carry_out, line, typed, given.get("format") == "text"))
        except _Refused as refused:
            results.append({"errors": [str(refused)]})
            message = f"CLI command {index} of {len(given['cmds'])} '{line}' failed: {_WHY[refused.code]}"
            return _error(number, refused.code, message, results)
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": results}).encode()


async def _run(
    device: EosSwitch, shell: Shell, carry_out: CarryOut, line: str, typed: str, text: bool
) -> dict[str, Any]:
    modelled = not text and line.startswith("show ")
    model = _MODELS.get(line)
    reply = await carry_out(line, shell.execute)
    if reply.ask:
        reply = await carry_out("(secret)", lambda _line: reply.ask.answer(typed) if reply.ask else reply)
    if reply.result in ("invalid", "incomplete", "ambiguous"):
        raise _Refused(
            _INVALID, f"{reply.text.removeprefix('% ')} (at token 0: '{line.split(maxsplit=1)[0]}')"
        )
    if reply.result == "unauthorized":
        raise _Refused(_UNAUTHORIZED, reply.text)
    if reply.result != "ok" or reply.ask:
        raise _Refused(_COULD_NOT, reply.text.removeprefix("% "))
    if text:
        return {"output": f"{reply.text}\n" if reply.text else ""}
    if modelled and model is None:
        raise _Refused(_UNCONVERTED, "Command cannot be used over the API at this time.")
    if model is not None:
        return model(device)
    return {"messages": [reply.text]} if reply.text else {}


def _version(device: EosSwitch) -> dict[str, Any]:
    return {
        "mfgName": "Arista",
        "modelName": device.model,
        "serialNumber": device.serial,
        "version": VERSION,
        "internalVersion": f"{VERSION}-CORDON-SIMULATED",
        "architecture": "i686",
        "bootupTimestamp": _BOOTED,
        "uptime": time.time() - _BOOTED,
    }


def _sessions(device: EosSwitch) -> dict[str, Any]:
    known = device.sessions
    found: dict[str, dict[str, Any]] = {name: _session("pending") for name in device.drafts}
    if known.timer is not None:
        left = (known.timer.ends - time.monotonic()) * 60 / known.timer.minute
        found[known.timer.session] = {
            **_session("pendingCommitTimer"),
            "commitBy": time.time() - _BOOTED + left,
        }
    if known.completed:
        found[known.completed] = _session("completed")
    return {"maxSavedSessions": 1, "maxOpenSessions": 5, "mergeOnCommit": False, "sessions": found}


def _session(state: str) -> dict[str, Any]:
    return {"state": state, "commitUser": "", "description": "", "instances": {}}


_MODELS: dict[str, Callable[[EosSwitch], dict[str, Any]]] = {
    "show version": _version,
    "show configuration sessions": _sessions,
    "show configuration sessions detail": _sessions,
}


def _error(number: object, code: int, message: str, data: list[Any] | None = None) -> bytes:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()
