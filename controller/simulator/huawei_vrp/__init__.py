"""A Huawei access switch with VRP 5 (S5720, V200R019), from its command references.

``display version`` names the release ``CORDON-SIMULATED``.
"""

from __future__ import annotations

import re
from functools import cache

from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, interfaces
from controller.simulator.huawei_vrp.configuration import Configuration, Settings, User, hashed, made
from controller.simulator.huawei_vrp.configuring import add_views
from controller.simulator.huawei_vrp.device import VrpSwitch
from controller.simulator.huawei_vrp.displays import add_displays
from controller.simulator.huawei_vrp.names import interface_name
from controller.simulator.huawei_vrp.routing import add_displays as add_routing_displays
from controller.simulator.huawei_vrp.routing import add_routing
from controller.simulator.huawei_vrp.shell import Handler, Shell
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec

_VIEWS = ("user", "system", "interface", "vlan", "acl", "bgp")


_ALL_GIGABIT = re.compile(r"-\d+P\b")
"""In a model's name: its uplinks are no faster than its other ports."""


@cache
def _grammars(*, two_stage: bool) -> dict[str, Grammar[Handler]]:
    own = {"interface": interfaces(interface_name)}
    built: dict[str, Grammar[Handler]] = {view: Grammar(parameters=own) for view in (*_VIEWS, "display")}
    for view in ("user", "display"):
        add_displays(built[view])
        add_routing_displays(built[view])
    add_views(built, two_stage=two_stage)
    if not two_stage:
        add_routing(built["system"], built["bgp"])
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> VrpSwitch:
    names = [f"GigabitEthernet0/0/{index + 1}" for index in range(spec.ports)]
    model = spec.model or "S5720-28X-LI-AC"
    names += [f"XGigabitEthernet0/0/{index + 1}" for index in range(0 if _ALL_GIGABIT.search(model) else 4)]
    users = {name: User(hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(
        Settings(spec.hostname or spec.name), users, interfaces={name: made(name) for name in names}
    )
    return VrpSwitch(name=spec.name, log=log, running=running, model=model)


def _shell(device: VrpSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(two_stage=device.two_stage), user, line)


def _console(device: VrpSwitch) -> Shell:
    shell = Shell(device, _grammars(two_stage=False))
    shell.enter("system")
    return shell


PLATFORM = Platform("huawei_vrp", _device, _shell, _console, settle=("return",), software="HUAWEI-1.5")
