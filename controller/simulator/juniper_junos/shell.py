"""The command line of Junos: its two modes, their prompts, its pipes, and its words for what it does not
understand.

Junos OS CLI User Guide: "CLI Operational Mode", "CLI Configuration Mode" (a banner of the hierarchy level on
the line before the prompt), "Using the Pipe ( | ) Symbol to Filter Junos Command Output", "Getting Help" (a
caret below the place). A switch of a Virtual Chassis writes its role before the prompt: Virtual Chassis User
Guide. Junos XML Management Protocol Developer Guide, "Displaying CLI Output as XML Tag Elements".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from controller.simulator.grammar import Arguments, CommandError, Grammar, Word, ambiguous, invalid
from controller.simulator.juniper_junos.device import SHARED, JunosSwitch
from controller.simulator.shell import Reply, Shell

BANNER = "{master:0}"
OPERATIONAL, CONFIGURATION = "operational", "configuration"
_PIPES = ("compare", "count", "display", "except", "find", "last", "match", "no-more", "save", "trim")
_XML = 'rpc-reply xmlns:junos="http://xml.juniper.net/junos/21.4R0/junos"'


@dataclass(frozen=True, slots=True)
class Output:
    """What a command prints, and what it prints instead behind ``| display xml``, ``| display set`` and
    ``| compare``, where it has these."""

    text: Sequence[str]
    xml: Callable[[], Sequence[str]] | None = None
    sets: Callable[[], Sequence[str]] | None = None
    compared: Callable[[], Sequence[str]] | None = None


Handler = Callable[["JunosShell", Arguments], "Output | Reply | str"]


class JunosShell(Shell[JunosSwitch]):
    """``level``: where in the hierarchy it is. ``how`` it entered configuration mode: as Editor has it."""

    more = "---(more)---"

    def __init__(
        self, device: JunosSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, user, line)
        self.grammars = grammars
        self.mode = OPERATIONAL
        self.level: tuple[str, ...] = ()
        self.how = ""

    @property
    def name(self) -> str:
        return f"{self.user}@{self.device.hostname}"

    @property
    def prompt(self) -> str:
        if self.mode == OPERATIONAL:
            return f"\n{BANNER}\n{self.name}> "
        pending = ""
        if self.device.unconfirmed is not None:
            minutes = self.device.commits[0].minutes
            pending = f"# commit confirmed will be rolled back in {minutes} minutes\n"
        return f"\n{pending}{BANNER}[{' '.join(('edit', *self.level))}]\n{self.name}# "

    @property
    def shown_mode(self) -> str:
        return self.mode

    @property
    def whose(self) -> str:
        """The candidate it changes."""
        return f"private {self.line}" if self.how == "private" else SHARED

    def leave(self) -> None:
        """Configuration mode: a private or exclusive candidate goes with it."""
        if self.mode == CONFIGURATION and self.how:
            self.device.drop(self.whose)
        self.device.editors.pop(self.line, None)
        self.mode, self.level, self.how = OPERATIONAL, (), ""

    def ended(self) -> None:
        self.leave()

    # --- a line ------------------------------------------------------------------------------------------

    def execute(self, line: str) -> Reply:
        if not line.strip():
            return Reply()
        try:
            return self.run(line, self.mode)
        except CommandError as error:
            return Reply(self._explained(error, line), result=error.kind)

    def run(self, line: str, mode: str) -> Reply:
        """A command of that mode, its output as the pipes behind it want it."""
        command, *pipes = re.split(r" \| ?", line)
        handler, arguments = self.grammars[mode].parse(command)
        answer = handler(self, arguments)
        if isinstance(answer, Output):
            return self._printed(answer, pipes, len(command) + 3)
        if pipes and pipes != ["no-more"]:
            raise invalid(len(command) + 1)
        if isinstance(answer, Reply):
            return answer
        return Reply(answer, result="rejected" if re.search("^error: ", answer, re.MULTILINE) else "ok")

    def _printed(self, output: Output, pipes: Sequence[str], column: int) -> Reply:
        lines, pages = list(output.text), True
        for pipe in pipes:
            name, *given = pipe.split()
            fits = [each for each in _PIPES if each.startswith(name)]
            if len(fits) != 1:
                raise ambiguous(name) if fits else invalid(column)
            rendered = {
                ("display", "xml"): output.xml,
                ("display", "set"): output.sets,
                ("compare",): output.compared,
            }.get((fits[0], *given))
            if rendered is not None:
                lines = list(rendered())
                lines = _enveloped(lines) if rendered is output.xml else lines
            elif fits[0] == "no-more" and not given:
                pages = False
            elif fits[0] == "count" and not given:
                lines = [f"Count: {len(lines)} lines"]
            elif fits[0] in ("match", "except") and given:
                wanted = re.compile(pipe.split(None, 1)[1].strip().strip('"'))
                lines = [each for each in lines if bool(wanted.search(each)) is (fits[0] == "match")]
            else:
                raise invalid(column)
            column += len(pipe) + 3
        return Reply("\n".join(lines), paged=pages)

    def _explained(self, error: CommandError, line: str) -> str:
        if error.kind == "rejected":
            return error.text
        column = len(line) if error.column is None else error.column
        caret = " " * (len(self.name) + 2 + column) + "^"
        if error.kind == "ambiguous":
            return f"{caret}\n'{error.text.split()[-1]}' is ambiguous.\nPossible completions:"
        if error.kind == "incomplete" or (column and self.mode == OPERATIONAL):
            return f"{caret}\nsyntax error, expecting <command>."
        return f"{caret}\n{'syntax error.' if column else 'unknown command.'}"


def _enveloped(lines: Sequence[str]) -> list[str]:
    end = ["    <cli>", f"        <banner>{BANNER}</banner>", "    </cli>", "</rpc-reply>"]
    return [f"<{_XML}>", *(f"    {line}" for line in lines), *end]


def tokens(text: str, start: int = 0) -> list[Word]:
    """The words, those in quotation marks without them."""
    found = re.finditer(r'"([^"]*)"|\S+', text)
    return [Word(each[1] if each[1] is not None else each[0], start + each.start()) for each in found]
