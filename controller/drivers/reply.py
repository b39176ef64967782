"""The answer to one line, and the one question asked of it: has the device answered?

A line is answered when, after its echo, a line stands that is nothing but the prompt. Silence never counts.
What comes between (log messages, a page break, a changed mode) is tolerated or answered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from controller.drivers.messages import Messages
from controller.drivers.prompt import LONGEST_PROMPT, Prompt, page_break, resembles_prompt
from controller.drivers.screen import Terminal, visible

_WRAPPED = re.compile(r"(.)\r(?=\1)")
"""At the edge of the screen readline prints the next line's first character, returns, and prints it again."""

_INVISIBLE = re.compile(r"[\s\x08]+")


def squeezed(text: str) -> str:
    """Without anything invisible: an echo compares equal however the device wrapped it."""
    return _INVISIBLE.sub("", _WRAPPED.sub("", text))


class Progress(Enum):
    WAITING = auto()
    PAGE = auto()
    ASKED = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class _Line:
    """``before`` is what stands before a log message, None where there is none."""

    shown: str
    before: str | None

    @property
    def is_message(self) -> bool:
        return self.before is not None and not self.before.strip()


class Reply:
    """The answer as it arrives. ``question`` is what the device may ask in between, for the caller to
    answer; ``echo`` is False where the line will not be repeated."""

    def __init__(
        self,
        command: str,
        prompt: Prompt,
        messages: Messages,
        *,
        echo: bool = True,
        question: re.Pattern[str] | None = None,
    ) -> None:
        self._prompt = prompt
        self._messages = messages
        self._question = question
        self._command = squeezed(command)
        self._seen = 0 if echo else len(self._command)
        self._lines: list[_Line] = []
        self._page_hidden = False
        self.paged = False
        self.asked = ""
        """The device's question, where it asked the one of this reply."""
        self.behind: tuple[str, ...] = ()
        """What was printed after the prompt, messages apart: it belongs to nobody."""

    # --- what it says --------------------------------------------------------------------------------

    def text(self, known: Collection[str] = ()) -> str:
        """Without log messages. A line that one of them cut in two is whole again; one of ``known`` lines
        stays as it is."""
        shown: list[str] = []
        joins = False
        for line in self._lines:
            if line.is_message:
                if shown and not shown[-1] and not joins:
                    # The message began a line of its own; or else nothing but an empty line is lost.
                    shown.pop()
                continue
            cut = line.before is not None and line.shown not in known
            piece = line.before if cut and line.before is not None else line.shown
            if joins:
                shown[-1] += piece
            else:
                shown.append(piece)
            joins = cut
        return "\n".join(line.rstrip() for line in shown).strip("\n")

    def doubtful(self, known: Collection[str] = ()) -> bool:
        """A message may have cut one of its lines in two, or what looks like one may belong to a line. A
        line that comes back word for word when the same is asked again (``known``) is no message."""
        return any(line.shown not in known for line in self._dubious())

    def _dubious(self) -> Iterator[_Line]:
        behind_text = False
        for line in self._lines:
            if line.before is not None and (behind_text or not line.is_message):
                yield line
            behind_text = line.before is None and bool(line.shown)

    @property
    def lines(self) -> frozenset[str]:
        return frozenset(line.shown for line in self._lines)

    # --- as it arrives -------------------------------------------------------------------------------

    @property
    def _echoed(self) -> bool:
        return self._seen == len(self._command)

    def take(self, terminal: Terminal, data: bytes) -> Progress:
        """``data`` is what has come since; of a page break or a question the caller answers it."""
        lines = iter(terminal.feed(data))
        for ended in lines:
            progress = self._take_line(ended)
            if progress is not Progress.WAITING:
                self.behind = tuple(line for line in (*lines, terminal.tail) if self._counts(line))
                return progress
        if self._is_page(terminal):
            terminal.drop_tail()
            self.paged = True
            return Progress.PAGE
        if not self._echoed:
            return Progress.WAITING
        if self._question and self._question.search(visible(terminal.tail)):
            self.asked = visible(terminal.tail)
            terminal.drop_tail()
            return Progress.ASKED
        before = self._prompt.ended_by(terminal)
        if before is None:
            return Progress.WAITING
        if before:
            self._lines.append(_Line(before, None))
        return Progress.DONE

    def _take_line(self, ended: str) -> Progress:
        line = _Line(visible(ended), self._messages.before(ended))
        said = line.shown if line.before is None else line.before
        if not self._echoed:
            # What was sent may itself look like a message.
            whole = line.before is None or squeezed(ended).endswith(self._command)
            self._look_for_echo(ended if whole else said)
            return Progress.WAITING
        if self._prompt.matches(said):
            return Progress.DONE
        if self._question and self._question.search(said):
            self.asked = said
            return Progress.ASKED
        if line.before is not None and self._hides_page(line):
            return Progress.WAITING
        self._lines.append(line)
        return Progress.WAITING

    def _counts(self, line: str) -> bool:
        shown = visible(line) if (before := self._messages.before(line)) is None else before
        return bool(shown.strip())

    def _is_page(self, terminal: Terminal) -> bool:
        hidden, self._page_hidden = self._page_hidden, False
        return hidden or (terminal.length <= LONGEST_PROMPT and page_break(terminal.tail))

    def _hides_page(self, message: _Line) -> bool:
        """The message ended the line on which the device waits for a key."""
        if page_break(message.before or ""):
            self._page_hidden = True
            return True
        if self._lines and self._lines[-1].before is None and page_break(self._lines[-1].shown):
            self._lines.pop()
            self._page_hidden = True
        return False

    def _look_for_echo(self, line: str) -> None:
        """Everything before the echo is left over from earlier. A message may split the echo: its first part
        then stands alone behind the prompt, and the rest, or all of it again, on a line of its own."""
        seen = squeezed(line)
        if not seen:
            return
        if seen.endswith(self._command):
            self._seen = len(self._command)
            return
        part = squeezed(self._prompt.cut_off(line))
        if part and self._seen and self._command.startswith(part, self._seen):
            self._seen += len(part)
        elif part and self._command.startswith(part):
            self._seen = len(part)

    # --- when nothing more arrives -------------------------------------------------------------------

    def stalled_at(self, terminal: Terminal) -> str | None:
        """The tail, where an empty line may be sent to see whether it is a prompt; None where it may not."""
        if not self._echoed:
            return None
        tail = visible(terminal.tail).strip()
        if tail:
            cut = self._lines and self._lines[-1].before is not None and self._prompt.shown.endswith(tail)
            return tail if cut or resembles_prompt(tail) else None
        # Nothing but a prompt, and then something that was not recognised as a message.
        last = self._lines[-1].shown if self._lines else ""
        return "" if last and self._prompt.cut_off(last) != last.strip() else None

    def repeats(self, terminal: Terminal, prompt: str) -> bool:
        """It stands there a second time, behind the empty line, with the same lines right before it where it
        has such (``[edit]`` on one of its own): so it is a prompt."""
        if not prompt or not self._lines or visible(terminal.tail).strip() != prompt:
            return False
        shown = [line.shown.strip() for line in self._lines]
        if prompt not in shown:
            return False
        first = len(shown) - 1 - shown[::-1].index(prompt)
        banner = shown[first + 1 :]
        if len(banner) > first or shown[first - len(banner) : first] != banner:
            return False
        del self._lines[first:]
        return True
