"""Junos at its worst: whatever happens between the first line and the commit, nothing is left half done, and
nothing of somebody else's is committed or thrown away.

What every platform must do is in ``test_on_simulators.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.domain.inventory import Method
from controller.domain.plan import Rendering
from controller.domain.proof import Outcome, Proof
from controller.engine.points.reading import judge
from controller.engine.points.renderer import isolation
from controller.engine.ports import Block, Command, Purpose, Session
from tests.profiles.meeting import ONE, PASSWORD, SITES, USER, Meeting, SitePoint

PORT = "ge-0/0/1"
ELSEWHERE = "set interfaces ge-0/0/9 description theirs"


@pytest.fixture(scope="module")
def _meeting() -> Iterator[Meeting]:
    made = Meeting(SITES["juniper_junos"])
    yield made
    made.close()


@pytest.fixture
def meeting(_meeting: Meeting) -> Meeting:
    _meeting.reset()
    return _meeting


def cut_of(meeting: Meeting, method: Method = Method.VLAN) -> tuple[SitePoint, Rendering]:
    where = meeting.site.points["port"]
    cut = isolation(meeting.context(where), method)
    assert cut is not None
    return where, cut


def typed(meeting: Meeting, session: Session, *lines: str) -> list[str]:
    """What another session is answered."""
    answers = meeting.exchange(Block(tuple(Command(line, Purpose.READ) for line in lines)), session)
    return [answer.text for answer in answers]


def left(meeting: Meeting) -> tuple[object, object]:
    """Candidates with changes, and who is in configuration mode."""
    state = meeting.simulation.state(ONE)
    return state["pending"], state["editing"]


# --- a session that breaks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_mid_command", "drop_after_change"])
def test_wherever_the_session_breaks_nothing_is_left_half_done(meeting: Meeting, fault: str) -> None:
    where, cut = cut_of(meeting)
    before = meeting.running()
    session = meeting.profile.session
    seen = set()
    for line in (*session.enter, *cut.commands, *session.closing):
        meeting.simulation.fault(ONE, fault, on=f"^{line}$")
        outcome = meeting.change(where, cut)[0]
        meeting.simulation.clear(ONE)
        meeting.simulation.wait(device=ONE, event="closed")
        assert left(meeting) == ([], {}), line
        done = meeting.running() != before
        assert judge(cut.expect, meeting.read(where)) is (Proof.CONFIRMED if done else Proof.CONTRADICTED)
        assert any(meeting.passes(where).values()) is not done
        assert outcome is not Outcome.REJECTED
        seen.add(done)
        meeting.reset()
    assert seen == {True, False}


def test_a_step_that_is_refused_half_way_is_not_committed(meeting: Meeting) -> None:
    where, cut = cut_of(meeting)
    before = meeting.running()
    meeting.simulation.fault(ONE, "reject", on=f"^{cut.commands[-1]}$")
    assert meeting.change(where, cut)[:2] == (Outcome.REJECTED, "device-refused")
    assert "commit" not in meeting.simulation.lines(ONE)
    assert (left(meeting), meeting.running()) == (([], {}), before)


def test_what_the_device_finds_wrong_at_its_commit_is_thrown_away(meeting: Meeting) -> None:
    """The port is in another VLAN than its point: it would be in two."""
    where, cut = cut_of(meeting)
    meeting.simulation.configure(
        ONE,
        f"delete interfaces {PORT} unit 0 family ethernet-switching vlan members",
        f"set interfaces {PORT} unit 0 family ethernet-switching vlan members v200",
    )
    before = meeting.running()
    assert meeting.change(where, cut)[:2] == (Outcome.REJECTED, "commit-failed")
    assert (left(meeting), meeting.running()) == (([], {}), before)


# --- somebody else ------------------------------------------------------------------------------------------


def test_what_somebody_left_uncommitted_is_neither_committed_nor_lost(meeting: Meeting) -> None:
    where, cut = cut_of(meeting)
    before, theirs = meeting.running(), meeting.open()
    typed(meeting, theirs, "configure", ELSEWHERE)
    assert meeting.change(where, cut)[:2] == (Outcome.NOT_SENT, "config-locked")
    assert (left(meeting)[0], meeting.running()) == ([""], before)
    typed(meeting, theirs, "rollback 0")
    assert meeting.change(where, cut)[0] is Outcome.ACCEPTED


def test_who_takes_it_for_himself_in_between_keeps_it(meeting: Meeting) -> None:
    where, cut = cut_of(meeting)
    before, theirs = meeting.running(), meeting.open()
    typed(meeting, theirs, "configure exclusive", ELSEWHERE)
    outcome, cause, _ = meeting.change(where, cut)
    assert (outcome, cause) == (Outcome.NOT_SENT, "config-locked")
    typed(meeting, theirs, "rollback 0")  # the lock stays, and nothing keeps anybody out of private
    assert meeting.change(where, cut)[:2] == (Outcome.REJECTED, "config-locked")
    assert (left(meeting)[0], meeting.running()) == ([], before)
    assert list(left(meeting)[1].values()) == ["exclusive"]  # type: ignore[attr-defined]  # as JSON has it


def test_who_edits_in_private_is_not_in_the_way_nor_overwritten(meeting: Meeting) -> None:
    where, cut = cut_of(meeting)
    theirs = meeting.open()
    typed(meeting, theirs, "configure private", ELSEWHERE)
    assert meeting.change(where, cut)[0] is Outcome.ACCEPTED
    assert "theirs" not in meeting.running()
    assert "commit complete" in typed(meeting, theirs, "commit")[0]
    assert "theirs" in meeting.running()
    assert judge(cut.expect, meeting.read(where)) is Proof.CONFIRMED


# --- from the command line ----------------------------------------------------------------------------------

INVENTORY = """format: 1
site: small
credentials:
  net: {{username: {user}, password: {{env: JUNOS_PASSWORD}}}}
devices:
  acc-1:
    platform: juniper_junos
    role: access
    paths: [{{ssh: {at.address}, port: {at.port}}}]
    credentials: net
    host_key: {at.host_key}
segments:
  ward:
    title: Ward
    priority: 1
    ipv6: none
    points: [{{device: acc-1, interface: ge-0/0/1, vlan: 110}}]
"""
Cordon = Callable[..., tuple[int, Any]]


@pytest.fixture
def cordon(
    meeting: Meeting, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cordon:
    monkeypatch.setenv("JUNOS_PASSWORD", PASSWORD)
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(INVENTORY.format(user=USER, at=meeting.simulation[ONE]))
    fixed = ["--lang", "en", "--json", "--home", str(tmp_path / "home"), "--inventory", str(inventory)]

    def call(*arguments: str) -> tuple[int, Any]:
        code = main([*fixed, *arguments, "--segment", "ward", "--yes", "--reason", "checked"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_a_cut_goes_out_once_the_lock_is_gone(meeting: Meeting, cordon: Cordon) -> None:
    theirs = meeting.open()
    typed(meeting, theirs, "configure", ELSEWHERE)
    with ThreadPoolExecutor(1) as threads:
        cutting = threads.submit(cordon, "isolate")
        meeting.simulation.wait(device=ONE, line="^configure private$", timeout=20)
        typed(meeting, theirs, "rollback 0")
        code, ended = cutting.result(30)
    assert (code, ended["proofs"]["confirmed"]) == (0, 1)
    assert "theirs" not in meeting.running()


def test_a_commit_that_fails_and_one_that_takes_its_time(
    meeting: Meeting, cordon: Cordon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", "3")
    before = meeting.running()
    meeting.simulation.fault(ONE, "commit_fails")
    code, ended = cordon("isolate")
    assert (code, ended["unproven"][0]["cause"]) == (6, "commit-failed")
    assert (left(meeting), meeting.running()) == (([], {}), before)
    meeting.simulation.clear(ONE)
    meeting.simulation.fault(ONE, "late", seconds=4, on="^commit$")
    code, ended = cordon("isolate")
    assert (code, ended["proofs"]["confirmed"]) == (0, 1)
