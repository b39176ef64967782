"""Numbers for a monitor, in the text format of Prometheus (version 0.0.4).

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from controller.engine.events import CredentialDropped, Event, JournalDegraded, RunEnded, RunStarted

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS = {
    "cordon_runs_total": "Runs that ended, by action and how.",
    "cordon_points_total": "Points of ended runs, by action, outcome and proof.",
    "cordon_run_seconds_total": "Seconds from the beginning to the end of runs that ended.",
    "cordon_credentials_dropped_total": "Credentials dropped after three rejects.",
    "cordon_journal_degraded_total": "Runs whose record went through the spool, or nowhere.",
}


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number as it is now; all of one name share ``help``."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Metrics:
    """Fed by the events of runs, each run once. Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self._seconds: dict[str, float] = {}
        self._begun: dict[str, tuple[float, str]] = {}

    def hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case RunStarted():
                    self._begun[event.run] = (time.monotonic(), event.plan.action.value)
                case RunEnded():
                    began, action = self._begun.pop(event.run, (time.monotonic(), ""))
                    self._seconds[action] = self._seconds.get(action, 0.0) + time.monotonic() - began
                    self._add("cordon_runs_total", action=action, state=event.state.value)
                    for each in event.results:
                        said = {"outcome": each.outcome.value, "proof": each.proof.value}
                        self._add("cordon_points_total", action=action, **said)
                case CredentialDropped():
                    self._add("cordon_credentials_dropped_total", credential=event.credential)
                case JournalDegraded():
                    self._add("cordon_journal_degraded_total", unrecorded=str(event.unrecorded).lower())
                case _:
                    pass

    def exposition(self, gauges: Iterable[Gauge] = ()) -> str:
        """Everything counted so far, and ``gauges``."""
        with self._lock:
            counts, seconds = dict(self._counts), dict(self._seconds)
        found: dict[str, list[str]] = {name: [] for name in _COUNTERS}
        for (name, labels), count in sorted(counts.items()):
            found[name].append(_sample(name, dict(labels), count))
        for action, total in sorted(seconds.items()):
            name = "cordon_run_seconds_total"
            found[name].append(_sample(name, {"action": action}, round(total, 3)))
        lines: list[str] = []
        for name, samples in found.items():
            lines += [f"# HELP {name} {_COUNTERS[name]}", f"# TYPE {name} counter", *samples]
        told: set[str] = set()
        for gauge in sorted(gauges, key=lambda each: each.name):
            if gauge.name not in told:
                told.add(gauge.name)
                lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
            lines.append(_sample(gauge.name, gauge.labels, gauge.value))
        return "\n".join(lines) + "\n"

    def _add(self, name: str, **labels: str) -> None:
        self._counts[name, tuple(sorted(labels.items()))] += 1


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value:g}" if shown else f"{name} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
