"""What the end of a device's output looks like: its prompt in every mode, and a page break."""

from __future__ import annotations

import re
from functools import cached_property
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

_UNSAVED = "* "
"""Before EXOS' name while its configuration was not saved."""

_COUNTER = re.compile(r"(?<=\S)\.\d+\Z")
"""Behind EXOS' name: the number of the next command."""

_DIRECTORY = re.compile(r"(?<=[^\s:]):[~/]\S*\Z")
"""Behind VyOS' name, in its operational mode only."""

_FRAMED = re.compile(r"\([^()]{1,64}\)(?=[ >#*^]|\Z)|\[[^\[\]\s]{1,64}\](?= ?/?[\w/ -]*\Z)")
"""The name of a wireless controller, "(Cisco Controller)", and of RouterOS, "[admin@edge-1]"."""

_BEHIND_FRAME = r"(?: ?[*^]{0,2}(?:\[[^\[\]]{1,100}\])?)?(?: ?\([^()]{1,100}\)| ?/?[\w/ -]{0,64})?"
"""ArubaOS: whether changes are pending, the node, the mode (perhaps a profile's name). RouterOS: the menu."""


class Prompt:
    """How a device's prompt looks in any of its modes, learnt from one that was shown.

    ``counting``: its numbers change every time, as those of a clock do."""

    def __init__(self, shown: str, *, counting: bool = False) -> None:
        self.shown = shown.strip()
        self._counting = counting
        head = self.shown[:-1].strip()
        framed = None if counting else _FRAMED.match(head)
        self.base = framed[0] if framed else _name(head, self.shown[-1:], counting=counting)
        if counting:
            known = r"\d+".join(re.escape(part) for part in _NUMBER.split(self.base))
        elif framed:
            known = re.escape(self.base) + _BEHIND_FRAME
        else:
            known = re.escape(self.base) + r"[^\s()<>#\[\]]{0,64}"
        before = rf"(?:{re.escape(_UNSAVED)}|[<\[]?{_PENDING})" if not framed else ""
        pattern = rf"{before}{known}{_MODE} ?[#>$%\]]" if self.base else re.escape(self.shown)
        self._pattern = re.compile(pattern)
        self._ending = pattern if counting else re.escape(self.shown)

    @cached_property
    def _at_end(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self._ending})\Z")

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
        if not self._counting and self.base not in shown:
            return shown  # of what a device prints, nearly every line
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


def _name(head: str, end: str, *, counting: bool) -> str:
    """What stays the same in every mode of a prompt without its last character."""
    head = head.removeprefix(_UNSAVED).lstrip("<[")
    head = re.sub(_MODE + r"\Z", "", head) or head
    if counting:
        return head
    if end == "$":
        head = _DIRECTORY.sub("", head)
    return _COUNTER.sub("", head)[:_BASE]


def resembles_prompt(tail: str) -> bool:
    """It may be the prompt of a device that was renamed: one word, as prompts are, and no question."""
    return _ALIKE.fullmatch(tail) is not None


def page_break(tail: str) -> bool:
    """The device waits for a key before it prints more."""
    if "--" not in tail and "\b" not in tail and "ress" not in tail and "RESS" not in tail:
        return False  # asked at every line: nearly always so
    return len(tail) <= LONGEST_PROMPT and _PAGE.fullmatch(visible(tail)) is not None
