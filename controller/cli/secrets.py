"""``cordon secrets``: the vault of device secrets. Values are typed or piped, never arguments, and never
shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.vaulting import TRIES
from controller.domain.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from controller.engine.planning.vaulting import VaultState
    from controller.workers.vaulting import HomeVault

Name = Annotated[str, typer.Argument(help="help.secret-name")]


def keep(call: Call, name: Name) -> int:
    """``secrets set``: puts a new secret in; makes the vault where there is none."""
    from controller.cli.watching import actor

    vault = call.office.vault()
    vault.check_name(name)
    value = _value(call, name)
    if not call.asked.dry_run:
        if not vault.exists:
            _create(call, vault)
        _ready(call, vault)
        vault.set(name, value, actor())
    return _done(call, "vault.set", name=name, version=1)


def listed(call: Call) -> int:
    """``secrets list``: names, versions and who uses them; never a value."""
    from controller.cli.errors import hazard_lines
    from controller.engine.planning.vaulting import vault_hazards, vault_users
    from controller.text.sentences import plain_hazard

    vault = call.office.vault()
    state = vault.state()
    inventory = None
    if call.asked.inventory or _inventory_is_set():
        inventory = call.office.documents().inventory
    users = vault_users(inventory) if inventory else {}
    hazards = vault_hazards(inventory, state) if inventory else ()
    contents = vault.contents() if vault.exists else None
    versions: Mapping[str, int] = contents.versions if contents else {}
    logged = _logged_generation(call)
    rolled_back = contents is not None and logged > contents.generation
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "vault": str(vault.path),
                "standing": state.standing.value,
                "reason": state.reason,
                "by": contents.by if contents else None,
                "generation": contents.generation if contents else 0,
                "older_than_the_log": rolled_back,
                "secrets": [
                    {"name": name, "version": version, "devices": list(users.get(name, ()))}
                    for name, version in versions.items()
                ],
                "hazards": [plain_hazard(hazard, call.words) for hazard in hazards],
                "exit": 0,
            }
        )
        return Exit.DONE
    call.out.say(_summary(call, vault, state, contents.by if contents else ""))
    for name, version in versions.items():
        used = users.get(name, ())
        shown = call.text("vault.used-by", count=len(used)) if inventory else ""
        call.out.say(f"  {name}  {call.text('vault.version', version=version)}  {shown}".rstrip())
    if rolled_back and contents:
        call.out.warn(call.text("vault.rolled-back", found=contents.generation, logged=logged))
    call.out.say(*hazard_lines(hazards, call.words))
    return Exit.DONE


def lend(call: Call) -> int:
    """``secrets open``: gives the process in the lead what opens the vault, until it ends."""
    vault = call.office.vault()
    _ready(call, vault)
    if not call.asked.dry_run and not vault.lend():
        raise InvalidRequest("nobody-leads")
    return _done(call, "vault.lent")


def rotate(
    call: Call,
    name: Annotated[str | None, typer.Argument(help="help.secret-rotated")] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", help="help.vault-key-file")] = None,
) -> int:
    """A new value for one secret; without a name, the whole vault sealed anew."""
    from controller.cli.watching import actor

    vault = call.office.vault()
    if name is not None:
        if key_file is not None:
            raise InvalidRequest("choose-one", options="NAME, --key-file")
        if name not in vault.contents().versions:
            raise _unknown(vault, name)
        value = _value(call, name)
        version = vault.contents().versions[name] + 1
        if not call.asked.dry_run:
            _ready(call, vault)
            version = vault.rotate(name, value, actor())
        return _done(call, "vault.rotated", name=name, version=version)
    _ready(call, vault)
    passphrase = None if key_file is not None else _new_passphrase(call)
    if not call.asked.dry_run:
        vault.reseal(passphrase, key_file, actor())
    return _done(call, "vault.resealed-file" if key_file else "vault.resealed", file=key_file or "")


def remove(call: Call, name: Name) -> int:
    from controller.cli.watching import actor

    vault = call.office.vault()
    if name not in vault.contents().versions:
        raise _unknown(vault, name)
    if not call.asked.dry_run:
        _agree(call, name)
        _ready(call, vault)
        vault.remove(name, actor())
    return _done(call, "vault.removed", name=name, version=0)


def _agree(call: Call, name: str) -> None:
    if call.asked.yes:
        return
    answer = call.out.ask(call.text("vault.ask-remove", name=name))
    if answer is None:
        raise InvalidRequest("not-confirmed", site=name)
    if answer != name:
        raise InvalidRequest("other-name", name=name)


def _done(call: Call, code: str, **data: object) -> int:
    if call.out.as_json:
        shown = {key: str(value) if isinstance(value, Path) else value for key, value in data.items()}
        call.out.object({"command": call.command, "dry_run": call.asked.dry_run, **shown, "exit": 0})
    elif call.asked.dry_run:
        call.out.say(call.text("vault.dry-run"))
    else:
        call.out.say(call.text(code, **data))
    return Exit.DONE


def _value(call: Call, name: str) -> str:
    """Piped in, or typed twice."""
    from controller.cli.typed import piped

    value = piped()
    return _twice(call, "vault.ask-value", "vault.ask-value-again", name=name) if value is None else value


def _create(call: Call, vault: HomeVault) -> None:
    from controller.cli.watching import actor

    vault.create(None if vault.by_settings else _new_passphrase(call), actor())
    by_file = vault.contents().by == "file"
    call.out.say(call.text("vault.created-file" if by_file else "vault.created", file=vault.path))


def _new_passphrase(call: Call) -> str:
    return _twice(call, "vault.ask-new", "vault.ask-new-again")


def _twice(call: Call, first: str, again: str, **data: object) -> str:
    from controller.cli.typed import typed

    value = typed(call.text(first, **data))
    if value is None:
        raise InvalidRequest("nobody-to-ask")
    if typed(call.text(again, **data)) != value:
        raise InvalidRequest("typed-differently")
    return value


def _ready(call: Call, vault: HomeVault) -> None:
    """Opens the vault, asking for its passphrase where it has to be. Raises InvalidRequest."""
    from controller.cli.typed import typed
    from controller.text.sentences import sentence

    if vault.ready_to_change():
        return
    for left in reversed(range(TRIES)):
        passphrase = typed(call.text("vault.ask-passphrase"))
        if passphrase is None:
            raise InvalidRequest("nobody-to-ask")
        try:
            vault.open(passphrase)
        except InvalidRequest as error:
            if error.reason != "vault-wrong-passphrase" or not left:
                raise
            call.out.warn(sentence(error, call.words))
        else:
            return


def _summary(call: Call, vault: HomeVault, state: VaultState, by: str) -> str:
    from controller.engine.planning.vaulting import VaultStanding

    if state.standing is VaultStanding.ABSENT:
        return call.text("vault.absent", file=vault.path)
    if state.standing is VaultStanding.UNUSABLE:
        why = call.text(f"error.{state.reason}", file=vault.path)
        return call.text("vault.unusable", file=vault.path, why=why)
    sealed_by = call.text("vault.by-file" if by == "file" else "vault.by-passphrase")
    return call.text(f"vault.{state.standing.value}", file=vault.path, by=sealed_by)


def _inventory_is_set() -> bool:
    import os

    return bool(os.environ.get("CORDON_INVENTORY"))


def _logged_generation(call: Call) -> int:
    """Of the last change on record: a whole file put back from a copy is older than that."""
    from controller.domain.errors import CordonError

    try:
        found = [line.data.get("generation", "0") for line in call.office.log(tag="person:secret:changed")]
    except CordonError:
        return 0
    return max((int(each) for each in found), default=0)


def _unknown(vault: HomeVault, name: str) -> NotFound:
    import difflib

    near = difflib.get_close_matches(name, vault.contents().versions, n=1)
    return NotFound(kind="secret", name=name, suggestion=near[0] if near else "")
