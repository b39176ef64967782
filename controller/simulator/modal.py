"""A command line with modes, each with a grammar: keywords by unique prefix, and output filtered behind
``|``.

What the platforms that work like this differ in (prompts, words of the errors, which other mode's commands a
submode takes too) is in their own packages.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from controller.simulator.grammar import (
    Arguments,
    CommandError,
    Grammar,
    Rejected,
    ambiguous,
    incomplete,
    invalid,
    words,
)
from controller.simulator.shell import D, Reply, Shell

FILTERS = ("append", "begin", "count", "exclude", "include", "redirect", "section", "tee")


class ModalShell(Shell[D]):
    """``also`` are the grammars a configuration mode takes commands of, beside its own, in that order: those
    of ``configuration`` leave the submode, those of ``executive`` modes run as they would outside of it.

    ``selected`` is what the present submode is about: interfaces, VLANs, an access list."""

    comment = "!"
    configuration = "config"
    executive: tuple[str, ...] = ("exec",)
    also: tuple[str, ...] = ("config",)
    prefix = "do"
    """Before an EXEC command in configuration; "" where there is no such word."""

    filters: Sequence[str] = FILTERS
    unpaged = ""
    """The filter that only turns paging off, where there is one."""

    def __init__(
        self,
        device: D,
        grammars: Mapping[str, Grammar[Any]],
        mode: str,
        user: str = "",
        line: int = 0,
        source: str = "127.0.0.1",
    ) -> None:
        super().__init__(device, user, line, source)
        self.grammars = grammars
        self.mode = mode
        self.selected: tuple[str, ...] = ()
        self.history: list[str] = []

    # --- what a platform says for itself -----------------------------------------------------------------

    @property
    @abstractmethod
    def configures(self) -> bool:
        """Whether the present mode changes the configuration."""

    @abstractmethod
    def explained(self, error: CommandError) -> str:
        """The device's words for a line it did not understand."""

    def grammar_name(self) -> str:
        """Of the grammar of the present mode."""
        return str(self.mode)

    def unknown(self, error: CommandError, _line: str) -> CommandError:
        """What a line that is no EXEC command is taken for."""
        return error

    # --- a line ------------------------------------------------------------------------------------------

    @property
    def shown_mode(self) -> str:
        return str(self.mode)

    def execute(self, line: str) -> Reply:
        if not line.strip() or line.lstrip().startswith(self.comment):
            return Reply()
        self.history.append(line.strip())
        try:
            return self._configure(line) if self.configures else self.run(line)
        except CommandError as error:
            return Reply(self.explained(error), result=error.kind)

    def run(self, line: str, name: str = "") -> Reply:
        """An EXEC command, with what follows its first ``|`` as a filter."""
        command, bar, filtered = line.partition("|")
        grammar = self.grammars[name or (self.executive[0] if self.configures else self.grammar_name())]
        try:
            handler, arguments = grammar.parse(command if bar else line)
        except CommandError as error:
            raise self.unknown(error, line) from None
        reply = replied(handler(self, arguments))
        if bar:
            if not reply.paged:
                raise invalid(len(command))
            reply = self._filtered(reply, filtered, len(command) + 1)
        return reply

    def _filtered(self, reply: Reply, written: str, column: int) -> Reply:
        for part in written.split(" | "):
            tokens = words(part)
            if self.unpaged and tokens and tokens[0].text == self.unpaged:
                reply = replace(reply, paged=False)
            else:
                reply = replace(reply, text=filtered_text(reply.text, part, column, self.filters))
        return reply

    def _configure(self, line: str) -> Reply:
        first = words(line)[0]
        if self.prefix and first.text.lower() == self.prefix and len(words(line)) > 1:
            kept = first.start + len(self.prefix)
            return self.run(" " * kept + line[kept:], self.executive[0])
        errors: list[CommandError] = []
        for name in dict.fromkeys((self.grammar_name(), *self.also)):
            try:
                if name in self.executive:
                    return self.run(line, name)
                handler, arguments = self.grammars[name].parse(line)
            except CommandError as error:
                if error.kind == "rejected":
                    raise
                errors.append(error)
                continue
            if name == self.configuration:
                return self._outside(handler, arguments)
            return replied(handler(self, arguments))
        raise max(errors, key=lambda error: float("inf") if error.column is None else error.column)

    def _outside(self, handler: Any, arguments: Arguments) -> Reply:
        """A command of global configuration, which leaves the submode unless it is refused."""
        kept_mode, kept_selected = self.mode, self.selected
        if self.mode != self.configuration:
            self.enter(self.configuration)
        try:
            return replied(handler(self, arguments))
        except CommandError:
            self.mode, self.selected = kept_mode, kept_selected
            raise

    # --- for the commands --------------------------------------------------------------------------------

    def enter(self, mode: str, *selected: str) -> None:
        self.mode, self.selected = mode, selected


def replied(answer: Reply | str | None) -> Reply:
    if isinstance(answer, Reply):
        return answer
    return Reply(answer or "", result="rejected" if (answer or "").startswith("%") else "ok")


def paged(lines: Sequence[str] | str) -> Reply:
    return Reply(lines if isinstance(lines, str) else "\n".join(lines), paged=True)


def filtered_text(text: str, written: str, column: int, known: Sequence[str] = FILTERS) -> str:
    """``include``, ``exclude``, ``begin``, ``section``, ``count`` and what follows; case counts. ``known``
    are all the platform's filters, which may be abbreviated while unique."""
    tokens = words(written)
    if not tokens:
        raise incomplete()
    given = tokens[0].text.lower()
    fits = [given] if given in known else [each for each in known if each.startswith(given)]
    if len(fits) > 1:
        raise ambiguous(written.strip())
    if not fits or fits[0] not in ("begin", "count", "exclude", "grep", "include", "section"):
        raise invalid(column + tokens[0].start)
    if len(tokens) < 2:
        raise incomplete()
    try:
        wanted = re.compile(written[tokens[1].start :].rstrip().strip('"'))
    except re.error:
        raise Rejected("% Failed to compile regular expression.") from None
    lines = text.split("\n")
    hits = [bool(wanted.search(each)) for each in lines]
    match fits[0]:
        case "include" | "grep":
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
