"""The command line of NX-OS: its modes, its prompts, its words for what it does not understand.

Cisco Nexus 9000 Series NX-OS Fundamentals Configuration Guide, "Understanding the Command-Line Interface":
EXEC ``#``, ``(config)#`` and its submodes, which also take the commands of global configuration and of EXEC;
several commands on a line are parted by `` ; ``; output is filtered behind ``|``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.simulator.cisco_nxos.device import NexusSwitch
from controller.simulator.grammar import Arguments, CommandError, Grammar, Rejected
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]


class Shell(ModalShell[NexusSwitch]):
    """``mode`` is ``exec``, ``config``, ``config-if``, ``config-vlan``, ``config-acl``, ``config-router`` or
    ``config-router-neighbor``."""

    also = ("config", "exec")
    prefix = ""
    filters = (
        "begin",
        "count",
        "egrep",
        "exclude",
        "grep",
        "include",
        "json",
        "last",
        "no-more",
        "section",
        "xml",
    )
    unpaged = "no-more"
    more = "--More--"

    def __init__(
        self, device: NexusSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, "exec", user, line)
        self.dont_ask = False

    @property
    def configures(self) -> bool:
        return self.mode != "exec"

    @property
    def prompt(self) -> str:
        hostname = self.device.hostname
        if not self.configures:
            return f"{hostname}# "
        about = self.mode
        if self.mode == "config-if" and len(self.selected) > 1:
            about = "config-if-range"
        elif self.mode == "config-acl" and self.selected[0] == "ipv6":
            about = "config-ipv6-acl"
        return f"{hostname}({about})# "

    def execute(self, line: str) -> Reply:
        parts = line.split(" ; ")
        if len(parts) == 1:
            return super().execute(line)
        texts: list[str] = []
        reply = Reply()
        for part in parts:
            reply = super().execute(part)
            texts.append(reply.text)
            if reply.result != "ok" or reply.ask or reply.close:
                break
        whole = "\n".join(text for text in texts if text)
        return Reply(whole, reply.ask, reply.close, paged=True, result=reply.result, then=reply.then)

    def explained(self, error: CommandError) -> str:
        column = len(self.history[-1]) if error.kind == "incomplete" else error.column or 0
        caret = " " * (len(self.prompt) + column) + "^\n"
        match error.kind:
            case "invalid":
                return f"{caret}% Invalid command at '^' marker."
            case "incomplete":
                return f"{caret}% Incomplete command at '^' marker."
            case "ambiguous":
                return f"{caret}% Ambiguous command at '^' marker."
            case _:
                return error.text

    def interrupted(self) -> None:
        if self.configures:
            self.enter("exec")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise self.refused("interface format", arguments.starts[index])
        return found

    def refused(self, what: str, column: int) -> Rejected:
        """The words for an interface there is none of, the caret below ``column`` of the line."""
        return Rejected(" " * (len(self.prompt) + column) + f"^\nInvalid {what} at '^' marker.")
