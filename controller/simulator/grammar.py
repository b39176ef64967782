"""The command grammar: keywords matched by unique prefix, typed parameters, and the three ways not to be
understood, whose words are each platform's own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar, cast

from controller.simulator.vlans import vlan_list

H = TypeVar("H")


class Word(NamedTuple):
    text: str
    start: int


Matcher = Callable[[str, Sequence[Word], int], tuple[object, int] | None]
"""Of the line, its words and the index of one: the parameter's value and how many words it took, or None."""


class CommandError(Exception):
    """The line was not carried out. ``kind``: ``invalid``, ``incomplete``, ``ambiguous`` or ``rejected``;
    ``column`` is the offset within the line of what was not understood, or None; ``text`` is the line in
    question, or the device's own words where it understood and refused."""

    def __init__(self, kind: str, text: str = "", column: int | None = None) -> None:
        self.kind, self.text, self.column = kind, text, column
        super().__init__(kind, text, column)


class Rejected(CommandError):
    """The command was understood and refused; the text is the device's own."""

    def __init__(self, text: str) -> None:
        super().__init__("rejected", text)


def invalid(column: int) -> CommandError:
    return CommandError("invalid", column=column)


def incomplete() -> CommandError:
    return CommandError("incomplete")


def ambiguous(line: str) -> CommandError:
    return CommandError("ambiguous", line)


def words(line: str) -> list[Word]:
    return [Word(found[0], found.start()) for found in re.finditer(r"\S+", line)]


def interfaces(named: Callable[[str], str | None]) -> Matcher:
    """The parameter ``<interface>`` of a platform that names its interfaces so: a type, which may be a word
    by itself, and a number. ``named`` gives the full name, or None."""

    def match(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
        name = named(tokens[index].text)
        if name is not None:
            return name, 1
        if index + 1 < len(tokens) and tokens[index].text.replace("-", "").isalpha():
            name = named(tokens[index].text + tokens[index + 1].text)
        return None if name is None else (name, 2)

    return match


def _address(kind: Callable[[str], object]) -> Matcher:
    def match(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
        try:
            return str(kind(tokens[index].text)), 1
        except ValueError:
            return None

    return match


def _vlans(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    found = vlan_list(tokens[index].text)
    return None if found is None else (found, 1)


def _rest(line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    return line[tokens[index].start :].rstrip(), len(tokens) - index


_MATCHERS: dict[str, Matcher] = {
    "vlans": _vlans,
    "word": lambda _line, tokens, index: (tokens[index].text, 1),
    "line": _rest,
    "ipv4": _address(ipaddress.IPv4Address),
    "ipv6": _address(ipaddress.IPv6Interface),
    "address": _address(ipaddress.ip_address),
    "address6": _address(ipaddress.IPv6Address),
}


def _matcher(name: str, own: Mapping[str, Matcher]) -> Matcher:
    """``<number:1-600>`` is an integer of that range; others are the platform's own or in the table above."""
    kind, _, bounds = name.partition(":")
    if kind != "number":
        return own[kind] if kind in own else _MATCHERS[kind]
    low, high = (int(each) for each in bounds.split("-"))

    def match(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
        text = tokens[index].text
        return (int(text), 1) if text.isdigit() and low <= int(text) <= high else None

    return match


@dataclass(slots=True)
class Arguments:
    """The words of a line, and the values of its parameters with the column each began at."""

    tokens: list[Word]
    values: list[object] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def text(self, index: int = 0) -> str:
        return str(self.values[index])

    def number(self, index: int = 0) -> int:
        return cast(int, self.values[index])

    def vlans(self, index: int = 0) -> frozenset[int]:
        return cast("frozenset[int]", self.values[index])


@dataclass(slots=True)
class _Node(Generic[H]):
    keywords: dict[str, _Node[H]] = field(default_factory=dict)
    parameters: dict[str, tuple[Matcher, _Node[H]]] = field(default_factory=dict)
    handler: H | None = None


@dataclass(slots=True)
class Grammar(Generic[H]):
    """One mode's commands. ``add("show vlan brief", handler)``; parameters stand in angle brackets: those of
    this module, and ``parameters``, the platform's own."""

    root: _Node[H] = field(default_factory=_Node)
    parameters: Mapping[str, Matcher] = field(default_factory=dict)

    def add(self, pattern: str, handler: H | None) -> None:
        """With ``handler`` None the words exist, so that abbreviations are as ambiguous as on the
        device, but lead nowhere."""
        node = self.root
        for part in pattern.split():
            if part.startswith("<"):
                name = part[1:-1]
                if name not in node.parameters:
                    node.parameters[name] = (_matcher(name, self.parameters), _Node())
                node = node.parameters[name][1]
            else:
                node = node.keywords.setdefault(part, _Node())
        node.handler = handler

    def parse(self, line: str) -> tuple[H, Arguments]:
        """The handler and the parameters of the line; raises CommandError."""
        tokens = words(line)
        node, index, arguments = self.root, 0, Arguments(tokens)
        while index < len(tokens):
            text = tokens[index].text.lower()
            fits = [text] if text in node.keywords else [key for key in node.keywords if key.startswith(text)]
            if len(fits) == 1:
                node, index = node.keywords[fits[0]], index + 1
                continue
            if len(fits) > 1:
                raise ambiguous(line.strip())
            for match, following in node.parameters.values():
                found = match(line, tokens, index)
                if found is not None:
                    arguments.values.append(found[0])
                    arguments.starts.append(tokens[index].start)
                    node, index = following, index + found[1]
                    break
            else:
                raise invalid(tokens[index].start + _agreed(text, node.keywords))
        if node.handler is None:
            if not node.keywords and not node.parameters:
                raise invalid(tokens[-1].start if tokens else 0)
            raise incomplete()
        return node.handler, arguments


def _agreed(text: str, keywords: dict[str, _Node[H]]) -> int:
    """How many characters of ``text`` still were the beginning of some keyword."""
    best = 0
    for key in keywords:
        same = 0
        while same < min(len(text), len(key)) and text[same] == key[same]:
            same += 1
        best = max(best, same)
    return min(best, max(len(text) - 1, 0)) if best == len(text) else best
