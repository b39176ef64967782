"""The command line of IOS: its modes, its prompts, and its words for what it does not understand.

Cisco IOS Configuration Fundamentals Configuration Guide, "Cisco IOS CLI Command Modes": user EXEC ``>``,
privileged EXEC ``#``, global configuration ``(config)#`` and its submodes; a submode also takes the commands
of global configuration; ``do`` runs an EXEC command there; the host name in configuration prompts is cut at
20 characters. "Using the Cisco IOS Command-Line Interface": "% Ambiguous command:", "% Incomplete command."
and
"% Invalid input detected at '^' marker.", the caret standing under the first character that could not be
understood. "Searching and Filtering CLI Output".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from controller.simulator.cisco_ios.device import IosSwitch
from controller.simulator.grammar import Arguments, CommandError, Grammar, Rejected, invalid, words
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface


class Mode(StrEnum):
    USER = "exec"
    ENABLED = "privileged"
    CONFIG = "config"
    INTERFACE = "config-if"
    RANGE = "config-if-range"
    VLAN = "config-vlan"
    STANDARD = "config-std-nacl"
    EXTENDED = "config-ext-nacl"
    IPV6 = "config-ipv6-acl"
    LINE = "config-line"
    ARCHIVE = "config-archive"
    ROUTER = "config-router"


Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_GRAMMARS = {
    Mode.USER: "user",
    Mode.ENABLED: "exec",
    Mode.RANGE: "config-if",
    Mode.STANDARD: "acl",
    Mode.EXTENDED: "acl",
    Mode.IPV6: "acl",
}


class Shell(ModalShell[IosSwitch]):
    """``line`` is the VTY number."""

    def __init__(
        self,
        device: IosSwitch,
        grammars: Mapping[str, Grammar[Handler]],
        user: str = "",
        line: int = 0,
        source: str = "127.0.0.1",
    ) -> None:
        account = device.running.users.get(user)
        mode = Mode.ENABLED if account and account.privilege == 15 else Mode.USER
        super().__init__(device, grammars, mode, user, line, source)
        self.screen.length = device.running.settings.length

    @property
    def configures(self) -> bool:
        return self.mode not in (Mode.USER, Mode.ENABLED)

    @property
    def prompt(self) -> str:
        hostname = self.device.hostname
        if self.mode == Mode.USER:
            return f"{hostname}>"
        return f"{hostname}#" if self.mode == Mode.ENABLED else f"{hostname[:20]}({self.mode})#"

    def grammar_name(self) -> str:
        return _GRAMMARS.get(Mode(self.mode), self.mode)

    def explained(self, error: CommandError) -> str:
        match error.kind:
            case "invalid":
                caret = " " * (len(self.prompt) + (error.column or 0)) + "^\n"
                return f"{caret}% Invalid input detected at '^' marker.\n"
            case "incomplete":
                return "% Incomplete command.\n"
            case "ambiguous":
                return f'% Ambiguous command:  "{error.text}"'
            case _:
                return error.text

    def unknown(self, error: CommandError, line: str) -> CommandError:
        """A single unknown word in EXEC mode is taken for the name of a host to connect to."""
        tokens = words(line)
        if len(tokens) > 1 or error.column is None:
            return error
        if self.configures:
            return invalid(0) if error.column == 0 else error
        text = "% Bad IP address or host name\n"
        if self.device.running.settings.domain_lookup:
            name = tokens[0].text
            text = f'Translating "{name}"...domain server (255.255.255.255)\n% Bad IP address or host name\n'
        return Rejected(text + "% Unknown command or computer name, or unable to find computer address\n")

    def configure(self, *, lock: bool) -> str:
        """Enters the configuration; refused while somebody else has it to himself."""
        device = self.device
        if device.exclusive is not None and device.exclusive != self.line:
            holder = device.lines.get(device.exclusive)
            raise Rejected(
                f"Configuration mode locked exclusively by user '{holder.user if holder else 'unknown'}'"
                f" process '187' from terminal '{device.exclusive}'. Please try later."
            )
        device.exclusive = self.line if lock else None
        self.enter(Mode.CONFIG)
        return "Enter configuration commands, one per line.  End with CNTL/Z."

    def interrupted(self) -> None:
        if self.configures:
            self.leave_configuration()

    def ended(self) -> None:
        self.unlock()

    def unlock(self) -> None:
        if self.device.exclusive == self.line:
            self.device.exclusive = None

    def leave_configuration(self) -> None:
        self.enter(Mode.ENABLED)
        self.unlock()
        who = f"{self.user or 'console'} on vty{self.line} ({self.source})"
        self.device.say(f"%SYS-5-CONFIG_I: Configured from console by {who}")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found
