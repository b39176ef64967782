"""Rehearsals: canary ports cut and brought back by the machinery of a real cut, and what counts as tested."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest

from controller.domain.errors import InvalidRequest, NotFound, OpenCause, Refused
from controller.domain.facts import HoldOpened, RunOpened
from controller.domain.inventory import REHEARSAL, ControllerSite, Inventory, Method, PointKind, Port
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.rehearsal import Rehearsed
from controller.engine.events import Event, RehearsalEnded, RunStarted
from controller.engine.planning.canaries import canaries, plan_rehearsal
from controller.engine.planning.plans import Documents, plan_subjects
from controller.engine.planning.untested import rehearsals, untested
from tests.fakes.board import Board, Fault, Strike
from tests.fakes.board import Port as BoardPort
from tests.fakes.site import ACTOR, NOWHERE, Site, device, documents, inventory, port, segment
from tests.unit.engine.test_crashes import Death, Killed, until_it_survives

NINETY = timedelta(days=90)


def three_switches(controller: ControllerSite = NOWHERE) -> Site:
    """Two have a canary port, c has none; each has a port of segment one."""
    names = ("a", "b", "c")
    known = inventory(
        [device(name, canary=None if name == "c" else "spare") for name in names],
        [segment("one", [port(name, "p1") for name in names])],
        controller=controller,
    )
    boards = [Board(name, {"p1": BoardPort(), "spare": BoardPort(pvid="1")}) for name in names]
    return Site(documents(known), boards)


def rehearse(
    site: Site, devices: Iterable[str] = ("a", "b", "c"), plans: tuple[Plan, ...] = ()
) -> RehearsalEnded:
    site.events.clear()
    plans = plans or plan_rehearsal(site.documents)
    site.controller.rehearsing.rehearse(
        plans, tuple(devices), site.documents, "test", ACTOR, site.events.append
    )
    return ended(site.events)


def ended(events: Iterable[Event]) -> RehearsalEnded:
    [found] = [event for event in events if isinstance(event, RehearsalEnded)]
    return found


def tried(end: RehearsalEnded) -> dict[tuple[str, str], str]:
    """(device, method) to what went wrong, "" where nothing did."""
    assert all(each.passed is (each.cause == "") for each in end.rehearsed)
    return {(each.device, each.method.value): each.cause for each in end.rehearsed}


def hazards(site: Site, *subjects: str, after: timedelta = timedelta(0)) -> dict[str, dict[str, str]]:
    plan = plan_subjects(site.documents, subjects)
    now = site.clock.now() + after
    found = untested(plan, site.documents.inventory, rehearsals(site.history), now, NINETY)
    assert found.hash == plan.hash
    return {each.culprit: dict(each.data) for each in found.hazards if each.code == "untested"}


# --- a rehearsal ------------------------------------------------------------------------------------


def test_every_method_is_cut_read_back_and_brought_back_at_every_canary() -> None:
    site = three_switches()
    before = site.configuration()
    end = rehearse(site)
    assert tried(end) == {(name, method): "" for name in "ab" for method in ("shutdown", "vlan")}
    assert (end.skipped, end.left, end.cause) == ((), (), "")
    assert site.configuration() == before
    assert site.history.open_holds() == ()
    assert site.board("a").changes == [
        "port spare down",
        "port spare up",
        "port spare pvid 999",
        "port spare pvid 1",
    ]
    assert site.board("c").changes == []
    runs = [fact for fact in site.facts(RunOpened) if isinstance(fact, RunOpened)]
    assert [(run.action, run.playbook) for run in runs] == [
        (Action.ISOLATE, REHEARSAL),
        (Action.RESTORE, REHEARSAL),
    ] * 2
    assert {fact.subject for fact in site.facts(HoldOpened) if isinstance(fact, HoldOpened)} == {REHEARSAL}
    assert not site.driver.still_open


def test_what_passed_is_on_record_with_the_software_it_passed_on() -> None:
    site = three_switches()
    site.board("b").version = "2.0"
    end = rehearse(site)
    assert {(each.device, each.software.version) for each in end.rehearsed} == {("a", "1.0"), ("b", "2.0")}
    known = rehearsals(site.history)
    assert known.software_of("c") == ("board", "", "1.0")  # asked too, though it has no canary port
    now = site.clock.now()
    assert known.passed("c", PointKind.INTERFACE, Method.VLAN, now, NINETY)
    assert not known.passed("c", PointKind.POLICY, Method.POLICY, now, NINETY)


def test_a_device_that_does_not_answer_or_whose_port_cannot_be_read_is_left_alone_and_listed() -> None:
    site = three_switches()
    site.board("a").closed = OpenCause.UNREACHABLE
    site.board("b").strikes.append(Strike(Fault.GARBLE, "^show port spare$"))
    end = rehearse(site)
    assert end.rehearsed == ()
    assert dict(end.skipped) == {"a": "open.unreachable", "b spare": "unreadable"}
    assert site.board("b").changes == []


def test_a_canary_that_is_shut_already_proves_nothing_and_stays_shut() -> None:
    site = three_switches()
    site.board("a").ports["spare"].admin = "down"
    end = rehearse(site)
    assert tried(end)["a", "shutdown"] == "already-cut"
    assert tried(end)["a", "vlan"] == ""
    assert site.board("a").ports["spare"].admin == "down"
    assert "port spare down" not in site.board("a").changes


def test_one_that_fails_holds_up_no_other_and_is_named_while_it_is_cut() -> None:
    site = three_switches()
    site.board("a").strikes.append(Strike(Fault.REFUSE, "^port spare up$", times=1))
    end = rehearse(site)
    assert tried(end)["a", "shutdown"] == "device-refused"
    assert tried(end)["b", "shutdown"] == ""
    assert ("a", "vlan") not in tried(end)
    assert end.left == ()  # what brought back b after the next method tried it again
    assert site.board("a").ports["spare"].admin == "up"


def test_what_stays_cut_is_listed_and_the_next_rehearsal_brings_it_back_first() -> None:
    site = three_switches()
    site.board("a").strikes.append(Strike(Fault.REFUSE, "^port spare up$"))
    assert [str(point) for point in rehearse(site).left] == ["a spare"]
    site.board("a").strikes.clear()
    end = rehearse(site)
    assert (end.left, end.skipped) == ((), ())
    assert set(tried(end).values()) == {""}
    assert site.board("a").ports["spare"].admin == "up"


def test_a_canary_that_a_person_changed_is_left_to_a_person() -> None:
    site = three_switches()
    site.board("a").strikes.append(Strike(Fault.REFUSE, "^port spare up$"))
    assert [str(point) for point in rehearse(site).left] == ["a spare"]
    site.board("a").strikes.clear()
    site.board("a").ports["spare"].pvid = "30"
    end = rehearse(site)
    assert dict(end.skipped) == {"a spare": "canary-held"}
    assert site.board("a").ports["spare"].pvid == "30"


# --- what may not be rehearsed ----------------------------------------------------------------------


def test_only_devices_with_a_canary_port_can_be_rehearsed() -> None:
    site = three_switches()
    assert [str(point.id) for point in canaries(site.documents.inventory, ["b", "c"])] == ["b spare"]
    with pytest.raises(InvalidRequest, match="no-canary"):
        canaries(site.documents.inventory, ["c"])
    with pytest.raises(NotFound):
        canaries(site.documents.inventory, ["d"])


def test_a_canary_that_is_a_responders_own_port_is_refused() -> None:
    site = three_switches(ControllerSite(consoles=(Port("a", "spare"),)))
    with pytest.raises(Refused):
        rehearse(site)
    assert site.board("a").changes == site.board("b").changes == []


def test_nothing_is_rehearsed_beside_a_cut_that_is_not_over() -> None:
    site = three_switches()
    death = Death(site, 6)
    with pytest.raises(Killed):
        site.cut("one")
    death.over()
    assert site.restart()
    with pytest.raises(InvalidRequest, match="rehearsal-not-now"):
        rehearse(site)
    assert all(not line.startswith("port spare") for name in "ab" for line in site.board(name).changes)


@pytest.mark.parametrize("line", ["port spare down", "port spare up"])
def test_a_cut_goes_first_and_the_canary_waits_for_a_person(line: str) -> None:
    """Whether it finds the canary being cut or being brought back."""
    site = three_switches()
    at, cut = threading.Event(), threading.Event()

    def stands_still(board: Board, said: str) -> None:
        if (board.name, said) == ("a", line) and not at.is_set():
            at.set()
            assert cut.wait(20)

    site.driver.at_line = stands_still
    ends: list[RehearsalEnded] = []
    rehearsing = threading.Thread(target=lambda: ends.append(rehearse(site)))
    rehearsing.start()
    assert at.wait(20)
    [standing] = [session for session in site.driver.still_open if session.board.name == "a"]
    isolating = threading.Thread(target=lambda: site.cut("one"))
    isolating.start()
    moment = threading.Event()
    for _ in range(500):
        if not standing.is_open:
            break
        moment.wait(0.01)
    ended_for_the_cut = not standing.is_open
    cut.set()
    isolating.join(20)
    rehearsing.join(20)
    assert ended_for_the_cut
    [end] = ends
    assert end.cause == "cut-under-way"
    assert {site.board(name).ports["p1"].admin for name in "abc"} == {"down"}
    left = {hold.key.point.device for hold in site.history.open_holds() if hold.key.subject == REHEARSAL}
    assert {point.device for point in end.left} == left != set()
    site.driver.at_line = lambda _board, _line: None
    assert rehearse(site).left == ()
    assert {site.board(name).ports["spare"].admin for name in "abc"} == {"up"}
    assert {site.board(name).ports["p1"].admin for name in "abc"} == {"down"}


# --- a process that dies ----------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["resume", "rehearse"])
def test_a_canary_comes_back_wherever_the_process_died(again: str) -> None:
    before = three_switches().configuration()

    def one_method(site: Site) -> None:
        rehearse(site, plans=plan_rehearsal(site.documents)[:1])

    found = until_it_survives(three_switches, one_method)
    assert any(site.configuration() != before for site in found)
    for site in found:
        site.restart()
        if again == "rehearse":
            assert set(tried(rehearse(site)).values()) == {""}
        else:
            resume_what_is_left(site)
        assert site.configuration() == before
        assert site.history.open_holds() == ()
        assert {record.state for record in site.history.runs()} <= {RunState.FINISHED}
        assert not site.driver.still_open


def resume_what_is_left(site: Site) -> None:
    """As a person does it: with the runs that are not over, and with those that hold something."""
    for record in site.history.runs():
        holds = any(hold.key.run == record.run for hold in site.history.open_holds())
        if not holds and site.history.run(record.run).state is RunState.FINISHED:
            continue
        if site.controller.rehearsing.owns(record.run):
            reader = StoredDocuments(site.documents)
            site.controller.rehearsing.resume(record.run, reader, ACTOR, site.events.append)
        else:
            site.resume(record.run)


class StoredDocuments:
    """Reads the stored sources again as what they were."""

    def __init__(self, known: Documents) -> None:
        self._known = known

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory:
        assert text
        assert profiles
        return self._known.inventory

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]:
        assert text
        return self._known.profiles


# --- what plans rest on -----------------------------------------------------------------------------


def test_a_plan_says_what_it_rests_on_that_was_not_rehearsed_and_how_much_of_it() -> None:
    site = three_switches()
    [(culprit, data)] = hazards(site, "one").items()
    assert culprit == "board, interface shutdown"
    assert data["version"] == ""
    assert (data["count"], data["devices"], data["days"]) == ("3", "3", "90")
    rehearse(site)
    assert hazards(site, "one") == {}


def test_it_counts_again_as_untested_after_the_days_and_with_other_software() -> None:
    site = three_switches()
    rehearse(site)
    assert hazards(site, "one", after=NINETY + timedelta(seconds=1)) != {}
    site.board("c").version = "3.0"
    rehearse(site)
    assert hazards(site, "one") == {
        "board 3.0, interface shutdown": {"count": "1", "devices": "1", "days": "90", "version": "3.0"}
    }


def test_what_failed_at_a_device_counts_for_it_whatever_passed_elsewhere() -> None:
    site = three_switches()
    site.board("a").strikes.append(Strike(Fault.REFUSE, "^port spare down$"))
    end = rehearse(site)
    assert tried(end)["a", "shutdown"] == "device-refused"
    assert hazards(site, "one")["board 1.0, interface shutdown"]["count"] == "1"


def test_a_rehearsal_says_nothing_of_itself() -> None:
    site = three_switches()
    for plan in plan_rehearsal(site.documents):
        found = untested(plan, site.documents.inventory, rehearsals(site.history), site.clock.now(), NINETY)
        assert found == plan
        assert plan.hazards == ()


def test_a_note_of_another_version_is_passed_over() -> None:
    site = three_switches()
    end = rehearse(site)
    note = end.rehearsed[0].as_note()
    newer = type(note)(note.subject, (*note.data[:5], ("kind", "hologram")))
    assert isinstance(end.rehearsed[0], Rehearsed)
    known = type(rehearsals(site.history)).read([(site.clock.now(), newer)])
    assert known.software_of("a") is not None
    assert not known.passed("a", PointKind.INTERFACE, Method.SHUTDOWN, site.clock.now(), NINETY)


def test_the_runs_are_told_as_they_go() -> None:
    site = three_switches()
    rehearse(site)
    assert [event.plan.action for event in site.events if isinstance(event, RunStarted)] == [
        Action.ISOLATE,
        Action.RESTORE,
    ] * 2
