"""How long traffic goes on after the leader has accepted a cut of everything: ``python -m bench lab`` (root).

The laboratory's hospital, real switches, router, firewall and SSH in network namespaces, a service in the
controller's place, and flows across it that carry a counter every 25 ms. ``cordon isolate --level 5`` hands
its request to the service; told are the time from the start of its process to the run's record in the
journal, and from that record to the last echo of any flow that must die, by the flows' own clock. What is
kept alive must live in the very window in which the rest is judged dead. First with a session held open to
every device, then with none. Ends 1 where the median of the first is above the limit, with an error where
traffic is not as it must be. Where the laboratory cannot boot it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.peers.contenders import CORDON
from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.requirements import missing
from tests.lab.traffic import TICK, Flow, routes

LIMIT = 0.300
"""Seconds from the record of the run to the last flow's death."""

ARMED_WITHIN = 120.0
"""Seconds until every device has its session."""

KEPT = routes(("samu", "internet"))
DYING = routes(
    ("samu", "servers"),
    ("emergency1", "servers"),
    ("emergency1", "emergency2"),
    ("maternity", "servers"),
    ("imaging", "servers"),
    ("laboratory", "servers"),
    ("backup", "servers"),
    ("admin", "servers"),
    ("printers", "servers"),
    ("servers", "internet"),
    ("vendor", "servers"),
)


@dataclass(frozen=True)
class Round:
    """Seconds. ``accepted``: from the start of the process to the record of the run; ``first`` and ``last``:
    from there until the first and the last flow had its last echo."""

    accepted: float
    first: float
    last: float
    ended: float


def main(arguments: Sequence[str] = ()) -> int:
    given = _given(arguments)
    reasons = missing()
    if reasons:
        print("the laboratory cannot boot here: left out (" + "; ".join(reasons) + ")")
        return 0
    print(f"load {os.getloadavg()[0]:.1f}; the last echo is seen to {TICK * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as folder, Lab() as lab:
        cordon = Cordon(lab, Path(folder))
        site = plain_site(lab)
        for device in site["devices"].values():
            device["armed"] = "true"
        cordon.site(site)
        armed = _told("every session held open", _rounds(lab, cordon, given.rounds, armed=True))
        _told("no session held open", _rounds(lab, cordon, given.rounds, armed=False))
    print(f"limit {LIMIT * 1000:.0f} ms with every session held open", flush=True)
    return int(armed > LIMIT)


def _rounds(lab: Lab, cordon: Cordon, number: int, *, armed: bool) -> list[Round]:
    with _service(lab, cordon, armed=armed):
        found = []
        for _ in range(number):
            flows = lab.traffic.open([*DYING, *KEPT])
            lab.traffic.live([*DYING, *KEPT])
            if armed:
                _await_armed(cordon)
            found.append(_cut(lab, cordon, flows[: len(DYING)]))
            cordon.act("restore", "--all")
            lab.traffic.live([*DYING, *KEPT])
        return found


def _cut(lab: Lab, cordon: Cordon, dying: Sequence[Flow]) -> Round:
    command = [*CORDON, "isolate", "--level", "5", "--yes", "--reason", "bench", "--json"]
    started = time.monotonic()
    done = lab.controller(command, cordon.environment)
    ended = time.monotonic()
    if done.returncode:
        raise AssertionError(f"exit {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    lab.traffic.wait_dead(dying)
    lab.traffic.verdict(KEPT, DYING)
    opened = datetime.fromisoformat(cordon("runs").data["runs"][-1]["opened_at"]).timestamp()
    accepted = time.monotonic() - (time.time() - opened)
    deaths = [flow.last_progress - accepted for flow in dying]
    return Round(accepted - started, min(deaths), max(deaths), ended - started)


@contextmanager
def _service(lab: Lab, cordon: Cordon, *, armed: bool) -> Iterator[None]:
    cordon("check")
    environ = {**cordon.environment, "CORDON_ARM": str(armed).lower()}
    process = lab.start_controller([*CORDON, "--json", "serve", "--bind", "127.0.0.1:0"], environ)
    try:
        while process.stdout and process.stdout.readline().rstrip() not in ("}", ""):
            pass  # its one object ends with the brace at the margin, once it answers
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _await_armed(cordon: Cordon) -> None:
    """Until every device has its session and was read by it, as it is whenever nobody acted there for a
    moment. Raises TimeoutError where that is not so in time."""
    until = time.monotonic() + ARMED_WITHIN
    while True:
        told = cordon("arm").data
        armed = [each for each in told["devices"] if each["state"] == "armed"]
        read = [each for each in armed if (each["read_at"] or "") >= each["since"]]
        if len(read) == told["wanted"]:
            return
        if time.monotonic() > until:
            raise TimeoutError(json.dumps(told)[-800:])
        time.sleep(0.5)


_SHOWN = {
    "from the start of the process to the record of the run": "accepted",
    "from that record to the death of the first flow": "first",
    "from that record to the death of the last flow": "last",
    "from the start of the process to its end": "ended",
}


def _told(title: str, rounds: Sequence[Round]) -> float:
    """The median of the last deaths."""
    medians = {
        name: float(statistics.median(getattr(each, name) for each in rounds)) for name in _SHOWN.values()
    }
    shown = " ".join(f"{each.last * 1000:.0f}" for each in rounds)
    print(f"{title}, {len(rounds)} rounds, medians:")
    for what, name in _SHOWN.items():
        print(
            f"  {what:<58}{medians[name] * 1000:6.0f} ms{f'  ({shown})' if name == 'last' else ''}",
            flush=True,
        )
    return medians["last"]


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench lab", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="cuts of each")
    return parser.parse_args(list(arguments))
