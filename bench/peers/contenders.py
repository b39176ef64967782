"""Who takes part in a comparison, and how one of them is run once.

A peer has an environment of its own, with what ``requirements`` names and nothing of Cordon's; where it is
not there, the peer is left out and said to be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic_ns, sleep, time_ns
from typing import Any

from bench.peers.processes import await_rest
from bench.peers.site import ENABLE, PASSWORD, BenchSite

ROOT = Path(__file__).parents[2]
_CLIENTS = Path(__file__).parent / "clients"
_ENVIRON = {"CORDON_BENCH_PASSWORD": PASSWORD, "CORDON_BENCH_ENABLE": ENABLE}


@dataclass(frozen=True)
class Claim:
    """What a contender says of its run. ``go``: when it decided to begin (CLOCK_MONOTONIC, nanoseconds)."""

    go: int
    verified: frozenset[str]
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """One run about to be made. ``said`` reads its standard output once it has ended."""

    command: list[str]
    environ: dict[str, str]
    said: Callable[[str], Claim]


@dataclass(frozen=True)
class Contender:
    """``requirements``: what its environment holds; none: Cordon, in this very environment. ``environment``:
    whose, where it is another's. ``service``: one
    leads the home already, as on a site that runs one; ``armed``: with a session held open to every
    switch."""

    name: str
    title: str
    requirements: tuple[str, ...] = ()
    client: str = ""
    environment: str = ""
    service: bool = False
    armed: bool = False

    def python(self, environments: Path) -> Path:
        return (
            environments / (self.environment or self.name) / "bin" / "python"
            if self.requirements
            else Path(sys.executable)
        )

    def missing(self, environments: Path) -> bool:
        return not self.python(environments).exists()

    def prepared(self, site: BenchSite, environments: Path, home: Path) -> Prepared:
        """``home``: a directory for this run alone, with what Cordon had compiled beforehand."""
        if not self.requirements:
            return self._cordon(site, home)
        command = [str(self.python(environments)), str(_CLIENTS / self.client), str(site.job)]
        return Prepared(command, _inherited(), _claimed)

    @contextmanager
    def beside(self, site: BenchSite, home: Path) -> Iterator[tuple[int, ...]]:
        """What runs already when the run begins, by process number."""
        if not self.service:
            yield ()
            return
        command = [*CORDON, "--json", "serve", "--bind", "127.0.0.1:0"]
        with subprocess.Popen(
            command,
            env=cordon_environ(site, home),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                while process.stdout and process.stdout.readline().rstrip() not in ("}", ""):
                    pass  # its one object ends with the brace at the margin, once it answers
                if self.armed:
                    _await_armed(site, home)
                # As on a site, where it has run for days: what it prepares once is done.
                await_rest(process.pid, _RESTED_WITHIN)
                yield (process.pid,)
            finally:
                process.terminate()

    def _cordon(self, site: BenchSite, home: Path) -> Prepared:
        environ = cordon_environ(site, home)
        given = ["isolate", "--level", "5", "--yes", "--reason", "bench", "--json"]
        return Prepared(
            [*CORDON, *given], environ, lambda out: _cordon_claimed(json.loads(out), site, environ)
        )


_ARMED_WITHIN = 300
_RESTED_WITHIN = 60
"""Seconds."""

CORDON = [sys.executable, "-m", "controller.cli.main"]

_NETMIKO = "netmiko[par4]>=4.8,<5"

CONTENDERS = (
    Contender("cordon", "Cordon, `cordon isolate` alone"),
    Contender("cordon-service", "Cordon, `cordon isolate` beside its service", service=True),
    Contender("cordon-armed", "Cordon, its service with every session held open", service=True, armed=True),
    Contender("netmiko", "Netmiko, a pool of 50 threads", (_NETMIKO,), "netmiko_pool.py"),
    Contender(
        "nornir",
        "Nornir with nornir_netmiko, 50 workers",
        ("nornir", "nornir-netmiko", _NETMIKO),
        "nornir_tasks.py",
    ),
    Contender("napalm", "NAPALM, a pool of 50 threads", ("napalm", _NETMIKO), "napalm_pool.py"),
    Contender(
        "ansible",
        "Ansible, network_cli, 50 forks",
        # Whole, with its collections: Galaxy, where they come from otherwise, is not everywhere within reach.
        ("ansible", "paramiko>=4,<5"),
        "ansible_network_cli.py",
    ),
    Contender("asyncssh", "asyncssh raw, typed ahead: the floor", ("asyncssh",), "asyncssh_raw.py"),
    Contender(
        "asyncssh-armed",
        "asyncssh raw, every session open beforehand: the floor",
        ("asyncssh",),
        "asyncssh_armed.py",
        "asyncssh",
    ),
)


def cordon_environ(site: BenchSite, home: Path) -> dict[str, str]:
    given = {"CORDON_INVENTORY": str(site.inventory), "CORDON_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return {**_inherited(), **_ENVIRON, **given}


def _inherited() -> dict[str, str]:
    """Programs that are installed have their bytecode, and are told nothing of this site's Cordon."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CORDON_")}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    own.pop("PYTHONPATH", None)
    return own


def compiled_home(site: BenchSite, home: Path) -> None:
    """What ``cordon check`` keeps, as a site has it before the night it is needed."""
    home.mkdir(mode=0o700)
    subprocess.run([*CORDON, "check"], env=cordon_environ(site, home), check=True, capture_output=True)


def _await_armed(site: BenchSite, home: Path) -> None:
    """Until every switch has its session. Raises TimeoutError."""
    environ, until = cordon_environ(site, home), monotonic_ns() + _ARMED_WITHIN * 10**9
    subprocess.run([*CORDON, "arm", *site.simulation.devices], env=environ, check=True, capture_output=True)
    while True:
        said = subprocess.run(
            [*CORDON, "arm", "--json"], env=environ, check=True, capture_output=True, text=True
        )
        if json.loads(said.stdout)["armed"] == len(site.simulation.devices):
            return
        if monotonic_ns() > until:
            raise TimeoutError(said.stdout[-500:])
        sleep(1)


def _claimed(out: str) -> Claim:
    told = json.loads(out.splitlines()[-1])
    return Claim(int(told["go"]), frozenset(told["verified"]), told["errors"])


def _cordon_claimed(told: dict[str, Any], site: BenchSite, environ: dict[str, str]) -> Claim:
    """The decision is the run's record in the journal: what stood before the first connection. Whatever is
    not listed as lacking its proof is confirmed."""
    shown = subprocess.run(
        [*CORDON, "runs", "--json"], env=environ, check=True, capture_output=True, text=True
    )
    record = json.loads(shown.stdout)["runs"][-1]
    ago = time_ns() - int(datetime.fromisoformat(record["opened_at"]).timestamp() * 1e9)
    lacking = {str(each["device"]): str(each["cause"]) for each in told["unproven"]}
    return Claim(monotonic_ns() - ago, frozenset(site.simulation.devices) - lacking.keys(), lacking)


def install(environments: Path, contender: Contender) -> str:
    """Makes the environment of a peer with uv, or with venv and pip; what went wrong, or nothing."""
    folder = environments / (contender.environment or contender.name)
    uv = shutil.which("uv")
    python = str(folder / "bin" / "python")
    steps = (
        [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--compile", "--python", python, *contender.requirements],
        ]
        if uv
        else [
            [sys.executable, "-m", "venv", str(folder)],
            [python, "-m", "pip", "install", "--quiet", *contender.requirements],
        ]
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return (done.stderr.strip().splitlines() or ["?"])[-1]
    return ""
