"""A Junos configuration: statements in a hierarchy, each of which may be inactive.

Junos OS CLI User Guide: "Adding and Deleting Statements" (a statement that is set again is replaced, an
object stays when its last statement goes), "Deactivating and Reactivating Statements and Identifiers"
(commit ignores what is inactive, and all below it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.simulator.juniper_junos.names import logical_name
from controller.simulator.juniper_junos.schema import TYPES, Kind, Statement, root
from controller.simulator.juniper_junos.switched import Switching, switching
from controller.simulator.juniper_junos.writing import braces, elements
from controller.simulator.secrets import stored
from controller.simulator.switching import Interface

Path = tuple[str, ...]


class NotUnderstood(Exception):
    """The word at ``index`` does not fit; one past the last means that more is wanted."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(index)


@dataclass(frozen=True, slots=True)
class Found:
    """A statement as named on a line: its path, the value given with it, and each object on the way.
    ``above`` is what it stands in."""

    statement: Statement
    above: Statement
    path: Path
    value: str = ""
    objects: tuple[Path, ...] = ()


@dataclass(slots=True)
class Configuration:
    """``statements``: by path, the value of those that have one (several: in order), "" for objects and for
    what is there without one. ``inactive``: the paths of what was deactivated. ``ports`` are those of the
    hardware, configured or not."""

    statements: dict[Path, str | tuple[str, ...]] = field(default_factory=dict)
    inactive: frozenset[Path] = frozenset()
    ports: tuple[str, ...] = ()
    _switching: Switching | None = field(default=None, repr=False, compare=False)

    def copy(self) -> Configuration:
        return Configuration(dict(self.statements), self.inactive, self.ports)

    @property
    def _seen(self) -> Switching:
        if self._switching is None:
            self._switching = switching(self)
        return self._switching

    @property
    def vlans(self) -> Mapping[int, str]:
        return self._seen.vlans

    @property
    def interfaces(self) -> Mapping[str, Interface]:
        return self._seen.interfaces

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {" ".join(path): value for path, value in self.statements.items()}
        found.update({f"inactive {' '.join(path)}": True for path in self.inactive})
        return found

    def text(self) -> str:
        return "\n".join(braces(elements(self.statements, self.inactive)))

    # --- what is in force --------------------------------------------------------------------------------

    def active(self, *path: str) -> bool:
        """It is there, and neither it nor anything above it is inactive."""
        return path in self.statements and not any(path[:at] in self.inactive for at in range(len(path) + 1))

    def value(self, *path: str) -> str:
        """Empty where there is none, or it is inactive."""
        found = self.statements.get(path, "") if self.active(*path) else ""
        return found if isinstance(found, str) else found[0]

    def values(self, *path: str) -> tuple[str, ...]:
        found = self.statements.get(path, ()) if self.active(*path) else ()
        return (found,) if isinstance(found, str) else found

    def names(self, *path: str) -> list[str]:
        """Of the active objects right below, in the order of the configuration."""
        named = (each[len(path)] for each in self.statements if each[: len(path)] == path < each)
        return [name for name in dict.fromkeys(named) if self.active(*path, name)]

    def below(self, path: Path) -> bool:
        """Whether anything is there, at the path or below."""
        return any(each[: len(path)] == path for each in self.statements)

    # --- changes -----------------------------------------------------------------------------------------

    def set(self, found: Found) -> None:
        self._switching = None
        for each in found.objects:
            self.statements.setdefault(each, "")
        statement, path = found.statement, found.path
        if statement.choice:
            for other in found.above.children.values():
                if other.choice:
                    self.delete(Found(other, found.above, (*path[:-1], other.name)))
        if statement.kind is Kind.VALUES:
            kept = self.statements.get(path, ())
            kept = (kept,) if isinstance(kept, str) else kept
            self.statements[path] = kept if found.value in kept else (*kept, found.value)
        else:
            self.statements[path] = found.value

    def delete(self, found: Found) -> bool:
        """False where there was nothing."""
        self._switching = None
        path, kept = found.path, self.statements.get(found.path)
        if found.value and isinstance(kept, tuple):
            left = tuple(each for each in kept if each != found.value)
            if left:
                self.statements[path] = left
                return left != kept
        if (
            found.value
            and kept is not None
            and found.value not in (kept if isinstance(kept, tuple) else (kept,))
        ):
            return False
        gone = [each for each in self.statements if each[: len(path)] == path]
        for each in gone:
            del self.statements[each]
        self.inactive = frozenset(each for each in self.inactive if self.below(each))
        return bool(gone)

    def deactivate(self, path: Path, *, again: bool = False) -> bool:
        """``again``: activates it. False where there is no such statement."""
        self._switching = None
        if not self.below(path):
            return False
        self.inactive = self.inactive - {path} if again else self.inactive | {path}
        return True


# --- lines ------------------------------------------------------------------------------------------------


def located(words: list[str], *, whole: bool) -> Found:
    """What the words name from the top. ``whole``: a value must be given where the statement has one.

    Raises NotUnderstood."""
    here, path, objects, index = root(), list[str](), list[Path](), 0
    above = here
    while index < len(words):
        child = _child(here, words[index])
        if child is None:
            raise NotUnderstood(index)
        if child.name:
            path.append(child.name)
            index += 1
        if child.kind in (Kind.VALUE, Kind.VALUES):
            found = Found(child, here, tuple(path), "", tuple(objects))
            return _valued(found, words, index, whole=whole)
        if child.kind is Kind.OBJECT:
            if index == len(words):
                if whole:
                    raise NotUnderstood(index)
                return Found(child, here, tuple(path), "", tuple(objects))
            logical = logical_name(words[index]) if child.type == "interface" else None
            if logical is None and not TYPES[child.type](words[index]):
                raise NotUnderstood(index)
            path.append(logical[0] if logical else words[index])
            objects.append(tuple(path))
            index += 1
            if logical:
                path += ["unit", logical[1]]
                objects.append(tuple(path))
                child = child.children["unit"]
        elif child.lasting:
            objects.append(tuple(path))
        above, here = here, child
    if whole and here.kind is Kind.CONTAINER and not here.lasting:
        raise NotUnderstood(index)
    return Found(here, above, tuple(path), "", tuple(objects))


def _valued(found: Found, words: list[str], index: int, *, whole: bool) -> Found:
    """With the value, the last word of the line."""
    if index == len(words):
        if whole:
            raise NotUnderstood(index)
        return found
    if not TYPES[found.statement.type](words[index]):
        raise NotUnderstood(index)
    if len(words) > index + 1:
        raise NotUnderstood(index + 1)
    return replace(found, value=words[index])


def _child(here: Statement, word: str) -> Statement | None:
    """By its name or a beginning that only one has; else an object of which only the name is written."""
    if word in here.children:
        return here.children[word]
    fits = [child for name, child in here.children.items() if name and name.startswith(word)]
    return fits[0] if len(fits) == 1 else here.children.get("")


def hashed(secret: str) -> str:
    return stored(secret, "$6$")
