"""``cordon check``, ``profiles``, ``schema``, ``version``: what the site's engineers write and can use."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest
from controller.domain.inventory import MANUAL


def check(call: Call) -> int:
    """Reads and validates everything; contacts nothing."""
    documents = call.office.documents()
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
        if device.platform != MANUAL and device.host_key is None
    ]
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "site": inventory.site,
                **counted,
                "inventory": inventory.digest,
                "without_host_key": unpinned,
                "exit": 0,
            }
        )
        return Exit.DONE
    listed = ", ".join(call.text(f"count.{name}", count=number) for name, number in counted.items())
    call.out.say(call.text("check.good", site=inventory.site, counted=listed))
    if unpinned:
        call.out.say(call.text("check.unpinned", count=len(unpinned), devices=", ".join(unpinned[:8])))
    return Exit.DONE


def profiles(call: Call) -> int:
    """Platforms of the inventory's devices, by kind of point the methods that cut it."""
    documents = call.office.documents()
    used = Counter(device.platform for device in documents.inventory.devices.values())
    found = [
        {
            "platform": profile.platform,
            "devices": used[profile.platform],
            "points": [
                {
                    "kind": kind.value,
                    "tagged": tagged,
                    "methods": [method.value for method in spec.methods],
                }
                for (kind, tagged), spec in profile.points.items()
            ],
            "probes": [kind.value for kind in profile.probes],
            "saves": profile.save is not None,
            "sources": list(profile.sources),
        }
        for profile in documents.profiles.values()
    ]
    if call.out.as_json:
        call.out.object({"command": call.command, "profiles": found, "exit": 0})
        return Exit.DONE
    for profile in documents.profiles.values():
        devices = call.text("count.devices", count=used[profile.platform])
        call.out.say(f"{profile.platform} ({devices})")
        for (kind, tagged), spec in profile.points.items():
            name = f"{kind} {call.text('profiles.tagged')}" if tagged else kind.value
            call.out.say(f"  {name}: {', '.join(spec.methods)}")
    return Exit.DONE


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


def version(call: Call) -> int:
    try:
        found = installed("cordon-controller")
    except PackageNotFoundError:
        found = "0+unknown"
    if call.out.as_json:
        call.out.object({"command": call.command, "version": found, "exit": 0})
    else:
        call.out.say(f"cordon {found}")
    return Exit.DONE
