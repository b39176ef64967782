"""The answers to lines typed ahead: several that change nothing, sent in one write.

Taken only where all is as it should be: each line's echo behind the prompt that ends the answer before it,
and nothing a device prints unasked, no page break, no other prompt in between. Anything else is *untidy*:
then nothing that came counts, and the lines are asked again one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.drivers.messages import Messages
from controller.drivers.prompt import Prompt, page_break, resembles_prompt
from controller.drivers.reply import squeezed
from controller.drivers.screen import Terminal, visible


class Ahead:
    """``lines`` in the order sent. The prompt the first one stands behind may have been read already."""

    def __init__(self, lines: Sequence[str], prompt: Prompt, messages: Messages) -> None:
        self._wanted = [squeezed(line) for line in lines]
        self._prompt = prompt
        self._messages = messages
        self._said: list[list[str]] = []
        self.tidy = True

    @property
    def echoed(self) -> int:
        """How many of the lines the device has begun with."""
        return len(self._said)

    @property
    def texts(self) -> list[str]:
        """What each line printed."""
        return ["\n".join(line.rstrip() for line in said).strip("\n") for said in self._said]

    def take(self, terminal: Terminal, data: bytes) -> bool:
        """Whether the last line is answered; ``data`` is what has come since."""
        for ended in terminal.feed(data):
            self._take_line(ended)
        if page_break(terminal.tail):
            self.tidy = False
        return self.echoed == len(self._wanted) and self._prompt.matches(terminal.tail)

    def stuck_at(self, terminal: Terminal) -> bool:
        """Nothing comes any more, and what stands there looks like a prompt: lines were lost, or the device
        was renamed."""
        tail = visible(terminal.tail).strip()
        return self._prompt.matches(tail) or resembles_prompt(tail)

    def _take_line(self, ended: str) -> None:
        shown = visible(ended)
        if self._messages.before(shown) is not None or page_break(shown):
            self.tidy = False
            return
        behind = self._prompt.cut_off(shown)
        prompted = behind != shown.strip()
        # What stands before the first echo is left over from earlier; the others stand behind a prompt.
        begins = (prompted or not self._said) and self.echoed < len(self._wanted)
        if begins and squeezed(behind) == self._wanted[self.echoed]:
            self._said.append([])
            return
        if self._said:
            self.tidy = self.tidy and not prompted
            self._said[-1].append(shown)
