"""A home at the simulated site, the commands given to it, and an end as the table of home_cases has it."""

from __future__ import annotations

import os
import re
import shutil
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.domain.proof import Proof
from controller.text import Catalogue
from controller.workers.front import HomeOffice, office_of
from tests.faults.crash import Ground
from tests.faults.home_cases import HOME_FAULTS, Devices, End
from tests.faults.home_cli import Command, Said, start
from tests.faults.site import DEVICES, ENABLE, PASSWORD, PATIENT_MS, SHUT_BEFORE, SICK, WANTED, Site

ACTIONS = ("isolate", "restore")
both = pytest.mark.parametrize("action", ACTIONS)
"""Every fault strikes a cut and a restore."""

_LANGUAGE = {"isolate": "fr", "restore": "en"}
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OTHERS = {"isolate": r"\[5 (of|sur) 7[;\]]", "restore": r"\[2 (of|sur) 7[;\]]"}
_WHOLE = {"isolate": ("--level", "5"), "restore": ("--all",)}


@dataclass
class House:
    """``inventory`` is this home's own copy; ``lang`` is what its commands speak."""

    site: Site
    home: Path
    inventory: Path
    lang: str
    end: End
    began: int
    commands: list[Command] = field(default_factory=list)

    # --- commands ---------------------------------------------------------------------------------------

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None, **how: Any) -> Command:
        command = start(arguments, {**self._environ, **(environ or {})}, **how)
        self.commands.append(command)
        return command

    def run(self, *arguments: str, **how: Any) -> Said:
        return self.start(*arguments, **how).end()

    @property
    def _environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "CORDON_HOME": str(self.home),
            "CORDON_SPOOL_AFTER_MS": PATIENT_MS,
            "CORDON_INVENTORY": str(self.inventory),
            "CORDON_LANG": self.lang,
            "CORDON_TEST_PASSWORD": PASSWORD,
            "CORDON_TEST_ENABLE": ENABLE,
        }

    # --- devices in the middle of a change --------------------------------------------------------------

    def hold(self, *devices: str) -> None:
        """``SICK``, or ``devices``: the next line that changes one is carried out and not answered, until
        :meth:`go_on`."""
        for device in devices or (SICK,):
            self.site.simulation.fault(device, "hang", nth=1, applied=True)

    def held(self, *devices: str) -> None:
        """Until they are there."""
        simulation = self.site.simulation
        for device in devices or (SICK,):
            since = self.began
            while True:
                record = simulation.wait(device=device, event="line", since=since, timeout=60)
                if record["result"] == "hung":
                    break
                since = record["seq"]

    def go_on(self, *devices: str) -> None:
        for device in devices or DEVICES:
            self.site.simulation.clear(device)

    @contextmanager
    def midway(self, action: str, *, others: bool = True, **how: Any) -> Iterator[Command]:
        """All is asked for; the run stands at ``SICK`` until the block ends, with all ``others`` of its wave
        told of."""
        self.hold()
        command = self.start(*asked(action), **how)
        self.held()
        if others:
            command.until(_OTHERS[action])
        yield command
        self.go_on()

    # --- what is true afterwards ------------------------------------------------------------------------

    @property
    def office(self) -> HomeOffice:
        return office_of(Composition(home=self.home, inventory=self.inventory))

    def sent(self) -> list[dict[str, Any]]:
        """Every line any device got from the commands of this house."""
        return [record for record in self.site.simulation.log(self.began) if record["event"] == "line"]

    def changed(self, since: int = 0) -> set[str]:
        """The devices that a line changed, after the first ``since`` lines."""
        return {record["device"] for record in self.sent()[since:] if record["changed"]}

    def devices(self) -> Devices:
        if not self.sent():
            return Devices.UNTOUCHED
        if not self.site.open_ports():
            return Devices.CUT
        return Devices.BACK if self.site.running() == self.site.before else Devices.PARTLY

    def tags(self) -> list[str]:
        return [line.tag for line in self.office.log()]

    def judge(self, *said: Said, recorded: bool = True) -> None:
        """The end is that of the table. ``recorded``: the home knows what was done."""
        everything = "\n".join(each.all for each in said)
        assert tuple(each.exit for each in said) == self.end.exits, everything
        assert "Traceback" not in everything
        for code in self.end.says:
            assert says(everything, code, self.lang), f"{code} is not said: {everything}"
        assert self.devices() is self.end.devices, everything
        proofs = {proof.value: count for proof, count in self.office.situation().proofs.items() if count}
        assert proofs == self.end.proofs, everything
        assert self.office.verify().problem == ""
        if recorded:
            self._agree()

    def _agree(self) -> None:
        """What is held and read as cut is shut; what is not held is as it was."""
        history = Composition(home=self.home).home().history()
        proofs = {(point.device, point.object): read.proof for point, read in history.last_reads().items()}
        held = {(hold.key.point.device, hold.key.point.object) for hold in history.open_holds()}
        for port in WANTED:
            if port not in held:
                assert self.site.is_cut(port) == (port == SHUT_BEFORE), port
            elif proofs.get(port) == Proof.CONFIRMED.value:
                assert self.site.is_cut(port), port

    def close(self) -> None:
        self.go_on()
        for command in self.commands:
            command.kill()


def asked(action: str) -> tuple[str, ...]:
    """Everything is to be cut, or to come back."""
    return (action, *_WHOLE[action], "--yes")


@contextmanager
def house(ground: Ground, fault: str, action: str, *, ready_for: str = "") -> Iterator[House]:
    """All is ready for the ``action`` (or ``ready_for``): nothing cut for a cut, everything for a restore."""
    found = next(each for each in HOME_FAULTS if each.name == fault)
    case = ground.case(ready_for or action)
    inventory = case.folder / "inventory.yaml"
    shutil.copy(ground.site.inventory, inventory)
    began = len(ground.site.simulation.log())
    made = House(ground.site, case.folder / "home", inventory, _LANGUAGE[action], found.end(action), began)
    try:
        yield made
    finally:
        made.close()


def says(text: str, code: str, lang: str) -> bool:
    """Whether the catalogue's text of ``code``, filled with anything, is in ``text``."""
    words = Catalogue(lang)
    raws = [words.raw(each) for each in (code, f"{code}.one", f"{code}.many") if each in set(words)]
    assert raws, f"no text {code}"
    plain = " ".join(_CONTROL.sub("", text).split())
    return any(re.search(_pattern(raw), plain) for raw in raws)


def _pattern(raw: str) -> str:
    parts = []
    for literal, name, _, _ in string.Formatter().parse(" ".join(raw.split())):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(".+?")
    return "".join(parts)
