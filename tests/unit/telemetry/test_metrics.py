"""Numbers of runs, read by an independent reader of the format."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from controller.domain.inventory import Method
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    RunEnded,
    RunStarted,
    StepResult,
)
from controller.telemetry.metrics import Gauge, Metrics
from controller.telemetry.observer import Observer
from tests.unit.cli.office import RUN, make_plan

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = make_plan(Action.ISOLATE, ("emergency",))
_LINE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$')
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """By the format's grammar; every sample after its own HELP and TYPE, none of them twice."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    typed: list[str] = []
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            typed.append(line.split()[2])
        elif not line.startswith("# HELP "):
            match = _LINE.match(line)
            assert match, line
            assert match[1] == typed[-1]
            labels = {
                name: value.replace(r"\n", "\n").replace(r"\"", '"').replace(r"\\", "\\")
                for name, value in _LABEL.findall(match[2] or "")
            }
            key = (match[1], frozenset(labels.items()))
            assert key not in found
            found[key] = float(match[3])
    assert len(typed) == len(set(typed))
    return found


def a_run(*, joined: bool = False) -> list[Event]:
    proofs = [Proof.CONFIRMED, Proof.UNKNOWN]
    results = tuple(
        StepResult(step, 0, Method.SHUTDOWN, Outcome.ACCEPTED, proof, None, NOW, "", Proof.CONFIRMED)
        for (_, _, step), proof in zip(PLAN.steps(), proofs, strict=True)
    )
    return [
        RunStarted(RUN, PLAN, NOW, joined),
        CredentialDropped(RUN, 'net"admin', ("a", "b", "c")),
        JournalDegraded(RUN),
        RunEnded(RUN, RunState.FINISHED, results),
    ]


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, frozenset(labels.items())]


def test_a_run_counts_once_with_its_points_and_its_time() -> None:
    heard: list[Event] = []
    observer = Observer()
    watcher = observer.watching(heard.append)
    joining = observer.watching(heard.append)
    for event in a_run():
        watcher(event)
    for event in a_run(joined=True):
        joining(event)
    text = observer.metrics.exposition()
    assert heard == [*a_run(), *a_run(joined=True)]
    assert value(text, "cordon_runs_total", action="isolate", state="finished") == 1
    for proof in ("confirmed", "unknown"):
        said = {"action": "isolate", "outcome": "accepted", "proof": proof}
        assert value(text, "cordon_points_total", **said) == 1
    assert value(text, "cordon_credentials_dropped_total", credential='net"admin') == 1
    assert value(text, "cordon_journal_degraded_total", unrecorded="false") == 1
    assert 0 <= value(text, "cordon_run_seconds_total", action="isolate") < 5


def test_gauges_stand_together_under_their_help() -> None:
    gauges = [
        Gauge("cordon_b", "B.", 1, {"x": "a\\b\nc"}),
        Gauge("cordon_a", "A.", 0.5),
        Gauge("cordon_b", "B.", 2),
    ]
    text = Metrics().exposition(gauges)
    assert value(text, "cordon_a") == 0.5
    assert value(text, "cordon_b", x="a\\b\nc") == 1
    assert value(text, "cordon_b") == 2


def test_what_fails_in_the_log_fails_no_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    observer = Observer()
    monkeypatch.setattr("controller.telemetry.observer.tell", lambda _: 1 / 0)
    watcher = observer.watching(heard.append)
    for event in a_run():
        watcher(event)
    assert len(heard) == 4
