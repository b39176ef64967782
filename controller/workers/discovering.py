"""Devices asked, in peace time, what they see around them, and what in the inventory would follow from it.

Made by the process that asks, whoever leads. Nothing is changed anywhere: neither a device nor the inventory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.bootstrap import Composition
from controller.domain.errors import CordonError, NotFound
from controller.domain.facts import Actor
from controller.domain.inventory import MANUAL
from controller.engine.readiness.discovery import compare, questions, sighting
from controller.engine.readiness.survey import ask
from controller.workers.livechecks import Noting
from controller.workers.office import Discovery
from controller.workers.requests import RecordDiscovery

UNASKED = "no-listing"
"""Why nothing was heard of a device whose profile cannot ask."""


def discover(
    composition: Composition,
    names: Sequence[str],
    actor: Actor,
    record: Callable[[RecordDiscovery], object],
) -> Discovery:
    """``names``: the devices to ask, none for all. ``record`` hands a request to whoever leads; where it
    raises, the discovery is still told. Raises NotFound, and InvalidInput for an inventory with mistakes: a
    proposal is made against the file as it is."""
    documents = composition.documents()
    inventory, profiles = documents.inventory, documents.profiles
    for name in names:
        if name not in inventory.devices:
            raise NotFound(kind="device", name=name)
    chosen = [
        device
        for name, device in inventory.devices.items()
        if device.platform != MANUAL and (not names or name in names)
    ]
    able = [device for device in chosen if profiles[device.platform].discover]
    noting = Noting()
    services = composition.services(noting)
    told = ask(
        inventory,
        profiles,
        services,
        {device.name: questions(device, profiles[device.platform]) for device in able},
    )
    seen = sighting(able, profiles, {name: each.answers for name, each in told.items()})
    unreached = {name: each.cause for name, each in told.items() if each.cause}
    unreached.update({device.name: UNASKED for device in chosen if device not in able})
    found = compare(inventory, profiles, seen, unreached)
    from controller.catalog.proposal import proposal  # noqa: PLC0415 - imports all that reads an inventory

    path = composition.inventory_path()
    diff = proposal(documents.sources[inventory.digest], str(path), profiles, found)
    unrecorded = ""
    try:
        record(RecordDiscovery(len(able), len(unreached), found.differs, noting.secrets, actor))
    except (CordonError, OSError) as error:
        unrecorded = error.code if isinstance(error, CordonError) else "internal"
    return Discovery(found, diff, path, len(told), unrecorded)
