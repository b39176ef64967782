"""One simulated site and one server of controllers a worker; the crash campaign's table at the end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.controllers import Controllers
from tests.faults.crash import Ground
from tests.faults.site import running_site

CRASH = "crash"
"""The property of a test's report that holds its part of the table, as JSON."""


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("faults")
    with running_site(folder) as site, Controllers() as controllers:
        yield Ground(site, controllers, folder)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    parts: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == CRASH and report.when == "call":
                    part = json.loads(value)
                    parts[part["action"], part["series"]].append(part)
    if not parts:
        return
    write = terminalreporter.write_line
    terminalreporter.section("crash campaign")
    write(f"{'':<18}{'commits':>8}{'points':>8}{'struck':>8}{'survived':>10}{'doubted':>9}")
    for (action, series), found in sorted(parts.items()):
        struck, survived = (sum(part[name] for part in found) for name in ("struck", "survived"))
        share = f"{100 * survived / struck:.0f} %" if struck else "-"
        sampled = "" if struck == found[0]["points"] else "  (a sample; make faults-full strikes all)"
        write(
            f"{action + ' ' + series:<18}{found[0]['commits']:>8}{found[0]['points']:>8}{struck:>8}"
            f"{survived:>10}{sum(part['doubted'] for part in found):>9}  {share}{sampled}"
        )
    write(
        "points: both sides of every commit, each block begun and answered, each line untaken and unanswered"
    )
    write("doubted: brought back only after a person had accepted what nobody could vouch for")
