"""The part of docs/faults.md about the controller's own house, from what home_cases declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.text import LANGUAGES, Catalogue
from tests.faults.home_cases import HOME_FAULTS, End, HomeFault

_HEAD = """\
## The controller's own house

The same site, its devices well. Every line was asked for at the command line, all was to be cut (or to come
back), and how the devices are left is the simulator's own word for it. Exit codes stand in the order of the
commands. Proofs are those of the points still held, as `cordon status` counts them. What is read is the
catalogue's text, with … for what depends on the case.
"""

_COLUMNS = ("what happens", "the devices", "held points", "exit", "the operator reads", "and then")


def section() -> Iterator[str]:
    yield _HEAD
    for title, action in (("Cut", "isolate"), ("Restore", "restore")):
        yield f"### {title}: own house\n"
        yield _row(_COLUMNS)
        yield _row(["---"] * len(_COLUMNS))
        for fault in HOME_FAULTS:
            end = fault.cut if action == "isolate" else fault.restore
            if end is not None:
                yield _row(_cells(fault, end))
        yield ""


def _cells(fault: HomeFault, end: End) -> list[str]:
    exits = ", ".join("killed" if code < 0 else str(code) for code in end.exits)
    proofs = ", ".join(f"{count} {proof}" for proof, count in end.proofs.items()) or "none"
    said = "<br>".join(f"{lang}: {_said(end, Catalogue(lang))}" for lang in LANGUAGES if end.says)
    given = fault.commands.split("; ")[: len(end.exits)]
    commands = f"<br>({'; '.join(given)})" if len(given) > 1 else ""
    return [fault.what, end.devices.value, proofs, exits + commands, said or "its end", end.then]


def _said(end: End, words: Catalogue) -> str:
    return " · ".join(_text(code, words) for code in end.says)


def _text(code: str, words: Catalogue) -> str:
    found = code if code in set(words) else f"{code}.many"
    return words.raw(found).format_map(_Open())


class _Open(dict[str, object]):
    """Whatever the case would fill in."""

    def __missing__(self, name: str) -> _Dots:
        return _Dots()


class _Dots:
    def __format__(self, _wanted: str) -> str:
        return "…"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
