"""The command line of EOS: its modes, its prompts, its words for what it does not understand.

Arista EOS User Manual, "Command-Line Interface": EXEC ``>``, privileged EXEC ``#``, ``(config)#`` and its
submodes, whose prompts name what they are about (``(config-if-Et1)#``, ``(config-acl-LIST)#``); EXEC
commands work in configuration modes as they are. "ACLs and Route Maps": edits of a list take effect when its
mode is left, ``abort`` discards them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.simulator.arista_eos.device import EosSwitch
from controller.simulator.arista_eos.names import short_name
from controller.simulator.filters import AccessList
from controller.simulator.grammar import Arguments, CommandError, Grammar, invalid
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]


class Shell(ModalShell[EosSwitch]):
    """``mode`` is ``user``, ``exec``, ``config``, ``config-if``, ``config-vlan`` or ``config-acl``;
    ``edited`` the list that is being edited, as it will be once its mode is left."""

    also = ("config", "exec")
    filters = ("begin", "count", "exclude", "include", "json", "no-more", "nz", "redirect", "section", "tee")
    unpaged = "no-more"
    more = " --More-- "

    def __init__(
        self, device: EosSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, "user", user, line)
        self.edited: AccessList | None = None
        # EOS writes its log on the terminal only where it is asked to.
        self.screen.length = 24

    @property
    def configures(self) -> bool:
        return self.mode.startswith("config")

    @property
    def prompt(self) -> str:
        hostname = self.device.hostname
        if not self.configures:
            return f"{hostname}>" if self.mode == "user" else f"{hostname}#"
        return f"{hostname}({self._about()})#"

    def _about(self) -> str:
        match self.mode:
            case "config-if":
                return f"config-if-{short_name(self.selected[0])}" + ("-.." if len(self.selected) > 1 else "")
            case "config-vlan":
                return f"config-vlan-{','.join(self.selected)}"
            case "config-acl":
                family, name = self.selected
                return f"config-{'ipv6-' if family == 'ipv6' else ''}acl-{name}"
            case _:
                return self.mode

    def explained(self, error: CommandError) -> str:
        match error.kind:
            case "invalid":
                return "% Invalid input"
            case "incomplete":
                return "% Incomplete command"
            case "ambiguous":
                return "% Ambiguous command"
            case _:
                return error.text

    def enter(self, mode: str, *selected: str) -> None:
        self.edited = None
        super().enter(mode, *selected)

    def leave(self, mode: str) -> None:
        """As ``exit`` and ``end`` do: what was edited takes effect."""
        edited = self.edited
        if edited is not None:
            self.device.running.lists[edited.family, edited.name] = edited
        self.enter(mode)

    def interrupted(self) -> None:
        if self.configures:
            self.leave("exec")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found
