"""What is said of devices cut off from outside, before and after, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.cli.board import Board
from controller.cli.cost import cost_lines, plain_plan, wave_lines
from controller.cli.status import plain_situation, situation_lines
from controller.cli.upstream import done_lines, of_record, of_results, plain_cut_off
from controller.cli.verdict import plain_errand
from controller.domain.errors import OpenCause
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.engine.execution.walklist import walklist
from controller.engine.holding.situation import situation
from controller.engine.planning.plans import Return
from controller.text import Catalogue
from tests.fakes.site import ACTOR
from tests.unit.engine.test_escalation import planned, tree

FR, EN = Catalogue("fr"), Catalogue("en")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (EN, ["Where a device cannot be reached, it is cut upstream instead:", "  a: at core to-a"]),
        (
            FR,
            [
                "Un équipement qui ne peut être joint est coupé en amont\N{NO-BREAK SPACE}:",
                "  a\N{NO-BREAK SPACE}: sur core to-a",
            ],
        ),
    ],
    ids=["en", "fr"],
)
def test_a_plan_shows_what_would_be_cut_instead_and_its_commands(words: Catalogue, wanted: list[str]) -> None:
    plan = planned(tree())
    brief = list(wave_lines(plan, words, commands=False))
    assert [line for line in brief if line in wanted] == wanted
    assert not any("port to-a down" in line for line in brief)
    assert "      port to-a down" in list(wave_lines(plan, words, commands=True))
    told = plain_plan(plan, tree().documents.inventory, words)
    assert [each["device"] for each in told["escalations"]] == ["a", "b"]


def test_a_return_does_not_say_that_another_cut_holds_what_comes_back_with_a_port_upstream() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    made.board("a").closed = None
    plan = made.controller.plan_return(Return(everything=True))
    lines = cost_lines(plan, made.documents.inventory, EN)
    assert any("a p1 was never changed itself" in line for line in lines)
    assert not any("another cut holds" in line for line in lines)


def test_a_run_says_where_a_device_was_cut_and_what_stays_connected_inside() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    found = of_results(planned(made), ended.results)
    assert plain_cut_off(found) == [
        {"device": "a", "ports": ["core to-a"], "points": 3, "inside": {"ward": 2}, "instead": False}
    ]
    assert found == of_record(planned(made), made.history.run(ended.run).steps)
    assert list(done_lines(found, EN)) == [
        "a could not be reached: cut upstream at core to-a, which stands for 3 points.",
        "  what stays connected inside: ward (2 ports)",
    ]
    assert "a n’a pas pu être joint\N{NO-BREAK SPACE}: coupé en amont sur core to-a" in next(
        iter(done_lines(found, FR))
    )
    now = situation(made.documents.inventory, made.history, made.clock.now())
    assert any("cut upstream at core to-a" in line for line in situation_lines(now, EN))
    upstream = {each["name"]: each["upstream"] for each in plain_situation(now)["subjects"]}
    assert upstream == {"ward": ["core to-a"], "office": ["core to-a"], "samu": []}


def test_a_port_shut_upstream_is_counted_among_those_that_were_to_be_cut() -> None:
    made, board = tree(), Board()
    made.board("a").closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    for event in made.events:
        board.hear(event)
    assert (board.known, board.total) == (len(ended.results), len(ended.results))


def test_what_could_not_be_cut_upstream_either_says_so_on_the_walk_list() -> None:
    made = tree()
    for name in ("a", "core"):
        made.board(name).closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    errands = walklist(ended.run, planned(made), made.documents.inventory, ended.results)
    told = {str(each.point): plain_errand(each, EN)["text"] for each in errands}
    assert told["a p1"] == (
        "it answers on none of its addresses; check its power and the management network; "
        "whether it is cut upstream at core to-a is not proven"
    )


def test_points_behind_a_port_are_known_as_well_as_the_port() -> None:
    """The port read open again, or not at all for long: what rests on it is no better."""
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    run = made.cut(level=5).run

    def proofs() -> dict[Proof, int]:
        now = situation(made.documents.inventory, made.history, made.clock.now())
        return dict(next(each for each in now.subjects if each.subject.name == "office").proofs)

    def read_again(proof: Proof) -> None:
        port = next(read for read in made.reads() if str(read.point) == "core to-a")
        fact = replace(port, run=run, proof=proof, read_at=made.clock.now())
        made.journal.commit(Tag.POINT_WATCHED, [fact], ACTOR)

    assert proofs() == {Proof.CONFIRMED: 2}
    made.clock.start += timedelta(minutes=20)
    assert proofs() == {Proof.UNKNOWN: 2}
    read_again(Proof.CONFIRMED)
    assert proofs() == {Proof.CONFIRMED: 2}
    read_again(Proof.CONTRADICTED)
    assert proofs() == {Proof.CONTRADICTED: 2}
