"""``python -m tests.lab.story``: one night at the lab's hospital, as the command line tells it.

Writes ``docs/lab-story.txt``; a test tells the story anew and compares.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.lab.cordon import Answer, Cordon, plain_site
from tests.lab.network import Lab

STORY = Path(__file__).parents[2] / "docs" / "lab-story.txt"

_CUT = ("isolate", "--level", "5", "--reason", "files are being encrypted in the laboratory", "--yes")
_NEXT = ("restore", "--next", "--reason", "checked and cleaned", "--yes")
_WAVES = 8

Scene = tuple[tuple[str, ...], Answer]
"""What was typed after ``cordon``, and what it answered."""


def tell(lab: Lab, cordon: Cordon) -> Iterator[Scene]:
    """Scene by scene; whoever listens may look at the network in between. A code was sealed in peace time."""
    cordon.site(plain_site(lab, probes=True))
    cordon("user", "break-glass", "--print")
    scenes = [("check",), _CUT, ("status",), *[_NEXT] * _WAVES, ("status",), ("audit", "verify")]
    for words in scenes:
        yield words, cordon.told(*words)


def written(scenes: Iterable[Scene]) -> str:
    return "\n".join(f"$ {shlex.join(('cordon', *words))}\n{answer.stdout}" for words, answer in scenes)


_PROGRESS = re.compile(r"^\S+  \S+: .* \[\d+ of \d+(?:; [^\]]+)?\]$")
"""Which device is done first changes from night to night."""
_PROVEN = re.compile(r"^For \d+ points?, a probe")
"""So does whether a probe got through before the first line was sent."""
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d ?\+0000"), "<time>"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "<run>"),
    (re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b"), "<hash>"),
    (re.compile(r"\b\d+(?:[.,]\d+)? (?:entries|s|min)\b(?: \d+ s\b)?"), "<number>"),
    (re.compile(r"\b\d+ (?:proven|confirmed)\b(?:, \d+ (?:proven|confirmed)\b)*"), "<proofs>"),
    (re.compile(r"\bentry \d+, by \d+ checkpoints?\. Key: \S+"), "<signature>"),
    (re.compile(r"  +"), "  "),
)


def gist(story: str) -> list[str]:
    """The story without what differs from one night to the next."""
    lines = [line for line in story.splitlines() if not (_PROGRESS.match(line) or _PROVEN.match(line))]
    for pattern, shown in _VARIES:
        lines = [pattern.sub(shown, line) for line in lines]
    return [line.rstrip() for line in lines]


def main() -> int:
    with tempfile.TemporaryDirectory() as directory, Lab() as lab:
        story = written(tell(lab, Cordon(lab, Path(directory))))
    STORY.parent.mkdir(exist_ok=True)
    STORY.write_text(story, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
