"""An inventory file with what was discovered worked into its text: proposed as a diff, never written there.

Links are added and mended; what only a person can decide (a stranger's platform, whose port it is) is added
as a comment.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from controller.catalog.document import parse
from controller.catalog.findings import Findings
from controller.catalog.inventory import inventory_from_text
from controller.domain.errors import InvalidInput
from controller.domain.inventory import Link, Port
from controller.domain.profile import DeviceProfile
from controller.engine.readiness.discovery import Comparison, LoosePort, Neighbour

_BARE = re.compile(r"[A-Za-z0-9_.:/-]+")


def proposal(text: str, file: str, profiles: Mapping[str, DeviceProfile], found: Comparison) -> str:
    """A unified diff against ``text``, which ``patch`` applies; "" where nothing is proposed.

    With the links changed it must still be a sound inventory: else the links are proposed as comments."""
    changed = _worked_in(text, file, found, as_comments=False)
    try:
        inventory_from_text(changed, file, profiles)
    except InvalidInput:
        changed = _worked_in(text, file, found, as_comments=True)
    name = Path(file).name
    lines = difflib.unified_diff(
        text.splitlines(keepends=True), changed.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    return "".join(lines)


def _worked_in(text: str, file: str, found: Comparison, *, as_comments: bool) -> str:
    lines = text.splitlines()
    document = parse(text, file, Findings())
    inserted: dict[int, list[str]] = {}
    mark = "  # - " if as_comments else "  - "
    end, indent = _section(lines, "links")
    mark = indent + mark.lstrip()
    for each in found.wrong:
        at = document.at(("links", each.index))[0] - 1 if document else -1
        link = Link((each.at, each.seen), each.link.kind)
        mended = f"{indent}- {_link(link)}"
        if not as_comments and 0 <= at < len(lines) and re.match(r"\s*- \{.*\}\s*(#.*)?$", lines[at]):
            lines[at] = mended
        elif at >= 0:
            inserted.setdefault(at, []).append(f"{indent}# seen otherwise: {_link(link)}")
    if found.links:
        added = [f"{mark}{_link(link)}" for link in found.links]
        if end is None:
            added = [*([] if as_comments else ["links:"]), *added]
        inserted.setdefault(len(lines) if end is None else end, []).extend(added)
    if found.strangers:
        end, indent = _section(lines, "devices")
        at = len(lines) if end is None else end
        for stranger in found.strangers:
            inserted.setdefault(at, []).extend(_stranger(stranger, indent))
    if found.loose:
        inserted.setdefault(len(lines), []).append(
            "# Ports where addresses were learned and that nothing here has:"
        )
        inserted[len(lines)].extend(_loose(port) for port in found.loose)
    result: list[str] = []
    for number, line in enumerate([*lines, None]):
        result.extend(inserted.get(number, ()))
        if line is not None:
            result.append(line)
    return "\n".join(result) + "\n"


def _section(lines: Sequence[str], name: str) -> tuple[int | None, str]:
    """Where a top-level section ends, after its last line that says something, and how its items are
    indented; None where it is not there, or not written in lines of its own."""
    start = next((n for n, line in enumerate(lines) if re.match(rf"{name}:\s*(#.*)?$", line)), None)
    if start is None:
        return None, "  "
    end, indent = start + 1, ""
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if re.match(r"[^\s#-]", line):
            break
        if line.strip() and not line.lstrip().startswith("#"):
            end = number + 1
            indent = indent or line[: len(line) - len(line.lstrip())] or "\0"
    return end, "" if indent == "\0" else indent or "  "


def _link(link: Link) -> str:
    ends = ", ".join(f"[{_scalar(end.device)}, {_scalar(end.interface)}]" for end in link.ends)
    kind = "" if link.kind.value == "data" else f", kind: {link.kind.value}"
    return f"{{ends: [{ends}]{kind}}}"


def _stranger(each: Neighbour, indent: str) -> list[str]:
    said = f" ({_comment(each.description)})" if each.description else ""
    paths = f"paths: [{{ssh: {_comment(each.address)}}}], " if each.address else ""
    name = _comment(each.device)
    return [
        f"{indent}# seen at {_place(each.port)}, from its {_comment(each.far_port)}: {name}{said}",
        f"{indent}# {name.split('.')[0]}: {{platform: …, role: …, {paths}credentials: …}}",
    ]


def _loose(each: LoosePort) -> str:
    vlan = f", vlan: {each.vlans[0]}" if len(each.vlans) == 1 else ""
    many = f", VLANs {', '.join(map(str, each.vlans))}" if len(each.vlans) > 1 else ""
    likely = f"; perhaps {', '.join(each.likely)}" if each.likely else ""
    point = f"{{device: {each.port.device}, interface: {each.port.interface}{vlan}}}"
    return f"#   - {point}   # addresses: {each.count}{many}{likely}"


def _place(port: Port) -> str:
    return f"{port.device} {port.interface}"


def _comment(text: str) -> str:
    """What a device said must not end a comment and begin something else."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:80]


def _scalar(text: str) -> str:
    return text if _BARE.fullmatch(text) else "'" + text.replace("'", "''") + "'"
