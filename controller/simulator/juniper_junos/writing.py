"""How Junos writes a configuration: in braces, as ``set`` lines, and as XML.

Junos OS CLI User Guide, "Viewing the Configuration", "Pipe ( | ) Filter Functions" (``display set``,
``display xml``); Junos XML Management Protocol Developer Guide, "Mapping Configuration Statements to Junos
XML Tag Elements": an object's name is in ``<name>``, each of several values in a tag of its own, what is
inactive has the attribute ``inactive="inactive"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from controller.simulator.juniper_junos.names import sort_key
from controller.simulator.juniper_junos.schema import Kind, Statement, root

Path = tuple[str, ...]
Tree = dict[str, "Tree"]
STEP = "    "


@dataclass(frozen=True, slots=True)
class Element:
    """One statement; ``key``: the name of an object; ``path``: all words that lead to it."""

    statement: Statement
    path: Path
    key: str = ""
    values: tuple[str, ...] = ()
    children: tuple[Element, ...] = ()
    inactive: bool = False

    @property
    def words(self) -> str:
        return " ".join(part for part in (self.statement.name, quoted(self.key)) if part)


def quoted(text: str) -> str:
    return f'"{text}"' if any(each in text for each in ' ;{}"$') else text


def elements(
    statements: Mapping[Path, str | tuple[str, ...]], inactive: frozenset[Path]
) -> tuple[Element, ...]:
    """As they are written: in the order of the hierarchy, objects sorted where their order means nothing."""
    tree: Tree = {}
    for path in statements:
        here = tree
        for word in path:
            here = here.setdefault(word, {})

    def within(statement: Statement, path: Path, here: Tree) -> Iterator[Element]:
        for child in statement.children.values():
            if child.kind is Kind.OBJECT:
                at = (*path, child.name) if child.name else path
                named = here.get(child.name, {}) if child.name else here
                keys = list(named) if child.ordered else sorted(named, key=sort_key)
                for key in keys:
                    inner = tuple(within(child, (*at, key), named[key]))
                    off = (*at, key) in inactive
                    yield Element(child, (*at, key), key, (), inner, off)
            elif child.name in here:
                at = (*path, child.name)
                value = statements.get(at, "")
                values = value if isinstance(value, tuple) else (value,) if value else ()
                inner = tuple(within(child, at, here[child.name]))
                yield Element(child, at, "", values, inner, at in inactive)

    return tuple(within(root(), (), tree))


def below(found: Sequence[Element], path: Path) -> tuple[Element, ...]:
    """The elements on the way to the path, with nothing beside it; none where nothing is there."""
    kept: list[Element] = []
    for each in found:
        if each.path[: len(path)] == path:
            kept.append(each)
        elif path[: len(each.path)] == each.path and (inner := below(each.children, path)):
            kept.append(replace(each, children=inner))
    return tuple(kept)


def inside(found: Sequence[Element], path: Path) -> tuple[Element, ...]:
    """What stands within the statement of the path."""
    for each in found:
        if each.path == path:
            return each.children
        if path[: len(each.path)] == each.path or each.path[: len(path)] == path:
            if len(each.path) > len(path):
                # All objects of one kind: the path ends with the word they have in common.
                return tuple(other for other in found if other.path[: len(path)] == path)
            return inside(each.children, path)
    return ()


# --- braces -----------------------------------------------------------------------------------------------


def braces(found: Sequence[Element], indent: str = "") -> Iterator[str]:
    for each in found:
        if each.statement.inline:
            for child in each.children:
                yield from _in_braces(child, indent, f"{each.statement.name} ", off=each.inactive)
        else:
            yield from _in_braces(each, indent)


def _in_braces(each: Element, indent: str, before: str = "", *, off: bool = False) -> Iterator[str]:
    head = indent + ("inactive: " if off or each.inactive else "") + before + each.words
    if each.values:
        shown = " ".join(map(quoted, each.values))
        secret = "; ## SECRET-DATA" if each.statement.name == "encrypted-password" else ";"
        yield f"{head} {shown if len(each.values) == 1 else f'[ {shown} ]'}{secret}"
    elif not each.children:
        yield f"{head};"
    elif each.statement.name == "then" and len(each.children) == 1:
        (only,) = braces(each.children)
        yield f"{head} {only}"
    else:
        yield f"{head} {{"
        yield from braces(each.children, indent + STEP)
        yield indent + "}"


# --- set lines --------------------------------------------------------------------------------------------


def set_lines(found: Sequence[Element]) -> Iterator[str]:
    for each in found:
        path = " ".join(map(quoted, each.path))
        for value in each.values:
            yield f"set {path} {quoted(value)}"
        if not each.values and not each.children:
            yield f"set {path}"
        yield from set_lines(each.children)
        if each.inactive:
            yield f"deactivate {path}"


# --- XML --------------------------------------------------------------------------------------------------


def xml_lines(found: Sequence[Element], indent: str) -> Iterator[str]:
    for each in found:
        tag, off = each.statement.tag, ' inactive="inactive"' if each.inactive else ""
        if each.values:
            inner = each.statement.inner
            for value in map(escape, each.values):
                if inner:
                    yield f"{indent}<{tag}{off}>"
                    yield f"{indent}{STEP}<{inner}>{value}</{inner}>"
                    yield f"{indent}</{tag}>"
                else:
                    yield f"{indent}<{tag}{off}>{value}</{tag}>"
        elif each.children or each.key or each.statement.lasting:
            yield f"{indent}<{tag}{off}>"
            if each.key:
                yield f"{indent}{STEP}<name>{escape(each.key)}</name>"
            yield from xml_lines(each.children, indent + STEP)
            yield f"{indent}</{tag}>"
        else:
            yield f"{indent}<{tag}{off}/>"
