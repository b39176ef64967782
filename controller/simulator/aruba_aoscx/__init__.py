"""An Aruba CX 6300 access and distribution switch with AOS-CX, from its guides (10.06 to 10.15).

``show system`` and ``show version`` name the build ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.aruba_aoscx.configuration import Configuration, Settings, User, hashed
from controller.simulator.aruba_aoscx.configuring import add_configuring
from controller.simulator.aruba_aoscx.device import CxSwitch
from controller.simulator.aruba_aoscx.names import interface_name, made
from controller.simulator.aruba_aoscx.operating import add_operating
from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.aruba_aoscx.showing import add_showing
from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, interfaces
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec

_CONTEXTS = (
    *("operator", "manager", "config", "config-if", "config-lag-if", "config-if-vlan"),
    *("config-vlan", "config-acl", "config-bgp"),
)


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    own = {"interface": interfaces(interface_name)}
    built: dict[str, Grammar[Handler]] = {name: Grammar(parameters=own) for name in _CONTEXTS}
    add_operating(built["operator"], built["manager"])
    add_showing(built["operator"], built["manager"])
    add_configuring(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> CxSwitch:
    names = [f"1/1/{index + 1}" for index in range(spec.ports)]
    users = {name: User("administrators", hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(
        Settings(spec.hostname or spec.name), users, interfaces={name: made(name) for name in names}
    )
    return CxSwitch(name=spec.name, log=log, running=running, model=spec.model or "JL665A 6300F 48G CL4 PoE")


def _shell(device: CxSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: CxSwitch) -> Shell:
    shell = Shell(device, _grammars())
    shell.enter("config")
    return shell


PLATFORM = Platform("aruba_aoscx", _device, _shell, _console, settle=("end",), software="OpenSSH_8.4")
