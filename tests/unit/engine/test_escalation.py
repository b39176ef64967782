"""A device that cannot be reached is cut off at its neighbours' ports, in the same run, and comes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from controller.domain.errors import OpenCause
from controller.domain.facts import Fact, HoldOpened, IntentRecorded, Noted
from controller.domain.hold import Attribution
from controller.domain.inventory import (
    ControllerSite,
    Device,
    DeviceRole,
    Link,
    LinkKind,
    Method,
    PointKind,
    Segment,
)
from controller.domain.inventory import Port as End
from controller.domain.lifecycle import RunState
from controller.domain.plan import Escalation, Plan
from controller.domain.playbook import OnUnreachable, Save, Stage
from controller.domain.profile.session import SaveSpec
from controller.domain.proof import Outcome, Proof
from controller.engine.execution.walklist import walklist
from controller.engine.holding.situation import SubjectState, situation
from controller.engine.network.vlans import Network
from controller.engine.planning.plans import Return
from controller.engine.planning.upstream import Upstream
from controller.engine.points.startup import reboots_after
from tests.fakes.board import PLATFORM, Board, Fault, Port, Strike
from tests.fakes.site import (
    INBAND,
    Site,
    by_point,
    conduit,
    device,
    documents,
    inventory,
    playbook,
    port,
    segment,
    stage,
)
from tests.unit.engine.test_crashes import until_it_survives


def link(one: str, other: str, kind: LinkKind = LinkKind.DATA) -> Link:
    """Between ports named for the device at the other end."""
    return Link((End(one, f"to-{other}"), End(other, f"to-{one}")), kind)


def core(name: str = "core", **changes: object) -> Device:
    return device(name, DeviceRole.CORE, **changes)


def site(
    devices: Iterable[Device],
    subjects: Sequence[object],
    links: Iterable[Link],
    cut: Sequence[str],
    controller: ControllerSite | None = None,
    on_unreachable: OnUnreachable = OnUnreachable.ESCALATE,
    methods: Sequence[Method] = (Method.SHUTDOWN, Method.VLAN),
    more: Sequence[Stage] = (),
) -> Site:
    """With one level that cuts the segments ``cut``, then what ``more`` says, and boards with all ports."""
    devices, links = tuple(devices), tuple(links)
    known = inventory(devices, subjects, links, controller or ControllerSite(End("core", "noc")))  # type: ignore[arg-type]  # subjects of either kind
    ports: dict[str, set[str]] = {each.name: set() for each in devices}
    for subject in known.subjects():
        for point in subject.points:
            ports[point.id.device].add(point.id.object)
    for each in links:
        for end in each.ends:
            ports[end.device].add(end.interface)
    boards = [Board(name, {each: Port() for each in sorted(found)}) for name, found in ports.items()]
    chosen = replace(stage(*cut, methods=methods), on_unreachable=on_unreachable)
    return Site(documents(known, [playbook("level-5", chosen, *more, level=5)]), boards)


def tree(**changes: object) -> Site:
    """A core with two access switches, each with two ports of the ward; an office on the first."""
    subjects = [
        segment("ward", [port("a", "p1"), port("a", "p2"), port("b", "p1")], 1),
        segment("office", [port("a", "p3")], 2),
        segment("samu", [port("c", "p1")], 1, keep_alive=True),
    ]
    devices = [core(), device("a"), device("b"), device("c")]
    links = [link("core", name) for name in ("a", "b", "c")]
    return site(devices, subjects, links, ("ward", "office"), **changes)  # type: ignore[arg-type]  # as site() takes them


def planned(made: Site) -> Plan:
    return made.controller.plan_level(5)


def escalations(made: Site) -> dict[str, Escalation]:
    return {each.device: each for each in planned(made).escalations}


def hazards(made: Site, *prefixes: str) -> set[tuple[str, str]]:
    return {
        (hazard.code, hazard.culprit) for hazard in planned(made).hazards if hazard.code.startswith(prefixes)
    }


def ports_of(escalation: Escalation) -> list[str]:
    return [str(point) for point in escalation.points]


# --- the plan ---------------------------------------------------------------------------------------


def test_the_plan_holds_the_exact_commands_of_every_cut_from_outside() -> None:
    made = tree()
    found = escalations(made)
    assert {name: ports_of(each) for name, each in found.items()} == {"a": ["core to-a"], "b": ["core to-b"]}
    [operation] = found["a"].operations
    [step] = operation.steps
    assert step.rendering.method is Method.SHUTDOWN
    assert any("to-a" in line for line in step.rendering.commands)
    assert step.subjects == ("ward", "office")
    assert found["a"].inside == (("ward", 2),)
    assert found["b"].inside == ()


def test_what_would_be_sent_upstream_is_approved_with_the_plan() -> None:
    escalating, reporting = planned(tree()), planned(tree(on_unreachable=OnUnreachable.REPORT))
    assert reporting.escalations == ()
    assert escalating.hash != reporting.hash
    costlier = tuple(replace(each, also=("x",), inside=()) for each in escalating.escalations)
    assert replace(escalating, escalations=costlier).hash == escalating.hash
    other = (replace(escalating.escalations[0], operations=()), *escalating.escalations[1:])
    assert replace(escalating, escalations=other).hash != escalating.hash


def test_a_device_attached_twice_is_cut_off_at_both_ends_and_an_aggregate_as_one() -> None:
    devices = [core(), core("core-2"), device("a")]
    aggregated = Link((End("core", "Port-channel7"), End("a", "Port-channel1")))
    links = [link("core", "core-2", LinkKind.PEER_LINK), link("core-2", "a"), aggregated]
    known = site(devices, [segment("ward", [port("a", "p1")])], links, ["ward"]).documents.inventory
    upstream = Upstream(Network(known))
    border = upstream.border("a")
    assert border is not None
    assert {str(upstream.point(each).id): upstream.point(each).kind for each in border.ports} == {
        "core Port-channel7": PointKind.AGGREGATE,
        "core-2 to-a": PointKind.INTERFACE,
    }


def test_a_way_out_of_the_site_that_hangs_on_the_device_is_no_way_out_for_it() -> None:
    ways = [WARD, conduit("internet", [port("box", "wan")])]
    made = site([core(), device("a"), device("box")], ways, [link("core", "a"), link("a", "box")], ["ward"])
    [escalation] = planned(made).escalations
    assert ports_of(escalation) == ["box to-a", "core to-a"]


def test_what_goes_with_a_device_is_named_and_its_own_links_are_left() -> None:
    subjects = [
        segment("ward", [port("a", "p1")]),
        segment("lab", [port("leaf", "p1"), port("leaf", "p2")]),
    ]
    made = site(
        [core(), device("a"), device("leaf")], subjects, [link("core", "a"), link("a", "leaf")], ["ward"]
    )
    [escalation] = planned(made).escalations
    assert ports_of(escalation) == ["core to-a"]
    assert escalation.behind == ("leaf",)
    assert escalation.also == ("lab",)
    assert escalation.inside == (("lab", 2),)
    assert hazards(made, "escalation-") == {("escalation-costs", "a")}


def kept(points: Iterable[object], **changes: object) -> Segment:
    return segment("samu", points, 1, keep_alive=True, **changes)  # type: ignore[arg-type]  # points and changes as segment() takes them


WARD = segment("ward", [port("a", "p1")])


@pytest.mark.parametrize(
    ("code", "detail", "devices", "subjects", "links", "controller"),
    [
        (
            "keep-alive",
            "samu → a p9",
            [core(), device("a")],
            [WARD, kept([port("a", "p9")])],
            [link("core", "a")],
            None,
        ),
        (
            "keep-alive",
            "samu → servers → leaf p1",
            [core(), device("a"), device("leaf")],
            [
                WARD,
                kept([port("core", "p1")], depends_on=("servers",)),
                segment("servers", [port("leaf", "p1")]),
            ],
            [link("core", "a"), link("a", "leaf")],
            None,
        ),
        (
            "keep-alive",
            "samu → trunk → a wan",
            [core(), device("a")],
            [WARD, kept([port("core", "p1")]), conduit("trunk", [port("a", "wan")], ["samu"])],
            [link("core", "a")],
            None,
        ),
        (
            "keep-alive",
            "samu → core to-a",
            [core(), device("a")],
            [WARD, kept([port("core", "p1"), port("core", "to-a", 7, tagged=True)])],
            [link("core", "a")],
            None,
        ),
        (
            "own-path",
            "leaf",
            [core(), device("a"), device("leaf", management=INBAND)],
            [WARD],
            [link("core", "a"), link("a", "leaf")],
            None,
        ),
        (
            "own-path",
            "a",
            [core(), device("a")],
            [WARD],
            [link("core", "a")],
            ControllerSite(End("core", "noc"), (End("a", "desk"),)),
        ),
        (
            "never-cut",
            "core to-a (peer-link)",
            [core(), device("a")],
            [WARD],
            [link("core", "a", LinkKind.PEER_LINK)],
            None,
        ),
        (
            "no-method",
            "box to-a",
            [device("box", DeviceRole.CORE, platform="manual"), device("a")],
            [WARD],
            [link("box", "a")],
            ControllerSite(),
        ),
    ],
)
def test_it_is_refused_where_it_would_kill_or_blind_and_the_plan_says_why(
    code: str,
    detail: str,
    devices: list[Device],
    subjects: list[object],
    links: list[Link],
    controller: ControllerSite | None,
) -> None:
    made = site(devices, subjects, links, ["ward"], controller)
    [escalation] = planned(made).escalations
    assert (escalation.refused, escalation.because, escalation.operations) == (code, detail, ())
    assert hazards(made, "escalation-") == {(f"escalation-{code}", "a")}
    assert not planned(made).refusals
    made.board("a").closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    [result] = ended.results
    assert (result.proof, result.outcome) == (Proof.UNKNOWN, Outcome.NOT_SENT)
    assert result.cause == f"open.unreachable + upstream-{code}:{detail}"
    assert not any(board.changes for board in made.driver.boards.values())


def test_a_device_of_which_no_link_is_known_is_for_a_person() -> None:
    made = site([core(), device("a")], [WARD], [], ["ward"])
    assert hazards(made, "escalation-") == {("escalation-no-link", "stage")}
    made.board("a").closed = OpenCause.UNREACHABLE
    assert by_point(made.cut(level=5))["a p1"].cause == "open.unreachable + upstream-no-link"


# --- the run ----------------------------------------------------------------------------------------


def test_a_device_that_cannot_be_opened_is_cut_upstream_in_the_same_run() -> None:
    made = tree()
    before = made.configuration()
    made.board("a").closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    results = by_point(ended)
    assert made.board("core").ports["to-a"].admin == "down"
    assert made.board("core").ports["to-b"].admin == "up"
    for point in ("a p1", "a p2", "a p3"):
        assert (results[point].proof, results[point].cause) == (Proof.CONFIRMED, "cut-upstream:core to-a")
        assert (results[point].outcome, results[point].state) == (Outcome.NOT_SENT, None)
        assert results[point].read_at is not None
    assert (results["core to-a"].proof, results["core to-a"].outcome) == (Proof.CONFIRMED, Outcome.ACCEPTED)
    assert all(result.satisfied for result in ended.results)
    assert walklist(ended.run, planned(made), made.documents.inventory, ended.results) == ()
    states = {
        each.subject.name: each.state
        for each in situation(made.documents.inventory, made.history, made.clock.now()).subjects
    }
    assert states["ward"] is states["office"] is SubjectState.ISOLATED
    # The device is back before it is restored: nothing was ever sent to it, and nothing has to be undone.
    made.board("a").closed = None
    sent = list(made.board("a").received)
    plan = made.controller.plan_return(Return(everything=True))
    assert {hazard.culprit for hazard in plan.hazards if hazard.code == "cut-upstream"} == {
        "a p1",
        "a p2",
        "a p3",
    }
    assert made.bring_back(everything=True).state is RunState.FINISHED
    assert made.configuration() == before
    assert made.board("a").received == sent
    assert not made.history.open_holds()


def test_a_reboot_is_feared_where_the_port_is_shut_not_where_nobody_got_in() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    [run] = made.history.runs()
    record = made.history.run(run.run)
    [after] = reboots_after(planned(made), record.steps, record.startups, made.documents.profiles)
    [now] = situation(
        made.documents.inventory, made.history, made.clock.now(), made.documents.profiles
    ).reboots
    assert (after.code, after.culprit) == (now.code, now.culprit) == ("reboot-opens", "b, core")


def saving() -> Site:
    """The tree, its playbook saving everywhere, and boards that can."""
    made = tree()
    known = made.documents
    book = replace(known.playbooks["level-5"], save=Save.ALWAYS)
    spec = SaveSpec(("save",), "show running", "show startup")
    profiles = {PLATFORM: replace(known.profiles[PLATFORM], save=spec)}
    made.restart(replace(known, playbooks={book.name: book}, profiles=profiles))
    return made


def test_what_was_shut_upstream_is_saved_as_the_playbook_says() -> None:
    """The neighbour too, though nothing of the plan's own is at it; and after the return once more."""
    made = saving()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    core_board = made.board("core")
    assert core_board.received.count("save") == 1
    assert "'to-a': ('down'" in core_board.startup
    [run] = made.history.runs()
    record = made.history.run(run.run)
    assert not reboots_after(planned(made), record.steps, record.startups, made.documents.profiles)
    made.board("a").closed = None
    made.bring_back(everything=True)
    assert "'to-a': ('up'" in core_board.startup


def test_decision_intent_and_hold_are_on_record_before_the_first_line_upstream() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    seen: list[list[Fact]] = []

    def watch(board: Board, line: str) -> None:
        if board.name == "core" and line.startswith("port") and not seen:
            seen.append(list(made.journal.facts))

    made.driver.at_line = watch
    made.cut(level=5)
    [facts] = seen
    notes = [dict(each.data) for each in facts if isinstance(each, Noted)]
    assert {"escalated": "core to-a", "behind": ""} in notes
    intents = [each for each in facts if isinstance(each, IntentRecorded) and each.device == "core"]
    assert [[str(point) for point, _ in each.steps] for each in intents] == [["core to-a"]]
    holds = {
        each.subject for each in facts if isinstance(each, HoldOpened) and each.point.id.device == "core"
    }
    assert holds == {"ward", "office"}


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DROP, Fault.LOSE, Fault.STALL])
def test_a_device_that_dies_while_it_is_worked_on_is_cut_upstream(fault: Fault) -> None:
    made = tree()
    before = made.configuration()
    made.board("a").strikes.append(Strike(fault, "^port|^show"))
    results = by_point(made.cut(level=5))
    assert made.board("core").ports["to-a"].admin == "down"
    assert {results[f"a p{number}"].proof for number in (1, 2, 3)} == {Proof.CONFIRMED}
    made.board("a").strikes.clear()
    made.bring_back(everything=True, accept_drift=["a"])
    assert made.configuration() == before
    assert not made.history.open_holds()


def test_a_stage_that_reports_leaves_it_to_the_walk_list() -> None:
    made = tree(on_unreachable=OnUnreachable.REPORT)
    made.board("a").closed = OpenCause.UNREACHABLE
    results = by_point(made.cut(level=5))
    assert results["a p1"].proof is Proof.UNKNOWN
    assert made.board("core").changes == []


def test_where_the_neighbour_does_not_answer_either_both_are_for_a_person() -> None:
    made = tree()
    for name in ("a", "core"):
        made.board(name).closed = OpenCause.UNREACHABLE
    ended = made.cut(level=5)
    results = by_point(ended)
    assert results["a p1"].cause == "open.unreachable + upstream-unproven:core to-a"
    assert results["core to-a"].outcome is Outcome.NOT_SENT
    errands = walklist(ended.run, planned(made), made.documents.inventory, ended.results)
    assert {str(errand.point) for errand in errands} == {"core to-a", "a p1", "a p2", "a p3"}
    assert next(each for each in errands if str(each.point) == "core to-a").commands


def test_two_that_may_each_be_cut_off_may_not_both_when_one_of_them_keeps_alive() -> None:
    """A ring: what is kept alive beyond it has two ways, and loses the second with the second device."""
    samu = kept([port("core", "p1"), port("far", "p1")], vlans=(7,))
    subjects = [segment("ward", [port("a", "p1"), port("b", "p1")], vlans=(8,)), samu]
    links = [link("core", "a"), link("core", "b"), link("a", "far"), link("b", "far")]
    made = site([core(), device("a"), device("b"), device("far")], subjects, links, ["ward"])
    assert {name: each.refused for name, each in escalations(made).items()} == {"a": "", "b": ""}
    for name in ("a", "b"):
        made.board(name).closed = OpenCause.UNREACHABLE
    results = by_point(made.cut(level=5))
    proofs = sorted((results["a p1"].proof, results["b p1"].proof))
    assert proofs == [Proof.CONFIRMED, Proof.UNKNOWN]
    shut = [name for name in ("a", "b") if made.board("core").ports[f"to-{name}"].admin == "down"]
    assert len(shut) == 1
    lacking = "b" if shut == ["a"] else "a"
    assert results[f"{lacking} p1"].cause.startswith("open.unreachable + upstream-keep-alive:samu")


@pytest.mark.parametrize("dead", [False, True])
def test_it_waits_for_what_is_still_to_be_cut_behind_it(dead: bool) -> None:
    """The farther device is managed through the nearer one, whose ssh is dead, and has its turn later; where
    it is dead as well, nothing is waited for any more after its turn."""
    made = site(
        [core(), device("a", management=INBAND), device("leaf", management=INBAND)],
        [WARD, segment("lab", [port("leaf", "p1")])],
        [link("core", "a"), link("a", "leaf")],
        ["ward"],
        more=[stage("lab", methods=[Method.SHUTDOWN], name="later")],
    )
    made.board("a").closed = OpenCause.UNREACHABLE
    made.board("leaf").closed = OpenCause.UNREACHABLE if dead else None
    order: list[str] = []
    made.driver.at_line = lambda board, line: order.append(board.name) if line.startswith("port") else None
    results = by_point(made.cut(level=5))
    assert list(dict.fromkeys(order)) == (["core"] if dead else ["leaf", "core"])
    assert results["a p1"].cause == "cut-upstream:core to-a"
    assert results["leaf p1"].proof is (Proof.UNKNOWN if dead else Proof.CONFIRMED)


def test_what_lies_behind_a_device_cut_off_has_its_proof_from_there() -> None:
    """Both are dead: the farther one's neighbour is the nearer one, which nobody reaches."""
    made = site(
        [core(), device("a"), device("leaf")],
        [segment("ward", [port("a", "p1"), port("leaf", "p1")])],
        [link("core", "a"), link("a", "leaf")],
        ["ward"],
    )
    for name in ("a", "leaf"):
        made.board(name).closed = OpenCause.UNREACHABLE
    results = by_point(made.cut(level=5))
    assert results["a p1"].proof is results["leaf p1"].proof is Proof.CONFIRMED
    assert results["leaf p1"].cause == "cut-upstream:core to-a"


def test_the_watch_reads_the_port_and_leaves_what_is_behind_it_as_it_was() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    made.board("a").closed = None  # back, and never changed
    watching = made.controller.watch(lambda: made.documents.inventory)
    made.board("core").ports["to-a"].admin = "up"  # by somebody else
    for _ in range(30):
        made.clock.pause(60)
        for name in watching.due():
            watching.look(name)
    assert made.board("core").ports["to-a"].admin == "down"
    assert made.board("a").changes == []
    proofs = situation(made.documents.inventory, made.history, made.clock.now()).proofs
    assert dict(proofs) == {Proof.CONFIRMED: 5}


# --- the return -------------------------------------------------------------------------------------


def test_the_port_stays_shut_while_anything_behind_it_is_held() -> None:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    made.bring_back("office")
    assert made.board("core").ports["to-a"].admin == "down"
    plan = made.controller.plan_return(Return(subjects=("ward",)))
    assert not [each for each in plan.hazards if each.code == "upstream-stays"]
    made.bring_back("ward")
    assert made.board("core").ports["to-a"].admin == "up"


def test_nor_does_another_run_lift_it() -> None:
    """A second cut of the office, which only reports, rests on the first one's port."""
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    made.cut(level=5)
    made.cut("office")
    runs = {hold.key.run for hold in made.history.open_holds()}
    assert len(runs) == 2
    wanted = Return(level=5)
    plan = made.controller.plan_return(wanted)
    assert [each.culprit for each in plan.hazards if each.code == "upstream-stays"] == ["core to-a"]
    made.bring_back(level=5)
    assert made.board("core").ports["to-a"].admin == "down"
    assert {hold.key.run for hold in made.history.open_holds()} == runs
    made.bring_back(everything=True)
    assert made.board("core").ports["to-a"].admin == "up"
    assert not made.history.open_holds()


# --- crashes ----------------------------------------------------------------------------------------


def dead() -> Site:
    made = tree()
    made.board("a").closed = OpenCause.UNREACHABLE
    return made


@pytest.mark.parametrize("answers_again", [False, True])
def test_a_death_at_any_moment_is_read_back_and_ends_cut(answers_again: bool) -> None:
    before = tree().configuration()
    for made in until_it_survives(dead, lambda made: made.cut(level=5)):
        shut = made.board("core").ports["to-a"].admin == "down"
        made.restart()
        made.board("a").closed = None if answers_again else OpenCause.UNREACHABLE
        for record in made.history.runs():
            if record.state is RunState.INTERRUPTED:
                assert all(result.satisfied for result in made.resume(record.run).results)
            assert not made.history.run(record.run).pending
        ports = {hold.point.id for hold in made.history.open_holds() if hold.point.id.device == "core"}
        assert (made.board("core").ports["to-a"].admin == "down") == bool(ports)
        assert shut <= bool(ports)
        made.board("a").closed = None
        if made.history.open_holds():
            doubtful = {
                hold.point.id.device
                for hold in made.history.open_holds()
                if hold.attribution is Attribution.ASSUMED
            }
            made.bring_back(everything=True, accept_drift=sorted(doubtful))
        assert made.configuration() == before
        assert not made.history.open_holds()


def test_what_was_sent_elsewhere_on_the_neighbour_is_not_forgotten_over_the_port() -> None:
    """Found cut after a death, and nobody saw who did it: for the neighbour's own points as for the port."""

    def prepared() -> Site:
        made = site(
            [core(management=INBAND), device("a", management=INBAND)],
            [WARD, segment("servers", [port("core", "p9")])],
            [link("core", "a")],
            ["ward", "servers"],
        )
        made.board("a").closed = OpenCause.UNREACHABLE
        return made

    doubtful = 0
    for made in until_it_survives(prepared, lambda made: made.cut(level=5)):
        seen = {str(read.point) for read in made.reads() if read.proof is Proof.CONFIRMED}
        ports = made.board("core").ports
        unseen = {name for name in ("p9", "to-a") if ports[name].admin == "down"} - {
            point.removeprefix("core ") for point in seen
        }
        made.restart()
        for record in made.history.runs():
            if record.state is RunState.INTERRUPTED:
                assert all(result.satisfied for result in made.resume(record.run).results)
        assumed = {
            hold.point.id.object
            for hold in made.history.open_holds()
            if hold.attribution is Attribution.ASSUMED
        }
        assert unseen <= assumed
        doubtful += len(unseen)
    assert doubtful


def test_a_return_killed_at_any_moment_is_taken_to_its_end() -> None:
    def cut() -> Site:
        made = dead()
        made.cut(level=5)
        made.board("a").closed = None
        return made

    before = tree().configuration()
    for made in until_it_survives(cut, lambda made: made.bring_back(everything=True)):
        made.restart()
        for record in made.history.runs():
            if record.state is RunState.INTERRUPTED:
                made.resume(record.run)
        if made.history.open_holds():
            made.bring_back(everything=True)
        assert made.configuration() == before
        assert not made.history.open_holds()
