"""``cordon check --live``: what every device answered, and what could be cut tonight."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.watching import actor
from controller.domain.codec import to_plain
from controller.domain.errors import NotFound
from controller.domain.inventory import MANUAL
from controller.domain.plan import Hazard, Severity
from controller.domain.proof import Proof
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Readiness
from controller.engine.findings import some
from controller.text.sentences import hazard_text, obstacle_text, plain_hazard
from controller.text.times import age, duration

if TYPE_CHECKING:
    from controller.domain.plan import Plan
    from controller.text import Catalogue

SHOWN = 8
"""Names listed one by one; the rest are counted."""


def check_live(call: Call, names: Sequence[str]) -> int:
    """0 where all that was looked at could be cut, else 6."""
    from controller.cli.documents import of_glass
    from controller.cli.errors import hazard_lines
    from controller.cli.vaulting import open_vault

    inventory = call.office.documents(anew=True).inventory
    managed = [each for each in inventory.devices.values() if each.platform != MANUAL]
    count = len(dict.fromkeys(names)) or len(managed)
    open_vault(call, inventory, names or [each.name for each in managed])
    call.out.say(call.text("live.begins", site=inventory.site, count=count))
    found = call.office.check_live(names, actor(), lambda _: None)
    code = Exit.DONE if found.readiness.ready else Exit.UNPROVEN
    glass = of_glass(call, inventory)
    if call.out.as_json:
        plain = plain_readiness(found.readiness, call.words)
        plain["hazards"] = [plain_hazard(each, call.words) for each in glass]
        unrecorded = found.unrecorded or None
        call.out.object({"command": call.command, **plain, "unrecorded": unrecorded, "exit": int(code)})
        return code
    call.out.say(*readiness_lines(found.readiness, call.words), *hazard_lines(glass, call.words))
    if found.unrecorded:
        call.out.warn(call.text("live.unrecorded", code=found.unrecorded))
    return code


def neutralise_reverts(call: Call, device: str) -> int:
    """0 where what would undo a cut there is gone, else 6."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.vaulting import open_vault

    inventory = call.office.documents().inventory
    if device not in inventory.devices:
        raise NotFound(kind="device", name=device)
    call.out.say(call.text("live.neutralise-asks", device=device))
    reason = reason_for(call, needed_by="--neutralise")
    agree(call, inventory.site)
    open_vault(call, inventory, [device])
    found = call.office.neutralise(device, reason, actor())
    gone = bool(found) and all(each.proof is Proof.CONFIRMED for each in found)
    code = Exit.DONE if gone else Exit.UNPROVEN
    for each in found:
        proof = each.proof if each.proof in (Proof.CONFIRMED, Proof.CONTRADICTED) else Proof.UNKNOWN
        call.out.say(call.text(f"live.neutralised.{proof}", device=device, undo=each.undo))
    if call.out.as_json:
        plain = [to_plain(each) for each in found]
        call.out.object({"command": call.command, "neutralised": plain, "exit": int(code)})
    return code


def readiness_lines(found: Readiness, words: Catalogue) -> Iterator[str]:
    alike = _alike(found)
    told = [
        each for each in found.devices if each.obstacles or any(h.code not in alike for h in each.hazards)
    ]
    for device in told:
        yield from _device_lines(device, alike, words)
    for code, devices in alike.items():
        one = Hazard(code, Severity.WARN, some(devices))
        yield f"{words.text('severity.warn')} {hazard_text(one, words)}"
    quiet = len(found.devices) - len(told)
    if quiet:
        yield words.text("live.quiet", count=quiet)
    already = sum(len(each.already) for each in found.devices)
    if already:
        yield words.text("live.already", count=already)
    if found.levels:
        yield words.text("live.tonight")
    for level in found.levels:
        yield from _level_lines(level, words)
    undoable = [each for each in found.hazards if dict(each.data).get("undo")]
    if undoable:
        yield words.text("live.neutralise-hint", device=undoable[0].culprit)
    yield _sum(found, words)


def _alike(found: Readiness) -> dict[str, list[str]]:
    """What is found at several devices and says the same of each: code → devices. It is told once."""
    at: dict[str, list[str]] = {}
    for device in found.devices:
        for hazard in device.hazards:
            if not hazard.data and hazard.culprit == device.device:
                at.setdefault(hazard.code, []).append(device.device)
    return {code: devices for code, devices in at.items() if len(devices) > 1}


def _device_lines(device: DeviceReadiness, alike: Collection[str], words: Catalogue) -> Iterator[str]:
    points = words.text("count.points", count=len(device.points))
    if device.ready:
        opened, read = (duration(words, each / 1000) for each in (device.opened, device.read))
        yield words.text("live.device-ready", device=device.device, points=points, opened=opened, read=read)
    elif len(device.blocked) == len(device.points):
        yield words.text("live.device-not", device=device.device, points=points)
    else:
        blocked = len(device.blocked)
        yield words.text("live.device-partly", device=device.device, blocked=blocked, points=points)
    for obstacle in device.obstacles:
        ports = [point.object for point in obstacle.points]
        where = f" [{_some(ports)}]" if ports else ""
        yield f"    ✗ {obstacle_text(obstacle, words)}{where}"
    for hazard in [each for each in device.hazards if each.code not in alike]:
        yield f"    {words.text('severity.warn')} {hazard_text(hazard, words)}"


def _level_lines(level: LevelReadiness, words: Catalogue) -> Iterator[str]:
    if level.refusals:
        yield words.text("live.level-refused", level=level.level)
        yield from (f"    ✗ {hazard_text(each, words)}" for each in level.refusals)
        return
    if not level.points:
        yield words.text("live.level-empty", level=level.level)
        return
    line = words.text(
        "live.level",
        level=level.level,
        cuttable=level.points - len(level.blocked),
        points=words.text("count.points", count=level.points),
        duration=duration(words, level.milliseconds / 1000),
    )
    if level.by_hand:
        by_hand = words.text("count.points", count=level.by_hand)
        line += "; " + words.text("live.level-by-hand", points=by_hand)
    yield line


def _sum(found: Readiness, words: Catalogue) -> str:
    names = [each.device for each in found.devices if not each.ready]
    code = "live.all-ready" if found.ready else "live.not-ready" if names else "live.refused-only"
    return words.text(
        code,
        names=_some(names),
        devices=words.text("count.devices", count=len(found.devices)),
        duration=duration(words, found.milliseconds / 1000),
    )


def last_lines(found: Readiness | None, now: datetime, words: Catalogue) -> Iterator[str]:
    """How long ago the last check was, what was not ready then, and what would have undone a cut."""
    if found is None:
        yield words.text("live.never")
        return
    ready = sum(each.ready for each in found.devices)
    yield words.text("live.last", age=age(words, found.at, now), ready=ready, devices=len(found.devices))
    names = [each.device for each in found.devices if not each.ready]
    if names:
        yield f"  {words.text('live.last-not-ready', names=_some(names))}"
    for hazard in found.hazards:
        if hazard.code.startswith("revert-"):
            yield f"  {words.text('severity.warn')} {hazard_text(hazard, words)}"


def plan_lines(call: Call, plan: Plan) -> Iterator[str]:
    """How long it takes by what was measured, and the last check of the devices of a plan."""
    from controller.engine.readiness.livecheck import seconds_expected

    found = call.office.last_readiness()
    seconds = seconds_expected(plan, found)
    if seconds is None:
        yield call.text("live.time-unknown")
    else:
        yield call.text("live.time-expected", duration=duration(call.words, seconds))
    if found is None:
        return
    wanted = {operation.device for wave in plan.waves for operation in wave.operations}
    devices = tuple(each for each in found.devices if each.device in wanted)
    yield from last_lines(replace(found, devices=devices), datetime.now(UTC), call.words)


def plain_time(call: Call, plan: Plan) -> dict[str, float | None]:
    from controller.engine.readiness.livecheck import seconds_expected

    seconds = seconds_expected(plan, call.office.last_readiness())
    return {"seconds_expected": None if seconds is None else round(seconds, 1)}


def plain_last(found: Readiness | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "at": found.at.isoformat(),
        "devices": len(found.devices),
        "not_ready": [each.device for each in found.devices if not each.ready],
        "reverts": [
            {"code": each.code, "culprit": each.culprit}
            for each in found.hazards
            if each.code.startswith("revert-")
        ],
    }


def plain_readiness(found: Readiness, words: Catalogue) -> dict[str, Any]:
    return {
        "site": found.site,
        "at": found.at.isoformat(),
        "ready": found.ready,
        "seconds": found.milliseconds / 1000,
        "inventory": found.inventory,
        "profiles": found.profiles,
        "devices": [_plain_device(each, words) for each in found.devices],
        "levels": [
            {
                "level": each.level,
                "playbook": each.playbook,
                "points": each.points,
                "blocked": [str(point) for point in each.blocked],
                "by_hand": each.by_hand,
                "seconds": each.milliseconds / 1000,
                "refusals": [plain_hazard(hazard, words) for hazard in each.refusals],
            }
            for each in found.levels
        ],
    }


def _plain_device(device: DeviceReadiness, words: Catalogue) -> dict[str, Any]:
    return {
        "device": device.device,
        "ready": device.ready,
        "path": device.path or None,
        "credential": device.credential or None,
        "opened_seconds": device.opened / 1000,
        "read_seconds": device.read / 1000,
        "points": [str(point) for point in device.points],
        "blocked": sorted(str(point) for point in device.blocked),
        "already": [str(point) for point in device.already],
        "obstacles": [
            {
                "code": each.code,
                "points": [str(point) for point in each.points],
                "data": dict(each.data),
                "text": obstacle_text(each, words),
            }
            for each in device.obstacles
        ],
        "hazards": [plain_hazard(hazard, words) for hazard in device.hazards],
    }


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" … ({len(names)})" if len(names) > SHOWN else "")
