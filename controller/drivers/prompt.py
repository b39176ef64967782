"""What the end of a device's output looks like: its prompt in every mode, and a page break."""

from __future__ import annotations

import re
from typing import Self

from controller.drivers.screen import Terminal, visible

_PAGE = re.compile(
    r"\s*(?:<?\s*-{2,}\s*\(?\s*more\b[\s\d%]*\)?\s*-{2,}.{0,80}|press any key to continue.{0,60})\s*",
    re.IGNORECASE,
)
_TERMINATORS = frozenset("#>$%]")
LONGEST_PROMPT = 200
_BASE = 16
"""IOS shows no more of its host name than this in a configuration mode's prompt."""

_ALIKE = re.compile(r"<?[\w./:@~+-]{1,64}(?: ?\([^()\s]{1,64}\))? ?[#>$]")
"""Brackets at the end are left out: Return at ``[confirm]`` would be an answer."""

_PENDING = r"[~*]?"
"""Before the name in VRP's two-stage mode: whether lines wait to be committed."""

_MODE = r"(?: ?\([^()\s]{1,64}\))?"
_NUMBER = re.compile(r"\d+")


class Prompt:
    """How a device's prompt looks in any of its modes, learnt from one that was shown.

    ``counting``: its numbers change every time, as those of a clock do."""

    def __init__(self, shown: str, *, counting: bool = False) -> None:
        self.shown = shown.strip()
        self._counting = counting
        head = self.shown[:-1].strip().lstrip("<[")
        head = re.sub(_MODE + r"\Z", "", head) or head
        self.base = head if counting else head[:_BASE]
        if counting:
            known = r"\d+".join(re.escape(part) for part in _NUMBER.split(self.base))
        else:
            known = re.escape(self.base) + r"[^\s()<>#\[\]]{0,64}"
        pattern = rf"[<\[]?{_PENDING}{known}{_MODE} ?[#>$%\]]" if self.base else re.escape(self.shown)
        self._pattern = re.compile(pattern)
        self._at_end = re.compile(rf"(?:{pattern if counting else re.escape(self.shown)})\Z")

    @classmethod
    def of(cls, candidates: list[str]) -> Self | None:
        """The prompt, where what stood behind the last lines sent is one: twice the same in a row, or three
        times but for its numbers."""
        if len(candidates) > 1 and candidates[-1] == candidates[-2]:
            return cls(candidates[-1])
        last = [_NUMBER.sub("0", candidate) for candidate in candidates[-3:]]
        if len(last) == 3 and len(set(last)) == 1:
            return cls(candidates[-1], counting=True)
        return None

    @staticmethod
    def possible(tail: str) -> bool:
        shown = tail.strip()
        return 0 < len(shown) <= LONGEST_PROMPT and shown[-1] in _TERMINATORS

    def matches(self, line: str) -> bool:
        """The line is a prompt and nothing else."""
        return len(line) <= LONGEST_PROMPT and self._pattern.fullmatch(visible(line).strip()) is not None

    def cut_off(self, line: str) -> str:
        """The line without the prompt it begins with, if it does."""
        shown = visible(line).strip()
        found = self._pattern.match(shown)
        return shown[found.end() :] if found else shown

    def ended_by(self, terminal: Terminal) -> str | None:
        """What stands before the prompt in a tail that ends with it, or None: output that did not end its
        own last line runs into the prompt."""
        if terminal.last not in _TERMINATORS:
            return None
        tail = terminal.tail
        if self.matches(tail):
            return ""
        tail = tail.rstrip()
        found = self._at_end.search(tail) if len(self.base) > 2 else None
        return visible(tail[: found.start()]) if found else None


def resembles_prompt(tail: str) -> bool:
    """It may be the prompt of a device that was renamed: one word, as prompts are, and no question."""
    return _ALIKE.fullmatch(tail) is not None


def page_break(tail: str) -> bool:
    """The device waits for a key before it prints more."""
    return len(tail) <= LONGEST_PROMPT and _PAGE.fullmatch(visible(tail)) is not None
