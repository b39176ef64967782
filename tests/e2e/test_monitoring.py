"""What a monitor reads of a service: numbers behind a token, log lines that say where they belong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Stream, first_administrator, served
from tests.faults.home_cli import wait_for
from tests.faults.site import ENABLE, PASSWORD, Site, running_site
from tests.unit.telemetry.test_metrics import samples

pytestmark = pytest.mark.e2e


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


def test_a_cut_is_counted_and_told_line_by_line_without_secrets(site: Site, tmp_path: Path) -> None:
    environ = {
        "CORDON_TEST_PASSWORD": PASSWORD,
        "CORDON_TEST_ENABLE": ENABLE,
        "CORDON_LOG_FORMAT": "json",
    }
    with served(tmp_path, site.inventory, environ) as service:
        boss = first_administrator(service)
        with service.client() as stranger:
            assert stranger.get(f"{service.url}/metrics").status_code == 401
        with service.client(boss) as client:
            before = samples(client.get(f"{service.url}/metrics").text)
            assert before["cordon_leading", frozenset()] == 1
            assert before["cordon_journal_writable", frozenset()] == 1
            stream = Stream(service, boss)
            asked = {"action": "isolate", "reason": "test", "level": 5}
            run = client.post("/runs", json=asked).json()["run"]
            stream.wait_for(
                lambda heard: any("finished" in str(each[2]) and run in str(each[2]) for each in heard)
            )
            wait_for(lambda: "finished" in client.get(f"{service.url}/metrics").text, "the run's count")
            answer = client.get(f"{service.url}/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        after = samples(answer.text)
        finished = frozenset({("action", "isolate"), ("state", "finished")})
        assert after["cordon_runs_total", finished] == 1
        held = sum(value for (name, _), value in after.items() if name == "cordon_points_held")
        settled = sum(value for (name, _), value in after.items() if name == "cordon_points_total")
        assert held == settled > 0
        assert service.terminate() == 0
    lines = [json.loads(line) for line in service.errors.read_text().splitlines()]
    told = [line for line in lines if line.get("run") == run]
    assert {"run started", "wave started", "point settled", "run ended"} <= {line["event"] for line in told}
    points = [line for line in told if line["event"] == "point settled"]
    assert len({line["point"] for line in points}) == settled
    assert all(line["device"] and line["proof"] and line["timestamp"] for line in points)
    assert not [secret for secret in (PASSWORD, ENABLE) if secret in service.errors.read_text()]
