"""From libyaml's events to a tree whose every value knows its place.

By events rather than by libyaml's ``compose``, which is slower and overflows the C stack on deep nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from controller.catalog.findings import Findings

MAX_DEPTH = 40
MAX_EXPANDED = 100_000
"""Nodes that aliases and merges may add to a file: nested aliases grow exponentially."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})
_MERGE = "<<"
_SYNTAX = {
    "mapping values are not allowed in this context": "yaml-colon",
    "did not find expected key": "yaml-indentation",
    "did not find expected '-' indicator": "yaml-indentation",
    "did not find expected ',' or ']'": "yaml-unclosed",
    "did not find expected ',' or '}'": "yaml-unclosed",
    "found unexpected end of stream": "yaml-unclosed",
    "did not find expected node content": "yaml-unclosed",
    "could not find expected ':'": "yaml-colon",
    "found character that cannot start any token": "yaml-character",
}


@dataclass(slots=True)
class Node:
    """One value and where it stands; lines and columns count from 1. ``value`` None: nothing was written."""

    line: int
    column: int
    value: str | list[Node] | dict[str, Entry] | None

    @property
    def at(self) -> tuple[int, int]:
        return (self.line, self.column)


@dataclass(slots=True)
class Entry:
    """A key's place and its value."""

    line: int
    column: int
    node: Node

    @property
    def at(self) -> tuple[int, int]:
        return (self.line, self.column)


def built(text: str, file: str, findings: Findings) -> Node | None:
    """The tree of ``text``. None for an empty file, or after noting why the file cannot be read whole."""
    try:
        return _Builder(file, findings).build(yaml.parse(text, Loader=yaml.CBaseLoader))
    except yaml.MarkedYAMLError as error:
        at = _place(error.problem_mark or error.context_mark)
        code = _SYNTAX.get(error.problem or "", "yaml-syntax")
        data = {"detail": error.problem or ""} if code == "yaml-syntax" else {}
        tab = _indent(text, at[0]).find("\t")
        if tab >= 0:
            code, at, data = "yaml-tab", (at[0], tab + 1), {}
        findings.add(file, at, code, **data)
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="replace")
        findings.add(
            file, (before.count("\n") + 1, len(before) - before.rfind("\n")), "yaml-control-character"
        )
    except UnicodeEncodeError:
        findings.add(file, (0, 0), "not-utf8")
    except _Abandoned:
        pass
    return None


class _Abandoned(Exception):
    """The rest of the file is not worth reading; the reason is noted."""


class _Open:
    """A mapping or list whose end has not been met."""

    __slots__ = ("anchor", "dropped", "key", "merges", "merging", "node")

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: tuple[str, int, int] | None = None
        self.dropped = False
        self.merging = False
        self.merges: list[Node] = []


class _Builder:
    def __init__(self, file: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._expanded = 0
        self._root: Node | None = None

    def build(self, events: Iterator[yaml.Event]) -> Node | None:
        documents = 0
        for event in events:
            at = _place(event.start_mark)
            if isinstance(event, yaml.ScalarEvent):
                self._tag(event.tag, at)
                bare = event.implicit[0] and not event.style and event.tag is None
                node = Node(*at, None if bare and event.value in _NULL else event.value)
                self._anchor(event.anchor, node)
                self._put(node, bare)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._tag(event.tag, at)
                if len(self._stack) >= MAX_DEPTH:
                    self._abandon(at, "yaml-too-deep", limit=MAX_DEPTH)
                mapping = isinstance(event, yaml.MappingStartEvent)
                self._anchor(event.anchor, None)
                self._stack.append(_Open(Node(*at, {} if mapping else []), event.anchor))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._put(self._alias(str(event.anchor), at), bare=False)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._abandon(at, "yaml-many-documents")
        return self._root

    def _abandon(self, at: tuple[int, int], code: str, **data: object) -> None:
        self._findings.add(self._file, at, code, **data)
        raise _Abandoned

    def _tag(self, tag: str | None, at: tuple[int, int]) -> None:
        # The tag is not shown: an unquoted password that starts with "!" is read as one.
        if tag not in _TAGS:
            self._findings.add(self._file, at, "yaml-tag")

    def _anchor(self, anchor: str | None, node: Node | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _alias(self, anchor: str, at: tuple[int, int]) -> Node:
        if anchor not in self._anchors:
            self._findings.add(self._file, at, "yaml-alias-unknown")
            return Node(*at, None)
        node = self._anchors[anchor]
        if node is None:
            self._findings.add(self._file, at, "yaml-alias-loop")
            return Node(*at, None)
        return self._copy(node, at)

    def _copy(self, node: Node, at: tuple[int, int]) -> Node:
        self._expanded += 1
        if self._expanded > MAX_EXPANDED:
            self._abandon(at, "yaml-alias-bomb", limit=MAX_EXPANDED)
        if isinstance(node.value, dict):
            entries = {
                key: Entry(entry.line, entry.column, self._copy(entry.node, at))
                for key, entry in node.value.items()
            }
            return Node(node.line, node.column, entries)
        if isinstance(node.value, list):
            return Node(node.line, node.column, [self._copy(item, at) for item in node.value])
        return Node(node.line, node.column, node.value)

    def _close(self) -> None:
        opened = self._stack.pop()
        if isinstance(opened.node.value, dict):
            for merged in opened.merges:
                self._merge(opened.node.value, merged)
        self._anchor(opened.anchor, opened.node)
        self._put(opened.node, bare=False)

    def _merge(self, entries: dict[str, Entry], node: Node) -> None:
        """``node`` is a mapping or a list of mappings; what is written out wins, then the earlier."""
        sources = node.value if isinstance(node.value, list) else [node]
        for source in sources:
            if not isinstance(source.value, dict):
                self._findings.add(self._file, source.at, "yaml-merge")
                continue
            for key, entry in source.value.items():
                entries.setdefault(key, Entry(entry.line, entry.column, entry.node))

    def _put(self, node: Node, bare: bool) -> None:
        if not self._stack:
            self._root = node
            return
        opened = self._stack[-1]
        if isinstance(opened.node.value, list):
            opened.node.value.append(node)
        elif opened.key is None:
            self._key(opened, node, bare)
        elif isinstance(opened.node.value, dict):
            key, line, column = opened.key
            opened.key = None
            if opened.merging:
                opened.merges.append(node)
            elif not opened.dropped:
                opened.node.value[key] = Entry(line, column, node)

    def _key(self, opened: _Open, node: Node, bare: bool) -> None:
        if not isinstance(node.value, str):
            self._findings.add(self._file, node.at, "key-not-text")
            opened.key, opened.dropped, opened.merging = ("", *node.at), True, False
            return
        opened.key = (node.value, *node.at)
        opened.merging = bare and node.value == _MERGE
        first = opened.node.value.get(node.value) if isinstance(opened.node.value, dict) else None
        opened.dropped = first is not None
        if first:
            # The key is not shown: in the place of a secret it may be one.
            self._findings.add(self._file, node.at, "duplicate-key", first=first.line)


def _place(mark: object) -> tuple[int, int]:
    """Line and column of a mark, counted from 1. Two classes of mark exist; the stubs know one."""
    line, column = getattr(mark, "line", -1), getattr(mark, "column", -1)
    return (line + 1, column + 1)


def _indent(text: str, line: int) -> str:
    """The blanks a line begins with."""
    found = "".join(text.split("\n")[line - 1 : line])
    return found[: len(found) - len(found.lstrip())]
