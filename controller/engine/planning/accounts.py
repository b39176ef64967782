"""Log-ins whose changes no commit takes and nothing throws away. Pure.

Where a device keeps its candidate apart by who changed it, a profile commits and throws away what the
accounts do that it names. A log-in under another name, were it only the fallback when the first is turned
away, leaves its lines, and those of the session before it, to whoever commits next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from controller.domain.inventory import Device, Inventory
from controller.domain.path import Credential
from controller.domain.plan import Hazard, Severity, Wave
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec
from controller.engine.findings import Findings, some


def check_accounts(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    devices: Collection[str],
    findings: Findings,
) -> None:
    """A hazard for each credential of ``devices`` that their commits leave out."""
    left_out: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in devices:
        device = inventory.devices.get(name)
        commit = _commit(device, profiles) if device else None
        if device is None or commit is None:
            continue
        for credential in _chain(inventory, device):
            if commit.leaves_out(credential.username):
                left_out[credential.name, credential.username, commit.accounts].append(name)
    for (credential_name, username, accounts), names in left_out.items():
        findings.hazard(
            "changes-left-out",
            Severity.WARN,
            credential_name,
            username=username,
            accounts=accounts,
            devices=", ".join(names),
            some=some(names),
        )


def devices_in(waves: Iterable[Wave]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.device for wave in waves for each in wave.operations))


def account_hazards(inventory: Inventory, profiles: Mapping[str, DeviceProfile]) -> tuple[Hazard, ...]:
    """Of all devices."""
    findings = Findings()
    check_accounts(inventory, profiles, tuple(inventory.devices), findings)
    return tuple(findings.hazards.values())


def _commit(device: Device, profiles: Mapping[str, DeviceProfile]) -> CommitSpec | None:
    profile = profiles.get(device.platform)
    return profile.settled(device.settings).session.commit if profile else None


def _chain(inventory: Inventory, device: Device) -> Iterator[Credential]:
    name = device.credentials
    while name is not None:
        credential = inventory.credentials[name]
        yield credential
        name = credential.fallback
