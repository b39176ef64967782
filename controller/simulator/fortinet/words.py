"""The words of a line of FortiOS, and those in which it does not take one.

FortiOS Administration Guide, "CLI basics": quotation marks, abbreviations while unique, ``grep`` and its
options.
"""

from __future__ import annotations

import re

from controller.simulator.fortinet.tables import TABLES
from controller.simulator.grammar import CommandError, Rejected

_UNKNOWN = "Unknown action 0"


def split(line: str) -> list[str]:
    """The words; those in quotation marks are one."""
    found = re.findall(r'"([^"]*)"|(\S+)', line)
    return [quoted or plain for quoted, plain in found]


def word_at(line: str, column: int) -> str:
    return next((each[0] for each in re.finditer(r"\S+", line) if each.end() > column), "")


def option_named(table: str, given: str) -> str:
    options = TABLES[table].options
    fits = [each for each in options if each.startswith(given)]
    if given in options:
        return given
    if len(fits) != 1:
        raise unparsed(given)
    return fits[0]


def unparsed(word: str, code: int = -61) -> Rejected:
    return Rejected(f"\ncommand parse error before '{word}'\nCommand fail. Return code {code}")


def explained(error: CommandError, words: list[str]) -> str:
    match error.kind:
        case "rejected":
            first = words[0] if words else ""
            return _UNKNOWN if f"before '{first}'" in error.text and "command" in error.text else error.text
        case "ambiguous":
            return f"\nambiguous command before '{words[-1]}'\nCommand fail. Return code -61"
        case _:
            return "\nincomplete command in the end\nCommand fail. Return code -160"


def grepped(text: str, words: list[str]) -> str:
    """What ``grep`` lets through: ``-c`` counts, ``-i`` and ``-v`` as in other systems."""
    if not words or words[0] != "grep":
        raise unparsed(words[0] if words else "|")
    flags = "".join(each[1:] for each in words[1:-1])
    if len(words) < 2 or any(not each.startswith("-") for each in words[1:-1]) or set(flags) - set("civ"):
        raise unparsed("grep")
    wanted = re.compile(words[-1], re.IGNORECASE if "i" in flags else 0)
    kept = [each for each in text.split("\n") if bool(wanted.search(each)) is not ("v" in flags)]
    return str(len(kept)) if "c" in flags else "\n".join(kept)
