"""How long ``cordon isolate`` takes until a running leader has its request, and what the rest takes.

A leader that only notes when a request arrives, and turns it away, so that the same call hands over twice: at
once, with next to nothing loaded, and then in the ordinary way, which plans by itself first. Processor time
is the caller's own at that moment, by the kernel: what else the machine does is not counted, and the limit is
on it.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from bench.peers.contenders import CORDON, compiled_home, cordon_environ
from bench.peers.site import bench_site
from controller.bootstrap import Composition

ROUNDS = 10
LIMIT = 0.150
"""Seconds of processor time until the leader has the request."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Arrivals:
    """Notes when each request came, and how much processor time its sender had used by then."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.seen: list[tuple[str, float, float]] = []

    def handle(self, message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        now = time.monotonic()
        kind = str(message.get("request"))
        if self.process is not None and kind in ("IsolateByLeader", "Isolate"):
            with self._lock:
                self.seen.append((kind, now, _cpu(self.process.pid)))
        yield {"error": "invalid-request", "data": {"reason": "request-not-understood"}}


def main() -> int:
    """1 where the request comes later than the limit."""
    arrivals = Arrivals()
    walls: dict[str, list[float]] = {"IsolateByLeader": [], "Isolate": []}
    cpus: dict[str, list[float]] = {"IsolateByLeader": [], "Isolate": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bench_site(folder, 2, 0) as site:
            home = folder / "home"
            compiled_home(site, home)
            environ = cordon_environ(site, home)
            call = [*CORDON, "isolate", "--level", "5", "--yes", "--reason", "bench"]
            with Composition(home=home, inventory=site.inventory).home().lead() as lead:
                lead.serve(arrivals.handle)
                for number in range(ROUNDS + 1):
                    arrivals.seen.clear()
                    started = time.monotonic()
                    with subprocess.Popen(
                        call, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                    ) as process:
                        arrivals.process = process
                        process.wait()
                    for kind, at, used in arrivals.seen if number else ():  # the first writes bytecode
                        walls[kind].append(at - started)
                        cpus[kind].append(used)
    print(f"{'the leader has the request after':<44}{'processor':>10}{'wall':>10}{'least':>10}")
    for kind, shown in (("IsolateByLeader", "handed over at once"), ("Isolate", "planned here first")):
        wall, cpu = walls[kind], statistics.median(cpus[kind])
        times = (cpu, statistics.median(wall), min(wall))
        print(f"{shown:<44}" + "".join(f"{each * 1000:7.0f} ms" for each in times))
    for what, code in _IMPORTS.items():
        print(f"{what:<44}{_imported(code, environ) * 1000:7.0f} ms")
    found = statistics.median(cpus["IsolateByLeader"])
    print(f"limit {LIMIT * 1000:.0f} ms of processor time")
    return int(found > LIMIT)


_IMPORTS = {
    "Python itself": "pass",
    "what hands over": "import controller.cli.handover",
    "the command line": "import controller.cli.application",
    "the office of a home": "import controller.workers.front",
    "the database": "import controller.store.home",
    "the drivers": "import controller.drivers.netmiko_driver",
}


def _imported(code: str, environ: Mapping[str, str]) -> float:
    """Seconds of processor time, the least of five."""
    found: list[float] = []
    for _ in range(5):
        before = _children()
        subprocess.run([CORDON[0], "-c", code], env=environ, check=True)
        found.append(_children() - before)
    return min(found)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    raise SystemExit(main())
