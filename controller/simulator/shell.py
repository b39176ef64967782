"""The command interpreter of one session: its mode, its prompts, and what a line does.

Knows nothing of terminals or transport. Cisco IOS Configuration Fundamentals Configuration Guide, "Cisco IOS
CLI Command Modes": user EXEC ``>``, privileged EXEC ``#``, global configuration ``(config)#`` and its
submodes; a submode also takes the commands of global configuration; ``do`` runs an EXEC command there; the
host name in configuration prompts is cut at 20 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.simulator.configuration import Interface
from controller.simulator.device import Device
from controller.simulator.grammar import (
    Arguments,
    CommandError,
    Grammar,
    ambiguous,
    incomplete,
    invalid,
    words,
)


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

    @property
    def configures(self) -> bool:
        return self not in (Mode.USER, Mode.ENABLED)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question in the middle of a command. ``key``: any single key answers; ``secret``: no echo."""

    prompt: str
    answer: Callable[[str], Reply]
    secret: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """``then`` happens once the text has gone out; ``paged`` text stops at each screen."""

    text: str = ""
    ask: Ask | None = None
    close: bool = False
    paged: bool = False
    result: str = "ok"
    then: Callable[[], None] | None = None


Handler = Callable[["Shell", Arguments], "Reply | str | None"]


class Rejected(CommandError):
    """The command was understood and refused; the text is the device's own."""


@dataclass(slots=True)
class Screen:
    length: int = 24
    width: int = 80


class Shell:
    """``line`` is the VTY number, ``source`` the peer's address. ``config_source`` is who
    ``%SYS-5-CONFIG_I`` names."""

    def __init__(
        self,
        device: Device,
        grammars: Mapping[str, Grammar[Handler]],
        user: str = "",
        line: int = 0,
        source: str = "127.0.0.1",
    ) -> None:
        self.grammars = grammars
        self.device, self.user, self.line, self.source = device, user, line, source
        self.mode = Mode.USER
        self.screen = Screen(length=device.running.settings.length)
        self.monitor = False
        self.selected: tuple[str, ...] = ()
        """Interfaces, VLANs or the access list the present submode is about."""
        self.history: list[str] = []
        account = device.running.users.get(user)
        if account and account.privilege == 15:
            self.mode = Mode.ENABLED

    @property
    def prompt(self) -> str:
        hostname = self.device.running.settings.hostname
        if self.mode is Mode.USER:
            return f"{hostname}>"
        return f"{hostname}#" if self.mode is Mode.ENABLED else f"{hostname[:20]}({self.mode})#"

    def execute(self, line: str) -> Reply:
        """What the line does and prints. Never raises for what a person may type."""
        if not line.strip() or line.lstrip().startswith("!"):
            return Reply()
        self.history.append(line.strip())
        try:
            return self._configure(line) if self.mode.configures else self.run(line)
        except CommandError as error:
            word = error.text.split()[1].lower() if error.text.startswith("% ") else ""
            known = word if word in ("invalid", "incomplete", "ambiguous") else "rejected"
            return Reply(error.shown(len(self.prompt)), result=known)

    def run(self, line: str) -> Reply:
        """An EXEC command, with what follows its first ``|`` as a filter."""
        command, bar, filtered = line.partition("|")
        grammar = self.grammars["user" if self.mode is Mode.USER else "exec"]
        try:
            handler, arguments = grammar.parse(command if bar else line)
        except CommandError as error:
            tokens = words(line)
            if error.column == 0 or (
                len(tokens) == 1 and error.column is not None and not self.mode.configures
            ):
                raise self._unknown_word(tokens[0].text) if len(tokens) == 1 else error from None
            raise
        reply = _reply(handler(self, arguments))
        if bar:
            if not reply.paged:
                raise invalid(len(command))
            reply = replace(reply, text=_filter(reply.text, filtered, len(command) + 1))
        return reply

    def _unknown_word(self, word: str) -> CommandError:
        """A single unknown word in EXEC mode is taken for the name of a host to connect to."""
        if self.mode.configures:
            return invalid(0)
        text = "% Bad IP address or host name\n"
        if self.device.running.settings.domain_lookup:
            text = f'Translating "{word}"...domain server (255.255.255.255)\n% Bad IP address or host name\n'
        return Rejected(text + "% Unknown command or computer name, or unable to find computer address\n")

    def _configure(self, line: str) -> Reply:
        first = words(line)[0]
        if first.text.lower() == "do" and len(words(line)) > 1:
            kept = first.start + 2
            return self.run(" " * kept + line[kept:])
        errors: list[CommandError] = []
        for name in dict.fromkeys((self._grammar_name(), "config")):
            try:
                handler, arguments = self.grammars[name].parse(line)
            except CommandError as error:
                errors.append(error)
                continue
            if name == "config" and self.mode is not Mode.CONFIG:
                kept_mode, kept_selected = self.mode, self.selected
                self.mode, self.selected = Mode.CONFIG, ()
                try:
                    return _reply(handler(self, arguments))
                except CommandError:
                    self.mode, self.selected = kept_mode, kept_selected
                    raise
            return _reply(handler(self, arguments))
        raise max(errors, key=lambda error: float("inf") if error.column is None else error.column)

    def _grammar_name(self) -> str:
        if self.mode is Mode.RANGE:
            return Mode.INTERFACE
        return "acl" if self.mode in (Mode.STANDARD, Mode.EXTENDED, Mode.IPV6) else str(self.mode)

    # --- for the commands --------------------------------------------------------------------------

    def enter(self, mode: Mode, *selected: str) -> None:
        self.mode, self.selected = mode, selected

    def leave_configuration(self) -> None:
        self.enter(Mode.ENABLED)
        who = f"{self.user or 'console'} on vty{self.line} ({self.source})"
        self.device.say(f"%SYS-5-CONFIG_I: Configured from console by {who}")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found


def _reply(answer: Reply | str | None) -> Reply:
    if isinstance(answer, Reply):
        return answer
    return Reply(answer or "", result="rejected" if (answer or "").startswith("%") else "ok")


def _filter(text: str, written: str, column: int) -> str:
    """Cisco IOS Configuration Fundamentals, "Searching and Filtering CLI Output"; case counts."""
    tokens = words(written)
    if not tokens:
        raise incomplete()
    fits = [
        each
        for each in ("append", "begin", "count", "exclude", "include", "redirect", "section", "tee")
        if each.startswith(tokens[0].text.lower())
    ]
    if len(fits) > 1:
        raise ambiguous(written.strip())
    if not fits or fits[0] not in ("begin", "count", "exclude", "include", "section"):
        raise invalid(column + tokens[0].start)
    if len(tokens) < 2:
        raise incomplete()
    try:
        wanted = re.compile(written[tokens[1].start :])
    except re.error:
        raise Rejected("% Failed to compile regular expression.") from None
    lines = text.split("\n")
    hits = [bool(wanted.search(each)) for each in lines]
    match fits[0]:
        case "include":
            kept = [each for each, hit in zip(lines, hits, strict=True) if hit]
        case "exclude":
            kept = [each for each, hit in zip(lines, hits, strict=True) if not hit]
        case "begin":
            kept = lines[hits.index(True) :] if any(hits) else []
        case "count":
            return f"Number of lines which match regexp = {sum(hits)}"
        case _:
            kept, inside = [], False
            for each, hit in zip(lines, hits, strict=True):
                inside = hit or (inside and each.startswith(" "))
                kept += [each] if inside else []
    return "\n".join(kept)
