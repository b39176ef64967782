"""Which returns go through NAPALM: what a profile offers, what an inventory asks for, what is sent then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.catalog.profiles import Profiles, profile_from_text
from controller.domain.inventory import NapalmAccess
from controller.domain.napalm import by_napalm, returning, untimed
from controller.domain.profile import DeviceProfile
from controller.domain.profile.returns import NapalmName, NapalmSpec
from controller.domain.profile.session import CommitSpec
from controller.engine.points.renderer import timer_lines
from tests.fakes.site import device
from tests.unit.catalog.sample import (
    INVENTORY,
    SWITCH,
    only_problem,
    planted,
    problems_of,
    switch_profiles,
)
from tests.unit.catalog.test_timers import SESSION

EOS = SWITCH + SESSION + "drivers:\n  restore: {napalm: eos, within: 30s}\n"
IOS = EOS.replace("napalm: eos", "napalm: ios")
NXOS = SWITCH + "drivers:\n  restore: {napalm: nxos_ssh}\n"
JUNOS = SWITCH + SESSION + "drivers:\n  restore: {napalm: junos}\n"
PATHS = 'paths: [{ssh: "2001:db8::21"}, {ssh: 10.0.0.21, port: 2222}]'
CERTIFICATE = ":".join(["AB"] * 32)
PINNED = NapalmAccess(certificate="ab" * 32)


def read(text: str) -> DeviceProfile:
    return profile_from_text(text, "switch.yaml")


def profiles(text: str) -> Profiles:
    """Those of the sample, with another for its switches."""
    known: Mapping[str, DeviceProfile] = switch_profiles()
    return Profiles({**known, "switch": read(text)}, dict.fromkeys(known, text))


def test_a_profile_says_what_may_go_through_it() -> None:
    assert read(EOS).napalm == NapalmSpec(NapalmName.EOS, 30)
    assert read(JUNOS).napalm == NapalmSpec(NapalmName.JUNOS, 60)
    assert read(SWITCH).napalm is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SWITCH + "drivers:\n  restore: {napalm: eos}\n", "driver-needs-timer"),
        (EOS.replace("napalm: eos", "napalm: nxos_ssh"), "driver-without-timer"),
        (IOS.replace("after: 2m", "after: 90s"), "driver-minutes"),
        (IOS.replace("after: 2m", "after: 3h"), "driver-minutes"),
        (EOS.replace("restore: {nap", "isolate: {nap"), "unknown-key"),
        (EOS.replace("napalm: eos", "napalm: iosxr"), "unknown-value"),
    ],
)
def test_a_cut_never_does_and_a_return_only_under_a_timer(text: str, code: str) -> None:
    (problem,) = problems_of(lambda: read(text))
    assert problem.code.startswith(code)


@pytest.mark.parametrize(
    ("profile", "access", "goes"),
    [
        (EOS, PINNED, True),
        (EOS, NapalmAccess(), False),
        (EOS, None, False),
        (JUNOS, NapalmAccess(), True),
        (JUNOS, None, False),
        (IOS, NapalmAccess(), True),
        (NXOS, NapalmAccess(), True),
        (NXOS, None, False),
        (SWITCH + SESSION, PINNED, False),
    ],
)
def test_it_wants_profile_inventory_and_who_is_spoken_to(
    profile: str, access: NapalmAccess | None, goes: bool
) -> None:
    assert by_napalm(read(profile), replace(device("a"), napalm=access)) is goes


def test_a_return_is_sent_its_steps_and_a_timer_is_taken_away_as_ever() -> None:
    there = replace(device("a"), napalm=PINNED)
    lines, typed = timer_lines(read(EOS), there), timer_lines(read(EOS), device("a"))
    assert lines is not None
    assert typed is not None
    assert lines.enter == ("napalm open ${operation}",)
    assert lines.leave == (
        "napalm load_merge_candidate",
        "napalm compare_config",
        "napalm commit_config revert_in=120",
    )
    assert lines.discard == ("napalm discard_config",)
    assert (lines.confirm, lines.cancel, lines.read) == (typed.confirm, typed.cancel, typed.read)
    assert lines.named("one").enter == ("napalm open one",)


def test_what_is_left_on_a_device_goes_once_it_is_confirmed_and_holds_no_cut_up() -> None:
    there = replace(device("a"), napalm=NapalmAccess())
    lines, typed = timer_lines(read(IOS), there), timer_lines(read(IOS), device("a"))
    assert lines is not None
    assert typed is not None
    gone = ("delete /force ${operation}.cfg",)
    assert (lines.confirm, lines.abandoned) == ((*typed.confirm, *gone), (*typed.abandoned, *gone))
    assert lines.cancel == typed.cancel
    assert lines.named("one").confirm[-1] == "delete /force one.cfg"
    again = returning(returning(read(IOS), there), there)
    assert again == returning(read(IOS), there)


def test_where_a_platform_has_no_timer_only_what_is_sent_differs() -> None:
    there = replace(device("a"), napalm=NapalmAccess())
    lines = timer_lines(read(NXOS), there)
    assert timer_lines(read(NXOS), device("a")) is None
    assert lines is not None
    assert (lines.enter, lines.leave[-1]) == (("napalm open cordon",), "napalm commit_config")
    assert (lines.read, lines.confirm, lines.cancel) == ("", (), ())
    assert lines.abandoned == ("delete bootflash:cordon-rollback.cfg no-prompt",)
    typed, sent = returning(read(NXOS), there), untimed(read(NXOS))
    assert (typed.session.enter, typed.session.commit) == (read(NXOS).session.enter, None), "a cut's own"
    assert sent.session.commit is not None
    assert sent.session.commit.within == 60


def test_what_napalm_says_is_refused_or_locked() -> None:
    profile = returning(read(EOS), replace(device("a"), napalm=PINNED))
    assert profile.timer is not None
    assert isinstance(profile.timer.commit, CommitSpec)
    assert profile.timer.commit.within == 30
    assert profile.error_in("napalm: certificate differs") == "napalm: certificate differs"
    assert profile.locked_in("napalm: locked: by somebody")
    assert not profile.locked_in("napalm: the commit is locked in")
    assert profile.error_in("+   shutdown") is None


def test_an_inventory_says_where_and_who() -> None:
    text = INVENTORY.replace(PATHS, f"{PATHS}\n    napalm: {{port: 8443, certificate: '{CERTIFICATE}'}}")
    found = inventory_from_text(text, "i.yaml", profiles(EOS)).devices["acc-1"]
    assert found.napalm == NapalmAccess(8443, "ab" * 32)


@pytest.mark.parametrize(
    ("profile", "written", "code"),
    [
        (EOS, "¶napalm: {}", "napalm-certificate-missing"),
        (EOS, "napalm: {certificate: ¶AB:CD}", "certificate-invalid"),
        (JUNOS, f"napalm: {{¶certificate: '{CERTIFICATE}'}}", "napalm-certificate-unused"),
        (SWITCH, "¶napalm: {}", "napalm-unknown"),
        (IOS, f"napalm: {{¶certificate: '{CERTIFICATE}'}}", "napalm-certificate-unused"),
    ],
)
def test_a_mistake_is_told_at_its_place(profile: str, written: str, code: str) -> None:
    place = planted(INVENTORY, PATHS, f"{PATHS}\n    {written}")
    problem = only_problem(lambda: inventory_from_text(place.text, "i.yaml", profiles(profile)), place)
    assert re.sub(r"\..*", "", problem.code) == code


def test_who_is_not_reached_by_ssh_is_not_reached_by_it() -> None:
    place = planted(INVENTORY, PATHS, "paths: [{telnet: 10.0.0.21}]\n    ¶napalm: {}")
    problem = only_problem(lambda: inventory_from_text(place.text, "i.yaml", profiles(IOS)), place)
    assert problem.code.startswith("napalm-without-ssh")
