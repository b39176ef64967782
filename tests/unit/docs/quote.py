"""What the READMEs quote of the laboratory's story: its own lines, those left out marked."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[3]
STORY = ROOT / "docs" / "lab-story.txt"
READMES = (ROOT / "README.md", ROOT / "README.fr.md")
MARK = "<!-- lab-story -->\n"
LEFT_OUT = "⋮"

_PROGRESS = re.compile(r"\d{4}-\d\d-\d\dT")


def quote(story: str) -> str:
    """The first of each command, and how it ended."""
    scenes = [f"$ {scene.rstrip()}" for scene in re.split(r"^\$ ", story, flags=re.MULTILINE)[1:]]
    check, cut, status, back, *_, last, verified = scenes
    shown = [check, _shorter(cut), status, _shorter(back), LEFT_OUT]
    shown += ["\n".join([*last.splitlines()[:2], LEFT_OUT]), verified]
    return "```\n" + "\n\n".join(shown) + "\n```\n"


def _shorter(scene: str) -> str:
    """Of the progress the first line and the last two."""
    lines: list[str] = []
    for progress, group in groupby(scene.splitlines(), key=lambda line: bool(_PROGRESS.match(line))):
        found = list(group)
        lines += [found[0], LEFT_OUT, *found[-2:]] if progress and len(found) > 4 else found
    return "\n".join(lines)


def quoted(readme: str, story: str) -> str:
    """``readme`` with the story quoted between its two marks."""
    before, _, after = readme.split(MARK)
    return MARK.join((before, quote(story), after))


if __name__ == "__main__":
    for path in READMES:
        path.write_text(quoted(path.read_text("utf-8"), STORY.read_text("utf-8")), "utf-8")
        print(path)
