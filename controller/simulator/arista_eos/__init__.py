"""An Arista EOS access switch, from the Arista EOS User Manual.

``show version`` names the build ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.arista_eos import eapi
from controller.simulator.arista_eos.configuration import Configuration, Settings, User, hashed
from controller.simulator.arista_eos.configuring import add_configuring
from controller.simulator.arista_eos.device import EosSwitch
from controller.simulator.arista_eos.executing import add_executing, add_sessions
from controller.simulator.arista_eos.names import interface_name, made
from controller.simulator.arista_eos.routing import add_routing
from controller.simulator.arista_eos.shell import Handler, Shell
from controller.simulator.arista_eos.showing import add_showing
from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, interfaces
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    own = {"interface": interfaces(interface_name)}
    names = ("user", "exec", "config", "config-if", "config-vlan", "config-acl", "config-router", "session")
    built: dict[str, Grammar[Handler]] = {name: Grammar(parameters=own) for name in names}
    add_executing(built["user"], built["exec"])
    add_sessions(built)
    add_showing(built["user"], built["exec"])
    add_configuring(built)
    add_routing(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> EosSwitch:
    names = [f"Ethernet{index + 1}" for index in range(spec.ports)]
    settings = Settings(spec.hostname or spec.name, hashed(spec.enable) if spec.enable else "")
    users = {name: User(account.privilege, hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(settings, users, interfaces={name: made(name) for name in names})
    return EosSwitch(name=spec.name, log=log, running=running, model=spec.model or "CCS-720XP-48ZC2-F")


def _shell(device: EosSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: EosSwitch) -> Shell:
    shell = Shell(device, _grammars())
    shell.enter("config")
    return shell


PLATFORM = Platform(
    "arista_eos",
    _device,
    _shell,
    _console,
    settle=("end",),
    software="OpenSSH_9.1",
    api=eapi.answer,
    api_path=eapi.PATH,
)
