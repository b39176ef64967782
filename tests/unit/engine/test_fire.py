"""A cut through sessions held open beforehand: one commit, one volley, and whatever goes wrong with it ends
as the same cut without it would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from controller.domain.codec import to_plain
from controller.domain.facts import BaselineTaken, Fact, HoldOpened, IntentRecorded, OutcomeRecorded
from controller.domain.hold import Attribution
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.plan import Operation, Rendering, Step
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import RestoreClause
from controller.domain.profile.session import AtOnceSpec, SessionSpec
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.events import RunEnded
from controller.engine.execution.fire import FRESH
from controller.engine.execution.sessions import DeviceSlots
from controller.engine.points.at_once import at_once_block, size_of
from controller.engine.points.drift import undone_by
from controller.engine.points.reading import reads_telling
from controller.engine.points.renderer import point_context
from controller.engine.points.track import Track
from controller.engine.ports import Block, Login, Purpose, Session
from tests.fakes.armed import Ready
from tests.fakes.board import PLATFORM, Board, Fault, Port, Strike, board_profile, values
from tests.fakes.site import Site, by_point, device, documents, inventory, playbook, port, segment, stage
from tests.fakes.switch import CommandLine, PortState, Switch

NAMES = ("a", "b", "c")
AT_ONCE = AtOnceSpec(500, re.compile("^port "))


def firing(at_once: AtOnceSpec) -> DeviceProfile:
    known = board_profile()
    return replace(known, session=replace(known.session, at_once=at_once))


def site(
    strikes: Iterable[Strike] = (),
    *,
    armed: bool = True,
    careful: bool = False,
    careful_first: bool = False,
    at_once: AtOnceSpec = AT_ONCE,
) -> Site:
    """Three devices with two ports each, the first of them struck; all sessions open beforehand."""
    known = inventory(
        [device(name, careful=careful or (careful_first and name == "a")) for name in NAMES],
        [segment("one", [port(name, number) for name in NAMES for number in ("p1", "p2")])],
    )
    boards = [Board(name, {"p1": Port(), "p2": Port()}) for name in NAMES]
    made = Site(replace(documents(known), profiles={PLATFORM: firing(at_once)}), boards, armed=Ready())
    if armed:
        arm(made)
    boards[0].strikes.extend(strikes)
    return made


def arm(site: Site, read_at: datetime | None = None) -> None:
    assert isinstance(site.armed, Ready)
    plan = site.controller.plan_subjects(("one",))
    operations = [each for wave in plan.waves for each in wave.operations]
    docs, login = site.documents, Login("cordon", "secret")
    site.armed.arm(operations, docs.inventory, docs.profiles, site.driver, login, site.clock, read_at)
    site.driver.opened.clear()
    for board in site.driver.boards.values():
        board.received.clear()


def confirmed(ended: RunEnded) -> bool:
    return all(result.proof is Proof.CONFIRMED for result in ended.results)


def all_cut(site: Site) -> bool:
    return all(
        port.admin == "down" or port.pvid == "999"
        for board in site.driver.boards.values()
        for port in board.ports.values()
    )


def test_every_device_is_cut_by_one_volley_after_one_commit_and_no_session_is_opened() -> None:
    here = site()
    order: list[str] = []
    here.driver.at_line = lambda board, line: order.append(f"{board.name} {line}")
    here.journal.before = lambda tag, _facts: order.append(tag.value)
    ended = here.cut("one")
    assert confirmed(ended)
    assert {result.outcome for result in ended.results} == {Outcome.ACCEPTED}
    assert here.driver.volleys == [list(NAMES)]
    assert here.driver.opened == []
    first = next(index for index, each in enumerate(order) if " " in each)
    assert order[:first].count(Tag.OPERATION_INTENDED.value) == 1
    assert Tag.OPERATION_INTENDED.value not in order[first:]
    burst = order[first : first + sum(len(board.received) for board in here.driver.boards.values())]
    assert all(" " in each for each in burst)  # nothing is put on record before the last line is out
    assert all_cut(here)


def test_what_is_on_record_is_what_a_cut_line_by_line_puts_there() -> None:
    def of(site: Site) -> list[str]:
        site.cut("one")
        kinds = (BaselineTaken, HoldOpened, IntentRecorded, OutcomeRecorded)
        return sorted(_plain(fact) for fact in site.facts() if isinstance(fact, kinds))

    assert of(site()) == of(site(armed=False))


def _plain(fact: Fact) -> str:
    given = to_plain(fact)
    assert isinstance(given, dict)
    apart = {"run", "read_at", "transcript"}
    return f"{type(fact).__name__} { ({name: value for name, value in given.items() if name not in apart}) }"


@pytest.mark.parametrize(
    "fault", [Fault.LOSE, Fault.DROP, Fault.HANG, Fault.STALL, Fault.REFUSE, Fault.GARBLE]
)
@pytest.mark.parametrize("line", ["p1 down", "show", "configure", "end"])
def test_whatever_goes_wrong_once_is_made_good_line_by_line(fault: Fault, line: str) -> None:
    here = site([Strike(fault, line, times=1)])
    assert confirmed(here.cut("one"))
    assert here.driver.volleys == [list(NAMES)]
    assert all_cut(here)
    assert len(here.intents()) >= 3


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.IGNORE])
def test_what_the_first_method_does_not_do_the_next_does(fault: Fault) -> None:
    here = site([Strike(fault, "p1 down")])
    ended = here.cut("one")
    assert confirmed(ended)
    assert by_point(ended)["a p1"].method is Method.VLAN
    assert here.board("a").ports["p1"] == Port(pvid="999")
    assert here.board("a").ports["p2"].admin == "down"


def test_what_was_sent_and_not_heard_is_read_before_anything_is_sent_again() -> None:
    here = site([Strike(Fault.STALL, "p2 down", times=1)])
    ended = here.cut("one")
    assert confirmed(ended)
    assert by_point(ended)["a p1"].outcome is Outcome.SENT
    assert here.board("a").changes == ["port p1 down", "port p2 down"]


def test_a_session_that_takes_no_whole_block_goes_line_by_line_in_the_same_session() -> None:
    here = site()
    here.driver.refuses = {"b"}
    assert confirmed(here.cut("one"))
    assert here.driver.opened == []
    outcomes = [fact for fact in here.facts(OutcomeRecorded) if isinstance(fact, OutcomeRecorded)]
    assert [fact.outcome for fact in outcomes if fact.device == "b"] == [Outcome.NOT_SENT, Outcome.ACCEPTED]


def test_what_is_more_urgent_than_the_volley_does_not_wait_for_it() -> None:
    here = site(careful_first=True)
    begun, fire = Event(), here.driver.fire
    here.driver.at_line = lambda board, _line: begun.set() if board.name == "a" else None

    def once_the_first_has_begun(volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        assert begun.wait(10)
        return fire(volley)

    here.driver.fire = once_the_first_has_begun  # type: ignore[method-assign] # a hook of the test's
    assert confirmed(here.cut("one"))
    assert here.driver.volleys == [["b", "c"]]


def test_a_reading_that_is_too_old_fires_nothing_and_its_session_is_used() -> None:
    here = site(armed=False)
    arm(here, read_at=here.clock.start - timedelta(seconds=FRESH + 1))
    assert confirmed(here.cut("one"))
    assert here.driver.volleys == []
    assert here.driver.opened == []


def test_where_the_last_reading_does_not_fit_it_follows_in_the_same_session() -> None:
    here = site(armed=False, at_once=replace(AT_ONCE, bytes=2 * len("show port p1\n") + 60))
    arm(here)
    ended = here.cut("one")
    assert confirmed(ended)
    assert {result.outcome for result in ended.results} == {Outcome.ACCEPTED}
    assert here.driver.volleys == [list(NAMES)]
    assert here.driver.opened == []
    assert [line for line in here.board("a").received if line.startswith("show")] == [
        *("show port p1", "show port p2"),
        *("show port p1", "show port p2"),
    ]


def test_a_session_lost_before_the_last_reading_is_read_in_another() -> None:
    here = site(armed=False, at_once=replace(AT_ONCE, bytes=2 * len("show port p1\n") + 60))
    arm(here)
    here.board("a").strikes.append(Strike(Fault.LOSE, "show port p1", times=0))
    here.driver.at_line = _loses_the_second_reading
    assert confirmed(here.cut("one"))
    assert here.driver.volleys == [list(NAMES)]
    assert here.driver.opened == ["a"]
    assert here.board("a").changes == ["port p1 down", "port p2 down"]


def _loses_the_second_reading(board: Board, line: str) -> None:
    if board.name == "a" and line == "show port p1" and board.received.count(line) == 1:
        board.strikes[0].times = 1


def staged(armed: bool = True, at_once: AtOnceSpec = AT_ONCE) -> Site:
    """Three devices of two segments each, one after the other."""
    known = inventory(
        [device(name) for name in NAMES],
        [
            segment(name, [port(each, number) for each in NAMES])
            for name, number in (("one", "p1"), ("two", "p2"))
        ],
    )
    steps = playbook("all", stage("one", name="first"), stage("two", name="second"), level=5)
    made = replace(documents(known, [steps]), profiles={PLATFORM: firing(at_once)})
    boards = [Board(name, {"p1": Port(), "p2": Port()}) for name in NAMES]
    here = Site(made, boards, armed=Ready())
    if armed:
        plan = here.controller.plan_subjects(("one", "two"))
        arm_all(here, [each for wave in plan.waves for each in wave.operations])
    return here


def arm_all(site: Site, operations: Sequence[Operation]) -> None:
    assert isinstance(site.armed, Ready)
    docs, login = site.documents, Login("cordon", "secret")
    site.armed.arm(operations, docs.inventory, docs.profiles, site.driver, login, site.clock)
    site.driver.opened.clear()
    for board in site.driver.boards.values():
        board.received.clear()


def test_all_that_a_device_is_to_do_goes_out_in_one_write() -> None:
    here = staged()
    order: list[str] = []
    here.journal.before = lambda tag, _facts: order.append(tag.value)
    here.driver.at_line = lambda _board, line: order.append(line)
    ended = here.cut(level=5)
    assert confirmed(ended)
    assert all_cut(here)
    assert here.driver.volleys == [list(NAMES)]
    assert here.driver.opened == []
    assert order[:4] == [Tag.RUN_OPENED, Tag.WAVE_MOVED, Tag.OPERATION_INTENDED, "show port p1"]
    received = here.board("a").received
    assert received.index("port p2 down") < received.index("show port p1", 2)  # read once all of it is done
    assert {(each.wave, each.device, each.attempt) for each in here.intents()} == {
        (wave, name, wave + 1) for wave in (0, 1) for name in NAMES
    }


def test_of_several_operations_each_ends_as_it_would_alone() -> None:
    here = staged()
    here.board("a").strikes.append(Strike(Fault.REFUSE, "p2 down"))
    ended = here.cut(level=5)
    assert confirmed(ended)
    told = by_point(ended)
    assert (told["a p1"].method, told["a p2"].method) == (Method.SHUTDOWN, Method.VLAN)
    assert here.board("a").changes.count("port p1 down") == 1
    assert here.board("a").ports == {"p1": Port(admin="down"), "p2": Port(pvid="999")}


@pytest.mark.parametrize("fault", [Fault.LOSE, Fault.DROP, Fault.HANG, Fault.STALL, Fault.GARBLE])
def test_what_goes_wrong_with_one_of_several_is_made_good_for_all(fault: Fault) -> None:
    here = staged()
    here.board("a").strikes.append(Strike(fault, "p2 down", times=1))
    assert confirmed(here.cut(level=5))
    assert all_cut(here)


def test_what_does_not_fit_behind_the_first_waits_for_it_and_goes_line_by_line() -> None:
    both = 2 * len("show port p1\n") + len("configure\nport p1 down\nend\n")
    here = staged(at_once=replace(AT_ONCE, bytes=both + 10))
    assert confirmed(here.cut(level=5))
    assert all_cut(here)
    assert here.driver.volleys == [list(NAMES)]
    received = here.board("a").received
    assert received.index("port p1 down") < received.index("show port p2") < received.index("port p2 down")


def test_a_careful_device_is_not_fired_at() -> None:
    here = site(careful=True)
    assert confirmed(here.cut("one"))
    assert here.driver.volleys == []


def test_lines_that_go_by_the_state_go_by_a_fresh_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = firing(AT_ONCE)
    spec = profile.points[PointKind.INTERFACE, False]
    shut = spec.methods[Method.SHUTDOWN]
    by_state = replace(shut, isolate=(), cases=(RestoreClause(shut.isolate, values(admin="up")),))
    spec = replace(spec, methods={**spec.methods, Method.SHUTDOWN: by_state})
    profile = replace(profile, points={**profile.points, (PointKind.INTERFACE, False): spec})
    monkeypatch.setitem(globals(), "firing", lambda _at_once: profile)
    here = site()
    ended = here.cut("one")
    assert confirmed(ended)
    assert {result.method for result in ended.results} == {Method.SHUTDOWN}
    assert here.driver.volleys == []


def test_what_somebody_changed_since_the_reading_is_in_doubt() -> None:
    here = site()
    here.board("a").ports["p1"].admin = "down"
    assert confirmed(here.cut("one"))
    held = [fact for fact in here.facts(HoldOpened) if isinstance(fact, HoldOpened)]
    last = {str(fact.point.id): fact.attribution for fact in held}
    assert last["a p1"] is Attribution.ASSUMED
    assert last["a p2"] is Attribution.OURS


def test_what_somebody_may_have_shut_before_a_volley_nobody_heard_of_is_in_doubt() -> None:
    here = site([Strike(Fault.DROP, "configure", times=1)])
    here.board("a").ports["p1"].admin = "down"
    assert confirmed(here.cut("one"))
    held = [fact for fact in here.facts(HoldOpened) if isinstance(fact, HoldOpened)]
    last = {str(fact.point.id): fact.attribution for fact in held}
    assert last["a p1"] is Attribution.ASSUMED
    assert last["b p1"] is Attribution.OURS


def test_what_was_cut_already_is_no_part_of_the_block() -> None:
    here = site(armed=False)
    here.board("a").ports["p1"].admin = "down"
    arm(here)
    ended = here.cut("one")
    assert confirmed(ended)
    assert here.board("a").changes == ["port p2 down"]
    assert by_point(ended)["a p1"].cause == "already-cut"


def test_the_journal_failing_sends_nothing_and_lets_the_devices_go() -> None:
    here = site()

    def fail(tag: Tag, _facts: object) -> None:
        if tag is Tag.OPERATION_INTENDED:
            raise RuntimeError("no journal")

    here.journal.before = fail
    with pytest.raises(RuntimeError):
        here.cut("one")
    assert all(board.received == [] for board in here.driver.boards.values())
    here.journal.before = lambda _tag, _facts: None
    assert confirmed(here.cut("one"))


def test_who_seizes_a_device_waits_for_nobody_and_keeps_it_until_he_lets_go() -> None:
    slots = DeviceSlots()
    with slots.visit("a", lambda: None), slots.hold("b", Action.RESTORE, lambda: None):
        assert [slots.seize(name) for name in NAMES] == [False, False, True]
    assert slots.seize("a")
    assert not slots.seize("a")
    with slots.visit("a", lambda: None) as visit:
        assert visit is None
    slots.release("a")
    assert slots.seize("a")


# --- no line lands where it does not belong ---------------------------------------------------------------

PORTS = ("p1", "p2", "p3")
SESSION = SessionSpec(
    netmiko="cisco_ios",
    enter=("configure terminal",),
    leave=("end",),
    at_once=AtOnceSpec(2000, re.compile("^interface ")),
)


SHOW = "show interface p1"


def rendering(name: str, *lines: str) -> Rendering:
    return Rendering(Method.SHUTDOWN, (f"interface {name}", *lines), {})


def operation(*names: str) -> Operation:
    reads = tuple(f"show interface {name}" for name in names)
    return Operation("acc-1", "fake_switch", reads, SESSION.enter, SESSION.leave, ())


@given(
    wanted=st.lists(st.sampled_from((*PORTS[:2], "no-such-port")), min_size=1, max_size=4),
    lines=st.sampled_from((("shutdown",), ("switchport access vlan 999", "shutdown"))),
    refused=st.sets(st.integers(0, 40)),
)
def test_whichever_lines_a_device_refuses_nothing_changes_but_what_the_block_wants(
    wanted: list[str], lines: tuple[str, ...], refused: set[int]
) -> None:
    switch = Switch.with_ports("acc-1", PORTS)
    line = CommandLine(switch)
    renderings = [rendering(name, *lines) for name in wanted]
    block = at_once_block(operation(*wanted), (), renderings, SESSION)
    assert block is not None
    for index, command in enumerate(block.commands):
        if index not in refused:
            line.run(command.text)
    assert {name for name, found in switch.ports.items() if found != PortState()} <= set(wanted)


def test_steps_of_one_block_differ_in_nothing_but_where() -> None:
    shut, moved = rendering("p1", "shutdown"), rendering("p2", "switchport access vlan 999")
    assert at_once_block(operation("p1", "p2"), (), [shut, rendering("p2", "shutdown")], SESSION) is not None
    assert at_once_block(operation("p1", "p2"), (), [shut, moved], SESSION) is None


def test_only_steps_with_one_context_of_their_own_go_out_at_once() -> None:
    good = rendering("p1", "shutdown")
    assert at_once_block(operation("p1"), (SHOW,), [good], SESSION) is not None
    two = replace(good, commands=("interface p1", "shutdown", "interface p2", "shutdown"))
    late = replace(good, commands=("ip access-list extended cut", "interface p1", "ip access-group cut in"))
    none = replace(good, commands=())
    for bad in (two, late, none):
        assert at_once_block(operation("p1"), (SHOW,), [good, bad], SESSION) is None
    assert at_once_block(operation("p1"), (SHOW,), [good], replace(SESSION, echo=False)) is None
    assert at_once_block(operation("p1"), (SHOW,), [good], replace(SESSION, at_once=None)) is None


def test_a_block_is_as_long_as_allowed_at_most_and_reads_before_and_after() -> None:
    block = at_once_block(operation("p1"), (SHOW,), [rendering("p1", "shutdown")], SESSION)
    assert block is not None
    assert [command.purpose for command in block.commands] == [
        Purpose.READ,
        Purpose.MODE,
        Purpose.CHANGE,
        Purpose.CHANGE,
        Purpose.MODE,
        Purpose.READ,
    ]
    size, last = size_of(block), len("show interface p1") + 1
    for allowed, purposes in ((size, 6), (size - 1, 5), (size - last, 5), (size - last - 1, 0)):
        spec = replace(SESSION, at_once=AtOnceSpec(allowed, re.compile("^interface ")))
        found = at_once_block(operation("p1"), (SHOW,), [rendering("p1", "shutdown")], spec)
        assert len(found.commands if found else ()) == purposes


PORT, BUNDLE = "GigabitEthernet1/0/1", "Port-channel1"


@pytest.mark.parametrize(
    ("name", "kind", "method", "first"),
    [
        (PORT, PointKind.INTERFACE, Method.SHUTDOWN, [f"show interfaces {PORT}"]),
        (PORT, PointKind.INTERFACE, Method.VLAN, [f"show running-config interface {PORT}"]),
        (
            BUNDLE,
            PointKind.AGGREGATE,
            Method.SHUTDOWN,
            [
                f"show interfaces {BUNDLE}",
                "show running-config | include ^interface|^ shutdown|^ channel-group|^end",
            ],
        ),
    ],
)
def test_before_a_change_is_read_what_its_return_goes_by_and_no_more(
    name: str, kind: PointKind, method: Method, first: list[str]
) -> None:
    profile = load_profiles([shipped_profiles()])["cisco_ios"]
    point = Point(PointId("a", name, None), kind, tagged=False)
    context = point_context(point, (), (), device("a", platform="cisco_ios"), profile)
    assert context is not None
    track = Track(Step(point, ("one",), (), Rendering(method, (), {}), ()), context)
    assert list(reads_telling(context, undone_by(track))) == first
