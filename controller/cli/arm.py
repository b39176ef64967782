"""``cordon arm``: the sessions held open beforehand, shown and switched; held by this process where no
service does."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.cli.server import Server
    from controller.domain.armed import ArmedDevice

Devices = Annotated[list[str] | None, typer.Argument(help="help.arm-devices")]
Off = Annotated[bool, typer.Option("--off", help="help.arm-off")]

_TOLD_EVERY = 1.0
"""Seconds between two looks at what changed, for the person at the terminal."""


def arm(call: Call, devices: Devices = None, off: Off = False) -> int:
    from controller.cli.watching import actor

    _check(call, devices, off=off)
    if call.office.armed() is None:
        return _held_here(call, tuple(devices or ()), on=not off)
    if devices:
        call.office.arm(devices, not off, actor())
    return _told(call, call.office.armed() or (), devices or (), off=off)


def arm_over_server(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    """The same, of a service elsewhere."""
    from secrets import token_hex

    from controller.domain.armed import ArmedDevice
    from controller.domain.codec import from_plain

    devices, off = given["devices"] or (), given["off"]
    _check(call, devices, off=off)
    if devices:
        server.post("/armed", {"devices": list(devices), "armed": not off}, token_hex(16))
    found = server.get("/armed")["devices"]
    known = [from_plain(ArmedDevice, {**each, "standing": each["state"]}) for each in found]
    return _told(call, known, devices, off=off)


def _check(call: Call, devices: Sequence[str] | None, *, off: bool) -> None:
    if call.asked.dry_run:
        raise InvalidRequest("arm-no-dry-run")
    if off and not devices:
        raise InvalidRequest("arm-off-whom")


def _told(call: Call, found: Sequence[ArmedDevice], devices: Sequence[str], *, off: bool) -> int:
    if call.out.as_json:
        call.out.object({"command": call.command, **plain_armed(found), "exit": 0})
        return Exit.DONE
    if devices:
        said = call.text("armed.off" if off else "armed.on", devices=", ".join(devices))
        call.out.say(said, call.text("armed.lasting"))
    _shown(call, [each for each in found if each.wanted or each.device in devices])
    return Exit.DONE


def plain_armed(found: Sequence[ArmedDevice]) -> dict[str, Any]:
    from controller.domain.armed import counted

    armed, wanted = counted(found)
    return {
        "armed": armed,
        "wanted": wanted,
        "devices": [
            {
                "device": each.device,
                "state": each.standing.value,
                "why": each.why.value,
                "since": each.since.isoformat(),
                "read_at": each.read_at.isoformat() if each.read_at else None,
                "until": each.until.isoformat() if each.until else None,
                "failure": each.failure,
                "by": each.by,
            }
            for each in found
        ],
    }


def _shown(call: Call, found: Sequence[ArmedDevice]) -> None:
    from datetime import UTC, datetime

    from controller.text.armings import armed_line, counted

    if not found:
        call.out.say(call.text("armed.nothing"))
        return
    now = datetime.now(UTC)
    call.out.say(counted(call.words, found), *(armed_line(call.words, each, now) for each in found))


def _held_here(call: Call, devices: tuple[str, ...], *, on: bool) -> int:
    """Leads the home until it is told to end."""
    from controller.bootstrap import Composition
    from controller.bootstrap.process import import_everything
    from controller.cli.watching import actor
    from controller.workers.resident import reside

    composition = Composition(**call.settings(), arm=True)
    composition.inventory_path()
    import_everything()
    with _told_to_end() as ended, reside(composition) as office:
        if devices:
            office.arm(devices, on, actor())
        if not call.out.as_json:
            call.out.say(call.text("armed.leading"))
        last: object = None
        while not ended.wait(_TOLD_EVERY):
            known = office.armed() or ()
            found = [each for each in known if each.wanted]
            stands = [(each.device, each.standing, each.failure) for each in found]
            if not known or stands == last or (call.out.as_json and last is not None):
                continue
            last = stands
            if call.out.as_json:
                call.out.object({"command": call.command, "leads": True, **plain_armed(known)})
            else:
                _shown(call, found)
    if not call.out.as_json:
        call.out.say(call.text("armed.ended"))
    return Exit.DONE


@contextmanager
def _told_to_end() -> Iterator[Event]:
    """By Ctrl-C, or as a service is."""
    ended = Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: ended.set()) for number in numbers]
    try:
        yield ended
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
