"""``cordon isolate … --yes`` beside a service: handed over at once, carried out as the ordinary way would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.catalog.shipped import shipped_examples
from controller.cli.handover import handed
from controller.cli.main import main
from controller.domain.errors import InvalidRequest, LeaderLost
from controller.domain.facts import Actor, Text
from controller.domain.lifecycle import RunState
from controller.workers.front import cordon_office
from controller.workers.handover import begun, files_of, handed_over
from controller.workers.resident import Resident, reside
from tests.conftest import UNHURRIED_MS
from tests.fakes.homes import new_home

CUT = ("isolate", "--segment", "pharmacy", "--yes", "--reason", "a worm")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """No host key is pinned in it: a cut ends at once, and contacts nobody."""
    return Path(shutil.copy(shipped_examples() / "demo" / "inventory.yaml", tmp_path / "inventory.yaml"))


@pytest.fixture
def service(tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resident]:
    home = new_home(tmp_path / "home").path
    given = {"HOME": str(home), "INVENTORY": str(inventory), "LANG": "en", "SPOOL_AFTER_MS": UNHURRIED_MS}
    for name, value in given.items():
        monkeypatch.setenv(f"CORDON_{name}", value)
    with reside(Composition()) as office:
        yield office


def test_the_service_plans_and_cuts_and_the_caller_tells_it_as_ever(
    service: Resident, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handed([*CUT, "--json"]) == 6
    straight = json.loads(capsys.readouterr().out)
    assert [run.run for run in service.runs()] == [straight["run"]]
    assert main([*CUT, "--json"], cordon_office) == 6
    ordinary = json.loads(capsys.readouterr().out)
    for told in (straight, ordinary):
        del told["run"], told["seconds"]
        for errand in told["unproven"]:
            del errand["code"]
    assert straight == ordinary
    first, second = service.runs()
    assert first.actor == second.actor
    assert main([*CUT, "--level", "5"]) == 2, "and a mistake is told"


@pytest.mark.usefixtures("service")
def test_who_has_handed_over_leaves_the_processor_to_whoever_cuts() -> None:
    code = (
        "import os, sys; from controller.cli.handover import handed\nhanded(sys.argv[1:], steps_back=True)\n"
    )
    code += "print(os.nice(0), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *CUT], capture_output=True, text=True, check=True)
    assert int(done.stderr.splitlines()[-1]) > os.nice(0)


def test_whatever_else_goes_the_ordinary_way_and_nothing_has_begun(service: Resident) -> None:
    for arguments in (
        ("isolate", "--segment", "pharmacy"),
        (*CUT, "--override", "samu"),
        (*CUT, "--dry-run"),
        (*CUT, "--level", "5"),
        (*CUT, "--level"),
        (*CUT, "--json=yes"),
        ("isolate", "--level", "five", "--yes"),
        ("isolate", "--segment", "samu", "--yes"),
        ("isolate", "--segment", "nowhere", "--yes"),
        (*CUT, "--inventory", "another.yaml"),
        (*CUT, "--home", "another"),
        (*CUT, "--playbooks", "."),
        ("restore", "--all", "--yes"),
    ):
        assert handed(arguments) is None, arguments
    request = _request({"id": "user:1", "name": "Alice"})
    lines = handed_over(Path(os.environ["CORDON_HOME"]), request)
    assert lines is not None
    assert begun(lines) is None, "nobody is a person of Cordon by saying so"
    assert service.runs() == ()


def test_mistakes_in_the_files_go_the_ordinary_way(
    service: Resident, inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.keep()
    inventory.write_text("devices: [")
    assert handed(CUT) is None
    assert service.runs() == ()


def test_without_a_leader_nothing_is_handed_over(tmp_path: Path, inventory: Path) -> None:
    home = new_home(tmp_path / "home").path
    assert handed([*CUT, "--home", str(home), "--inventory", str(inventory)]) is None


def test_who_loses_the_leader_on_the_way_has_the_cut_gone_on_with(service: Resident) -> None:
    lines = handed_over(Path(os.environ["CORDON_HOME"]), _request({"id": "os:1", "name": "night"}))
    assert lines is not None
    first = begun(lines)
    assert first is not None
    *told, done = [first, *lines]
    assert done == {"done": None}
    who = Actor("os:1", Text("night"))
    execution = cordon_office().follow(_lost_after(told), who, lambda _: None)
    assert (execution.run, execution.ended.state) == (first["run"], RunState.FINISHED)
    with pytest.raises(InvalidRequest) as resumed:
        cordon_office().follow(_lost_after([first]), who, lambda _: None)
    assert resumed.value.reason == "run-not-resumable", "it was over already: nothing is left to go on with"


def _request(actor: dict[str, str]) -> dict[str, Any]:
    files = files_of(Path(os.environ["CORDON_INVENTORY"]))
    wanted = {"playbook": None, "level": None, "subjects": ["pharmacy"], "reason": ""}
    return {"request": "IsolateByLeader", "files": files, **wanted, "actor": actor}


def _lost_after(told: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield from told
    raise LeaderLost(home="")


def test_what_hands_over_loads_next_to_nothing() -> None:
    heavy = ("typer", "pydantic", "sqlalchemy", "paramiko", "netmiko", "controller.text", "controller.engine")
    code = "import sys, controller.cli.handover, controller.store.requests\n"
    code += f"print([each for each in {heavy} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
