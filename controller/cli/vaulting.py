"""The vault's passphrase, asked for once before a run that needs it."""

from __future__ import annotations

import sys
from collections.abc import Collection

from controller.cli.asked import Call
from controller.domain.errors import InvalidRequest
from controller.domain.inventory import Inventory
from controller.domain.plan import Plan

TRIES = 3
UNCONFIRMED = 30.0
"""Seconds to give the passphrase with ``--yes``: whoever wrote that may not be there, and a cut of everything
else does not wait for them."""


def devices_of(plan: Plan) -> frozenset[str]:
    return frozenset(operation.device for wave in plan.waves for operation in wave.operations)


def open_vault(call: Call, inventory: Inventory, devices: Collection[str]) -> None:
    """Asks for the passphrase where ``devices`` need it and a person is there. Whatever comes of that, the
    command goes on: a device whose secrets stay sealed says so as its own outcome."""
    from controller.engine.planning.vaulting import VaultStanding, devices_needing_vault, vault_users

    if not vault_users(inventory, devices):
        return
    vault = call.office.vault()
    if vault.state().standing is not VaultStanding.NEEDS_PERSON:
        return
    needing = devices_needing_vault(inventory, devices)
    opened = _given(call, len(needing))
    if not opened:
        call.out.warn(call.text("vault.left-closed", count=len(needing), devices=", ".join(needing) or "-"))


def _given(call: Call, count: int) -> bool:
    from controller.cli.typed import typed
    from controller.text.sentences import sentence

    if not sys.stdin.isatty():
        return False
    for _ in range(TRIES):
        passphrase = typed(call.text("vault.ask", count=count), UNCONFIRMED if call.asked.yes else None)
        if not passphrase:
            return False
        try:
            call.office.vault().open(passphrase)
        except InvalidRequest as error:
            call.out.warn(sentence(error, call.words))
            if error.reason != "vault-wrong-passphrase":
                return False
        else:
            return True
    return False
