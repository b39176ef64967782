"""How long until the last port is cut and read back, next to other people's tools: ``python -m bench speed``.

All of them cut the same four ports at each of the same simulated switches. One process a run, each peer in an
environment of its own (``--install`` makes them), runs by turns, switches as at the start before each; times
are taken by the switches' clock, failures are counted and every run is kept as a line of JSON. Medians are
told; on a machine that does other work as well, only their ratios say something.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.peers import report
from bench.peers.contenders import CONTENDERS, ROOT, Contender, compiled_home, install
from bench.peers.measuring import Measured, Shape, measured
from bench.peers.site import bench_site

ENVIRONMENTS = ROOT / ".venv-peers"


def main(arguments: Sequence[str] = ()) -> int:
    """1 where a switch of Cordon's was left uncut or unread; 2 for a wrong argument."""
    given = _given(arguments)
    if given.install:
        for contender in CONTENDERS:
            if contender.requirements and contender.missing(given.environments):
                wrong = install(given.environments, contender)
                print(f"{contender.name}: {wrong or 'installed'}")
    chosen = [each for each in CONTENDERS if not given.only or each.name in given.only]
    present = [each for each in chosen if not each.missing(given.environments)]
    for absent in (each for each in chosen if each not in present):
        print(f"{absent.name}: no environment in {given.environments}: left out (--install makes it)")
    runs: list[Measured] = []
    for devices in given.devices:
        for latency in given.latency:
            runs += compare(present, Shape(devices, latency, given.kind), given)
    print(report.table(runs))
    if given.write:
        report.write(runs, ROOT / "docs")
    return int(any(each.failed for each in runs if each.contender.startswith("cordon")))


def compare(contenders: Sequence[Contender], shape: Shape, given: argparse.Namespace) -> list[Measured]:
    """Every contender once a round."""
    runs: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bench_site(folder, shape.devices, shape.latency_ms, shape.kind) as site:
            compiled_home(site, folder / "compiled")
            for number in range(1, given.rounds + 1):
                for contender in contenders:
                    site.simulation.reset()
                    home = folder / f"home-{contender.name}-{number}"
                    shutil.copytree(folder / "compiled", home)
                    prepared = contender.prepared(site, given.environments, home)
                    with contender.beside(site, home) as beside:
                        runs.append(measured(prepared, contender, site, shape, number, beside))
                    line = json.dumps(asdict(runs[-1]))
                    if given.raw:
                        with given.raw.open("a", encoding="utf-8") as file:
                            file.write(line + "\n")
                    print(line, flush=True)
    return runs


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench speed", description=__doc__)
    parser.add_argument("--devices", type=_numbers, default=[50], help="how many switches: 50,200,1000")
    parser.add_argument("--latency", type=_numbers, default=[5, 50], help="milliseconds a command: 5,50")
    parser.add_argument("--kind", choices=("ed25519", "rsa"), default="ed25519", help="rsa: as old switches")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each")
    parser.add_argument("--only", type=lambda text: text.split(","), help="contenders by name")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="where the peers' are")
    parser.add_argument("--install", action="store_true", help="makes those that are missing first")
    parser.add_argument("--raw", type=Path, help="appends each run to this file as a line of JSON")
    parser.add_argument("--write", action="store_true", help="the table and the plot into docs/")
    return parser.parse_args(list(arguments))


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]
