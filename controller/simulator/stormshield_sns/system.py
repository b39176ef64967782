"""What Serverd does beside interfaces and rules: objects, its own settings, the cluster, and putting in force
or throwing away what was changed.

CLI Serverd Commands Reference Guide (v4), "CONFIG ACTIVATE", "CONFIG CANCELALL", "CONFIG OBJECT NETWORK NEW",
"CONFIG SSH UPDATE", "CONFIG HA SHOW", "SYSTEM PROPERTY"; terraform-SNS (``CONFIG HA CREATE`` and its answer).
"""

from __future__ import annotations

import ipaddress

from controller.simulator.stormshield_sns.answers import CREATED, OK, begun, format_error
from controller.simulator.stormshield_sns.arguments import Act, Arguments
from controller.simulator.stormshield_sns.device import SnsFirewall


def activating(module: str) -> Act:
    def act(device: SnsFirewall, arguments: Arguments) -> str:
        match arguments.words:
            case [] if not arguments.values:
                device.activate(module)
            case ["CANCEL"] if module != "FILTER":
                device.cancel(module)
            case _:
                raise format_error()
        return OK

    return act


def cancel_all(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only()
    device.cancel()
    return OK


def network(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("name", "ip", "mask", "ipv6", "prefixlenv6", "comment", "update")
    changed = device.clone.copy()
    try:
        given = (
            f"{arguments.text('ipv6')}/{arguments.text('prefixlenv6')}"
            if "ipv6" in arguments.values
            else f"{arguments.text('ip')}/{arguments.text('mask')}"
        )
        changed.networks[arguments.text("name")] = str(ipaddress.ip_network(given))
    except ValueError:
        raise format_error() from None
    device.change(changed)
    return OK


def ssh(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("state", "userpass", "clishell")
    changed = device.clone.copy()
    for key, name in (("state", "SshState"), ("userpass", "UserPass"), ("clishell", "CLIShell")):
        if key in arguments.values:
            changed.settings[name] = arguments.chosen(key, "0", "1")
    device.change(changed)
    return OK


def cluster(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only()
    state = device.running.settings.get("HAState", "0")
    return begun(
        "section",
        [
            "[Global]",
            f"State={state}",
            f"Initialized={state}",
            "SendARP=1",
            "Secure=0",
            f"Unicast={device.running.settings.get('HAUnicast', '0')}",
            f"SynchronizeMacAddress={device.running.settings.get('HAMacAddress', '1')}",
            "[Communication]",
            f"ifname={device.running.settings.get('HALink', '')}",
        ],
    )


def make_cluster(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("ifname", "password", "unicast", "synchronizemacaddress")
    changed = device.clone.copy()
    changed.settings.update(
        HAState="1",
        HALink=arguments.text("ifname"),
        HAUnicast=arguments.chosen("unicast", "0", "1"),
        HAMacAddress=arguments.chosen("synchronizemacaddress", "1", "0"),
    )
    arguments.text("password")
    device.change(changed)
    return CREATED


def properties(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only()
    return begun(
        "section",
        [
            "[Result]",
            'Type="Firewall"',
            f'Model="{device.model}"',
            'MachineType="amd64"',
            'Version="4.8.9-CORDON-SIMULATED"',
            'ASQVersion="9.8.0"',
            f'SerialNumber="{device.serial}"',
        ],
    )
