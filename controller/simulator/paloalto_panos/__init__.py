"""A Palo Alto Networks firewall with PAN-OS 11.1, from its CLI quick start and guides.

``show system info`` names the software ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from functools import cache

from controller.simulator.commandlog import CommandLog
from controller.simulator.grammar import Grammar
from controller.simulator.paloalto_panos.configuration import Configuration, Port, digest
from controller.simulator.paloalto_panos.configuring import add_configuring
from controller.simulator.paloalto_panos.device import PanFirewall
from controller.simulator.paloalto_panos.networking import add_networking
from controller.simulator.paloalto_panos.operating import add_operating
from controller.simulator.paloalto_panos.shell import CONFIGURE, OPERATIONAL, PARAMETERS, Handler, Shell
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


@cache
def _grammars(several: bool) -> dict[str, Grammar[Handler]]:
    built: dict[str, Grammar[Handler]] = {
        mode: Grammar(parameters=PARAMETERS) for mode in (OPERATIONAL, CONFIGURE)
    }
    add_operating(built[OPERATIONAL])
    add_configuring(built[CONFIGURE], several=several)
    add_networking(built[OPERATIONAL], built[CONFIGURE])
    return built


def firewall(name: str, *, several: bool) -> Platform:
    """One with ``several`` virtual systems, or without any."""

    def device(spec: DeviceSpec, log: CommandLog) -> PanFirewall:
        users = {user: digest(account.password) for user, account in spec.users.items()}
        ports = {f"ethernet1/{index + 1}": Port() for index in range(spec.ports)}
        running = Configuration(settings={"hostname": spec.hostname or spec.name}, users=users, ports=ports)
        return PanFirewall(
            name=spec.name, log=log, running=running, model=spec.model or "PA-460", several=several
        )

    def shell(device: PanFirewall, user: str, line: int) -> Shell:
        return Shell(device, _grammars(several), user, line)

    def console(device: PanFirewall) -> Shell:
        opened = Shell(device, _grammars(several), "console")
        opened.enter(CONFIGURE)
        return opened

    return Platform(name, device, shell, console, settle=("commit",), faults=frozenset({"commit_fails"}))


PLATFORM = firewall("paloalto_panos", several=False)
