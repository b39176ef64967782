"""``python -m tests.faults.table``: writes docs/faults.md from what the tests declare; ``--check`` only tells
whether it is as they say."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from controller.text import LANGUAGES, Catalogue
from tests.faults import home_table
from tests.faults.device_faults import CONNECT, DEVICE_FAULTS, OPERATION, DeviceFault, Ending
from tests.faults.messages import told

PATH = Path(__file__).parents[2] / "docs" / "faults.md"

_HEAD = """\
# Faults, and what is seen of them

Written by `python -m tests.faults.table` from what the tests declare and hold true; not to be edited by hand.

## Devices

The site is simulated: four switches, seven points to cut, two ports kept alive. One switch, with two of the
points, has the fault; the tests give a session {connect} s, its operation {operation} s. How a port is left
is the simulator's own word for it. In every line the other switches are cut to the last port, what is kept
alive lives, and once the device is well again the same command ends what was begun.

A restore stops at its first failure: its first wave holds one port of the sick switch, and what was to follow
stays cut.
"""

_COLUMNS = ("the device", "ports end", "proof (how far the commands went)", "exit", "the operator reads")


def document() -> str:
    """The whole page."""
    parts = [_HEAD.format(connect=CONNECT, operation=OPERATION)]
    for title, action in (("Cut", "isolate"), ("Restore", "restore")):
        parts += [f"### {title}\n", *_table(DEVICE_FAULTS, action), ""]
    parts += ["### Notes\n", *_notes(DEVICE_FAULTS), "", *home_table.section()]
    return "\n".join(parts)


def _table(faults: Sequence[DeviceFault], action: str) -> Iterator[str]:
    yield _row(_COLUMNS)
    yield _row(["---"] * len(_COLUMNS))
    for fault in faults:
        ending = fault.ending(action)
        said = "<br>".join(f"{lang}: {told(ending, action, Catalogue(lang))}" for lang in LANGUAGES)
        yield _row([fault.name, _ports(ending), _proofs(ending), str(ending.exit), said])


def _ports(ending: Ending) -> str:
    ports = [step.port for step in ending.steps] + [ending.second]
    return f"both {ports[0]}" if ports[0] is ports[1] else f"first {ports[0]}, second {ports[1]}"


def _proofs(ending: Ending) -> str:
    return "; ".join(dict.fromkeys(f"{step.proof} ({step.outcome})" for step in ending.steps))


def _notes(faults: Sequence[DeviceFault]) -> Iterator[str]:
    return (f"- *{fault.name}*: {fault.note}" for fault in faults if fault.note)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if PATH.read_text("utf-8") == document() else 1
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(document(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
