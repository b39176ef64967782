"""A Juniper EX switch of a Virtual Chassis with Enhanced Layer 2 Software, from the Junos OS user guides.

``show version`` names the kernel ``CORDON-SIMULATED``. Its own fault is ``commit_fails``:
whatever is committed is refused.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar
from controller.simulator.juniper_junos import netconf
from controller.simulator.juniper_junos.configuration import Configuration, hashed
from controller.simulator.juniper_junos.device import JunosSwitch
from controller.simulator.juniper_junos.editing import add_editing
from controller.simulator.juniper_junos.operating import add_operating
from controller.simulator.juniper_junos.shell import CONFIGURATION, OPERATIONAL, Handler, JunosShell
from controller.simulator.juniper_junos.showing import add_showing
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


@cache
def _grammars() -> dict[str, Grammar[Handler]]:
    built: dict[str, Grammar[Handler]] = {OPERATIONAL: Grammar(), CONFIGURATION: Grammar()}
    add_operating(built)
    add_showing(built)
    add_editing(built)
    return built


def _device(spec: DeviceSpec, log: CommandLog) -> JunosSwitch:
    ports = tuple(f"ge-0/0/{index}" for index in range(spec.ports))
    ports += tuple(f"xe-0/2/{index}" for index in range(4))
    running = Configuration(ports=ports)
    running.statements["system", "host-name"] = spec.hostname or spec.name
    for name, account in spec.users.items():
        user = ("system", "login", "user", name)
        running.statements[user] = ""
        running.statements[*user, "class"] = "super-user"
        running.statements[*user, "authentication", "encrypted-password"] = hashed(account.password)
    return JunosSwitch(name=spec.name, log=log, running=running, model=spec.model or "ex4300-24t")


def _shell(device: JunosSwitch, user: str, line: int) -> JunosShell:
    return JunosShell(device, _grammars(), user, line)


def _console(device: JunosSwitch) -> JunosShell:
    shell = JunosShell(device, _grammars(), "root", -1)
    shell.execute("configure private")
    return shell


PLATFORM = Platform(
    "juniper_junos",
    _device,
    _shell,
    _console,
    settle=("commit",),
    software="OpenSSH_7.9",
    faults=frozenset({"commit_fails"}),
    netconf=netconf.answer,
    capabilities=netconf.CAPABILITIES,
)
