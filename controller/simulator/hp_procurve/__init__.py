"""An HP ProCurve or Aruba 2530 access switch with AOS-S (ProVision, ArubaOS-Switch), from its guides (16.10).

``show version`` and ``show system`` name the build ``CORDON-SIMULATED``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, Word
from controller.simulator.hp_procurve.configuration import Configuration, User, hashed
from controller.simulator.hp_procurve.configuring import add_configuring
from controller.simulator.hp_procurve.device import AosSwitch
from controller.simulator.hp_procurve.managing import add_managing
from controller.simulator.hp_procurve.names import made
from controller.simulator.hp_procurve.shell import Handler, Shell
from controller.simulator.hp_procurve.showing import add_showing
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


def _trunk(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    """The parameter ``<trunk>``: ``trk1``."""
    found = re.fullmatch(r"trk(\d{1,3})", tokens[index].text, re.IGNORECASE)
    return (int(found[1]), 1) if found else None


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    names = ("operator", "manager", "config", "eth", "vlan", "acl")
    built: dict[str, Grammar[Handler]] = {name: Grammar(parameters={"trunk": _trunk}) for name in names}
    add_managing(built["operator"], built["manager"])
    add_showing(built["operator"], built["manager"])
    add_configuring(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> AosSwitch:
    names = [*(str(index + 1) for index in range(spec.ports)), "vlan 1"]
    users = {name: User("manager", hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(
        spec.hostname or spec.name, users, interfaces={name: made(name) for name in names}
    )
    return AosSwitch(
        name=spec.name, log=log, running=running, model=spec.model or "Aruba J9773A 2530-24G-PoEP"
    )


def _shell(device: AosSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: AosSwitch) -> Shell:
    shell = Shell(device, _grammars(), greeted=True)
    shell.enter("config")
    return shell


PLATFORM = Platform("hp_procurve", _device, _shell, _console, settle=("end",), software="Mocana SSH 6.3")
