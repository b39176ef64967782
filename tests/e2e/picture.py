"""The README's picture: ``python -m tests.e2e.picture [FILE]`` runs the demo on a terminal and draws what
stood on its screen. Lines left out are marked; nothing else is changed."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import MONOKAI

from tests.e2e.terminal import recorded, screen

COLUMNS = 112
LEFT_OUT = "⋮"
SHOWN = (("── 2.", "── 3."), ("── 5.", "── 6."))
"""From a heading to before another."""

_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def excerpt(lines: Sequence[str]) -> list[str]:
    """The sections of ``SHOWN``, with a mark between them."""
    bare = [_COLOURS.sub("", line) for line in lines]
    chosen: list[str] = []
    for first, last in SHOWN:
        begin = next(index for index, line in enumerate(bare) if line.startswith(first))
        end = next(index for index, line in enumerate(bare) if line.startswith(last))
        chosen += [*lines[begin:end], *((LEFT_OUT, "") if (first, last) != SHOWN[-1] else ())]
    return chosen


def drawn(lines: Sequence[str], title: str) -> str:
    """An SVG that needs nothing from anywhere: no fonts are fetched, the reader's own monospace is used."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False, emoji=False)
    for text in AnsiDecoder().decode("\n".join(lines)):
        console.print(text, overflow="fold")
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id="cordon-demo")
    svg = _FACE.sub("", svg).replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    if "@font-face" in svg or "url(http" in svg:
        raise ValueError("the picture would fetch something")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main(target: Path) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CORDON_")}
    environ = {**kept, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environ.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "controller.cli.main", "demo", "--lang", "en"]
    written, code = recorded(command, environ, COLUMNS)
    if code:
        sys.stderr.write(written)
        return code
    lines = screen(written)
    target.write_text(drawn(excerpt(lines), "cordon demo (simulated hospital)"), "utf-8")
    print(f"{target}: {len(excerpt(lines))} of {len(lines)} lines of the demo")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/demo.svg")))
