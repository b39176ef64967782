"""A return watched by the service: killed and started again it goes on watching, and a signed signal cuts."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.service import Served, first_administrator, served
from tests.faults.site import ENABLE, PASSWORD, POINTS, Site, running_site

pytestmark = pytest.mark.e2e

OPENED = POINTS["emergency"][0]
"""Held, and opened by somebody."""

KEY = b"0123456789abcdef0123456789abcdef"
WITHIN = 5.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    with running_site(folder) as made:
        yield made


@pytest.fixture
def service(site: Site, tmp_path: Path) -> Iterator[Served]:
    playbooks, keys = tmp_path / "playbooks", tmp_path / "keys"
    playbooks.mkdir()
    keys.mkdir()
    (keys / "edr").write_bytes(KEY + b"\n")
    stages = [
        {
            "name": name,
            "action": "restore",
            "select": {"segments": name},
            "gate": {"watch": "1h"},
        }
        for name in ("laboratory", "emergency")
    ]
    back = {"format": 1, "title": {"fr": "retour", "en": "return"}, "stages": stages}
    (playbooks / "back.yaml").write_text(yaml.safe_dump(back))
    environ = {
        "CORDON_TEST_PASSWORD": PASSWORD,
        "CORDON_TEST_ENABLE": ENABLE,
        "CORDON_PLAYBOOKS": str(playbooks),
        "CORDON_SIGNAL_KEYS": str(keys),
    }
    with served(tmp_path, site.inventory, environ) as running:
        yield running


def signed(service: Served, subject: str, key: bytes = KEY, at: float | None = None) -> tuple[int, bool]:
    """The answer's status, and whether it is cut again."""
    body = json.dumps({"subject": subject, "reason": "beaconing"}).encode()
    moment = str(int(time.time() if at is None else at))
    right = hmac.new(key, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Cordon-Time": moment, "X-Cordon-Signature": right, "Content-Type": "application/json"}
    with service.client() as client:
        answer = client.post("/signals/edr", content=body, headers=headers)
    return answer.status_code, bool(answer.json().get("cut_again"))


def until(condition: object, seconds: float = 30) -> float:
    began = time.monotonic()
    while not condition():  # type: ignore[operator]  # a function without arguments
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def test_a_watch_outlives_the_service_and_a_signed_signal_cuts_again(service: Served, site: Site) -> None:
    boss = first_administrator(service)
    assert service.cordon("isolate", "--segment", "laboratory", "--segment", "emergency", "--yes")[0] == 0
    cut = site.running()
    with service.client(boss) as client:
        asked = {"action": "restore", "playbook": "back"}
        plan = client.post("/plans", json=asked).json()
        begun = client.post("/runs", json={**asked, "plan": plan["plan"], "reason": "clean"})
        assert begun.status_code == 202, begun.text
        run = begun.json()["run"]

        def watched() -> list[str]:
            return [each["subject"] for each in client.get("/probations").json()]

        def held() -> list[str]:
            found = client.get("/points", params={"held": True, "subject": "laboratory"})
            return list(found.json()["items"])

        # All of it is back on record, not only at the first device.
        until(lambda: watched() == ["laboratory"] and site.running() != cut and not held())
    service.kill()
    assert service.cordon("status")[1]["probations"][0]["subject"] == "laboratory"
    service.start()
    with service.client(boss) as client:
        refused = client.post("/probations/laboratory/pass", json={"reason": "in a hurry"})
        assert (refused.status_code, refused.json()["code"]) == (422, "probation-goes-on"), refused.text
    assert signed(service, "laboratory", key=b"x" * 32) == (401, False)
    assert signed(service, "laboratory", at=time.time() - 3600) == (401, False)
    site.simulation.configure(OPENED[0], f"interface {OPENED[1]}", "no shutdown")
    assert not site.is_cut(OPENED)
    assert signed(service, "emergency") == (202, False), "it has not come back: it is read at once"
    until(lambda: site.is_cut(OPENED))
    assert site.running() != cut
    assert signed(service, "laboratory") == (202, True)
    assert until(lambda: site.running() == cut) < WITHIN
    assert signed(service, "laboratory") == (202, False)
    with service.client(boss) as client:
        until(lambda: client.get("/probations").json() == [])
        shown = client.get(f"/runs/{run}").json()
        assert shown["state"] == "interrupted"
    code, resumed = service.cordon("resume", run, "--yes")
    assert (code, resumed["cause"]) == (6, "tripwire"), "what was behind it does not return"
    assert site.running() == cut
    tags = [entry["tag"] for entry in service.cordon("audit", "show")[1]["entries"]]
    assert {"watch:probation:tripped", "watch:signal:heard"} <= set(tags)
