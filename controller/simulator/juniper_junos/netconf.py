"""The Junos XML management protocol over NETCONF.

Juniper, "Junos XML Management Protocol Developer Guide": "Locking and Unlocking the Candidate Configuration"
(``lock-configuration``; the lock and what is not committed go with the session), "Uploading Configuration
Data as a Data Stream" (``load-configuration action="set"``), "Replacing the Candidate Configuration with a
Previously Committed Configuration" (``rollback``), "Comparing the Active or Candidate Configuration with a
Prior Version" (``get-configuration compare="rollback"``), "Committing the Candidate Configuration"
(``commit-configuration``, ``confirmed``, ``confirm-timeout`` in minutes). Each is what the command line does
by the same name, and is carried out as it; anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from controller.simulator.juniper_junos.shell import CONFIGURATION, JunosShell
from controller.simulator.netconf import RpcError
from controller.simulator.shell import Reply

CAPABILITIES = (
    "urn:ietf:params:netconf:capability:candidate:1.0",
    "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
    "http://xml.juniper.net/netconf/junos/1.0",
    "http://xml.juniper.net/dmi/system/1.0",
)

CarryOut = Callable[[str, Callable[[str], Reply]], Awaitable[Reply]]
_ERROR = re.compile(r"^(?:error: |\s*\^)", re.MULTILINE)


async def answer(shell: JunosShell, carry_out: CarryOut, asked: ET.Element) -> str:
    """What is inside the reply. Raises RpcError."""

    async def said(line: str) -> str:
        reply = await carry_out(line, shell.execute)
        if reply.ask:
            reply = await carry_out("yes", reply.ask.answer)
        if reply.result != "ok" or _ERROR.search(reply.text):
            raise RpcError(_message(reply.text), "syntax-error" if "^" in reply.text else "operation-failed")
        if reply.text.startswith("warning: statement not found"):
            raise RpcError("statement not found", "data-missing", "warning")
        return reply.text

    match asked.tag:
        case "lock-configuration":
            await said("configure exclusive")
            return "<ok/>"
        case "unlock-configuration":
            if shell.how != "exclusive":
                raise RpcError("configuration database is not locked")
            await said("exit configuration-mode")
            return "<ok/>"
        case "load-configuration":
            return await _load(shell, said, asked)
        case "get-configuration" if asked.get("compare") == "rollback" and asked.get("format") == "text":
            if asked.get("rollback", "0") != "0":
                raise RpcError("only the active configuration is compared with here")
            found = await _edited(shell, said, "show | compare")
            output = f"<configuration-output>\n{escape(found)}\n</configuration-output>"
            return f"<configuration-information>{output}</configuration-information>"
        case "commit-configuration":
            return await _commit(shell, said, asked)
        case _:
            raise RpcError("syntax error", "operation-not-supported")


Said = Callable[[str], Awaitable[str]]


async def _edited(shell: JunosShell, said: Said, line: str) -> str:
    """Without a lock it is the candidate everybody shares."""
    if shell.mode != CONFIGURATION:
        await said("configure")
    return await said(line)


async def _load(shell: JunosShell, said: Said, asked: ET.Element) -> str:
    results = "<load-configuration-results>{}</load-configuration-results>"
    if asked.get("compare", "") == "rollback" or "rollback" in asked.attrib:
        await _edited(shell, said, f"rollback {asked.get('rollback', '0')}")
        return results.format("<ok/>")
    lines = asked.findtext("configuration-set")
    if asked.get("action") != "set" or lines is None:
        raise RpcError("syntax error", "operation-not-supported")
    errors = ""
    for line in filter(None, map(str.strip, lines.splitlines())):
        if line.split()[0] not in ("set", "delete", "activate", "deactivate"):
            raise RpcError(f"unknown command: {line}", "syntax-error")
        try:
            await _edited(shell, said, line)
        except RpcError as error:
            errors += error.written()
    return results.format(errors or "<ok/>")


async def _commit(shell: JunosShell, said: Said, asked: ET.Element) -> str:
    known = {"confirmed", "confirm-timeout", "check", "log"}
    if unknown := {each.tag for each in asked} - known:
        raise RpcError(f"syntax error: {', '.join(sorted(unknown))}", "unknown-element")
    words = ["commit"]
    if asked.find("check") is not None:
        words.append("check")
    if asked.find("confirmed") is not None:
        words += ["confirmed", asked.findtext("confirm-timeout") or "10"]
    await _edited(shell, said, " ".join(words))
    member = "<name>fpc0</name><commit-success/>"
    return f"<commit-results><routing-engine>{member}</routing-engine></commit-results><ok/>"


def _message(text: str) -> str:
    """Without what only a terminal shows: the caret under the line, the word in front."""
    lines = [line.removeprefix("error: ") for line in text.split("\n") if line.strip(" ^")]
    return "\n".join(lines)
