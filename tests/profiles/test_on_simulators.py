"""The profiles and the simulators were written apart, each from the vendor's documents: here they meet.

For every platform that has both, every kind of point and every method: the cut stops the traffic and the
read-back says so, the restore brings the configuration back to the letter, and whatever goes wrong in between
is never taken for a cut. A platform joins with a file in ``tests/profiles/simulated``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.domain import profile as profiles
from controller.domain.inventory import Method
from controller.domain.plan import Rendering
from controller.domain.profile.surroundings import Listing
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import StartupState
from controller.engine.points.blocks import complete_answers
from controller.engine.points.reading import judge, read_state
from controller.engine.points.renderer import isolation, read_commands, restoration
from controller.engine.points.startup import compared
from controller.engine.ports import Block, Command, Purpose
from controller.engine.readiness.discovery import questions, sighting
from controller.simulator.platform import platform
from tests.profiles.meeting import ONE, OTHER, PROFILES, SITES, Meeting, SitePoint

CASES = [(name, point, method) for name, site in SITES.items() for point, method in site.cases]
IDS = [f"{name}-{point}-{method}" for name, point, method in CASES]
CANDIDATES = [name for name in SITES if PROFILES[name].session.commit]
LOCKABLE = [name for name in SITES if PROFILES[name].session.locked]
INSISTING = [case for case in CASES if PROFILES[case[0]].session.insist and case[2] is Method.POLICY]
UNKNOWN = "cordon-xyzzy"
MOST_AT_ONCE = 4


@pytest.fixture(scope="module")
def _meetings() -> Iterator[dict[str, Meeting]]:
    """A few at a time: the tests come platform by platform, as far as several workers allow."""
    begun: dict[str, Meeting] = {}
    yield begun
    for each in begun.values():
        each.close()


@pytest.fixture
def meeting(name: str, _meetings: dict[str, Meeting]) -> Meeting:
    if name not in _meetings:
        for other in list(_meetings)[: -MOST_AT_ONCE + 1]:
            _meetings.pop(other).close()
        _meetings[name] = Meeting(SITES[name])
    elif _meetings[name].used:
        _meetings[name].reset()
    return _meetings[name]


@pytest.fixture
def spoilt(meeting: Meeting) -> Meeting:
    """For a test that leaves something behind: the next one finds the site as at the start."""
    meeting.used = True
    return meeting


def cut_of(meeting: Meeting, where: SitePoint, method: Method) -> Rendering:
    context = meeting.context(where)
    state = meeting.read(where) if context.spec.methods[method].cases else None
    cut = isolation(context, method, state)
    assert cut is not None
    return cut


def a_cut(meeting: Meeting) -> tuple[SitePoint, Rendering]:
    where = next(iter(meeting.site.points.values()))
    return where, cut_of(meeting, where, next(iter(meeting.context(where).spec.methods)))


def test_every_profile_said_to_be_simulated_is_tried_here() -> None:
    said = {name for name, profile in PROFILES.items() if profile.tested is profiles.Tested.SIMULATED}
    assert said == set(SITES)
    for name, site in SITES.items():
        assert platform(name).name == name
        kinds = {(each.point.kind, each.point.tagged) for each in site.points.values()}
        assert kinds == set(PROFILES[name].points), f"{name}: a kind of point without a point in its site"


# --- what a cut does ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "point", "method"), CASES, ids=IDS)
def test_a_cut_stops_the_traffic_and_is_undone(meeting: Meeting, point: str, method: Method) -> None:
    where = meeting.site.points[point]
    context, before = meeting.context(where), meeting.running()
    untouched, open_, mode = meeting.read(where), meeting.passes(where), meeting.mode()
    assert untouched is not None
    assert any(open_.values()), "nothing passed before the cut"
    cut = cut_of(meeting, where, method)
    assert judge(cut.expect, untouched) is Proof.CONTRADICTED
    outcome, _, state = meeting.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert not any(meeting.passes(where).values())
    assert judge(cut.expect, state) is Proof.CONFIRMED
    assert meeting.mode() == mode, "a mode was entered and not left"
    back = restoration(context, [method], untouched)
    outcome, _, state = meeting.change(where, back)
    assert outcome is Outcome.ACCEPTED
    assert judge(back.expect, state) is Proof.CONFIRMED
    assert meeting.mode() == mode, "a mode was entered and not left"
    assert meeting.passes(where) == open_
    assert meeting.running() == before


@pytest.mark.parametrize(("name", "point", "method"), CASES, ids=IDS)
def test_a_cut_that_the_device_ignores_is_not_confirmed(spoilt: Meeting, point: str, method: Method) -> None:
    where = spoilt.site.points[point]
    cut = cut_of(spoilt, where, method)
    spoilt.simulation.fault(ONE, "ignore")
    _, _, state = spoilt.change(where, cut)
    assert judge(cut.expect, state) is not Proof.CONFIRMED


@pytest.mark.parametrize(("name", "point", "method"), CASES, ids=IDS)
def test_no_line_of_a_cut_can_be_refused_unseen(spoilt: Meeting, point: str, method: Method) -> None:
    """Each line in its turn, as an AAA server refuses it."""
    where = spoilt.site.points[point]
    cut = cut_of(spoilt, where, method)
    before = spoilt.running()
    for line in range(len(cut.commands)):
        spoilt.simulation.fault(ONE, "reject", on=_exactly(cut.commands[line]))
        outcome, cause, _ = spoilt.change(where, cut)
        assert (outcome, cause) == (Outcome.REJECTED, "device-refused"), cut.commands[line]
        spoilt.reset()
        assert spoilt.running() == before
    assert not spoilt.simulation.state(ONE)["pending"]


@pytest.mark.parametrize(("name", "point", "method"), INSISTING)
def test_nothing_but_what_was_filtered_is_cleared(spoilt: Meeting, point: str, method: Method) -> None:
    """Whichever line of a cut has no effect although it was taken: a filter that is not there clears all."""
    where = spoilt.site.points[point]
    cut = cut_of(spoilt, where, method)
    others = spoilt.simulation.state(ONE)["sessions"]["others"]
    assert others
    for line in cut.commands:
        spoilt.simulation.fault(ONE, "ignore", on=_exactly(line))
        spoilt.change(where, cut)
        assert spoilt.simulation.state(ONE)["sessions"]["others"] == others, line
        spoilt.reset()


@pytest.mark.parametrize(("name", "point", "method"), INSISTING)
def test_a_reading_prints_no_more_than_its_own_sessions(spoilt: Meeting, point: str, method: Method) -> None:
    """A firewall in use takes minutes for all of them."""
    where = spoilt.site.points[point]
    assert method in spoilt.context(where).spec.methods
    spoilt.read(where)
    sessions = spoilt.simulation.state(ONE)["sessions"]
    assert 0 < 100 * sessions["printed"] < sessions["others"]


@pytest.mark.parametrize(("name", "point", "method"), INSISTING)
def test_what_a_session_was_left_with_narrows_no_cut(spoilt: Meeting, point: str, method: Method) -> None:
    where = spoilt.site.points[point]
    cut = cut_of(spoilt, where, method)
    assert spoilt.site.left
    spoilt.exchange(Block(tuple(Command(line, Purpose.READ) for line in spoilt.site.left)))
    outcome, _, state = spoilt.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONFIRMED
    assert not any(spoilt.passes(where).values())


def _exactly(line: str) -> str:
    return "^" + "".join("\\" + each if not each.isalnum() else each for each in line) + "$"


@pytest.mark.parametrize(("name", "point", "method"), [case for case in CASES if SITES[case[0]].unprepared])
def test_the_first_cut_finds_nothing_prepared(spoilt: Meeting, point: str, method: Method) -> None:
    where = spoilt.site.points[point]
    spoilt.simulation.configure(ONE, *spoilt.site.unprepared)
    cut = cut_of(spoilt, where, method)
    outcome, _, state = spoilt.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONFIRMED
    assert not any(spoilt.passes(where).values())


@pytest.mark.parametrize("name", [name for name in SITES if SITES[name].misspelt])
def test_what_is_not_there_is_not_made(meeting: Meeting) -> None:
    """Neither by a cut nor by a restore of a point whose name somebody got wrong, or took away meanwhile."""
    before = meeting.running()
    for name, nowhere in meeting.site.misspelt.items():
        there = meeting.site.points[name]
        open_ = meeting.read(there)
        assert open_ is not None
        methods = list(meeting.context(there).spec.methods)
        back = restoration(meeting.context(nowhere), methods, open_)
        for rendering in (*(cut_of(meeting, nowhere, method) for method in methods), back):
            outcome, _, state = meeting.change(nowhere, rendering)
            assert outcome is Outcome.REJECTED, rendering.commands
            assert state is None
            assert meeting.running() == before, rendering.commands


@pytest.mark.parametrize("name", SITES)
def test_what_a_person_had_shut_stays_shut(meeting: Meeting) -> None:
    where = meeting.site.shut
    if where is None:
        assert not any(each.point.kind.value == "interface" for each in meeting.site.points.values())
        return
    before = meeting.running()
    baseline = meeting.read(where)
    assert baseline is not None
    assert not any(meeting.passes(where).values())
    for method in meeting.context(where).spec.methods:
        meeting.change(where, cut_of(meeting, where, method))
        back = restoration(meeting.context(where), [method], baseline)
        outcome, _, state = meeting.change(where, back) if back.commands else (Outcome.ACCEPTED, "", baseline)
        assert outcome is Outcome.ACCEPTED
        assert judge(back.expect, state) is Proof.CONFIRMED
        assert not any(meeting.passes(where).values())
    assert meeting.running() == before


# --- answers that say nothing -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SITES)
def test_a_line_it_does_not_know_is_refused_in_every_mode(meeting: Meeting) -> None:
    enter = meeting.profile.session.enter
    leave = (*(meeting.profile.session.commit.discard if meeting.profile.session.commit else ()),)
    lines = (UNKNOWN, *enter, UNKNOWN, *leave, *meeting.profile.session.leave)
    answers = meeting.exchange(Block(tuple(Command(line, Purpose.READ) for line in lines)))
    for answer in answers:
        assert answer.complete
        refused = meeting.profile.error_in(answer.text) is not None
        assert refused is (answer.command.text == UNKNOWN), (answer.command.text, answer.text)


@pytest.mark.parametrize("name", SITES)
def test_a_refused_read_is_unknown(meeting: Meeting) -> None:
    (refusal,) = meeting.exchange(Block((Command(UNKNOWN, Purpose.READ),)))
    for where in meeting.site.points.values():
        context = meeting.context(where)
        commands = read_commands(context)
        answers = complete_answers(
            meeting.exchange(Block(tuple(Command(text, Purpose.READ) for text in commands)))
        )
        assert read_state(context, answers) is not None
        for command in commands:
            assert read_state(context, {**answers, command: refusal.text}) is None
        for read in context.spec.reads:
            if read.parse:
                silent = {**answers, read.send.fill(context.values): ""}
                assert read_state(context, silent) is None


@pytest.mark.parametrize("name", SITES)
def test_a_session_lost_after_the_change_is_read_again(spoilt: Meeting) -> None:
    where = next(iter(spoilt.site.points.values()))
    method = next(iter(spoilt.context(where).spec.methods))
    cut = cut_of(spoilt, where, method)
    spoilt.simulation.fault(ONE, "drop_after_change", nth=1)
    outcome, _, state = spoilt.change(where, cut)
    assert outcome is Outcome.SENT
    assert state is None
    spoilt.simulation.clear(ONE)
    told = judge(cut.expect, spoilt.read(where))
    assert (told is Proof.CONFIRMED) is not any(spoilt.passes(where).values())


WORST: list[tuple[str, dict[str, object]]] = [
    ("more", {"lines": 5}),
    ("syslog_noise", {}),
    ("changing_prompt", {"nth": 1, "name": "elsewhere"}),
    ("slow_prompt", {"seconds": 0.2}),
]


@pytest.mark.parametrize(("fault", "params"), WORST, ids=[fault for fault, _ in WORST])
@pytest.mark.parametrize("name", SITES)
def test_a_device_at_its_worst_is_cut_and_read_all_the_same(
    spoilt: Meeting, fault: str, params: dict[str, object]
) -> None:
    """Paging that comes back, log messages in every echo and answer, another host name, a slow prompt. Where
    a new name is not seen to be a prompt (it may be a question: Comware's is in brackets), the session ends,
    nothing is claimed, and the next one reads."""
    where, cut = a_cut(spoilt)
    spoilt.read(where)
    spoilt.simulation.fault(ONE, fault, **params)
    outcome, _, state = spoilt.change(where, cut)
    if fault == "changing_prompt" and outcome is Outcome.SENT:
        assert state is None
        state = spoilt.read(where)
    else:
        assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONFIRMED
    assert not any(spoilt.passes(where).values())


# --- the configuration a restart finds ----------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SITES if PROFILES[name].save])
def test_what_is_saved_is_what_a_restart_finds(spoilt: Meeting) -> None:
    save = spoilt.profile.save
    assert save is not None
    where = next(iter(spoilt.site.points.values()))
    method = next(iter(spoilt.context(where).spec.methods))
    assert save.send or save.lasting, "nothing of it outlives a restart"
    assert startup(spoilt) in (StartupState.EQUAL, StartupState.UNKNOWN)
    comparable = startup(spoilt) is StartupState.EQUAL
    spoilt.change(where, cut_of(spoilt, where, method))
    if save.send:
        if comparable:
            assert startup(spoilt) is StartupState.DIFFERENT
        lines = tuple(Command(text, Purpose.CHANGE, 1, save.answers) for text in save.send)
        for answer in spoilt.exchange(Block(lines)):
            assert answer.complete
            assert spoilt.profile.error_in(answer.text) is None, answer.text
        if comparable:
            assert startup(spoilt) is StartupState.EQUAL
    spoilt.simulation.reload(ONE)
    spoilt.simulation.wait(device=ONE, event="booted")
    assert any(spoilt.passes(where).values()) is not (bool(save.send) or method in save.lasting)


def startup(meeting: Meeting) -> StartupState:
    save = meeting.profile.save
    assert save is not None
    texts = [text for text in (save.running, save.startup) if text]
    answers = meeting.exchange(Block(tuple(Command(text, Purpose.READ) for text in texts)))
    return compared(meeting.profile, complete_answers(answers))


# --- candidates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_commit_that_fails_leaves_nothing_behind(spoilt: Meeting) -> None:
    where, cut = a_cut(spoilt)
    before = spoilt.running()
    spoilt.simulation.fault(ONE, "commit_fails")
    outcome, cause, state = spoilt.change(where, cut)
    assert (outcome, cause) == (Outcome.REJECTED, "commit-failed")
    assert judge(cut.expect, state) is Proof.CONTRADICTED
    assert spoilt.running() == before
    assert spoilt.simulation.state(ONE)["pending"] == []
    spoilt.simulation.clear(ONE)
    assert spoilt.change(where, cut)[0] is Outcome.ACCEPTED
    assert not any(spoilt.passes(where).values())


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_commit_may_take_its_time(spoilt: Meeting) -> None:
    where, cut = a_cut(spoilt)
    commit = spoilt.profile.session.commit
    assert commit is not None
    spoilt.simulation.fault(ONE, "late", seconds=3, on=_exactly(commit.send[-1]))
    outcome, _, state = spoilt.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONFIRMED


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_configuration_locked_by_somebody_else_is_told(spoilt: Meeting) -> None:
    where, cut = a_cut(spoilt)
    spoilt.simulation.configure(ONE, *spoilt.site.locked)
    other = spoilt.open()
    enter = tuple(Command(line, Purpose.MODE) for line in spoilt.profile.session.enter)
    lock = tuple(Command(line, Purpose.MODE) for line in spoilt.site.lock)
    for answer in spoilt.exchange(Block((*enter, *lock)), other):
        assert spoilt.profile.error_in(answer.text) is None
    outcome, cause, state = spoilt.change(where, cut)
    assert (outcome in (Outcome.NOT_SENT, Outcome.REJECTED), cause) == (True, "config-locked")
    assert judge(cut.expect, state) is Proof.CONTRADICTED
    other.close()
    spoilt.simulation.wait(device=ONE, event="closed")
    spoilt.simulation.configure(ONE, *spoilt.site.unlocked)
    assert spoilt.change(where, cut)[0] is Outcome.ACCEPTED


@pytest.mark.parametrize("name", [name for name in SITES if SITES[name].undone])
def test_what_somebody_left_undone_is_not_put_in_force(spoilt: Meeting) -> None:
    where, cut = a_cut(spoilt)
    before, untouched = spoilt.running(), spoilt.read(where)
    assert untouched is not None
    other = spoilt.open()
    lines = (*spoilt.profile.session.enter, *spoilt.site.undone)
    for answer in spoilt.exchange(Block(tuple(Command(line, Purpose.MODE) for line in lines)), other):
        assert spoilt.profile.error_in(answer.text) is None, answer.text
    other.close()
    assert spoilt.simulation.state(ONE)["pending"]
    assert spoilt.change(where, cut)[0] is Outcome.ACCEPTED
    back = restoration(spoilt.context(where), [next(iter(spoilt.context(where).spec.methods))], untouched)
    assert spoilt.change(where, back)[0] is Outcome.ACCEPTED
    assert spoilt.running() == before
    assert spoilt.simulation.state(ONE)["pending"] == []


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_session_that_breaks_leaves_no_candidate(spoilt: Meeting) -> None:
    where, cut = a_cut(spoilt)
    commit = spoilt.profile.session.commit
    assert commit is not None
    before = spoilt.running()
    spoilt.simulation.fault(ONE, "drop_mid_command", on=_exactly(commit.send[0]))
    assert spoilt.change(where, cut)[0] is Outcome.SENT
    spoilt.simulation.clear(ONE)
    spoilt.simulation.wait(device=ONE, event="closed")
    if commit.abandoned:
        spoilt.exchange(Block(tuple(Command(line, Purpose.MODE) for line in commit.abandoned)))
    assert spoilt.running() == before
    assert spoilt.simulation.state(ONE)["pending"] == []
    assert spoilt.change(where, cut)[0] is Outcome.ACCEPTED


# --- what the device knows of its surroundings --------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SITES if PROFILES[name].discover])
def test_discovery_finds_the_neighbour_and_the_hosts(spoilt: Meeting) -> None:
    site, device = spoilt.site, spoilt.device()
    asked = questions(device, spoilt.profile)
    answers = complete_answers(spoilt.exchange(Block(tuple(Command(text, Purpose.READ) for text in asked))))
    seen = sighting([device], {spoilt.profile.platform: spoilt.profile}, {ONE: answers})
    if Listing.NEIGHBOURS in spoilt.profile.discover and site.cable:
        told = {(each.port.interface, each.device) for each in seen.neighbours}
        assert told == {(site.cable[0], OTHER)}
    if Listing.MACS in spoilt.profile.discover:
        told = {(each.port.interface, str(each.vlan)) for each in seen.learned}
        assert told == {(host.port, str(host.vlan)) for host in site.hosts}
    if Listing.ADDRESSES in spoilt.profile.discover:
        assert seen.addresses is not None
        found = {address for addresses in seen.addresses.values() for address in addresses}
        assert {host.address for host in site.hosts if host.address} - site.unheard <= found


@pytest.mark.parametrize("name", [name for name in SITES if PROFILES[name].readiness.looks])
def test_what_a_check_looks_at_is_understood(meeting: Meeting) -> None:
    """And what is nowhere set up is not found."""
    values = {**meeting.profile.settings, **meeting.site.settings}
    for look in meeting.profile.readiness.looks:
        (answer,) = meeting.exchange(Block((Command(look.send.fill(values), Purpose.READ),)))
        text = answer.text.replace("\r\n", "\n")
        assert meeting.profile.error_in(text) is None, text
        assert look.whole is None or look.whole.search(text), text
        assert look.bad is None or not look.bad.search(text), text


@pytest.mark.parametrize("name", [name for name in SITES if PROFILES[name].version])
def test_it_says_what_software_it_runs(meeting: Meeting) -> None:
    spec = meeting.profile.version
    assert spec is not None
    (answer,) = meeting.exchange(Block((Command(spec.send, Purpose.READ),)))
    found = spec.version.search(answer.text.replace("\r\n", "\n"))
    assert found
    assert found[1]


@pytest.mark.parametrize("name", SITES)
def test_the_simulator_says_what_it_is(meeting: Meeting) -> None:
    """Nobody may take it for the vendor's software."""
    if meeting.profile.version:
        (answer,) = meeting.exchange(Block((Command(meeting.profile.version.send, Purpose.READ),)))
        assert "CORDON-SIMULATED" in answer.text.upper()
