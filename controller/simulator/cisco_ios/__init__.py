"""A Cisco IOS XE access switch (Catalyst 9300), from Cisco's command references.

``show version`` names the image ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.cisco_ios.commands import grammars
from controller.simulator.cisco_ios.configuration import Configuration, Settings, User, hashed, made
from controller.simulator.cisco_ios.device import IosSwitch
from controller.simulator.cisco_ios.files import receive
from controller.simulator.cisco_ios.shell import Mode, Shell
from controller.simulator.commandlog import CommandLog
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec

_grammars = cache(grammars)


def _device(spec: DeviceSpec, log: CommandLog) -> IosSwitch:
    names = [f"GigabitEthernet1/0/{index + 1}" for index in range(spec.ports)]
    names += [f"TenGigabitEthernet1/1/{index + 1}" for index in range(4)]
    settings = Settings(
        hostname=spec.hostname or spec.name,
        enable_secret=hashed(spec.enable) if spec.enable else "",
        domain_lookup=False,
    )
    users = {name: User(account.privilege, hashed(account.password)) for name, account in spec.users.items()}
    running = Configuration(settings, users, interfaces={name: made(name) for name in names})
    return IosSwitch(name=spec.name, log=log, running=running, model=spec.model or f"C9300-{spec.ports}P")


def _shell(device: IosSwitch, user: str, line: int) -> Shell:
    return Shell(device, _grammars(), user, line)


def _console(device: IosSwitch) -> Shell:
    shell = Shell(device, _grammars())
    shell.enter(Mode.CONFIG)
    return shell


PLATFORM = Platform("cisco_ios", _device, _shell, _console, software="Cisco-1.25", receive=receive)
