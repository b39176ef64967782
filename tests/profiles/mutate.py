"""Takes one command line at a time out of the profiles, and sees whether a test turns red.

``python -m tests.profiles.mutate [PLATFORM…]`` runs the tests of ``test_on_simulators.py`` that are about
the line against every profile with one line less. It prints a table, names the lines that nothing missed,
and ends with 1 where there are any. Lines that only look (discovery, tables, readiness, version) are left
out.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from controller.catalog.profile_shape import SECTIONS
from controller.catalog.profiles import profile_from_text
from controller.domain.errors import InvalidInput
from controller.domain.inventory import Method
from controller.domain.profile import DeviceProfile
from tests.profiles import test_on_simulators as tests
from tests.profiles.meeting import HERE, PROFILES, SITES, Meeting

Keys = tuple[str | int, ...]
"""Where in the document a line stands."""

OF_METHODS = ("isolate", "restore")
OF_SESSIONS = ("prepare", "enter", "leave")
OF_COMMITS = ("send", "discard", "abandoned")


@dataclass(frozen=True)
class Mutant:
    where: Keys
    line: str
    profile: DeviceProfile | None
    """None where the profile without the line is refused as it is read."""


def mutants(platform: str) -> Iterator[Mutant]:
    text = (HERE.parents[1] / "device_profiles" / f"{platform}.yaml").read_text("utf-8")
    # Sections that are written once for two kinds of points are two of their own here.
    document = _apart(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - texts only, as the catalog reads them
    for where in _lines(document):
        changed = copy.deepcopy(document)
        *way, last = where
        at: Any = changed
        for key in way:
            at = at[key]
        gone = at.pop(last)
        line = gone if isinstance(gone, str) else gone["send"]
        try:
            profile = profile_from_text(yaml.safe_dump(changed, sort_keys=False), platform)
        except InvalidInput:
            profile = None
        yield Mutant(where, str(line), profile)


def _apart(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _apart(value) for key, value in node.items()}
    return [_apart(value) for value in node] if isinstance(node, list) else node


def _lines(document: dict[str, Any]) -> Iterator[Keys]:
    session = document["session"]
    for key in OF_SESSIONS:
        yield from (("session", key, index) for index, _ in enumerate(session.get(key, ())))
    for key in OF_COMMITS:
        lines = session.get("commit", {}).get(key, ())
        yield from (("session", "commit", key, index) for index, _ in enumerate(lines))
    yield from (("save", "send", index) for index, _ in enumerate(document.get("save", {}).get("send", ())))
    for kind, section in document["points"].items():
        yield from (("points", kind, "read", index) for index, _ in enumerate(section["read"]))
        for method, spec in section["methods"].items():
            base: Keys = ("points", kind, "methods", method)
            for key in OF_METHODS:
                for number, item in enumerate(spec[key]):
                    lines = item.get("send") if isinstance(item, dict) else None
                    if isinstance(lines, list):
                        yield from ((*base, key, number, "send", index) for index, _ in enumerate(lines))
                    else:
                        yield (*base, key, number)


# --- trying ------------------------------------------------------------------------------------------


def missed(meeting: Meeting, mutant: Mutant) -> bool:
    """Whether a test turns red without the line."""
    if mutant.profile is None:
        return True
    try:
        for trial in _trials(meeting, mutant):
            meeting.reset()
            meeting.profile = mutant.profile.settled(meeting.site.settings)
            try:
                trial()
            except Exception:  # noqa: BLE001 - whatever ends a test turns it red
                return True
    finally:
        meeting.profile = PROFILES[meeting.site.platform].settled(meeting.site.settings)
        meeting.reset()
    return False


def sound(meeting: Meeting) -> bool:
    """Whether every test is green with nothing taken away: only then red says something."""
    whole = meeting.profile
    kinds = [("points", key) for key, kind in SECTIONS.items() if kind in whole.points]
    sections: list[Keys] = [*kinds, ("session",), *([("save",)] if whole.save else [])]
    return not any(missed(meeting, Mutant(where, "", PROFILES[whole.platform])) for where in sections)


def _trials(meeting: Meeting, mutant: Mutant) -> Iterator[Callable[[], None]]:
    cases = meeting.site.cases
    if mutant.where[0] == "points":
        kind = SECTIONS[str(mutant.where[1])]
        cases = [case for case in cases if _kind(meeting, case[0]) == kind]
        if "methods" in mutant.where:
            cases = [case for case in cases if case[1] == mutant.where[3]]
    for point, method in cases if mutant.where[0] == "points" else cases[:1]:
        yield partial(tests.test_a_cut_stops_the_traffic_and_is_undone, meeting, point, Method(method))
        if meeting.site.unprepared:
            yield partial(tests.test_the_first_cut_finds_nothing_prepared, meeting, point, Method(method))
        if meeting.profile.session.insist and method is Method.POLICY:
            yield partial(tests.test_nothing_but_what_was_filtered_is_cleared, meeting, point, method)
            yield partial(tests.test_a_reading_prints_no_more_than_its_own_sessions, meeting, point, method)
            yield partial(tests.test_what_a_session_was_left_with_narrows_no_cut, meeting, point, method)
    yield partial(tests.test_what_a_person_had_shut_stays_shut, meeting)
    if meeting.site.misspelt and mutant.where[0] == "points":
        yield partial(tests.test_what_is_not_there_is_not_made, meeting)
    if mutant.where[0] == "save":
        yield partial(tests.test_what_is_saved_is_what_a_restart_finds, meeting)
    if mutant.where[0] == "session":
        yield partial(tests.test_a_line_it_does_not_know_is_refused_in_every_mode, meeting)
        if meeting.site.undone:
            yield partial(tests.test_what_somebody_left_undone_is_not_put_in_force, meeting)
        if meeting.profile.session.commit is not None:
            yield partial(tests.test_a_commit_that_fails_leaves_nothing_behind, meeting)
            yield partial(tests.test_a_session_that_breaks_leaves_no_candidate, meeting)
            yield partial(tests.test_a_configuration_locked_by_somebody_else_is_told, meeting)


def _kind(meeting: Meeting, name: str) -> tuple[Any, bool]:
    point = meeting.site.points[name].point
    return point.kind, point.tagged


def main(platforms: list[str]) -> int:
    survivors: list[str] = []
    print(f"{'platform':<18}{'lines':>6}{'refused as read':>17}{'red':>6}{'nothing missed':>16}{'s':>7}")
    for platform in platforms or SITES:
        begun, refused, red, kept = time.monotonic(), 0, 0, 0
        meeting = Meeting(SITES[platform])
        try:
            if not sound(meeting):
                survivors.append(f"{platform}: a test is red with nothing taken away")
            for mutant in mutants(platform):
                if not missed(meeting, mutant):
                    kept += 1
                    where = ".".join(str(key) for key in mutant.where)
                    survivors.append(f"{platform}: {where}: {mutant.line}")
                elif mutant.profile is None:
                    refused += 1
                else:
                    red += 1
        finally:
            meeting.close()
        took = time.monotonic() - begun
        print(
            f"{platform:<18}{refused + red + kept:>6}{refused:>17}{red:>6}{kept:>16}{took:>7.0f}", flush=True
        )
    for line in survivors:
        print(line)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
