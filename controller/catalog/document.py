"""A YAML file as a tree of texts, each with its place.

Scalars stay texts and are typed later by the schema: YAML's own guesses read ``NO`` as false and ``22:22``
as 1342. Duplicate keys and tags are refused, where a plain loader drops or obeys them.
"""

from __future__ import annotations

from pathlib import Path

from controller.catalog.findings import Findings
from controller.catalog.tree import Entry, Node, built

MAX_BYTES = 32 * 1024 * 1024
Key = str | int
Loc = tuple[Key, ...]


class Nothing:
    """Stands for a key written without a value, which no type accepts: silence is not a default."""


NOTHING = Nothing()

Plain = str | Nothing | list["Plain"] | dict[str, "Plain"]


class Document:
    """One file read. ``root`` may be pruned while it is being checked; ``pruned`` remembers where."""

    def __init__(self, file: str, text: str, root: Node) -> None:
        self.file = file
        self.text = text
        self.root = root
        self._pruned: set[Loc] = set()

    def plain(self) -> Plain:
        """The tree without its places: mappings, lists and texts."""
        return _plain(self.root)

    def find(self, loc: Loc) -> Node | None:
        node: Node | None = self.root
        for key in loc:
            node = _child(node, key)
        return node

    def at(self, loc: Loc) -> tuple[int, int]:
        """The place of the value at ``loc``, or of the nearest thing around it that exists."""
        node = self.root
        for key in loc:
            child = _child(node, key)
            if child is None:
                break
            node = child
        return node.at

    def at_key(self, loc: Loc) -> tuple[int, int]:
        """The place of the key that ``loc`` ends in; of the value where it is an item of a list."""
        if loc and isinstance(loc[-1], str):
            parent = self.find(loc[:-1])
            if parent and isinstance(parent.value, dict) and loc[-1] in parent.value:
                return parent.value[loc[-1]].at
        return self.at(loc)

    def keys(self, *loc: Key) -> tuple[str, ...]:
        node = self.find(loc)
        return tuple(node.value) if node and isinstance(node.value, dict) else ()

    def remove(self, loc: Loc) -> None:
        """Takes a refused value out, so that what stands beside it can still be checked."""
        self._mark(loc)
        parent = self.find(loc[:-1])
        if parent is None:
            return
        if isinstance(parent.value, dict):
            parent.value.pop(str(loc[-1]), None)
        elif isinstance(parent.value, list) and isinstance(loc[-1], int) and loc[-1] < len(parent.value):
            del parent.value[loc[-1]]

    def stand_in(self, loc: Loc, value: str) -> None:
        """Puts a valid value in the place of a refused or missing one."""
        self._mark(loc)
        parent = self.find(loc[:-1])
        if parent and isinstance(parent.value, dict):
            line, column = self.at(loc)
            parent.value[str(loc[-1])] = Entry(*self.at_key(loc), Node(line, column, value))

    def pruned(self, *loc: Key) -> bool:
        """Whether something at ``loc`` or below it was refused, so that its absence proves nothing."""
        return loc in self._pruned

    def _mark(self, loc: Loc) -> None:
        self._pruned.update(loc[:length] for length in range(len(loc) + 1))


def read_source(path: Path, findings: Findings) -> str | None:
    """The text of a file in UTF-8, without byte order mark; None after noting why it cannot be had."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        findings.add(file, (0, 0), "file-missing")
        return None
    except OSError as error:
        findings.add(file, (0, 0), "file-unreadable", cause=error.strerror or type(error).__name__)
        return None
    except ValueError:
        findings.add(file, (0, 0), "file-missing")
        return None
    if len(content) > MAX_BYTES:
        findings.add(file, (0, 0), "file-too-large", limit=MAX_BYTES // (1024 * 1024))
        return None
    return decoded(content, file, findings)


def decoded(content: bytes, file: str, findings: Findings) -> str | None:
    """As UTF-8, without byte order mark; None after noting where it is something else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        start = before.rfind(b"\n") + 1
        column = len(before[start:].decode("utf-8-sig", errors="replace")) + 1
        findings.add(file, (before.count(b"\n") + 1, column), "not-utf8")
        return None


def parse(text: str, file: str, findings: Findings) -> Document | None:
    """The tree of ``text``; None after noting why there is none. Mistakes that leave a tree are noted too."""
    before = len(findings)
    if len(text) > MAX_BYTES:
        findings.add(file, (0, 0), "file-too-large", limit=MAX_BYTES // (1024 * 1024))
        return None
    root = built(text, file, findings)
    if len(findings) > before and root is None:
        return None
    if root is None or root.value is None:
        findings.add(file, (0, 0), "file-empty")
        return None
    if not isinstance(root.value, dict):
        findings.add(file, root.at, "not-a-mapping")
        return None
    return Document(file, text, root)


def _plain(node: Node) -> Plain:
    if isinstance(node.value, dict):
        return {key: _plain(entry.node) for key, entry in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return NOTHING if node.value is None else node.value


def _child(node: Node | None, key: Key) -> Node | None:
    if node is None:
        return None
    if isinstance(node.value, dict):
        entry = node.value.get(str(key))
        return entry.node if entry else None
    if isinstance(node.value, list) and isinstance(key, int) and 0 <= key < len(node.value):
        return node.value[key]
    return None
