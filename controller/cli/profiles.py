"""``cordon profiles``: what each platform can be cut by, through which driver, and how far that was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import CordonError
from controller.domain.inventory import Inventory
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import PointSpec
from controller.domain.rehearsal import Rehearsals
from controller.text.times import moment

Passed = Mapping[str, tuple[int, datetime]]
"""Method to how many devices count as rehearsed with it, and the last time."""


def profiles(call: Call) -> int:
    """Platforms of the inventory's devices, by kind of point the methods that cut it."""
    office = call.office
    documents = office.documents()
    try:
        known = office.rehearsals()
    except CordonError:  # what profiles can do is told whatever state the home is in
        known = Rehearsals(())
    now = datetime.now().astimezone()
    used = Counter(device.platform for device in documents.inventory.devices.values())
    rows = [
        (
            profile,
            [
                (spec, _passed(documents.inventory, profile, spec, known, now))
                for spec in profile.points.values()
            ],
        )
        for profile in documents.profiles.values()
    ]
    if call.out.as_json:
        found = [_plain(profile, specs, used[profile.platform]) for profile, specs in rows]
        call.out.object({"command": call.command, "profiles": found, "exit": 0})
        return Exit.DONE
    for profile, specs in rows:
        devices = call.text("count.devices", count=used[profile.platform])
        tested = call.text(f"profiles.tested.{profile.tested}")
        driver = call.text("profiles.driver", driver=_driver(call, profile), tested=tested)
        call.out.say(f"{profile.platform} ({devices}) — {driver}")
        for spec, passed in specs:
            call.out.say(f"  {spec.kind} {call.text('profiles.tagged')}" if spec.tagged else f"  {spec.kind}")
            call.out.say(
                *(f"    {method}: {_told(call, passed.get(method.value))}" for method in spec.methods)
            )
    return Exit.DONE


def _driver(call: Call, profile: DeviceProfile) -> str:
    typed = f"netmiko {profile.session.netmiko}"
    if profile.napalm is None:
        return typed
    return call.text("profiles.returns-by", driver=typed, napalm=profile.napalm.driver.value)


def _passed(
    inventory: Inventory, profile: DeviceProfile, spec: PointSpec, known: Rehearsals, now: datetime
) -> Passed:
    """No canary stands for one tagged VLAN of several."""
    found: dict[str, tuple[int, datetime]] = {}
    for method in spec.methods if not spec.tagged else ():
        times = [
            at
            for device in inventory.devices.values()
            if device.platform == profile.platform
            and (at := known.passed(device.name, spec.kind, method, now)) is not None
        ]
        if times:
            found[method.value] = (len(times), max(times))
    return found


def _told(call: Call, passed: tuple[int, datetime] | None) -> str:
    if passed is None:
        return call.text("profiles.untested")
    return call.text("profiles.rehearsed", count=passed[0], at=moment(passed[1]))


def _plain(profile: DeviceProfile, specs: list[tuple[PointSpec, Passed]], devices: int) -> dict[str, Any]:
    return {
        "platform": profile.platform,
        "devices": devices,
        "driver": "netmiko",
        "device_type": profile.session.netmiko,
        "returns_by": f"napalm {profile.napalm.driver}" if profile.napalm else None,
        "tested": profile.tested.value,
        "points": [
            {
                "kind": spec.kind.value,
                "tagged": spec.tagged,
                "methods": [method.value for method in spec.methods],
                "rehearsed": {
                    method: {"devices": count, "last": at.isoformat()}
                    for method, (count, at) in passed.items()
                },
            }
            for spec, passed in specs
        ],
        "probes": [kind.value for kind in profile.probes],
        "saves": profile.save is not None,
        "sources": list(profile.sources),
    }
