"""The command line of EOS: its modes, its prompts, its words for what it does not understand.

Arista EOS User Manual, "Command-Line Interface": EXEC ``>``, privileged EXEC ``#``, ``(config)#`` and its
submodes, whose prompts name what they are about (``(config-if-Et1)#``, ``(config-acl-LIST)#``); EXEC
commands work in configuration modes as they are. "ACLs and Route Maps": edits of a list take effect when its
mode is left, ``abort`` discards them. "Configure Session": within a session the prompt names it by its first
six characters (``(config-s-change-if-Et1)#``), and the commands of configuration change its copy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from controller.simulator.arista_eos.configuration import Configuration
from controller.simulator.arista_eos.device import EosSwitch
from controller.simulator.arista_eos.names import short_name
from controller.simulator.filters import AccessList
from controller.simulator.grammar import Arguments, CommandError, Grammar, Rejected, invalid
from controller.simulator.modal import ModalShell, replied
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]


@dataclass(frozen=True, slots=True)
class Modelled(Reply):
    """An answer that ``| json`` prints as its ``model``."""

    model: Any = None


class Shell(ModalShell[EosSwitch]):
    """``mode`` is ``user``, ``exec``, ``config``, ``config-if``, ``config-vlan``, ``config-acl`` or
    ``config-router``;
    ``edited`` the list that is being edited, as it will be once its mode is left; ``session`` the name of the
    configuration session that is being changed, "" where the running configuration is."""

    also = ("config", "exec")
    filters = ("begin", "count", "exclude", "include", "json", "no-more", "nz", "redirect", "section", "tee")
    unpaged = "no-more"
    more = " --More-- "

    def __init__(
        self, device: EosSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, "user", user, line)
        self.edited: AccessList | None = None
        self.session = ""
        self._running: Configuration | None = None
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
        about = self._about()
        if self.session:
            about = f"config-s-{self.session[:6]}{about.removeprefix('config')}"
        return f"{hostname}({about})#"

    def _about(self) -> str:
        match self.mode:
            case "config-if":
                return f"config-if-{short_name(self.selected[0])}" + ("-.." if len(self.selected) > 1 else "")
            case "config-vlan":
                return f"config-vlan-{','.join(self.selected)}"
            case "config-router":
                return "config-router-bgp"
            case "config-acl":
                family, name = self.selected
                return f"config-{'ipv6-' if family == 'ipv6' else ''}acl-{name}"
            case _:
                return self.mode

    def explained(self, error: CommandError) -> str:
        match error.kind:
            case "invalid":
                return f"% Invalid input ({error.text})" if error.text else "% Invalid input"
            case "incomplete":
                return "% Incomplete command"
            case "ambiguous":
                return "% Ambiguous command"
            case _:
                return error.text

    def unknown(self, error: CommandError, line: str) -> CommandError:
        """What only privileged EXEC has is refused in so many words."""
        if self.mode == "user":
            with suppress(CommandError):
                self.grammars["exec"].parse(line.partition("|")[0])
                return CommandError("invalid", "privileged mode required", error.column)
        return error

    def enter(self, mode: str, *selected: str) -> None:
        self.edited = None
        if not mode.startswith("config"):
            self.session = ""
        super().enter(mode, *selected)

    def leave(self, mode: str) -> None:
        """As ``exit`` and ``end`` do: what was edited takes effect, and a session stays as it is."""
        edited = self.edited
        if edited is not None:
            self.device.running.lists[edited.family, edited.name] = edited
        self.enter(mode)

    def interrupted(self) -> None:
        if self.configures:
            with self._in_session():
                self.leave("exec")

    def _filtered(self, reply: Reply, written: str, column: int) -> Reply:
        if isinstance(reply, Modelled) and written.split() == ["json"]:
            return Reply(json.dumps(reply.model, indent=4), paged=True)
        return super()._filtered(reply, written, column)

    # --- a configuration session -------------------------------------------------------------------------

    def _configure(self, line: str) -> Reply:
        if not self.session:
            return super()._configure(line)
        if self.session not in self.device.drafts:  # committed or aborted by another terminal
            self.enter("exec")
            raise Rejected("% Session does not exist")
        ends = self._ends_session(line)
        if ends is not None:
            handler, arguments = ends
            with self._in_session():
                self.leave("config")
            return replied(handler(self, arguments))
        with self._in_session():
            return super()._configure(line)

    def _ends_session(self, line: str) -> tuple[Handler, Arguments] | None:
        """The command by which the line ends the session, unless it is one of the mode it stands in."""
        with suppress(CommandError):
            self.grammars[self.mode].parse(line)
            return None
        try:
            return self.grammars["session"].parse(line)
        except CommandError as error:
            if error.kind == "incomplete":
                raise
            return None

    @contextmanager
    def _in_session(self) -> Iterator[None]:
        """What is done here is done to the session's copy."""
        device, name = self.device, self.session
        if not name:
            yield
            return
        self._running, device.running = device.running, device.drafts[name]
        try:
            yield
        finally:
            draft, device.running, self._running = device.running, self._running, None
            if name in device.drafts:
                device.drafts[name] = draft

    def run(self, line: str, name: str = "") -> Reply:
        """An EXEC command, to which a session is nothing yet."""
        device = self.device
        if self._running is None:
            return super().run(line, name)
        draft, device.running = device.running, self._running
        try:
            return super().run(line, name)
        finally:
            self._running, device.running = device.running, draft

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found
