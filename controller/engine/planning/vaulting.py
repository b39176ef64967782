"""Who needs the vault, and what a plan has to say of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.domain.inventory import Device, Inventory
from controller.domain.path import Credential, SecretSource
from controller.domain.plan import Hazard, Plan, Severity
from controller.engine.findings import Findings

NAMED = 8
"""Devices named in a hazard; the rest are counted."""


class VaultStanding(StrEnum):
    """Whether secrets can be had from the vault now; the text is ``vault.<value>``."""

    ABSENT = "absent"
    OPEN = "open"
    NEEDS_PERSON = "needs-person"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class VaultState:
    """``reason`` is the code of what keeps it closed, "" where nothing does; ``entries`` are the names it
    holds, known without its key."""

    standing: VaultStanding
    reason: str = ""
    entries: frozenset[str] = frozenset()


def vault_users(
    inventory: Inventory, devices: Collection[str] | None = None
) -> Mapping[str, tuple[str, ...]]:
    """The vault entries the inventory names, each with the devices whose log-in may need it; of ``devices``
    only, where given."""
    users: dict[str, dict[str, None]] = defaultdict(dict)
    for device in inventory.devices.values():
        if devices is None or device.name in devices:
            for credential in (*_chain(inventory, device), *_on_the_way(device)):
                for name in _entries(credential):
                    users[name][device.name] = None
    return {name: tuple(found) for name, found in sorted(users.items())}


def devices_needing_vault(inventory: Inventory, devices: Collection[str] | None = None) -> tuple[str, ...]:
    """Those that cannot be logged in to without the vault: every credential of theirs takes something from
    it."""
    return tuple(
        device.name
        for device in inventory.devices.values()
        if (devices is None or device.name in devices)
        and device.credentials is not None
        and all(_entries(credential) for credential in _chain(inventory, device))
    )


def with_vault(plan: Plan, inventory: Inventory, state: VaultState) -> Plan:
    """``plan`` with what the vault may cost it: a passphrase nobody is there to give, an entry it lacks."""
    devices = {operation.device for wave in plan.waves for operation in wave.operations}
    hazards = vault_hazards(inventory, state, devices)
    return replace(plan, hazards=(*plan.hazards, *hazards)) if hazards else plan


def vault_hazards(
    inventory: Inventory, state: VaultState, devices: Collection[str] | None = None
) -> tuple[Hazard, ...]:
    """Of the log-ins to ``devices``, where given; else to all."""
    found = Findings()
    users, bound = vault_users(inventory, devices), devices_needing_vault(inventory, devices)
    count, named = str(len(bound)), _named(bound)
    if state.standing is VaultStanding.NEEDS_PERSON and bound:
        found.hazard("vault-needs-person", Severity.WARN, ", ".join(users), count=count, devices=named)
    if state.standing is VaultStanding.UNUSABLE and bound:
        found.hazard("vault-unusable", Severity.WARN, state.reason, count=count, devices=named)
    if state.standing is not VaultStanding.UNUSABLE:
        for name, using in users.items():
            if name not in state.entries:
                found.hazard("vault-entry-missing", Severity.WARN, name, devices=_named(using))
    return tuple(found.hazards.values())


def _chain(inventory: Inventory, device: Device) -> Iterator[Credential]:
    name = device.credentials
    while name is not None:
        credential = inventory.credentials[name]
        yield credential
        name = credential.fallback


def _on_the_way(device: Device) -> Iterator[Credential]:
    """Those of the jump hosts and console servers; another path may do without."""
    for path in device.paths:
        for waypoint in path.waypoints:
            yield from waypoint.credentials


def _entries(credential: Credential) -> tuple[str, ...]:
    refs = (credential.password, credential.key, credential.enable)
    return tuple(ref.name for ref in refs if ref is not None and ref.source is SecretSource.VAULT)


def _named(devices: Collection[str]) -> str:
    shown = ", ".join(list(devices)[:NAMED])
    return f"{shown}, …" if len(devices) > NAMED else shown
