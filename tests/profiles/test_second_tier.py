"""Platforms known from documents and recorded outputs only: what can be seen of them without a device.

Their sessions are prepared by Netmiko's own class, on something that speaks as they do as far as that goes.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import pytest

from controller.domain.profile import DeviceProfile
from controller.domain.profile import Tested as Tried
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.points.renderer import isolation
from controller.engine.ports import Block, Command, Login, Purpose
from tests.fakes.ssh_device import PASSWORD, USER, Manners, SshDevice
from tests.fakes.switch import Switch
from tests.profiles.spoken import NONSENSE, SPEECH, Spoken
from tests.profiles.test_transcripts import HERE, PROFILES, load

EXPERIMENTAL = sorted(name for name, each in PROFILES.items() if each.tested is Tried.TRANSCRIPT)
ENABLE = "sesame-ouvre-toi"


def test_each_is_spoken_to_here() -> None:
    assert sorted(SPEECH) == EXPERIMENTAL


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_every_method_has_a_cut_and_something_open_on_record(name: str) -> None:
    cases = [path.read_text("utf-8") for path in (HERE / name).glob("*.yaml")]
    proofs = [text.rpartition("\nproof:\n")[2] for text in cases]
    for method in {method for spec in PROFILES[name].points.values() for method in spec.methods}:
        for proof in ("confirmed", "contradicted"):
            assert any(f"  {method.value}: {proof}\n" in each for each in proofs), f"{method}: never {proof}"
    assert any("\nstate: unknown\n" in text for text in cases)


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_its_sources_are_named_and_its_refusals_known(name: str) -> None:
    profile, speech = PROFILES[name], SPEECH[name]
    assert len(profile.sources) > 1
    assert [said for said in speech.refusals if profile.error_in(said) is None] == []
    assert [said for said in speech.refusals if profile.locked_in(said)] == []
    for said in speech.locked:
        assert profile.locked_in(said)
        assert profile.error_in(said)
    assert bool(speech.locked) == bool(profile.session.locked)


@pytest.mark.parametrize("name", [each for each in EXPERIMENTAL if PROFILES[each].session.commit])
def test_a_commit_that_was_not_done_is_told_from_one_that_was(name: str) -> None:
    profile, speech = PROFILES[name], SPEECH[name]
    commit = profile.session.commit
    assert commit
    assert speech.committed
    assert speech.uncommitted
    for said in speech.committed:
        assert not commit.failed(said)
        assert profile.error_in(said) is None
    for said in speech.uncommitted:
        assert commit.failed(said) or profile.error_in(said)


def cut(profile: DeviceProfile) -> list[str]:
    """What a cut of the first point on record sends, whole: into the mode, committed, and out of it."""
    context = load(min((HERE / profile.platform).glob("*.yaml"))).context
    rendering = isolation(context, next(iter(context.spec.methods)))
    assert rendering is not None
    session = profile.session
    return [
        *session.enter,
        *rendering.commands,
        *(session.commit.send if session.commit else ()),
        *session.leave,
    ]


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_netmiko_prepares_its_session_and_a_cut_goes_through_line_by_line(name: str) -> None:
    speech, switch = SPEECH[name], Switch("acc-1", {})
    manners = Manners(enable_secret=ENABLE if speech.enable else "", line_end=speech.line_end)
    profile = PROFILES[name]
    lines = cut(profile)
    block = Block(tuple(Command(line, Purpose.CHANGE, 1) for line in [*lines, NONSENSE]))
    speaks = partial(Spoken, speech=speech)
    with SshDevice(switch, manners, {speech.user.format(USER): PASSWORD}, speaks=speaks) as device:
        known = replace(profile, platform=device.device().platform)
        begun = time.monotonic()
        opened = NetmikoDriver().open(
            device.device(), known, [Login(USER, PASSWORD, enable=ENABLE)], time.monotonic() + 20
        )
        assert opened.write(block) is Outcome.SENT
        answers = opened.collect(time.monotonic() + 15)
        opened.close()
    print(name, f"{time.monotonic() - begun:.2f} s", switch.received)
    assert [answer.complete for answer in answers] == [True] * (len(lines) + 1)
    assert switch.received[-len(block.commands) :] == [*lines, NONSENSE]
    *taken, refused = (profile.error_in(answer.text) for answer in answers)
    assert taken == [None] * len(lines)
    assert refused is not None
