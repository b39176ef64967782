"""``cordon`` at work in the lab: the real command in a process of its own, where the controller stands."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.lab import inventory
from tests.lab.network import Lab

_ROOT = str(Path(__file__).parents[2])
_REASON = "an exercise in the lab"


@dataclass(frozen=True)
class Answer:
    """What one call answered. ``data``: its object, for a call with ``--json``; ``seconds`` it took."""

    code: int
    stdout: str
    stderr: str
    data: Mapping[str, Any]
    seconds: float

    @property
    def proofs(self) -> dict[str, int]:
        return {name: number for name, number in self.data["proofs"].items() if number}

    def lacking(self) -> dict[str, tuple[str, str]]:
        """The points without their proof, each with its proof and why."""
        return {
            f"{each['device']} {each['object']}": (each["proof"], each["cause"])
            for each in self.data["unproven"]
        }


class Cordon:
    """One home, one inventory and one directory of playbooks, all under ``directory``. ``within`` is a
    command prefix every call runs behind."""

    def __init__(self, lab: Lab, directory: Path, within: Sequence[str] = ()) -> None:
        self._lab = lab
        self._within = within
        self.home = directory / "home"
        self.inventory = directory / "inventory.yaml"
        self.playbooks = directory / "playbooks"
        self.playbooks.mkdir()
        self.site(plain_site(lab))

    def site(self, document: Mapping[str, Any]) -> None:
        """Writes the inventory every later call works with."""
        self.inventory.write_text(inventory.written(document), "utf-8")

    def playbook(self, name: str, *stages: Mapping[str, Any]) -> None:
        """Writes a playbook that cuts. A stage gives ``select`` and ``method``, at least."""
        content = {
            "format": 1,
            "title": {"fr": name, "en": name},
            "stages": [
                {"name": f"stage-{index}", "action": "isolate", **stage} for index, stage in enumerate(stages)
            ],
        }
        (self.playbooks / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")

    def __call__(self, *words: str, deaf: str | None = None, code: int | None = 0, typed: str = "") -> Answer:
        """``cordon WORDS --json``; fails unless it ends with ``code`` (None: any). ``deaf``: see
        :mod:`tests.lab.deaf`. ``typed``: what standard input holds, where nobody is deaf."""
        answer = self.told(*words, "--json", deaf=deaf, code=code, typed=typed)
        data: dict[str, Any] = json.loads(answer.stdout)
        assert data["exit"] == answer.code
        return Answer(answer.code, answer.stdout, answer.stderr, data, answer.seconds)

    def act(self, *words: str, deaf: str | None = None, code: int | None = 0) -> Answer:
        """The same, for what asks a person: it gets its yes and a reason."""
        return self(*words, "--yes", "--reason", _REASON, deaf=deaf, code=code)

    def told(self, *words: str, deaf: str | None = None, code: int | None = 0, typed: str = "") -> Answer:
        """As a person sees it, in English."""
        began = time.monotonic()
        if deaf is None and not self._within:
            done = self._lab.forked(words, self.environment, typed)
        else:
            module = ["controller.cli.main"] if deaf is None else ["tests.lab.deaf", deaf]
            command = [*self._within, sys.executable, "-m", *module, *words]
            done = self._lab.controller(command, self.environment)
        seconds = time.monotonic() - began
        if code is not None and done.returncode != code:
            raise AssertionError(
                f"cordon {' '.join(words)} ended with {done.returncode}, not {code}:\n"
                f"{done.stdout}\n{done.stderr}"
            )
        return Answer(done.returncode, done.stdout, done.stderr, {}, seconds)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CORDON_HOME": str(self.home),
            "CORDON_INVENTORY": str(self.inventory),
            "CORDON_PLAYBOOKS": str(self.playbooks),
            "CORDON_LANG": "en",
            # A device that is off is given up sooner than in earnest.
            "CORDON_CONNECT_TIMEOUT": "3",
            "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH")))),
        }

    def states(self) -> dict[str, str]:
        """Every segment and conduit with what Cordon calls it: ``isolated``, ``partial`` …"""
        return {each["name"]: each["state"] for each in self("status").data["subjects"]}


def plain_site(lab: Lab, *, probes: bool = False) -> dict[str, Any]:
    """The lab's inventory, without the controller's own probes unless asked: each waits for its silence."""
    found = inventory.document(lab.host_keys, lab.inband)
    if not probes:
        for subject in (*found["segments"].values(), *found["conduits"].values()):
            subject.pop("probes", None)
    return found


class Watch:
    """Counts what leaves the controller's place, by destination port, from now on."""

    def __init__(self, lab: Lab, ports: Sequence[int] = (22, 53)) -> None:
        self._noc = lab.noc
        self._ports = ports
        rules = "".join(f"th dport {port} counter\n" for port in ports)
        self._noc.run(
            "nft",
            "-f",
            "-",
            stdin="table inet watch\ndelete table inet watch\ntable inet watch {\nchain out {\n"
            f"type filter hook output priority 0;\n{rules}}}\n}}\n",
        )

    def packets(self) -> dict[int, int]:
        listed = self._noc.run("nft", "list", "chain", "inet", "watch", "out")
        found = re.findall(r"th dport (\d+) counter packets (\d+)", listed)
        return {int(port): int(number) for port, number in found}

    def close(self) -> None:
        self._noc.run("nft", "delete", "table", "inet", "watch")
