"""A FortiGate with FortiOS 7.4, from its administration guide and CLI reference; virtual domains are not
enabled.

``get system status`` names the build ``CORDON-SIMULATED``.
"""

from __future__ import annotations

from controller.simulator.commandlog import CommandLog
from controller.simulator.fortinet.configuration import Configuration, Entry, encoded
from controller.simulator.fortinet.device import FortiGate
from controller.simulator.fortinet.shell import Shell
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


def fortigate(spec: DeviceSpec, log: CommandLog) -> FortiGate:
    """As it comes: its ports, who may log in."""
    running = Configuration()
    running.table("system global")[""] = Entry.of(hostname=[spec.hostname or spec.name])
    for index in range(spec.ports):
        running.table("system interface")[f"port{index + 1}"] = Entry.of(vdom=["root"], type=["physical"])
    for name, account in spec.users.items():
        running.table("system admin")[name] = Entry.of(
            accprofile=["super_admin"], vdom=["root"], password=["ENC", encoded(account.password)]
        )
    for table in ("firewall address", "firewall address6"):
        running.table(table)["all"] = Entry()
    return FortiGate(name=spec.name, log=log, running=running, model=spec.model or "FortiGate-100F")


def console(device: FortiGate) -> Shell:
    """Somebody who accepted the disclaimer, if there is one."""
    shell = Shell(device)
    shell.accepted = True
    return shell


PLATFORM = Platform("fortinet", fortigate, Shell, console, software="FortiSSH_1.0")
