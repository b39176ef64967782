"""Where Graphviz would put devices, where it is installed: asked as a child process that may fail or be slow.

It is given numbers and sizes, never a name of the inventory; of its answer only positions are taken.
"""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache

PROGRAM = "neato"

SECONDS = 1.5
"""How long a page waits for it, once for each network."""

MOST = 200
"""Devices; for more of them it takes longer than a page may."""

UNITS = 72.0
"""Of the drawing to Graphviz's inch."""

_OPTIONS = ("-Gstart=1", "-Goverlap=prism", "-Gsep=+6", "-Tplain")
_LETTER = 0.13
_HIGH = 0.66
_FARTHEST = 1000.0
_APART = 0.2

Place = tuple[float, float]


def places(devices: Sequence[str], links: Sequence[tuple[str, str]]) -> Mapping[str, Place] | None:
    """Units of the drawing, its second axis downwards; each device has room for its name below it. None where
    Graphviz is not there, says nothing usable in time, or would take too long: remembered, so that one
    network is asked about once and its picture stays the same."""
    number = {name: index for index, name in enumerate(sorted(devices))}
    program = shutil.which(PROGRAM)
    if program is None or not 1 < len(number) <= MOST:
        return None
    pairs = {tuple(sorted((number[one], number[other]))) for one, other in links if one != other}
    found = _asked(program, tuple(map(len, number)), tuple(sorted(pairs)))
    return None if found is None else dict(zip(number, found, strict=True))


@lru_cache(maxsize=8)
def _asked(
    program: str, lengths: tuple[int, ...], pairs: tuple[tuple[int, ...], ...]
) -> tuple[Place, ...] | None:
    lines = [f'graph {{ node [shape=box, fixedsize=true, label="", height={_HIGH}]']
    lines += [f"n{each} [width={max(_HIGH, length * _LETTER):.2f}]" for each, length in enumerate(lengths)]
    lines += [f"n{one} -- n{other}" for one, other in pairs]
    try:
        done = subprocess.run(
            [program, *_OPTIONS],
            input="\n".join([*lines, "}"]).encode(),
            capture_output=True,
            timeout=SECONDS,
            env={"LC_ALL": "C"},
            cwd="/",
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _read(done.stdout.decode("ascii", "replace"), len(lengths))


def _read(said: str, devices: int) -> tuple[Place, ...] | None:
    """Of the plain format, the lines ``node <name> <x> <y> …``: every device once, on a spot of its own."""
    found: dict[str, Place] = {}
    for line in said.splitlines():
        kind, *words = line.split()[:4] or [""]
        if kind != "node":
            continue
        try:
            name, across, up = words[0], float(words[1]), float(words[2])
        except (IndexError, ValueError):
            return None
        if name in found or not (abs(across) <= _FARTHEST and abs(up) <= _FARTHEST):
            return None
        found[name] = across, up
    wanted = [f"n{each}" for each in range(devices)]
    if sorted(found) != sorted(wanted):
        return None
    if any(math.dist(one, other) < _APART for one, other in itertools.combinations(found.values(), 2)):
        return None
    return tuple((round(x * UNITS, 1), round(0.0 - y * UNITS, 1)) for x, y in map(found.__getitem__, wanted))
