"""``cordon trust``: shows a device's host key, asks, and pins it in the inventory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest, NotFound, OpenFailed
from controller.domain.inventory import MANUAL, Device


@dataclass(frozen=True)
class _Seen:
    """A device's key as pinned and as presented now; ``failure`` is why it presented none."""

    device: Device
    key: str = ""
    fingerprint: str = ""
    failure: str = ""

    @property
    def state(self) -> str:
        """``failed``, ``pinned`` (the same key), ``changed`` (another one) or ``new``."""
        if self.failure:
            return "failed"
        if self.device.host_key is None:
            return "new"
        return "pinned" if self.device.host_key == self.key else "changed"


def trust(
    call: Call,
    devices: Annotated[list[str] | None, typer.Argument(help="help.trust-devices")] = None,
    every: Annotated[bool, typer.Option("--all", help="help.trust-all")] = False,
    write: Annotated[bool, typer.Option("--write", help="help.trust-write")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="help.trust-replace")] = False,
) -> int:
    if bool(devices) == every:
        raise InvalidRequest("choose-one", options="DEVICES, --all")
    found = [_look(call, device) for device in _wanted(call, devices or ())]
    accepted = [seen for seen in found if _accepted(call, seen, replace=replace)]
    written = _write(call, accepted) if write and not call.asked.dry_run else []
    settled = {seen.device.name for seen in accepted if not write or seen.device.name in written}
    settled |= {seen.device.name for seen in found if seen.state == "pinned"}
    code = Exit.DONE if all(seen.device.name in settled for seen in found) else Exit.UNPROVEN
    if call.out.as_json:
        keys = [_plain(seen, written) for seen in found]
        call.out.object({"command": call.command, "devices": keys, "exit": int(code)})
        return code
    for seen in accepted:
        if seen.device.name not in written:
            call.out.say(call.text("trust.line", device=seen.device.name), f"    host_key: {seen.key}")
    return code


def _wanted(call: Call, names: tuple[str, ...] | list[str]) -> list[Device]:
    known = call.office.documents().inventory.devices
    for name in names:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=1)
            raise NotFound(kind="device", name=name, suggestion=near[0] if near else "")
    chosen = [known[name] for name in names] or list(known.values())
    return [device for device in chosen if device.platform != MANUAL]


def _look(call: Call, device: Device) -> _Seen:
    from controller.text.sentences import sentence

    try:
        key, fingerprint = call.office.trust(device.name)
    except OpenFailed as failure:
        # The driver knows an address; a person knows the device.
        named = OpenFailed(device.name, failure.cause, str(failure.data.get("detail", "")))
        seen = _Seen(device, failure=sentence(named, call.words))
        call.out.say(seen.failure)
        return seen
    seen = _Seen(device, key, fingerprint)
    kind = key.split()[0]
    call.out.say(call.text(f"trust.{seen.state}", device=device.name, fingerprint=fingerprint, kind=kind))
    return seen


def _accepted(call: Call, seen: _Seen, *, replace: bool) -> bool:
    """Whether a person takes this key for the device's own. ``--yes`` alone never replaces a pinned one."""
    if seen.state not in ("new", "changed"):
        return False
    if call.asked.yes:
        return seen.state == "new" or replace
    answer = call.out.ask(call.text("trust.ask", device=seen.device.name))
    if answer is None:
        raise InvalidRequest("not-confirmed", site=seen.device.name)
    return answer.casefold() == seen.device.name.casefold()


def _write(call: Call, accepted: list[_Seen]) -> list[str]:
    """Puts the keys into the inventory file; returns the devices for which that could be done."""
    from controller.cli.hostkeys import with_host_key
    from controller.cli.watching import actor

    named = call.asked.inventory or os.environ.get("CORDON_INVENTORY")
    if not named or not accepted:
        return []
    path = Path(named).resolve()
    before = text = path.read_bytes().decode("utf-8")
    written = []
    for seen in accepted:
        changed = with_host_key(text, seen.device.name, seen.key)
        if changed is None:
            call.out.say(call.text("trust.not-written", device=seen.device.name))
            continue
        text = changed
        written.append(seen.device.name)
    if text != before:
        _replace(path, text)
        for seen in accepted:
            if seen.device.name in written:
                call.out.say(call.text("trust.written", device=seen.device.name, file=path))
                note = call.text("trust.note", device=seen.device.name, fingerprint=seen.fingerprint)
                call.office.write_log(note, actor())
    return written


def _replace(path: Path, text: str) -> None:
    """Writes the whole file or leaves the old one, with the same permissions."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(text.encode("utf-8"))
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _plain(seen: _Seen, written: list[str]) -> dict[str, Any]:
    return {
        "device": seen.device.name,
        "state": seen.state,
        "host_key": seen.key,
        "fingerprint": seen.fingerprint,
        "text": seen.failure,
        "written": seen.device.name in written,
    }
