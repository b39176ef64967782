"""An OmniSwitch with AOS Release 8 (OS6360, OS6560, OS6860), from Alcatel-Lucent Enterprise's guides.

``show system`` names the release ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.alcatel_aos.configuration import Configuration, Settings, User, hashed, port
from controller.simulator.alcatel_aos.configuring import add_configuring
from controller.simulator.alcatel_aos.device import OmniSwitch
from controller.simulator.alcatel_aos.displays import add_displays
from controller.simulator.alcatel_aos.gateways import add_gateways
from controller.simulator.alcatel_aos.shell import Handler, Shell, one_port, several_ports
from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


@cache
def _grammar() -> Grammar[Handler]:
    grammar: Grammar[Handler] = Grammar(parameters={"port": one_port, "ports": several_ports})
    add_configuring(grammar)
    add_displays(grammar)
    add_gateways(grammar)
    return grammar


def _device(spec: DeviceSpec, log: CommandLog) -> OmniSwitch:
    names = [f"1/1/{index + 1}" for index in range(spec.ports + 4)]
    users = {name: User(hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(
        Settings(spec.hostname or spec.name), users, interfaces={name: port(name) for name in names}
    )
    return OmniSwitch(name=spec.name, log=log, running=running, model=spec.model or "OS6360-P24X")


def _shell(device: OmniSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammar(), user, line)


def _console(device: OmniSwitch) -> Shell:
    return _shell(device, "", 0)


PLATFORM = Platform("alcatel_aos", _device, _shell, _console, software="OpenSSH_8.0")
