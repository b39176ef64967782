"""When half, nine tenths and all of a run's points have their proof, or are about to."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from controller.cli.board import Board as Known
from controller.cli.output import Output
from controller.cli.progress import LineDisplay, course_parts
from controller.engine.events import Event, RunStarted, StepsSettled
from controller.text import Catalogue
from controller.workers.course import Milestone, Moment, Reach, course
from tests.fakes import site as made
from tests.fakes.board import Board, Port

STEADY = [Moment(float(second), 10 * second) for second in range(1, 6)]
"""Ten points a second, fifty by now."""


def test_what_goes_on_as_before_is_expected_accordingly() -> None:
    assert course(STEADY, 100, 5.0) == (
        Milestone(50, Reach.REACHED, 5.0),
        Milestone(90, Reach.EXPECTED, 4.0),
        Milestone(100, Reach.EXPECTED, 5.0),
    )


def test_a_run_that_stands_still_is_expected_later_with_every_second() -> None:
    waits = [course(STEADY, 100, now)[2].seconds for now in (5.0, 9.0, 13.0)]
    assert waits == [5.0, 10.0, 15.0]


def test_nothing_is_expected_of_too_few_answers() -> None:
    for known in ([], [Moment(1.0, 4)], [Moment(1.0, 4), Moment(1.0, 8), Moment(2.0, 12)]):
        assert {each.reach for each in course(known, 100, 3.0)} == {Reach.UNKNOWN}


def test_points_without_their_proof_are_not_expected_to_find_it() -> None:
    assert [each.reach for each in course(STEADY, 100, 5.0, lacking=8)] == [
        Reach.REACHED,
        Reach.EXPECTED,
        Reach.OUT,
    ]


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.integers(1, 50)), max_size=20),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.floats(0, 1e5),
)
def test_it_can_always_be_told(added: list[tuple[float, int]], left: int, lacking: int, later: float) -> None:
    moments, at, known = [], 0.0, 0
    for seconds, points in added:
        at, known = at + seconds, known + points
        moments.append(Moment(at, known))
    found = course(moments, known + left, at + later, lacking)
    order = list(Reach)
    assert [order.index(each.reach) for each in found if each.reach is not Reach.UNKNOWN] == sorted(
        order.index(each.reach) for each in found if each.reach is not Reach.UNKNOWN
    )
    assert all(each.seconds >= 0 for each in found)


def test_whoever_watches_a_run_is_told_when_it_will_be_over() -> None:
    names = [f"acc-{number}" for number in range(10)]
    segment = made.segment("ward", [made.port(name, "p1") for name in names])
    documents = made.documents(made.inventory([made.device(name) for name in names], [segment]))
    site = made.Site(documents, [Board(name, {"p1": Port()}) for name in names])
    site.cut("ward")
    began = datetime.now(UTC) - timedelta(seconds=6)
    board, out = Known(), io.StringIO()
    lines = LineDisplay(Output(stdout=out, stderr=out), Catalogue("en"), board)
    settled = [event for event in site.events if isinstance(event, StepsSettled)]
    (started,) = [event for event in site.events if isinstance(event, RunStarted)]
    told: list[Event] = [replace(started, at=began)]
    for second, event in enumerate(settled[:6], start=1):
        read = [replace(each, read_at=began + timedelta(seconds=second)) for each in event.results]
        told.append(replace(event, results=tuple(read)))
    for each in told:
        board.hear(each)
        lines.hear(each)
    assert board.known == 6
    parts = course_parts(Catalogue("en"), board)
    assert parts[0] == "50 % after 5 s"
    assert re.fullmatch(r"90 % in about \d+(\.\d)? s", parts[1])
    assert re.fullmatch(r"100 % in about \d+(\.\d)? s", parts[2])
    assert "[6 of 10; 90 % in about " in out.getvalue().splitlines()[-1]
