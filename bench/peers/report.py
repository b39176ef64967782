"""What the runs of a comparison come to: a table of medians and a plot, shown and put into ``docs/``."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bench.peers.contenders import CONTENDERS
from bench.peers.measuring import Measured

BASE = "nornir"
"""What the others are compared with, where it took part."""

_TITLES = {each.name: each.title for each in CONTENDERS}
_HEAD = (
    "| switches, each line | | last cut | of Nornir's | last read back | of Nornir's | from process start | "
    "CPU a switch | lines a switch | runs, failed |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)
_KINDS = {"ed25519": "", "rsa": ", old key exchange"}
_MARK = "<!-- speed -->"

Group = tuple[int, float, str]


def table(runs: Iterable[Measured]) -> str:
    """In Markdown; milliseconds, medians of the runs that came so far."""
    lines = [_HEAD]
    for group, by_name in _grouped(runs).items():
        base_cut = _median(each.last_cut for each in by_name.get(BASE, []))
        base_verified = _median(each.last_verified for each in by_name.get(BASE, []))
        for name, mine in by_name.items():
            cut = _median(each.last_cut for each in mine)
            verified = _median(each.last_verified for each in mine)
            cells = (
                _shown(group),
                _TITLES[name],
                _ms(cut),
                _part(cut, base_cut),
                _ms(verified),
                _part(verified, base_verified),
                _ms(_median(each.from_start for each in mine)),
                _ms(statistics.median(each.cpu for each in mine) * 1000 / group[0]),
                f"{statistics.median(each.lines for each in mine):.0f}",
                f"{len(mine)}, {sum(bool(each.failed) for each in mine)}",
            )
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(runs: Sequence[Measured]) -> str:
    loads = [each.load for each in runs]
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    cores = len(os.sched_getaffinity(0))
    busy = f"load {min(loads):.0f}–{max(loads):.0f}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {model[1] if model else platform.machine()}, {cores} cores, "
        f"Python {platform.python_version()}, {busy}"
    )


def plot(runs: Iterable[Measured]) -> str:
    """Bars of the medians: until the last cut, and on until the last is read back."""
    groups = _grouped(runs)
    bars = [
        (group, name, _median(each.last_cut for each in mine), _median(each.last_verified for each in mine))
        for group, by_name in groups.items()
        for name, mine in by_name.items()
    ]
    body: list[str] = []
    y = 30
    for group in groups:
        body.append(f'<text x="10" y="{y + 12}" class="head">{escape(_shown(group))}</text>')
        y += 22
        own = [each for each in bars if each[0] == group]
        most = max((verified or cut or 0.0 for *_, cut, verified in own), default=0.0) or 1.0
        for _, name, cut, verified in own:
            body.append(f'<text x="10" y="{y + 12}">{escape(_TITLES[name])}</text>')
            for value, kind in ((verified, "read"), (cut, "cut")):
                if value:
                    width = 430 * value / most
                    body.append(f'<rect x="290" y="{y}" width="{width:.1f}" height="15" class="{kind}"/>')
            end = 290 + 430 * (verified or cut or 0.0) / most
            body.append(f'<text x="{end + 6:.1f}" y="{y + 12}">{_ms(cut)} / {_ms(verified)}</text>')
            y += 20
        y += 10
    style = (
        "text{font:13px sans-serif;fill:#222}.head{font-weight:bold}.cut{fill:#1f4e8c}.read{fill:#a9c4e6}"
        "svg{background:#fff}"
    )
    legend = '<text x="10" y="18" class="head">ms: last cut (dark) / last read back (light)</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{y}" viewBox="0 0 860 {y}">'
        f'<style>{style}</style><rect width="860" height="{y}" fill="#fff"/>{legend}{"".join(body)}</svg>\n'
    )


def write(runs: Sequence[Measured], docs: Path) -> None:
    """The raw runs, the plot, and the table between the marks of the page, in both languages."""
    raw = "".join(json.dumps(asdict(each)) + "\n" for each in runs)
    (docs / "performance.jsonl").write_text(raw, "utf-8")
    (docs / "performance.svg").write_text(plot(runs), "utf-8")
    for name in ("performance.md", "performance.fr.md"):
        page = docs / name
        before, _, rest = page.read_text("utf-8").partition(_MARK)
        after = rest.partition(_MARK)[2]
        page.write_text(f"{before}{_MARK}\n{machine(runs)}\n\n{table(runs)}\n{_MARK}{after}", "utf-8")


def _grouped(runs: Iterable[Measured]) -> dict[Group, dict[str, list[Measured]]]:
    found: dict[Group, dict[str, list[Measured]]] = {}
    for each in runs:
        group = found.setdefault((each.devices, each.latency_ms, each.kind), {})
        group.setdefault(each.contender, []).append(each)
    return found


def _shown(group: Group) -> str:
    devices, latency, kind = group
    return f"{devices}, {latency:g} ms{_KINDS[kind]}"


def _median(values: Iterable[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return statistics.median(known) if known else None


def _part(value: float | None, base: float | None) -> str:
    return f"{value / base:.2f}" if value and base else "–"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}".replace(",", " ")
