"""Runs on a device whose lines are a candidate until they are committed: one configuration for everybody, as
it outlives the session that began it."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from controller.domain.inventory import Method
from controller.domain.profile.session import CommitSpec
from controller.domain.proof import Outcome, Proof
from tests.fakes.board import PLATFORM, Board, BoardSession, Fault, Port, Strike
from tests.fakes.site import Site, device, documents, inventory, playbook, port, segment, stage

OTHERS = "somebody else"


class CandidateSession(BoardSession):
    """``candidate`` and ``holder`` are the board's own: everybody sees the same."""

    def _execute(self, line: str) -> str:
        state: dict[str, Any] = self.board.__dict__
        state.setdefault("candidate", None)
        match line.split():
            case ["configure"]:
                if state.get("holder") == OTHERS:
                    return "% locked by somebody else"
                state["candidate"] = state["candidate"] or copy.deepcopy(self.board.ports)
                self._configuring = True
                return ""
            case ["commit"]:
                if self.board.ports == state["candidate"]:
                    return "nothing to do"
                self.board.ports, state["candidate"] = state["candidate"], None
                return "done"
            case ["rollback"]:
                state["candidate"] = None
                return ""
            case ["port", *_] if self._configuring:
                running, self.board.ports = self.board.ports, state["candidate"]
                try:
                    return super()._execute(line)
                finally:
                    state["candidate"], self.board.ports = self.board.ports, running
        return super()._execute(line)


def one_port(*strikes: Strike, ports: Sequence[str] = ("p1",)) -> Site:
    known = inventory([device("a")], [segment("one", [port("a", each) for each in ports])])
    docs = documents(known, [playbook("level-1", stage("one"), level=1)])
    profile = docs.profiles[PLATFORM]
    commit = CommitSpec(("commit",), ("rollback",), 60, done=re.compile("^done"), abandoned=("rollback",))
    session = replace(profile.session, commit=commit, locked=(re.compile("locked"),))
    # A timer of the device is another story.
    profile = replace(profile, session=session, timer=None)
    site = Site(
        replace(docs, profiles={PLATFORM: profile}),
        [Board("a", {each: Port() for each in ports}, strikes=list(strikes))],
    )
    site.driver.session = CandidateSession
    return site


def pending(site: Site) -> object:
    return site.board("a").__dict__.get("candidate")


def test_a_cut_is_in_force_once_it_is_committed_and_comes_back_the_same_way() -> None:
    site = one_port()
    before = site.configuration()
    [result] = site.cut("one").results
    assert (result.proof, result.outcome, result.method) == (
        Proof.CONFIRMED,
        Outcome.ACCEPTED,
        Method.SHUTDOWN,
    )
    assert site.board("a").received.count("commit") == 1
    assert "rollback" not in site.board("a").received
    site.bring_back(everything=True)
    assert site.configuration() == before
    assert pending(site) is None


def test_the_plan_names_the_commit() -> None:
    site = one_port()
    plan = site.controller.plan_subjects(("one",), ())
    [operation] = plan.waves[0].operations
    assert operation.leave[0] == "commit"


def test_a_commit_that_fails_is_discarded_and_the_next_method_is_tried() -> None:
    site = one_port(Strike(Fault.REFUSE, "commit", times=1))
    [result] = site.cut("one").results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.VLAN)
    assert site.board("a").ports["p1"] == Port(pvid="999"), "what failed was committed with what did not"


def test_a_commit_that_always_fails_leaves_nothing_behind() -> None:
    site = one_port(Strike(Fault.REFUSE, "commit"))
    [result] = site.cut("one").results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "commit-failed")
    assert site.board("a").ports["p1"] == Port()
    assert pending(site) is None


def test_what_a_broken_session_left_is_thrown_away_before_anything_else() -> None:
    site = one_port(Strike(Fault.LOSE, "commit", times=1))
    [result] = site.cut("one").results
    assert result.proof is Proof.CONFIRMED
    received = site.board("a").received
    lost = received.index("commit")
    assert received[lost + 1] == "rollback"
    assert received.count("commit") == 2


def test_what_a_session_was_not_allowed_to_discard_is_thrown_away_before_anything_else() -> None:
    site = one_port(Strike(Fault.REFUSE, "commit", times=1), Strike(Fault.REFUSE, "rollback", times=1))
    [result] = site.cut("one").results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.VLAN)
    assert site.board("a").ports["p1"] == Port(pvid="999"), "what failed was committed with what did not"


def test_a_session_that_may_not_even_read_any_more_is_followed_by_another_log_in() -> None:
    site = one_port()
    board = site.board("a")
    site.driver.session = DeniedAfterCommit
    [result] = site.cut("one").results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.SHUTDOWN)
    assert board.received.count("commit") == 1, "what is in force was sent again"


class DeniedAfterCommit(CandidateSession):
    """Whoever authorises it is gone once it has committed."""

    _denied = False

    def _execute(self, line: str) -> str:
        if self._denied:
            return "% not authorised"
        self._denied = line == "commit"
        return super()._execute(line)


def test_a_restore_whose_session_breaks_leaves_no_candidate() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").strikes.append(Strike(Fault.LOSE, "commit", times=1))
    [result] = site.bring_back(everything=True).results
    assert result.proof is not Proof.CONFIRMED
    assert site.board("a").ports["p1"].admin == "down"
    assert pending(site) is None


def test_a_locked_configuration_is_asked_for_again_and_told_where_it_stays_locked() -> None:
    site = one_port()
    site.board("a").__dict__["holder"] = OTHERS
    [result] = site.cut("one").results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "config-locked")
    assert site.board("a").received.count("configure") > 1
    assert "commit" not in site.board("a").received
    assert "end" not in site.board("a").received, "a mode was left that was never entered"


def test_a_locked_configuration_is_waited_for_once_a_round_however_many_points_wait() -> None:
    site = one_port(ports=("p1", "p2", "p3"))
    site.board("a").__dict__["holder"] = OTHERS
    pauses: list[float] = []

    def noted(seconds: float) -> None:
        pauses.append(seconds)

    site.clock.pause = noted  # type: ignore[method-assign]  # time is what the test is about
    assert {each.cause for each in site.cut("one").results} == {"config-locked"}
    assert len(pauses) <= site.board("a").received.count("configure")


def test_a_lock_that_is_given_back_delays_the_cut_and_no_more() -> None:
    site = one_port()
    board = site.board("a")
    board.__dict__["holder"] = OTHERS
    waited = site.clock.pause

    def released(seconds: float) -> None:
        board.__dict__["holder"] = ""
        waited(seconds)

    site.clock.pause = released  # type: ignore[method-assign]  # time is what the test is about
    [result] = site.cut("one").results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.SHUTDOWN)
