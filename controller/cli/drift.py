"""``cordon drift``: what somebody changed at held points since the cut, as a diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.text.drifts import field_lines
from controller.text.sentences import cause_text

if TYPE_CHECKING:
    from controller.domain.drift import Drift, PointDrift
    from controller.text import Catalogue

Device = Annotated[list[str] | None, typer.Option("--device", help="help.drift-device")]


def drift(call: Call, device: Device = None) -> int:
    from controller.cli.vaulting import open_vault
    from controller.cli.watching import actor

    office = call.office
    inventory = office.documents_in_force().inventory
    open_vault(call, inventory, tuple(device or inventory.devices))
    found = office.drift(tuple(device or ()), actor())
    code = Exit.UNPROVEN if found.changed or found.unread else Exit.DONE
    if call.out.as_json:
        call.out.object({"command": call.command, **plain_drift(found), "exit": int(code)})
    else:
        call.out.say(*drift_lines(found, call.words))
    return code


def drift_lines(found: Drift, words: Catalogue) -> Iterator[str]:
    """Point by point: before the cut, as Cordon left it (-) and now (+)."""
    if not found.looked_at:
        yield words.text("drift.nothing-held")
        return
    yield words.text("drift.looked", count=found.looked_at, changed=len(found.changed))
    for each in found.changed:
        yield f"{each.point}  ({', '.join(each.subjects)})"
        for one in each.fields:
            yield from (f"{sign:>3} {line}" for sign, line in field_lines(one, words))
    for device in dict.fromkeys(each.point.device for each in found.changed):
        yield words.text("drift.decide", device=device)
    for each in found.unread:
        yield words.text("drift.unread", point=each.point, why=_why(each, words))
    if found.unrecorded:
        yield words.text("drift.unrecorded")


def _why(each: PointDrift, words: Catalogue) -> str:
    return cause_text(words, each.unread)


def plain_drift(found: Drift) -> dict[str, Any]:
    return {
        "looked_at": found.looked_at,
        "changed": [
            {
                **_point(each),
                "fields": [
                    {"name": one.name, "before": one.before, "left": one.left, "now": one.now}
                    for one in each.fields
                ],
            }
            for each in found.changed
        ],
        "unread": [{**_point(each), "cause": each.unread} for each in found.unread],
        "recorded": not found.unrecorded,
    }


def _point(each: PointDrift) -> dict[str, Any]:
    point = each.point
    return {
        "device": point.device,
        "object": point.object,
        "vlan": point.vlan,
        "subjects": list(each.subjects),
    }
