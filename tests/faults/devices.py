"""One fault of a device in one run, by the command line, and everything that must be true then."""

from __future__ import annotations

import time
from pathlib import Path

from controller.domain.proof import Proof
from controller.text import Catalogue
from controller.workers.front import cordon_office
from tests.faults.controllers import Process
from tests.faults.crash import Case, Ground
from tests.faults.device_faults import CONNECT, DeviceFault, Ending, Port, Step
from tests.faults.hooks import Hooks
from tests.faults.messages import heard
from tests.faults.site import CORE, DEVICES, FAR, HEALTHY, KEPT, POINTS, SICK, WANTED
from tests.faults.site import Port as Place

PATIENCE = 60.0
FROM_THE_NEXT_CONNECTION = frozenset({"rekey"})

PORTS = tuple(port for port in WANTED if port[0] == SICK)
ASK = {"isolate": ("--level", "5"), "restore": ("--all",)}
FIRST_BACK = POINTS["emergency"]
"""What a restore brings back first, side by side on several devices."""
ALL_BUT_LAST = tuple(port for port in WANTED if port not in POINTS["internet"])
"""Of which a restore may have brought back some that stops at the second of the sick device's ports."""


def run_fault(ground: Ground, fault: DeviceFault, action: str) -> None:
    case = ground.case(action)
    _strike(case, fault)
    exit_code, said = cordon(case, fault, action, *ASK[action], "--lang", "fr")
    _judge(case, fault, action, fault.ending(action), exit_code, said)


def run_armed(ground: Ground, fault: DeviceFault) -> None:
    """A cut whose devices all have a session held open beforehand, before the fault strikes or, where it is
    one of the sessions opened from then on, after."""
    case = ground.case("isolate")
    earlier = any(name in FROM_THE_NEXT_CONNECTION for name, _ in fault.faults)
    if earlier:
        _strike(case, fault)
    stem = case.folder / "held"
    process = _started(case, fault, "isolate", *ASK["isolate"], "--lang", "fr", waits=stem)
    until = time.monotonic() + PATIENCE
    while not stem.with_suffix(".armed").exists():
        assert time.monotonic() < until, process.err.read_text()
        time.sleep(0.01)
    if not earlier:
        _strike(case, fault)
    stem.with_suffix(".go").touch()
    exit_code, said = _ended(process)
    assert any(note["point"] == "volley fired" for note in case.notes)
    _judge(case, fault, "isolate", fault.armed, exit_code, said, how_far=False)


def _strike(case: Case, fault: DeviceFault) -> None:
    for name, params in fault.faults:
        case.site.simulation.fault(SICK, name, **params)


def _judge(
    case: Case,
    fault: DeviceFault,
    action: str,
    expected: Ending,
    exit_code: int,
    said: str,
    *,
    how_far: bool = True,
) -> None:
    """``how_far``: whether it matters how far the commands went, beside how the ports are left."""
    if fault.afterwards:
        case.site.simulation.wait(device=SICK, event=fault.afterwards, timeout=30)
    run, steps = _recorded(case)
    stopped = len(steps) < len(PORTS)
    second = _left(case, PORTS[1]) if stopped else expected.second
    found = Ending(exit_code, steps, second)
    if how_far:
        assert found == expected, f"{found}\n{said}"
    else:
        assert found.apart_from_how_far() == expected.apart_from_how_far(), f"{found}\n{said}"
    _, shown = cordon(case, fault, "show", run, "--lang", "en")
    for words, text in ((Catalogue("fr"), said), (Catalogue("en"), shown)):
        for message in heard(expected, action, words, shown=text is shown):
            assert message in text
    may_be_back = FIRST_BACK if stopped else ALL_BUT_LAST if exit_code else WANTED
    _the_others_are_well(case, action, may_be_back)
    assert len(_events(case, "login-failed")) <= 1
    assert not _events(case, "quiet-mode")
    if exit_code or fault.afterwards:
        _the_way_out(case, fault, action)


def cordon(case: Case, fault: DeviceFault, command: str, *given: str) -> tuple[int, str]:
    """The exit code of ``cordon`` and all it wrote."""
    return _ended(_started(case, fault, command, *given))


def _started(case: Case, fault: DeviceFault, command: str, *given: str, waits: Path | None = None) -> Process:
    environ = {
        **case.environ,
        "CORDON_CONNECT_TIMEOUT": str(CONNECT),
        "CORDON_OPERATION_TIMEOUT": str(fault.operation),
    }
    argv = [command, *given, "--yes", "--reason", "fault test"]
    hooks = Hooks(str(case.folder / "points"), armed=True, waits=str(waits)) if waits else None
    return case.controllers.start(case.folder, "cli", environ, hooks, argv=argv)


def _ended(process: Process) -> tuple[int, str]:
    exit_code = process.wait(90)
    return exit_code, process.out.read_text() + process.err.read_text()


def _recorded(case: Case) -> tuple[str, tuple[Step, ...]]:
    """The last run, and its steps at the sick device with how their ports were left."""
    office = cordon_office(home=case.folder / "home", inventory=case.site.inventory)
    record, _, _ = office.run(office.runs()[-1].run)
    known = {(step.point.device, step.point.object): step for step in record.steps}
    steps = [(_left(case, port), known[port]) for port in PORTS if port in known]
    return record.run, tuple(Step(left, step.outcome, Proof(step.proof), step.cause) for left, step in steps)


def _left(case: Case, place: Place) -> Port:
    found = case.site.port(place)
    if found["admin"] == "down" and found["protocol"] == "down":
        return Port.SHUT
    return Port.QUARANTINED if found["access_vlan"] == 999 else Port.OPEN


def _the_others_are_well(case: Case, action: str, may_be_back: tuple[Place, ...]) -> None:
    """A sick device keeps no other from being cut, and nothing kept alive from living; a restore that stopped
    at it opened nothing of the waves that were to follow."""
    assert all(case.site.port(place)["admin"] == "up" for place in KEPT)
    others = [place for place in WANTED if place[0] != SICK]
    still = [place for place in others if case.site.is_cut(place)]
    if action == "isolate":
        assert still == others
    elif may_be_back != WANTED:
        assert set(others) - set(still) <= set(may_be_back)
    else:
        for device in (CORE, HEALTHY, FAR):
            assert case.site.simulation.running(device) == case.site.before[device]


def _the_way_out(case: Case, fault: DeviceFault, action: str) -> None:
    """Once the device is well again, asking again ends what was begun; a person decides about drift."""
    case.site.simulation.clear(SICK)
    case.site.simulation.configure(SICK, f"hostname {SICK}")
    drift = [word for name in DEVICES for word in ("--accept-drift", name)] if action == "restore" else []
    if action == "restore" and not _held(case):
        return
    exit_code, said = cordon(case, fault, action, *ASK[action], *drift, "--lang", "en")
    assert exit_code == 0, said
    if action == "isolate":
        assert case.site.open_ports() == ()
    else:
        assert case.site.running() == case.site.before


def _held(case: Case) -> int:
    office = cordon_office(home=case.folder / "home", inventory=case.site.inventory)
    return sum(office.situation().proofs.values())


def _events(case: Case, event: str) -> list[object]:
    return [record for record in case.site.simulation.log(device=SICK) if record["event"] == event]
