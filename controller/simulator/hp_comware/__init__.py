"""An HPE/H3C access switch with Comware 7 (FlexNetwork 5130, S5130), from its command references.

``display version`` names the release ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, interfaces
from controller.simulator.hp_comware.configuration import Configuration, Settings, User, hashed, made
from controller.simulator.hp_comware.device import ComwareSwitch
from controller.simulator.hp_comware.displays import add_displays
from controller.simulator.hp_comware.names import interface_name
from controller.simulator.hp_comware.routing import add_routing
from controller.simulator.hp_comware.shell import Handler, Shell
from controller.simulator.hp_comware.views import add_views
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec

_VIEWS = ("user", "system", "interface", "vlan", "acl", "bgp")


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    own = {"interface": interfaces(interface_name)}
    built: dict[str, Grammar[Handler]] = {view: Grammar(parameters=own) for view in (*_VIEWS, "display")}
    for view in ("user", "display"):
        add_displays(built[view])
    add_views(built)
    add_routing(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> ComwareSwitch:
    names = [f"GigabitEthernet1/0/{index + 1}" for index in range(spec.ports)]
    names += [f"Ten-GigabitEthernet1/0/{spec.ports + index + 1}" for index in range(4)]
    users = {name: User(hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(
        Settings(spec.hostname or spec.name), users, interfaces={name: made(name) for name in names}
    )
    return ComwareSwitch(name=spec.name, log=log, running=running, model=spec.model or "S5130S-28P-EI")


def _shell(device: ComwareSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: ComwareSwitch) -> Shell:
    shell = Shell(device, _grammars())
    shell.enter("system")
    return shell


PLATFORM = Platform("hp_comware", _device, _shell, _console, settle=("return",), software="Comware-7.1.070")
