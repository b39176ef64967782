"""Who needs the vault, and what a plan says of it."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.inventory import Inventory
from controller.domain.path import Credential, Path, SecretRef, SecretSource, Waypoint
from controller.engine.planning import plans
from controller.engine.planning.vaulting import (
    VaultStanding,
    VaultState,
    devices_needing_vault,
    vault_hazards,
    vault_users,
    with_vault,
)
from tests.fakes import site as made


def _from(source: SecretSource, name: str) -> SecretRef:
    return SecretRef(source, name)


VAULT, ENV = SecretSource.VAULT, SecretSource.ENV
CREDENTIALS = {
    "sealed": Credential("sealed", "u", password=_from(VAULT, "net"), enable=_from(ENV, "E")),
    "plain": Credential("plain", "u", password=_from(ENV, "P")),
    "enable": Credential("enable", "u", password=_from(ENV, "P"), enable=_from(VAULT, "enable")),
    "either": Credential("either", "u", password=_from(VAULT, "net"), fallback="plain"),
}


def site() -> Inventory:
    devices = [made.device(name, credentials=name) for name in CREDENTIALS]
    segments = [made.segment(f"s-{name}", [made.port(name, "p1")]) for name in CREDENTIALS]
    return replace(made.inventory(devices, segments), credentials=CREDENTIALS)


CLOSED = VaultState(VaultStanding.NEEDS_PERSON, "vault-closed", frozenset({"net", "enable"}))


def test_who_uses_an_entry_and_who_cannot_do_without() -> None:
    assert vault_users(site()) == {"enable": ("enable",), "net": ("sealed", "either")}
    assert devices_needing_vault(site()) == ("sealed", "enable")
    assert vault_users(site(), {"plain"}) == {}


def test_jump_hosts_use_entries_too_and_another_path_may_do_without() -> None:
    via = Waypoint("bastion", "192.0.2.1", 22, (CREDENTIALS["sealed"],), "")
    found = site()
    behind = replace(found.devices["plain"], paths=(Path("192.0.2.2", via=via),))
    found = replace(found, devices={**found.devices, "plain": behind})
    assert vault_users(found, {"plain"}) == {"net": ("plain",)}
    assert devices_needing_vault(found, {"plain"}) == ()


def test_a_closed_vault_is_a_hazard_of_those_who_cannot_do_without() -> None:
    (hazard,) = vault_hazards(site(), CLOSED)
    assert (hazard.code, dict(hazard.data)) == (
        "vault-needs-person",
        {"count": "2", "devices": "sealed, enable"},
    )
    assert vault_hazards(site(), replace(CLOSED, standing=VaultStanding.OPEN)) == ()
    assert vault_hazards(site(), CLOSED, {"either", "plain"}) == ()


def test_what_the_vault_lacks_is_a_hazard_also_while_it_is_open() -> None:
    (hazard,) = vault_hazards(site(), VaultState(VaultStanding.OPEN, "", frozenset({"net"})))
    assert (hazard.code, hazard.culprit) == ("vault-entry-missing", "enable")
    absent = VaultState(VaultStanding.ABSENT, "vault-absent")
    assert [hazard.culprit for hazard in vault_hazards(site(), absent)] == ["enable", "net"]


def test_a_damaged_vault_is_told_by_its_reason_alone() -> None:
    (hazard,) = vault_hazards(site(), VaultState(VaultStanding.UNUSABLE, "vault-damaged"))
    assert (hazard.code, hazard.culprit) == ("vault-unusable", "vault-damaged")


def test_a_plan_tells_of_its_own_devices_and_keeps_its_hash() -> None:
    documents = made.documents(site())
    for names, hazards in ((("s-plain",), 0), (("s-sealed", "s-plain"), 1)):
        plan = plans.plan_subjects(documents, names)
        told = with_vault(plan, documents.inventory, CLOSED)
        assert len(told.hazards) == len(plan.hazards) + hazards
        assert told.hash == plan.hash
