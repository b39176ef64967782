"""How much longer the healthy switches wait for their cut while others are sick: ``python -m bench sick``.

One simulated site, cut by turns with every switch well and with a tenth of them hanging (without a word, at
the log-in, behind it, at the first line that changes something: a quarter each) and a tenth down (the port is
closed; one that swallows what it is sent is as one that hangs without a word). Which ones is the same in
every round, spread over the whole order. Both times are those of the same healthy switches: until the last of
them has been read back, by the switches' clock, from the record of the run. Ends 1 where one of them was left
uncut or unread, or where the medians are further apart than the limit.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from bench.peers.contenders import CONTENDERS, compiled_home
from bench.peers.measuring import Measured, Shape, measured
from bench.peers.site import BenchSite, bench_site

MOST = 1.20
"""Times the median without faults."""

_CORDON = next(each for each in CONTENDERS if each.name == "cordon")
_HANGS: Sequence[Mapping[str, Any]] = ({"at": "tcp"}, {"at": "auth"}, {"at": "shell"}, {"nth": 1})


def main(arguments: Sequence[str] = ()) -> int:
    given = _given(arguments)
    shape = Shape(given.devices, given.latency)
    well: list[Measured] = []
    sick: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bench_site(folder, shape.devices, shape.latency_ms) as site:
            compiled_home(site, folder / "compiled")
            for number in range(1, given.rounds + 1):
                # Neither always comes first.
                for runs in (well, sick) if number % 2 else (sick, well):
                    runs.append(_cut(site, shape, number, folder, faults=runs is sick))
    return told(well, sick)


def faults_of(names: Sequence[str]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Of every ten switches the third hangs and the eighth is down: fault and parameters, by name."""
    hangs = cycle(_HANGS)
    return {name: ("hang", next(hangs)) for name in names[2::10]} | {
        name: ("refuse", {}) for name in names[7::10]
    }


def _cut(site: BenchSite, shape: Shape, number: int, folder: Path, *, faults: bool) -> Measured:
    site.simulation.reset()
    chosen = faults_of(sorted(site.simulation.devices))
    if faults:
        for name, (fault, params) in chosen.items():
            site.simulation.fault(name, fault, **params)
    home = folder / f"home-{number}-{faults}"
    shutil.copytree(folder / "compiled", home)
    prepared = _CORDON.prepared(site, folder, home)
    run = measured(prepared, _CORDON, site, shape, number, sick=frozenset(chosen))
    print(
        f"round {number}, {'with' if faults else 'without'} faults: last healthy switch cut after "
        f"{run.last_cut} ms, read back after {run.last_verified} ms; the run ended after {run.ended:.0f} ms; "
        f"load {run.load}{'; failed: ' + ', '.join(run.failed) + ' ' + run.said if run.failed else ''}",
        flush=True,
    )
    return run


def told(well: Sequence[Measured], sick: Sequence[Measured]) -> int:
    """1 where the healthy switches of ``sick`` were later than those of ``well`` by more than the limit."""
    good = [[run for run in runs if not run.failed and run.last_cut is not None] for runs in (well, sick)]
    if not all(good):
        print("no run in which every healthy switch was read back")
        return 1
    ratio = 0.0
    for what in ("last_cut", "last_verified"):
        before, after = (statistics.median(getattr(run, what) for run in runs) for runs in good)
        ratio = after / before
        print(f"{what}: median {before:.0f} ms without, {after:.0f} ms with faults: {ratio:.2f} times")
    print(f"limit {MOST:.2f} times", flush=True)
    return int(ratio > MOST or any(run.failed for run in (*well, *sick)))


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench sick", description=__doc__)
    parser.add_argument("--devices", type=int, default=100, help="how many switches")
    parser.add_argument("--latency", type=int, default=50, help="milliseconds a command")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each")
    return parser.parse_args(list(arguments))
