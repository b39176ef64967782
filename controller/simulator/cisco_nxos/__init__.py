"""A Cisco Nexus 9000 switch in NX-OS mode, from Cisco's configuration guides and command references.

``show version`` names the image ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.cisco_nxos.checkpoints import add_checkpoints
from controller.simulator.cisco_nxos.configuration import Configuration, Settings, User, hashed
from controller.simulator.cisco_nxos.configuring import add_configuring
from controller.simulator.cisco_nxos.device import NexusSwitch
from controller.simulator.cisco_nxos.executing import add_executing
from controller.simulator.cisco_nxos.names import interface_name, made
from controller.simulator.cisco_nxos.routing import ROUTER_MODES, add_routing
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.cisco_nxos.showing import add_showing
from controller.simulator.cisco_nxos.showinterfaces import add_showing_interfaces
from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar, interfaces
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    own = {"interface": interfaces(interface_name)}
    names = ("exec", "config", "config-if", "config-vlan", "config-acl", *ROUTER_MODES)
    built: dict[str, Grammar[Handler]] = {name: Grammar(parameters=own) for name in names}
    add_executing(built["exec"])
    add_checkpoints(built["exec"])
    add_showing(built["exec"])
    add_showing_interfaces(built["exec"])
    add_configuring(built)
    add_routing(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> NexusSwitch:
    names = [f"Ethernet1/{index + 1}" for index in range(spec.ports)]
    settings = Settings(spec.hostname or spec.name)
    users = {name: User("network-admin", hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(settings, users, interfaces={name: made(name) for name in names})
    return NexusSwitch(name=spec.name, log=log, running=running, model=spec.model or "C93108TC-FX")


def _shell(device: NexusSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: NexusSwitch) -> Shell:
    shell = Shell(device, _grammars())
    shell.enter("config")
    return shell


PLATFORM = Platform(
    "cisco_nxos",
    _device,
    _shell,
    _console,
    software="OpenSSH_7.8 FIPS",
    faults=frozenset({"rollback_fails"}),
)
