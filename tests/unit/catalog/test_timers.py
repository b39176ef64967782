"""A profile's timer can be confirmed, and nothing else it sends begins one; counters can be read."""

from __future__ import annotations

import re

import pytest
import yaml

from controller.catalog.playbooks import playbooks_from_sources
from controller.catalog.profiles import load_profiles, profile_from_text
from controller.catalog.shipped import shipped_profiles
from controller.domain.inventory import PointKind
from controller.domain.playbook import CounterLimit
from controller.domain.profile.returns import NeedSpec, TimerSpec
from controller.domain.profile.session import CommitSpec
from controller.domain.template import Template
from controller.engine.points.renderer import timer_lines
from tests.fakes.site import device
from tests.unit.catalog.sample import SWITCH, problems_of

TIMER = """timer:
  after: 2m
  needs: {send: show archive, good: '^next'}
  enter: ['configure revert timer ${minutes}']
  confirm: [configure confirm]
  send: show timer
  pending: '^runs'
  none: '^none'
"""
COUNTER = "    counters: {packets: {send: 'show count ${interface}', value: '^(?P<value>\\d+)$'}}\n"
COUNTED = SWITCH.replace("points:\n  interface:\n", f"points:\n  interface:\n{COUNTER}")
GATE = """format: 1
title: back
stages:
  - name: one
    action: restore
    select: {segments: all}
    gate: {watch: 5m, counters: [{counter: packets, over: 100}]}
"""


SESSION = """timer:
  after: 2m
  enter: ['configure session ${operation}']
  commit: {send: ['commit timer ${time}'], discard: [abort], done: '^done'}
  leave: []
  confirm: ['configure session ${operation} commit']
  cancel: ['configure session ${operation} abort']
  send: show sessions
  pending: '^runs'
  none: '^none'
"""


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


def test_a_timer_is_what_its_file_says() -> None:
    assert profile_from_text(SWITCH + TIMER, "switch.yaml").timer == TimerSpec(
        after=120,
        send=Template.parse("show timer"),
        pending=pattern("^runs"),
        none=pattern("^none"),
        confirm=(Template.parse("configure confirm"),),
        enter=(Template.parse("configure revert timer ${minutes}"),),
        needs=NeedSpec(Template.parse("show archive"), pattern("^next")),
    )


def test_one_begun_by_a_commit_has_the_words_of_a_commit() -> None:
    profile = profile_from_text(SWITCH + SESSION, "switch.yaml")
    assert profile.timer is not None
    assert profile.timer.commit == CommitSpec(("commit timer ${time}",), ("abort",), done=pattern("^done"))
    lines = timer_lines(profile, device("a"))
    assert lines is not None
    assert lines.leave == ("commit timer 00:02:00",)
    assert lines.enter == ("configure session ${operation}",)
    assert lines.named("one").cancel == ("configure session one abort",)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("  cancel: ['configure session ${operation} abort']\n", "", "timer-cancel-missing"),
        ("show sessions", "show session ${operation}", "unknown-placeholder"),
        ("discard: [abort], ", "discard: [], ", "commit-empty"),
        ("${time}", "${hours}", "unknown-placeholder"),
        ("done: '^done'", "done: '('", "regex-invalid"),
    ],
)
def test_a_mistake_in_its_commit_is_told_where_it_stands(old: str, new: str, code: str) -> None:
    text = SWITCH + SESSION
    assert old in text
    (problem,) = problems_of(lambda: profile_from_text(text.replace(old, new, 1), "switch.yaml"))
    assert problem.code == code
    assert problem.line > SWITCH.count("\n")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("after: 2m", "after: 30s", "timer-after"),
        ("after: 2m", "after: 90s", "timer-after"),
        ("  enter: ['configure revert timer ${minutes}']\n", "", "timer-not-armed"),
        ("confirm: [configure confirm]", "confirm: []", "timer-confirm-empty"),
        ("${minutes}", "${hours}", "unknown-placeholder"),
        ("send: show timer", "send: configure confirm", "read-changes"),
        ("send: show archive", "send: reload", "read-changes"),
        ("pending: '^runs'", "pending: '('", "regex-invalid"),
        ("good: '^next'", "good: '('", "regex-invalid"),
    ],
)
def test_a_mistake_in_a_timer_is_told_where_it_stands(old: str, new: str, code: str) -> None:
    text = SWITCH + TIMER
    assert old in text
    (problem,) = problems_of(lambda: profile_from_text(text.replace(old, new, 1), "switch.yaml"))
    assert problem.code == code
    assert problem.line > SWITCH.count("\n")


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("session", "enter"), "configure terminal revert timer 5"),
        (("session", "leave"), "commit confirmed 5"),
        (("session", "prepare"), "reload in 5"),
        (("save", "send"), "execute cfg-save revert"),
        (("points", "interface", "methods", "shutdown", "isolate"), "commit confirmed 10"),
        (("points", "interface", "methods", "shutdown", "restore", 0, "send"), "reload in 30"),
    ],
)
def test_nothing_else_may_begin_one(where: tuple[str | int, ...], line: str) -> None:
    """Least of all what cuts: it would reconnect."""
    written = yaml.safe_load(SWITCH)
    place = written
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = [*place.get(where[-1], ()), line]
    (problem,) = problems_of(lambda: profile_from_text(yaml.safe_dump(written), "switch.yaml"))
    assert (problem.code, dict(problem.data)["line"]) == ("timer-elsewhere", line)


def test_least_of_all_the_commit_of_a_candidate() -> None:
    written = yaml.safe_load(SWITCH)
    written["session"]["commit"] = {"send": ["commit confirmed 5"], "discard": ["abort"]}
    (problem,) = problems_of(lambda: profile_from_text(yaml.safe_dump(written), "switch.yaml"))
    assert problem.code == "timer-elsewhere"


def test_a_counter_is_read_with_a_group_for_its_value() -> None:
    spec = profile_from_text(COUNTED, "switch.yaml").spec(PointKind.INTERFACE, tagged=False)
    assert spec is not None
    assert spec.counters["packets"].send == Template.parse("show count ${interface}")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("(?P<value>\\d+)", "(\\d+)", "counter-group"),
        ("show count", "clear count", "read-changes"),
        ("show count ${interface}", "show count ${port}", "unknown-placeholder"),
    ],
)
def test_a_mistake_in_a_counter_is_told(old: str, new: str, code: str) -> None:
    assert old in COUNTED
    (problem,) = problems_of(lambda: profile_from_text(COUNTED.replace(old, new, 1), "switch.yaml"))
    assert problem.code == code


def test_counters_belong_to_a_watch() -> None:
    gate = playbooks_from_sources({"back": GATE})["back"].stages[0].gate
    assert gate.counters == (CounterLimit("packets", 100, 60),)
    text = GATE.replace("watch: 5m, ", "")
    (problem,) = problems_of(lambda: playbooks_from_sources({"back": text}))
    assert problem.code == "counters-unwatched"


BEFORE_4_32 = """Maximum number of completed sessions: 1
Maximum number of pending sessions: 5

  Name     State                User   Terminal   PID   Commit Time Left   Description
  ------ -------------------- ------ ---------- ----- ------------------ -------------
  ward-3   pendingCommitTimer                           1m3s
"""
SINCE_4_32 = """Maximum number of completed sessions: 1
Maximum number of pending sessions: 5

Session with pending commit timer: ward-3
Time left until commit timer expiry: in 0:01:03

  Name     State       User   Terminal   Completed Time        Committed By
  -------- ----------- ------ ---------- --------------------- ------------
  ward-3   committed                     2026-01-05 03:00:00   net
"""


@pytest.mark.parametrize("said", [BEFORE_4_32, SINCE_4_32])
def test_every_eos_tells_of_its_commit_timer(said: str) -> None:
    profile = load_profiles([shipped_profiles()])["arista_eos"]
    (revert,) = profile.readiness.reverts
    assert profile.timer is not None
    found = profile.timer.pending.search(said)
    assert found is not None
    assert int(found["minutes"]) * 60 + int(found["seconds"]) == 63
    assert (revert.pending, revert.none) == (profile.timer.pending, profile.timer.none)
    assert not profile.timer.none.search(said)
    quiet = re.sub(r"(?m)^.*(?:ward-3|Time left).*\n", "", said)
    assert profile.timer.none.search(quiet)
    assert not profile.timer.pending.search(quiet)
    assert not profile.timer.none.search(quiet.split("  Name")[0]), "cut short"


def test_only_what_has_one_is_shipped_with_a_timer() -> None:
    timed = {name for name, each in load_profiles([shipped_profiles()]).items() if each.timer}
    assert {"cisco_ios", "arista_eos"} <= timed
    assert timed.isdisjoint({"linux", "linux_nftables", "ovs_linux", "frr"})
