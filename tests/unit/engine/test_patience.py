"""What a run waits for at a device, and what it does not."""

from __future__ import annotations

from itertools import count

import pytest

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.facts import BaselineTaken
from controller.domain.proof import Outcome, Proof
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import Site, device, documents, inventory, port, segment


def one_port(*strikes: Strike, settle: int = 0) -> Site:
    known = inventory([device("a")], [segment("one", [port("a", "p1")])])
    return Site(documents(known, settle=settle), [Board("a", {"p1": Port()}, strikes=list(strikes))])


def test_what_is_configured_otherwise_is_not_waited_for_until_all_has_settled() -> None:
    site = one_port(Strike(Fault.IGNORE, "^port"), settle=20_000)
    [result] = site.cut("one").results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "read-back-differs")
    assert site.clock.monotonic() < 2


def test_an_answer_not_understood_before_the_change_is_asked_for_once_more() -> None:
    site = one_port(Strike(Fault.GARBLE, "^show", times=1))
    [result] = site.cut("one").results
    assert result.proof is Proof.CONFIRMED
    [baseline] = [fact for fact in site.facts() if isinstance(fact, BaselineTaken)]
    assert baseline.state is not None
    assert baseline.state["admin"] == "up"


def test_an_answer_not_understood_after_the_change_is_asked_for_once_more() -> None:
    site = one_port()
    garble = Strike(Fault.GARBLE, "^show", times=1)

    def at_line(board: Board, line: str) -> None:
        if line == "end":
            board.strikes.append(garble)

    site.driver.at_line = at_line
    [result] = site.cut("one").results
    assert garble.times == 0
    assert (result.proof, result.outcome) == (Proof.CONFIRMED, Outcome.ACCEPTED)


def test_an_answer_never_understood_is_asked_for_no_more_than_that() -> None:
    site = one_port(Strike(Fault.GARBLE, "^show"))
    [result] = site.cut("one").results
    assert result.proof is Proof.ACCEPTED
    assert site.board("a").received.count("show port p1") == 5


@pytest.mark.parametrize("cause", [OpenCause.UNREACHABLE, OpenCause.TIMEOUT])
def test_a_device_that_starts_again_in_mid_work_is_waited_for(cause: OpenCause) -> None:
    site, attempts = one_port(Strike(Fault.DROP, "^port", times=1)), count(1)

    def at_open(name: str) -> None:
        if next(attempts) in (2, 3, 4):
            raise OpenFailed(name, cause)

    site.driver.at_open = at_open
    [result] = site.cut("one").results
    assert (result.proof, next(attempts)) == (Proof.CONFIRMED, 6)


def test_a_device_that_stays_away_is_waited_for_until_its_deadline() -> None:
    site, attempts = one_port(Strike(Fault.DROP, "^port")), count(1)

    def at_open(name: str) -> None:
        if next(attempts) > 1:
            raise OpenFailed(name, OpenCause.UNREACHABLE)

    site.driver.at_open = at_open
    [result] = site.cut("one").results
    assert (result.proof, result.cause) == (Proof.UNKNOWN, "open.unreachable")
    assert site.clock.monotonic() <= site.limits.operation


@pytest.mark.parametrize("cause", [OpenCause.LOGIN_REJECTED, OpenCause.HOST_KEY_CHANGED])
def test_what_waiting_does_not_mend_is_not_tried_again(cause: OpenCause) -> None:
    site, attempts = one_port(Strike(Fault.DROP, "^port", times=1)), count(1)

    def at_open(name: str) -> None:
        if next(attempts) > 1:
            raise OpenFailed(name, cause)

    site.driver.at_open = at_open
    site.cut("one")
    assert next(attempts) == 3


def test_a_device_that_never_was_there_is_given_up_at_once() -> None:
    site = one_port()
    site.board("a").closed = OpenCause.UNREACHABLE
    [result] = site.cut("one").results
    assert (result.outcome, result.cause) == (Outcome.NOT_SENT, "open.unreachable")
    assert site.clock.monotonic() == 0
