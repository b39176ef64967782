"""The service from end to end: a real process over a real home, simulated switches over real SSH."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.domain.facts import Actor
from controller.domain.proof import Proof
from controller.engine.planning.plans import Return
from controller.workers.office import Cut
from controller.workers.resident import reside
from tests.e2e.imports import Imports
from tests.e2e.service import ROOT, Served, Someone, Stream, first_administrator, served, token_of
from tests.faults.site import ENABLE, PASSWORD, POINTS, SICK, WANTED, Site, running_site

pytestmark = pytest.mark.e2e

SECRETS = {"CORDON_TEST_PASSWORD": PASSWORD, "CORDON_TEST_ENABLE": ENABLE}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(simulated: Site) -> Site:
    simulated.reset()
    return simulated


@pytest.fixture
def service(site: Site, tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, site.inventory, SECRETS) as running:
        yield running


def over(run: str) -> Callable[[Any], bool]:
    """Whether the events tell of the run's end."""
    return lambda heard: any(
        data.get("run") == run and data["data"].get("state") == "finished" for _, _, data in heard
    )


def cut(service: Served, who: Someone, **asked: Any) -> str:
    with service.client(who) as client:
        begun = client.post("/runs", json={"action": "isolate", "reason": "test", **asked})
        assert begun.status_code == 202, begun.text
        return str(begun.json()["run"])


@pytest.fixture
def imports(tmp_path: Path) -> Imports:
    return Imports(tmp_path, "serve")


@pytest.fixture
def watched(site: Site, tmp_path: Path, imports: Imports) -> Iterator[Served]:
    """A service that tells what it imports, and every warning."""
    found = {**SECRETS, "PYTHONPATH": f"{imports.path}:{ROOT}", "PYTHONWARNINGS": "default"}
    with served(tmp_path, site.inventory, found) as running:
        yield running


def test_a_cut_and_a_return_by_api_with_the_command_line_beside_it(
    watched: Served, site: Site, imports: Imports
) -> None:
    service = watched
    boss = first_administrator(service)
    stream = Stream(service, boss)
    stream.wait_for(lambda heard: heard[:1] != [])
    run = cut(service, boss, level=5)
    stream.wait_for(over(run))
    assert site.open_ports() == ()
    code, status = service.cordon("status")
    assert (code, status["level"]) == (0, 5)

    # The command line goes through the service: the same leader, the same log, the same stream.
    with service.client(boss) as client:
        plan = client.post("/plans", json={"action": "restore", "subjects": ["laboratory"]}).json()
        asked = {"action": "restore", "subjects": ["laboratory"], "plan": plan["plan"], "reason": "clean"}
        back = client.post("/runs", json=asked).json()["run"]
        stream.wait_for(over(back))
    code, done = service.cordon("restore", "--all", "--yes")
    assert code == 0, done
    stream.wait_for(over(done["run"]))
    assert site.running() == site.before
    with service.client(boss) as client:
        assert client.get("/audit/verify").json()["whole"] is True
        assert client.get("/situation").json()["level"] is None
    stream.stop()
    # Two threads that import at once may find a module half made, and a cut or the start would fail for it.
    assert imports.elsewhere() == set()
    assert "Warning" not in service.errors.read_text()


def test_a_service_killed_in_a_cut_finishes_it_and_no_stream_loses_or_repeats_an_event(
    service: Served, site: Site
) -> None:
    boss = first_administrator(service)
    streams = [Stream(service, boss) for _ in range(3)]
    for stream in streams:
        stream.wait_for(lambda heard: heard[:1] != [])
    site.simulation.fault(SICK, "late", nth=1, seconds=60)
    run = cut(service, boss, level=5)
    streams[0].wait_for(lambda heard: any(tag == "engine:operation:intended" for _, tag, _ in heard))
    service.kill()
    service.start()
    for stream in streams:
        stream.wait_for(over(run))
    assert site.open_ports() == ()
    code, shown = service.cordon("show", run)
    assert (code, shown["state"]) == (0, "finished"), shown
    log = service.cordon("audit", "show")[1]["entries"]
    assert [entry["run"] for entry in log if entry["tag"] == "engine:run:resumed"] == [run]
    first = streams[0].heard[0][0]
    wanted = [entry["seq"] for entry in log if entry["seq"] > first]
    for stream in streams:
        stream.wait_for(lambda heard: heard[-1][0] >= wanted[-1])
        assert stream.connections >= 2
        heard = [seq for seq, tag, _ in stream.heard if tag != "position" and seq <= wanted[-1]]
        begun = stream.heard[0][0]
        assert heard == [seq for seq in wanted if seq > begun]
        stream.stop()


def test_a_return_left_open_waits_for_a_person(service: Served, site: Site) -> None:
    boss = first_administrator(service)
    stream = Stream(service, boss)
    stream.wait_for(lambda heard: heard[:1] != [])
    stream.wait_for(over(cut(service, boss, level=5)))
    site.simulation.fault(SICK, "late", nth=1, seconds=5)
    with service.client(boss) as client:
        plan = client.post("/plans", json={"action": "restore", "everything": True}).json()["plan"]
        asked = {"action": "restore", "everything": True, "plan": plan}
        back = client.post("/runs", json=asked).json()["run"]
    stream.wait_for(
        lambda heard: any(tag == "engine:wave:moved" and data.get("run") == back for _, tag, data in heard)
    )
    service.kill()
    service.start()
    assert service.said["waiting"] == [back]
    with service.client(boss) as client:
        assert client.get(f"/runs/{back}").json()["state"] == "interrupted"
        assert client.post(f"/runs/{back}/resume", json={}).status_code == 202
    stream.wait_for(over(back))
    assert site.running() == site.before
    stream.stop()


def test_the_command_line_works_from_elsewhere_by_a_token_and_a_pinned_certificate(
    service: Served, site: Site, tmp_path: Path
) -> None:
    boss = first_administrator(service)
    token = token_of(service, boss, ["view", "plan", "isolate", "abort", "write-log"])
    there = ("--server", service.url, "--pin", service.said["fingerprint"])
    # Nothing of the controller's own: neither its home nor its inventory.
    away = {"CORDON_HOME": str(tmp_path / "none"), "CORDON_INVENTORY": str(tmp_path / "none.yaml")}
    code, done = service.cordon(
        *there, "isolate", "--level", "5", "--reason", "test", "--yes", **away, CORDON_TOKEN=token
    )
    assert (code, done["state"]) == (0, "finished"), done
    assert site.open_ports() == ()
    (tmp_path / "token").write_text(token)
    by_file = {**away, "CORDON_TOKEN_FILE": str(tmp_path / "token")}
    assert service.cordon(*there, "status", **by_file)[1]["level"] == 5
    # The same sentence as at home, but for the time it is said at.
    summed = [service.says(*where, "status", **known)[0] for where, known in ((there, by_file), ((), {}))]
    assert "isolated" in summed[0]
    assert summed[0].partition(": ")[2].partition(". ")[0] == summed[1].partition(": ")[2].partition(". ")[0]
    assert service.cordon(*there, "show", done["run"], **by_file)[1]["unproven"] == 0
    code, refused = service.cordon(*there, "restore", "--all", "--yes", **by_file)
    assert (code, refused["code"]) == (2, "not-permitted")
    code, refused = service.cordon(*there, "status", **away)
    assert (code, refused["code"]) == (2, "unauthorized")
    tried = ("isolate", "--level", "1", "--dry-run", "--as", boss.name)
    code, shown = service.cordon(*there, *tried, typed=boss.typed(), **away)
    assert (code, shown["dry_run"]) == (0, True), shown
    with service.client(boss) as client:
        assert len(client.get("/sessions").json()) == 1, "what a command opened it closed"
    other = service.said["fingerprint"].translate(str.maketrans("0123456789", "1234567890"))
    code, refused = service.cordon("--server", service.url, "--pin", other, "status", **by_file)
    assert (code, refused["error"]) == (2, "server-certificate")
    code, refused = service.cordon(*there, "check", **by_file)
    assert (code, refused["error"]) == (2, "not-over-server")
    assert site.open_ports() == ()


def test_told_to_end_it_gives_up_the_lead_and_the_command_line_goes_on(service: Served, site: Site) -> None:
    stream = Stream(service, first_administrator(service))
    stream.wait_for(lambda heard: heard[:1] != [])
    assert service.terminate(seconds=10) == 0
    stream.stop()
    code, done = service.cordon("isolate", "--segment", "laboratory", "--yes")
    assert (code, done.get("state")) == (0, "finished"), done


def test_its_own_certificate_is_private_lasts_and_is_the_one_it_tells(service: Served) -> None:
    for name in ("tls-key.pem", "tls-certificate.pem"):
        assert stat.S_IMODE((service.home / name).stat().st_mode) == 0o600
    with service.client() as client:
        answer = client.get("/version")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["fingerprint"] == service.said["fingerprint"]
    service.terminate()
    service.start()
    assert service.said["fingerprint"] == told["fingerprint"]


def test_what_is_damaged_in_the_home_keeps_no_service_from_starting_and_cutting(
    service: Served, site: Site
) -> None:
    before = service.said["fingerprint"]
    service.terminate()
    (service.home / "accounts.db").write_bytes(b"no database" * 1000)
    (service.home / "tls-key.pem").write_bytes(b"")
    service.start()
    assert service.said["enrolment"] is None
    assert "accounts.db" in service.said["problem"]
    assert service.said["fingerprint"] != before
    code, done = service.cordon("isolate", "--level", "5", "--yes", "--reason", "test")
    assert (code, site.open_ports()) == (0, ()), done


def test_what_somebody_opens_at_a_switch_is_cut_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the drivers, without waiting until it is due."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    opened = POINTS["emergency"][0]
    with reside(Composition(home=tmp_path / "home", inventory=site.inventory)) as office:
        plan = office.plan_cut(Cut(level=5))
        office.isolate(Cut(level=5), plan, "test", Actor("os:0"), lambda _: None)
        site.simulation.configure(opened[0], f"interface {opened[1]}", "no shutdown")
        assert site.open_ports() == (opened,)
        office.watch.look(opened[0])
        assert site.open_ports() == ()
        tags = [line.tag for line in office.log()]
        assert tags.count("watch:point:reopened") == 1
        assert dict(office.situation().proofs) == {Proof.CONFIRMED: len(WANTED)}
        wanted = Return(everything=True)
        office.restore(wanted, office.plan_return(wanted), "test", Actor("os:0"), lambda _: None)
        assert site.running() == site.before


def test_without_name_service_or_internet_all_of_it_works() -> None:
    """The same again in a network of its own, where there is loopback and nothing else."""
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    story = f"{Path(__file__).name}::test_a_cut_and_a_return_by_api_with_the_command_line_beside_it"
    pytest_alone = f"{sys.executable} -m pytest -q -p no:cacheprovider {Path(__file__).with_name(story)}"
    inside = f"ip link set lo up && exec {pytest_alone}"
    done = subprocess.run(
        ["unshare", *root, "--net", "sh", "-c", inside],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "1 passed" in done.stdout
