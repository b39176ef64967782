"""``cordon check``, ``profiles``, ``schema``, ``version``: what the site's engineers write and can use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.inventory import MANUAL

if TYPE_CHECKING:
    from controller.domain.inventory import Inventory
    from controller.domain.plan import Hazard
    from controller.workers.office import Keeping


def check(
    call: Call,
    live: Annotated[bool, typer.Option("--live", help="help.check-live")] = False,
    device: Annotated[list[str] | None, typer.Option("--device", "-d", help="help.check-device")] = None,
    neutralise: Annotated[str | None, typer.Option("--neutralise", help="help.check-neutralise")] = None,
) -> int:
    """Reads and validates everything; contacts nothing unless ``live``."""
    from controller.cli.errors import hazard_lines
    from controller.cli.readiness import check_live, last_lines, neutralise_reverts, plain_last
    from controller.engine.planning.accounts import account_hazards
    from controller.text.sentences import plain_hazard

    if live and neutralise:
        return neutralise_reverts(call, neutralise)
    if live:
        return check_live(call, device or ())
    if device or neutralise:
        raise InvalidRequest("only-with-live", option="--device" if device else "--neutralise")
    documents = call.office.documents(anew=True)
    kept = call.office.keep()
    last = call.office.last_readiness()
    inventory = documents.inventory
    subjects = list(inventory.subjects())
    points = {point.id for subject in subjects for point in subject.points}
    counted = {
        "devices": len(inventory.devices),
        "segments": len(inventory.segments),
        "conduits": len(inventory.conduits),
        "points": len(points),
        "playbooks": len(documents.playbooks),
    }
    unpinned = [
        device.name
        for device in inventory.devices.values()
        if device.platform != MANUAL and device.host_key is None and (device.ssh_paths or not device.paths)
    ]
    accounts = account_hazards(inventory, documents.profiles)
    hazards = (*_of_vault(call, inventory), *of_glass(call, inventory), *accounts)
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "site": inventory.site,
                **counted,
                "hazards": [plain_hazard(hazard, call.words) for hazard in hazards],
                "inventory": inventory.digest,
                "without_host_key": unpinned,
                "kept": _plain_kept(kept),
                "checked_live": plain_last(last),
                "exit": 0,
            }
        )
        return Exit.DONE
    listed = ", ".join(call.text(f"count.{name}", count=number) for name, number in counted.items())
    call.out.say(call.text("check.good", site=inventory.site, counted=listed))
    if unpinned:
        call.out.say(call.text("check.unpinned", count=len(unpinned), devices=", ".join(unpinned[:8])))
    call.out.say(*hazard_lines(hazards, call.words))
    call.out.say(*_kept_lines(kept, call))
    call.out.say(*last_lines(last, datetime.now(UTC), call.words))
    return Exit.DONE


def _of_vault(call: Call, inventory: Inventory) -> tuple[Hazard, ...]:
    """What the vault would cost a cut tonight."""
    from controller.engine.planning.vaulting import vault_hazards, vault_users

    if not vault_users(inventory):
        return ()
    return vault_hazards(inventory, call.office.vault().state())


def of_glass(call: Call, inventory: Inventory) -> tuple[Hazard, ...]:
    """Whether anybody alone could cut what is kept alive. Accounts that cannot be read are told elsewhere."""
    from controller.engine.people.breakglass import glass_hazards

    try:
        return glass_hazards(inventory, call.office.access().glass.glass())
    except CordonError:
        return ()


def _plain_kept(kept: Keeping) -> dict[str, Any]:
    return {
        "levels": [
            {"level": each.level, "playbook": each.playbook, "plan": each.hash, "refused": each.refused}
            for each in kept.plans
        ],
        "compiled": kept.compiled,
        "damaged": kept.damaged,
        "problem": kept.problem,
    }


def _kept_lines(kept: Keeping, call: Call) -> Iterator[str]:
    if kept.problem:
        busy = kept.problem == "busy"
        yield call.text("check.keeping-busy") if busy else call.text("check.not-kept", why=kept.problem)
    elif kept.plans:
        levels = ", ".join(str(each.level) for each in kept.plans)
        yield call.text("check.kept", levels=levels, compiled=kept.compiled)
    if kept.damaged:
        yield call.text("check.kept-damaged", count=kept.damaged)
    for each in kept.plans:
        if each.refused:
            yield call.text("check.level-refused", level=each.level)


def schema(call: Call, kind: Annotated[str, typer.Argument(help="help.schema-kind")] = "inventory") -> int:
    """Prints one JSON Schema, with or without ``--json``."""
    from controller.catalog.schema import SchemaKind
    from controller.catalog.schema import schema as of_kind

    try:
        wanted = SchemaKind(kind)
    except ValueError:
        known = ", ".join(each.value for each in SchemaKind)
        raise InvalidRequest("unknown-schema", name=kind, known=known) from None
    call.out.object(of_kind(wanted))
    return Exit.DONE


def installed_version() -> str:
    try:
        return installed("cordon-controller")
    except PackageNotFoundError:
        return "0+unknown"


def version(call: Call) -> int:
    found = installed_version()
    if call.out.as_json:
        call.out.object({"command": call.command, "version": found, "exit": 0})
    else:
        call.out.say(f"cordon {found}")
    return Exit.DONE
