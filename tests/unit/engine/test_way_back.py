"""The way back into a network managed through itself: links return before what is behind them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import ControllerSite, Inventory, Link, LinkKind
from controller.domain.inventory import Port as LinkEnd
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Port
from tests.fakes.site import INBAND, Site, by_point, device, documents, inventory, port, segment

many = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@dataclass(frozen=True)
class Cables:
    """Switches by number, 0 where the controller is; cables between two; segments: priority and ports."""

    switches: int
    cables: tuple[tuple[int, int], ...]
    segments: tuple[tuple[int, frozenset[tuple[int, str]]], ...]

    def inventory(self) -> Inventory:
        links = [
            Link((LinkEnd(f"s{one}", f"to{other}"), LinkEnd(f"s{other}", f"to{one}")), LinkKind.DATA)
            for one, other in self.cables
        ]
        return inventory(
            [device(f"s{number}", management=INBAND) for number in range(self.switches)],
            [
                segment(f"g{at}", [port(f"s{number}", name) for number, name in sorted(ports)], priority)
                for at, (priority, ports) in enumerate(self.segments)
            ],
            links,
            ControllerSite(LinkEnd("s0", "noc")),
        )


@st.composite
def cables(draw: st.DrawFn) -> Cables:
    switches = draw(st.integers(2, 5))
    tree = [(draw(st.integers(0, number - 1)), number) for number in range(1, switches)]
    pairs = [(one, other) for other in range(switches) for one in range(other) if (one, other) not in tree]
    found = (
        *tree,
        *draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2) if pairs else st.just([])),
    )
    trunks = [end for one, other in found for end in ((one, f"to{other}"), (other, f"to{one}"))]
    ports = [*trunks, *((number, "edge") for number in range(switches))]
    chosen = st.frozensets(st.sampled_from(ports), min_size=1, max_size=4)
    groups = draw(st.lists(st.tuples(st.integers(1, 4), chosen), min_size=1, max_size=3))
    # A device of which nothing is cut is not given up: of each, something is.
    edges = (draw(st.integers(1, 4)), frozenset((number, "edge") for number in range(switches)))
    return Cables(switches, found, (*groups, edges))


class Wired(Site):
    """Only what its boards' own ports still lead to is reached."""

    def __init__(self, cables: Cables) -> None:
        self._cables = cables
        boards = []
        for number in range(cables.switches):
            far = [one + other - number for one, other in cables.cables if number in (one, other)]
            boards.append(Board(f"s{number}", {name: Port() for name in ("edge", *(f"to{n}" for n in far))}))
        super().__init__(documents(cables.inventory()), boards)
        self.driver.at_open = self._walk

    def _walk(self, name: str) -> None:
        if name not in self.reached():
            raise OpenFailed(name, OpenCause.UNREACHABLE, "no link leads there")

    def reached(self) -> set[str]:
        seen = {0}
        for _ in range(self._cables.switches):
            seen |= {
                far
                for pair in self._cables.cables
                for near, far in (pair, pair[::-1])
                if near in seen and self._up(near, far) and self._up(far, near)
            }
        return {f"s{number}" for number in seen}

    def _up(self, number: int, other: int) -> bool:
        return self.board(f"s{number}").ports[f"to{other}"].admin == "up"

    def shut(self) -> set[str]:
        return {
            f"{board.name} {name}"
            for board in self.driver.boards.values()
            for name, found in board.ports.items()
            if found.admin == "down"
        }


def cut(cables: Cables) -> Wired:
    site = Wired(cables)
    plan = site.controller.plan_subjects(sorted(site.documents.inventory.segments))
    if plan.refusals:
        reject()  # a device that would shut its own last link, say
    assert site.cut(*sorted(site.documents.inventory.segments)).state is RunState.FINISHED
    assert site.shut() == {f"s{n} {name}" for _, ports in cables.segments for n, name in ports}
    return site


def codes(plan: Plan, code: str) -> set[str]:
    return {hazard.culprit for hazard in plan.hazards if hazard.code == code}


# Three links of one wave in a row, each behind the one before.
IN_A_ROW = Cables(
    4,
    ((0, 1), (0, 2), (0, 3), (2, 3), (1, 2)),
    (
        (1, frozenset({(0, "to1"), (1, "to0"), (0, "to2")})),
        (1, frozenset({(0, "to1"), (2, "to1")})),
        (1, frozenset({(3, "to2")})),
        (1, frozenset({(0, "edge"), (1, "edge"), (2, "edge"), (3, "edge")})),
    ),
)


@given(cables())
@example(IN_A_ROW)
@many
def test_everything_comes_back_whatever_was_cut_behind_what(cables: Cables) -> None:
    site = cut(cables)
    ended = site.bring_back(everything=True)
    assert ended.state is RunState.FINISHED
    assert not site.shut()


@given(cables(), st.data())
@many
def test_one_segment_comes_back_or_its_plan_says_what_is_out_of_reach(
    cables: Cables, data: st.DataObject
) -> None:
    site = cut(cables)
    name = data.draw(st.sampled_from(sorted(site.documents.inventory.segments)))
    asked = Return(subjects=(name,))
    plan = site.controller.plan_return(asked)
    before = site.shut()
    told = codes(plan, "way-back-cut")
    ended = site.bring_back(name)
    if told:
        assert ended.state is not RunState.FINISHED
        assert not told & site.reached()
    else:
        assert ended.state is RunState.FINISHED
        assert site.shut() == before - set(by_point(ended))


def site_behind_a_trunk() -> Wired:
    """An edge segment of priority 1 behind a trunk that another segment of priority 4 is cut at."""
    return cut(Cables(2, ((0, 1),), ((1, frozenset({(1, "edge")})), (4, frozenset({(0, "to1")})))))


def test_the_trunk_goes_before_its_turn_and_the_plan_says_so() -> None:
    site = site_behind_a_trunk()
    plan = site.controller.plan_return(Return(everything=True))
    assert [wave.stage for wave in plan.waves] == ["g1", "g0"]
    assert codes(plan, "returns-early") == {"s0 to1"}
    assert not codes(plan, "way-back-cut")


def test_what_alone_would_bring_a_device_within_reach_is_named() -> None:
    site = site_behind_a_trunk()
    plan = site.controller.plan_return(Return(subjects=("g0",)))
    (hazard,) = (each for each in plan.hazards if each.code == "way-back-cut")
    assert (hazard.culprit, dict(hazard.data)["through"]) == ("s1", "s0 to1")


def test_no_more_returns_early_than_it_takes() -> None:
    """Two ways lead to the device, and one is enough."""
    site = cut(
        Cables(
            3,
            ((0, 1), (0, 2), (1, 2)),
            (
                (1, frozenset({(1, "edge"), (2, "edge")})),
                (3, frozenset({(0, "to1")})),
                (4, frozenset({(0, "to2")})),
            ),
        )
    )
    plan = site.controller.plan_return(Return(everything=True))
    assert [wave.stage for wave in plan.waves] == ["g1", "g0", "g2"]
    assert codes(plan, "returns-early") == {"s0 to1"}


def test_where_nothing_is_out_of_reach_nothing_changes_its_turn() -> None:
    site = cut(Cables(2, ((0, 1),), ((2, frozenset({(0, "edge")})), (1, frozenset({(1, "edge")})))))
    plan = site.controller.plan_return(Return(everything=True))
    assert [wave.stage for wave in plan.waves] == ["g1", "g0"]
    assert not codes(plan, "returns-early") | codes(plan, "way-back-cut")
