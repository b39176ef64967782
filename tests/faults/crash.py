"""The crash campaign: a controller ended or frozen at one point of a cut or a restore, a second one taking
over, and what the devices themselves say of it afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.faults.controllers import KILLED, Controllers, Process
from tests.faults.hooks import Blind, Hooks, notes
from tests.faults.site import DEVICES, ENABLE, KEPT, PASSWORD, PATIENT_MS, SHUT_BEFORE, WANTED, Site

FULL = os.environ.get("CORDON_FAULTS_FULL", "") not in {"", "0"}
"""Every point in every series, instead of a sample where the table says so."""


class Series(StrEnum):
    """How the controller ends: ``killed`` at once, or ``frozen`` with the lead and all its sessions held."""

    KILLED = "killed"
    FROZEN = "frozen"

    @property
    def signal(self) -> signal.Signals:
        return signal.SIGKILL if self is Series.KILLED else signal.SIGSTOP


@dataclass(frozen=True)
class Point:
    """Where it strikes: ``name`` is a point of tests.faults.hooks; with ``line``, the n-th changing line at
    ``device``, taken in and not carried out, or carried out (``applied``) and not answered."""

    name: str
    device: str = ""
    line: int = 0
    applied: bool = False

    @property
    def commit(self) -> str:
        """The commit this is one side of, or ""."""
        side, _, name = self.name.partition(" ")
        return name if side in ("before", "after") and not name.startswith("block ") else ""


@dataclass(frozen=True, eq=False)
class Ground:
    """Where a campaign is fought: the site, the processes, and a folder for its homes. What every case begins
    with is made once and copied."""

    site: Site
    controllers: Controllers
    folder: Path

    def case(self, action: str) -> Case:
        """The site and a home, ready for a cut or, everything being cut, for a restore."""
        made = self.folder / f"before-{action}"
        if not made.exists():
            self._make(made, action)
        self.site.reset()
        if action == "restore":
            self.site.shut_by_hand()
        case = self._case(Path(tempfile.mkdtemp(prefix="case-", dir=self.folder)))
        shutil.copytree(made / "home", case.folder / "home")
        return case

    def _make(self, folder: Path, action: str) -> None:
        folder.mkdir()
        self.site.reset()
        case = self._case(folder)
        told = case.start("create").answer() if action == "isolate" else case.act("isolate")
        assert "error" not in told, told

    def _case(self, folder: Path) -> Case:
        return Case(self.site, self.controllers, folder)


@dataclass(frozen=True)
class Case:
    """One home and the processes that act on it; ``folder`` keeps all they said."""

    site: Site
    controllers: Controllers
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "CORDON_HOME": str(self.folder / "home"),
            "CORDON_SPOOL_AFTER_MS": PATIENT_MS,
            "CORDON_INVENTORY": str(self.site.inventory),
            "CORDON_TEST_PASSWORD": PASSWORD,
            "CORDON_TEST_ENABLE": ENABLE,
        }

    @property
    def notes(self) -> list[dict[str, Any]]:
        return notes(self.folder / "points")

    def start(
        self,
        verb: str,
        at: str = "",
        how: int = 0,
        reads: str = "",
        blind: Blind | None = None,
        armed: bool = False,
        **given: Any,
    ) -> Process:
        hooks = Hooks(str(self.folder / "points"), at, how, reads, blind, armed)
        return self.controllers.start(self.folder, verb, self.environ, hooks, **given)

    def act(self, action: str, reads: str = "") -> dict[str, Any]:
        return self.start("act", action=action, reads=reads).answer()


def points_of(ground: Ground, action: str) -> tuple[Point, ...]:
    """Every point an undisturbed run passes, in order, then every line that changes a device."""
    case = ground.case(action)
    noted, logged = len(case.notes), len(case.site.simulation.log())
    told = case.act(action)
    assert told.get("state") == "finished", told
    passed = [Point(note["point"]) for note in case.notes[noted:]]
    lines = [
        Point(f"line {nth} {device} {'unanswered' if applied else 'untaken'}", device, nth, applied)
        for device in DEVICES
        for nth, _ in enumerate(_changing(case.site.simulation.log(logged, device)), start=1)
        for applied in (False, True)
    ]
    return (*passed, *lines)


def reads_of(ground: Ground, action: str) -> str:
    """A file of everything the devices answer in an undisturbed run."""
    case = ground.case(action)
    path = str(case.folder / "reads")
    told = case.act(action, path)
    assert told.get("state") == "finished", told
    return path


def _changing(log: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [record for record in log if record["event"] == "line" and record["changed"]]


@dataclass
class Trial:
    """One point struck in one series, and every violation the oracle found."""

    action: str
    series: Series
    point: Point
    violations: list[str] = field(default_factory=list)
    how: str = ""
    doubted: bool = False

    def wrong(self, what: str) -> None:
        self.violations.append(f"{self.series} {self.action} at {self.point.name!r}: {what}")


def strike(
    ground: Ground,
    action: str,
    series: Series,
    point: Point,
    reads: str = "",
    blind: Blind | None = None,
    *,
    armed: bool = False,
) -> Trial:
    """Ends a controller at ``point``, has a second one take over (``blind``: without reading the devices),
    and puts the devices' own record against what must hold. ``armed``: the first one holds sessions open
    beforehand."""
    case, trial = ground.case(action), Trial(action, series, point)
    simulation = case.site.simulation
    began = len(simulation.log())
    first = _struck(case, action, series, point, armed=armed)
    taken = case.start("take_over", action=action, reads=reads, blind=blind).answer()
    trial.how = taken.get("how", taken.get("error", ""))
    if action == "isolate":
        for port in case.site.open_ports():
            trial.wrong(f"{port} is not shut")
        if trial.how != "over" and taken.get("state") != "finished":
            trial.wrong(f"the cut was not finished: {taken}")
    end = case.start("finish", devices=list(DEVICES)).answer()
    if first.wait(5) != KILLED:
        trial.wrong("the first controller was not killed")
    _judge_end(trial, case, end)
    log = [record for record in simulation.log(began) if record["event"] == "line"]
    _judge_lines(trial, case, log, end.get("intents", []))
    return trial


def _struck(case: Case, action: str, series: Series, point: Point, *, armed: bool) -> Process:
    """The first controller, dead or frozen at the point."""
    if not point.line:
        process = case.start("act", point.name, series.signal, action=action, armed=armed)
        rest = process.rest()
        assert rest in (None, KILLED), f"{point.name!r} was not reached: {rest}, {process.err.read_text()}"
        return process
    simulation = case.site.simulation
    simulation.fault(point.device, "hang", nth=point.line, applied=point.applied)
    since = len(simulation.log())
    process = case.start("act", action=action)
    while (record := simulation.wait(device=point.device, event="line", since=since))["result"] != "hung":
        since = record["seq"]
    os.kill(process.pid, series.signal)
    process.rest()
    simulation.clear(point.device)
    return process


def _judge_end(trial: Trial, case: Case, end: Mapping[str, Any]) -> None:
    """After everything was brought back: the devices as before, nothing held, the log whole."""
    if "error" in end:
        trial.wrong(f"bringing everything back failed: {end}")
        return
    for device, running in case.site.running().items():
        if running != case.site.before[device]:
            trial.wrong(f"{device} is not as it was before the cut")
    if end["held"]:
        trial.wrong(f"{end['held']} points are still held")
    if end["problem"]:
        trial.wrong(f"the log is not whole: {end['problem']}")
    if trial.series is Series.FROZEN and "home:leader:killed" not in end["tags"]:
        trial.wrong("the end of the frozen leader is not on record")
    trial.doubted = bool(end["refused"])
    for code, culprit in end["refused"]:
        if code != "attribution-assumed":
            trial.wrong(f"the restore was refused by {code} of {culprit}")


def _judge_lines(
    trial: Trial, case: Case, log: Sequence[Mapping[str, Any]], entries: Sequence[tuple[int, str, str]]
) -> None:
    """No line outside what was wanted, before its intent was on disk, or without effect."""
    durable = [(note["t"], device, port) for note in case.notes for device, port in note["intends"]]
    for record, port in _sent(log):
        if port not in WANTED or port == SHUT_BEFORE or port in KEPT:
            trial.wrong(f"{record['line']!r} was sent to {port}")
        for source, known in (("intent on disk", durable), ("entry in the log", entries)):
            if not any((device, name) == port and at < record["t"] for at, device, name in known):
                trial.wrong(f"{record['line']!r} was sent to {port} without an {source} before it")
        if record["result"] == "ok" and not record["changed"]:
            trial.wrong(f"{record['line']!r} was sent to {port}, which was so already")


def _sent(log: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], tuple[str, str]]]:
    """Every line that could change something, with the port its session stood in."""
    stands: dict[str, str] = {}
    for record in log:
        words = record["line"].split()
        if not record["mode"].startswith("config") or words[:1] in (["end"], ["exit"]):
            continue
        if words[:1] == ["interface"]:
            stands[record["session"]] = words[1]
        else:
            yield record, (record["device"], stands.get(record["session"], ""))
