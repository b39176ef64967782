"""``cordon demo`` as a person runs it: in a process of its own, to its end, or stopped on the way."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.cli.demo import HANGS, IGNORES
from controller.text import Catalogue

ROOT = Path(__file__).parents[2]
CORDON = (sys.executable, "-m", "controller.cli.main")
PATIENCE = 180.0

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def environ(**more: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", **more}


def cordon(*arguments: str, given: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [*CORDON, *arguments]
    return subprocess.run(
        command, env=environ(**(given or {})), check=False, capture_output=True, text=True, timeout=PATIENCE
    )


class Demo:
    """The demo in a session of its own, its output read as it comes."""

    def __init__(self, *arguments: str, **given: str) -> None:
        self.process = subprocess.Popen(
            [*CORDON, "demo", *arguments],
            env=environ(**given),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.shown = ""

    def until(self, wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE
        assert self.process.stdout
        while wanted not in self.shown:
            assert time.monotonic() < deadline, self.shown
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            if ready:
                read = os.read(self.process.stdout.fileno(), 65536)
                assert read, self.shown
                self.shown += read.decode()

    def interrupt(self) -> None:
        """As Ctrl-C at a terminal does: the whole foreground process group hears it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.shown += rest.decode()
        return self.process.returncode

    def simulator(self) -> int:
        """A descriptor of the simulator's process, readable once it has ended."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            if b"controller.simulator" in Path(f"/proc/{child}/cmdline").read_bytes():
                return os.pidfd_open(int(child))
        raise AssertionError(f"no simulator among {children}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdout and not self.process.stdout.closed:
            self.process.communicate()


def ended(descriptor: int) -> bool:
    ready, _, _ = select.select([descriptor], [], [], 20)
    os.close(descriptor)
    return bool(ready)


@dataclass(frozen=True)
class Told:
    home: Path
    code: int
    shown: str
    words: Catalogue

    def cordon(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inventory = str(self.home / "inventory.yaml")
        return cordon("--home", str(self.home), "--inventory", inventory, *arguments)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo in English, to its end. The user has a home, a site and settings of his own."""
    folder = tmp_path_factory.mktemp("demo")
    home, own = folder / "home", folder / "own"
    given = {"CORDON_HOME": str(own), "CORDON_INVENTORY": "/nowhere", "CORDON_PLAYBOOKS": str(folder)}
    (folder / "level-5.yaml").write_text("not for the demo: [")
    done = cordon("demo", "--lang", "en", "--home", str(home), given={**given, "NO_COLOR": "1"})
    assert not own.exists()
    return Told(home, done.returncode, done.stdout + done.stderr, Catalogue("en"))


def test_it_goes_as_it_should(told: Told) -> None:
    assert told.code == 0, told.shown
    assert "NOT AS IT SHOULD BE" not in told.shown
    assert "\x1b" not in told.shown
    assert told.shown.startswith("SIMULATED")


def test_both_sick_switches_are_explained_one_cut_upstream_and_one_on_the_walk_list(told: Told) -> None:
    first_cut = told.shown[: told.shown.index("── 3.")]
    for sentence in (f"{HANGS} hangs", f"{HANGS} could not be reached: cut upstream", f"{IGNORES} said yes"):
        assert sentence in first_cut
    assert re.search(rf"^  [0-9A-Z]{{6}}  building ., rack R\d+, {IGNORES} ", first_cut, re.MULTILINE)
    assert "[exit code 6" in first_cut
    assert set(re.findall(r"rack R\d+, (\S+) ", first_cut)) == {IGNORES}


def test_every_configuration_is_as_before(told: Told) -> None:
    said = " ".join(told.shown.split())
    assert told.words.text("demo.equal", equal=40, devices=40) in said
    assert told.words.text("demo.still-shut", shut=2, ports=2) in said
    assert "28 of 28 points kept alive are up" in said


def test_the_home_can_be_explored_without_the_simulator(told: Told) -> None:
    status = told.cordon("status", "--json")
    assert status.returncode == 0, status.stderr
    assert {each["state"] for each in json.loads(status.stdout)["subjects"]} == {"connected", "kept-alive"}
    entries = json.loads(told.cordon("audit", "show", "--json").stdout)["entries"]
    verified = json.loads(told.cordon("audit", "verify", "--json").stdout)
    assert verified["whole"]
    assert verified["entries"] == entries[-1]["seq"]
    printed = [line.split() for line in told.shown.splitlines() if line.startswith("  cordon --home ")]
    assert [line[5:] for line in printed][:2] == [["status"], ["audit", "show"]]
    for line in printed:
        done = cordon(*line[1:])
        assert done.returncode == 0, done.stderr
    run = next(line[6] for line in printed if line[5] == "show")
    of_run = json.loads(told.cordon("show", run, "--json").stdout)
    assert {each["device"] for each in of_run["unproven"]} == {IGNORES}
    assert {each["device"] for each in of_run["upstream"]} == {HANGS}


def test_a_second_demo_does_not_take_a_home_that_holds_something(told: Told) -> None:
    before = sorted(path.name for path in told.home.iterdir())
    assert cordon("demo", "--home", str(told.home)).returncode == 2
    assert sorted(path.name for path in told.home.iterdir()) == before


# --- stopped, killed, left running -----------------------------------------------------------------------


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.close()


def begun(demos: list[Demo], home: Path, *arguments: str, **given: str) -> Demo:
    demos.append(Demo("--home", str(home), *arguments, **given))
    return demos[-1]


def test_killed_in_the_middle_it_leaves_no_simulator(tmp_path: Path, demos: list[Demo]) -> None:
    demo = begun(demos, tmp_path / "home", "--lang", "en")
    demo.until("has begun")
    simulator = demo.simulator()
    demo.process.kill()
    assert ended(simulator)


def test_ctrl_c_in_the_middle_stops_the_cut_where_it_safely_can(tmp_path: Path, demos: list[Demo]) -> None:
    demo = begun(demos, tmp_path / "home", "--lang", "en")
    demo.until("has begun")
    simulator = demo.simulator()
    demo.interrupt()
    assert demo.end() == 130, demo.shown
    assert ended(simulator)
    assert "Traceback" not in demo.shown
    given = {"CORDON_HOME": str(tmp_path / "home"), "CORDON_INVENTORY": str(tmp_path / "home/inventory.yaml")}
    runs = json.loads(cordon("runs", "--json", given=given).stdout)["runs"]
    assert [run["state"] for run in runs] == ["aborted"]


def test_in_french_and_left_running_for_a_second_terminal(tmp_path: Path, demos: list[Demo]) -> None:
    demo = begun(demos, tmp_path / "home", "--keep-running", LC_ALL="fr_FR.UTF-8")
    demo.until("export CORDON_SPOOL_AFTER_MS")
    demo.until("\n")
    said = " ".join(demo.shown.split())
    words = Catalogue("fr")
    for wanted in (
        words.text("demo.equal", equal=40, devices=40),
        words.text("demo.ignores", device=IGNORES),
    ):
        assert " ".join(wanted.split()) in said
    assert "PAS COMME PRÉVU" not in said
    exported: dict[str, Any] = dict(re.findall(r"^export (CORDON_\w+)=(\S+)$", demo.shown, re.MULTILINE))
    cut = cordon("isolate", "--segment", "pharmacy", "--yes", "--json", given=exported)
    assert cut.returncode == 0, cut.stderr
    assert json.loads(cut.stdout)["proofs"]["confirmed"] == 7
    simulator = demo.simulator()
    demo.interrupt()
    assert demo.end() == 0, demo.shown
    assert ended(simulator)
