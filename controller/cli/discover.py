"""``cordon discover``: what the devices see around them, and what in the inventory would follow from it.

It prints, or writes to a file asked for; the inventory itself is edited by a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.domain.inventory import Link, Port
    from controller.text import Catalogue
    from controller.workers.office import Discovery

SILENT = 12
"""Points at which nothing was seen, named one by one; the rest are counted."""


def discover(
    call: Call,
    device: Annotated[list[str] | None, typer.Option("--device", "-d", help="help.discover-device")] = None,
    write: Annotated[Path | None, typer.Option("--write", help="help.discover-write")] = None,
) -> int:
    """0: nothing differs and every device told; 6: something differs, or a device told nothing."""
    from controller.cli.watching import actor

    if call.asked.dry_run:
        raise InvalidRequest("discover-no-dry-run")
    made = call.office.discover(tuple(device or ()), actor())
    if write is not None:
        _write(write, made)
    code = Exit.UNPROVEN if made.found.differs or made.found.unreached else Exit.DONE
    if call.out.as_json:
        call.out.object({"command": call.command, **_plain(made, call.words), "exit": int(code)})
        return code
    call.out.say(*_lines(made, call.words))
    if made.diff and write is None:
        call.out.say("", made.diff.rstrip("\n"), "", call.text("discover.nothing-changed"))
    elif made.diff:
        call.out.say(call.text("discover.written", file=write, inventory=made.file))
    return code


def _write(path: Path, made: Discovery) -> None:
    """Only into a file of its own: what is there already stays. Raises InvalidRequest."""
    if path.exists():
        raise InvalidRequest("discover-file-exists", file=path)
    try:
        path.write_text(made.diff, "utf-8")
    except OSError as error:
        raise InvalidRequest("discover-not-written", file=path, cause=error.strerror or str(error)) from None


def _lines(made: Discovery, words: Catalogue) -> Iterator[str]:
    from controller.text.sentences import cause_text

    text, found = words.text, made.found
    yield text("discover.asked", count=made.asked)
    for link in found.links:
        yield "  " + text("discover.link", ends=_ends(link))
    for wrong in found.wrong:
        yield "  " + text(
            "discover.wrong", ends=_ends(wrong.link), at=_port(wrong.at), seen=_port(wrong.seen)
        )
    for each in found.strangers:
        said = ", ".join(part for part in (each.address, each.description) if part) or "—"
        yield "  " + text(
            "discover.stranger", at=_port(each.port), name=each.device, port=each.far_port, said=said
        )
    for port in found.loose:
        vlans = ", ".join(map(str, port.vlans)) or "?"
        likely = ", ".join(port.likely) or "?"
        yield "  " + text(
            "discover.loose", port=_port(port.port), count=port.count, vlans=vlans, segments=likely
        )
    if not found.differs:
        yield "  " + text("discover.same")
    for device, cause in found.unreached:
        yield "  " + text("discover.unreached", device=device, why=cause_text(words, cause))
    if found.silent:
        named = ", ".join(f"{_port(port)} ({segment})" for segment, port in found.silent[:SILENT])
        yield "  " + text("discover.silent", count=len(found.silent), ports=named)
    if made.unrecorded:
        yield text("discover.unrecorded")


def _port(port: Port) -> str:
    return f"{port.device} {port.interface}"


def _ends(link: Link) -> str:
    return " — ".join(_port(end) for end in link.ends)


def _pair(port: Port) -> list[str]:
    return [port.device, port.interface]


def _pairs(ends: Sequence[Port]) -> list[list[str]]:
    return [_pair(end) for end in ends]


def _plain(made: Discovery, words: Catalogue) -> dict[str, Any]:
    from controller.text.sentences import cause_text

    found = made.found
    return {
        "inventory": str(made.file),
        "asked": made.asked,
        "links": [_pairs(link.ends) for link in found.links],
        "wrong_links": [
            {"ends": _pairs(each.link.ends), "at": _pair(each.at), "seen": _pair(each.seen)}
            for each in found.wrong
        ],
        "strangers": [
            {
                "at": _pair(each.port),
                "name": each.device,
                "port": each.far_port,
                "address": each.address,
                "description": each.description,
            }
            for each in found.strangers
        ],
        "ports_of_no_segment": [
            {
                "port": _pair(each.port),
                "addresses": each.count,
                "vlans": list(each.vlans),
                "likely": list(each.likely),
            }
            for each in found.loose
        ],
        "silent_points": [{"segment": segment, "port": _pair(port)} for segment, port in found.silent],
        "unreached": [
            {"device": device, "cause": cause, "text": cause_text(words, cause)}
            for device, cause in found.unreached
        ],
        "diff": made.diff,
        "unrecorded": made.unrecorded,
    }
