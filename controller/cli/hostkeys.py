"""Pinning a host key in an inventory's text without touching anything else in it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controller.catalog.tree import Entry, Node


def with_host_key(text: str, device: str, key: str) -> str | None:
    """``text`` with ``host_key: key`` in the mapping of ``device``, comments and layout as they were.

    None where it cannot be done safely (an anchor, an unusual layout): the result is read again, and must
    differ in that one value only.
    """
    before = _read(text)
    entry = _entry(before, device)
    if before is None or entry is None or not isinstance(entry.node.value, dict):
        return None
    known = entry.node.value.get("host_key")
    changed = _replaced(text, known.node, key) if known else _inserted(text, entry.node.value, key)
    if changed is None:
        return None
    expected, found = before.plain(), _read(changed)
    expected["devices"][device]["host_key"] = key
    return changed if found is not None and found.plain() == expected else None


def _read(text: str) -> Any:
    from controller.catalog.document import parse
    from controller.catalog.findings import Findings

    findings = Findings()
    document = parse(text, "inventory", findings)
    return None if len(findings) else document


def _entry(document: Any, device: str) -> Entry | None:
    devices = document.find(("devices",)) if document is not None else None
    if devices is None or not isinstance(devices.value, dict):
        return None
    found: Entry | None = devices.value.get(device)
    return found


def _replaced(text: str, node: Node, key: str) -> str | None:
    lines = text.splitlines(keepends=True)
    line = lines[node.line - 1]
    start = node.column - 1
    quote = line[start : start + 1]
    if quote in ("'", '"'):
        end = line.find(quote, start + 1) + 1
    else:
        end = start + len(str(node.value))
        if line[start:end] != node.value:
            return None
    if end <= start:
        return None
    lines[node.line - 1] = line[:start] + key + line[end:]
    return "".join(lines)


def _inserted(text: str, entries: dict[str, Entry], key: str) -> str | None:
    """Before the mapping's first key: on a line of its own, or within the braces it is written in."""
    if not entries:
        return None
    first = min(entries.values(), key=lambda entry: entry.at)
    lines = text.splitlines(keepends=True)
    line = lines[first.line - 1]
    start = first.column - 1
    before = line[:start]
    if not before.strip():
        ending = line[len(line.rstrip("\r\n")) :] or "\n"
        lines.insert(first.line - 1, f"{before}host_key: {key}{ending}")
    elif before.rstrip().endswith("{"):
        lines[first.line - 1] = f"{before}host_key: {key}, {line[start:]}"
    else:
        return None
    return "".join(lines)
