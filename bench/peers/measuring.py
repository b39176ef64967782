"""One run of one contender, by the switches' own clock."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.peers.contenders import Claim, Contender, Prepared
from bench.peers.processes import spent, tree
from bench.peers.site import BenchSite

LONGEST = 900.0
"""Seconds after which a run that does not end is ended and counts as failed."""


@dataclass(frozen=True)
class Shape:
    """What the runs of one comparison have in common. ``kind`` of host key."""

    devices: int
    latency_ms: float
    kind: str = "ed25519"


@dataclass(frozen=True)
class Measured:
    """One run. Milliseconds count from the contender's decision, ``from_start`` from the start of its
    process; a time is None where not every switch came so far. ``failed``: switches not shut, or not read
    back as shut; ``load``: of the machine as the run began. Processor seconds are those of the contender's
    process and of the switches' during the run."""

    contender: str
    devices: int
    latency_ms: float
    kind: str
    round: int
    load: float
    half_cut: float | None
    last_cut: float | None
    last_verified: float | None
    from_start: float | None
    ended: float
    cpu: float
    switches_cpu: float
    lines: float
    failed: tuple[str, ...]
    said: str = ""


@dataclass(frozen=True)
class _Run:
    started: int
    ended: int
    load: float
    cpu: float
    switches_cpu: float
    out: str
    err: str
    code: int


def measured(
    prepared: Prepared,
    contender: Contender,
    site: BenchSite,
    shape: Shape,
    number: int,
    beside: Sequence[int] = (),
    sick: frozenset[str] = frozenset(),
) -> Measured:
    """The switches are as at the start before it, and cut after it. ``beside``: processes that take part and
    run already; ``sick``: switches that count for nothing."""
    run = _run(prepared, site, beside)
    claim, said = _claim(prepared.said, run)
    go = claim.go if claim is not None else run.started
    devices = frozenset(site.simulation.devices) - sick
    lines = (each for each in site.simulation.log() if each["event"] == "line" and each["device"] in devices)
    records = [each for each in lines if each["t"] <= run.ended]
    cut = _last(records, lambda record: bool(record["changed"]))
    read = _last(records, lambda record: str(record["line"]).startswith("show "))
    claimed = claim.verified if claim is not None else frozenset()
    good = (devices - site.open_ports().keys()) & claimed
    moments = sorted(cut.values()) if cut.keys() == devices else []
    return Measured(
        contender=contender.name,
        devices=shape.devices,
        latency_ms=shape.latency_ms,
        kind=shape.kind,
        round=number,
        load=round(run.load, 1),
        half_cut=_ms(moments[len(moments) // 2] - go) if moments else None,
        last_cut=_ms(moments[-1] - go) if moments else None,
        last_verified=_ms(max(read.values()) - go) if good == devices else None,
        from_start=_ms(moments[-1] - run.started) if moments else None,
        ended=_ms(run.ended - run.started),
        cpu=round(run.cpu, 3),
        switches_cpu=round(run.switches_cpu, 3),
        lines=round(len(records) / len(devices), 1),
        failed=tuple(sorted(devices - good)),
        said=said,
    )


def _run(prepared: Prepared, site: BenchSite, beside: Sequence[int]) -> _Run:
    def cpu_now() -> float:
        return _children_cpu() + sum(spent(each) for pid in beside for each in tree(pid))

    pid = site.simulation.pid
    cpu, switches, load = cpu_now(), spent(pid), os.getloadavg()[0]
    started = time.monotonic_ns()
    with subprocess.Popen(
        prepared.command, env=prepared.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            out, err = "", f"ended after {LONGEST:.0f} s"
    ended = time.monotonic_ns()
    code = process.returncode
    return _Run(started, ended, load, cpu_now() - cpu, spent(pid) - switches, out, err, code)


def _claim(said: Callable[[str], Claim], run: _Run) -> tuple[Claim | None, str]:
    try:
        claim = said(run.out)
    except (ValueError, KeyError, IndexError, subprocess.CalledProcessError) as error:
        out, err = (" ".join(text.split())[-200:] for text in (run.out, run.err))
        return None, f"exit {run.code}, {type(error).__name__}: {out} {err}"
    return claim, "; ".join(f"{name}: {what}" for name, what in sorted(claim.errors.items()))[:300]


def _last(records: Iterable[dict[str, Any]], counts: Callable[[dict[str, Any]], bool]) -> dict[str, int]:
    """By switch, when the last line that counts was carried out."""
    return {record["device"]: record["t"] for record in records if counts(record)}


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 1)


def _children_cpu() -> float:
    """Of all processes this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
