"""A Stormshield SNS firewall with version 4.8, from its guides of SSH and of Serverd commands.

``SYSTEM PROPERTY`` names the version ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from controller.simulator.commandlog import CommandLog
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec
from controller.simulator.stormshield_sns.configuration import MODULES, Configuration, Section, digest
from controller.simulator.stormshield_sns.device import SnsFirewall
from controller.simulator.stormshield_sns.shell import Shell

USER_NAMES = ("out", "in", *(f"dmz{index}" for index in range(1, 64)))


def _device(spec: DeviceSpec, log: CommandLog) -> SnsFirewall:
    users = {name: digest(account.password) for name, account in spec.users.items()}
    interfaces = {
        f"ethernet{index}": Section.of(Name=USER_NAMES[index], State="1", Protected="1", Media="0")
        for index in range(spec.ports)
    }
    running = Configuration({"SystemName": spec.hostname or spec.name}, users, interfaces)
    return SnsFirewall(
        name=spec.name, log=log, running=running, model=spec.model or "SN310-A", serial="SN310A00A0000A0"
    )


def _console(device: SnsFirewall) -> Shell:
    shell = Shell(device)
    shell.begin()
    device.modifier = shell
    return shell


PLATFORM = Platform(
    "stormshield_sns",
    _device,
    Shell,
    _console,
    settle=tuple(f"CONFIG {module} ACTIVATE" for module in MODULES),
    software="OpenSSH_9.6",
)
