"""Random nights: cuts, overlaps, whole and partial returns, gates, consents, denials, tripwires, aborts and
crashes, ports renamed, people at work, sick devices. The devices' own state and log are the oracle.

No segment returns with an unmet gate; the cut wins; nothing is let go of that is not back as it was, but
where its hold moved to a point that is cut, or two persons retired it.

``CORDON_EXAMPLES`` nights instead of the few that fit into every test run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import cycle
from threading import Condition
from typing import Any
from unittest import mock

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.domain.codec import from_plain
from controller.domain.errors import AwaitingApproval, InvalidRequest, NotFound, OpenCause, Refused
from controller.domain.facts import (
    Actor,
    Attested,
    BaselineTaken,
    Fact,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    PointRead,
    Text,
)
from controller.domain.hold import Ending, HoldKey
from controller.domain.inventory import Conduit, Inventory, Method, Point, PointId, Segment
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.domain.playbook import STANDING, Action, Gate, Scope
from controller.domain.probation import PROBATION, probations
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.domain.transfer import TRANSFER, Moved, moved
from controller.engine.execution.running import Limits
from controller.engine.holding import probation
from controller.engine.holding.remembered import Remembered
from controller.engine.holding.situation import situation
from controller.engine.people.approvals import Act, Pledge, need_of
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.transfer import Transfer, plan_transfer
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import (
    ACTOR,
    Site,
    conduit,
    device,
    documents,
    gate,
    inventory,
    playbook,
    policy,
    port,
    segment,
    stage,
)

EXAMPLES = int(os.environ.get("CORDON_EXAMPLES", "50"))
NAMES = ("emergency", "laboratory", "admin", "internet")
DEVICES = ("acc", "core", "fw")
KEPT = "samu"
ER = ("er", "er-new")
"""The two names of one port of the emergency room."""


GATED = {
    "laboratory": Gate(approvals=1, watch=4),
    "admin": Gate(attest=("clean",), watch=4),
    "emergency": Gate(go=True, attest=("clean",), watch=2),
}
"""The standing gates of every second night."""

PERSONS = ("user:1", "user:2", "user:3")


class Ballot:
    """Consents as people give them, in memory: who asked for what, who agreed, and what was carried out."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], set[str]] = {}
        self.used: dict[tuple[str, str], str] = {}
        self.everybody_agrees = False

    def check(self, act: Act, reason: str, actor: Actor, run: str = "") -> Pledge | None:
        del reason
        if need_of(act.plan) is None or self.used.get((run, _subject(act))) == act.signed:
            return None
        agreed = self.asked.setdefault((act.signed, actor.id), set())
        if not (agreed - {actor.id} or self.everybody_agrees):
            raise AwaitingApproval(request=act.signed, plan=act.signed, given=0, needed=1)
        return Pledge(request=act.signed)

    def present(self, persons: Collection[str]) -> frozenset[str]:
        return frozenset(persons)

    def take(self, pledge: Pledge, act: Act, run: str, actor: Actor) -> None:
        assert self.check(act, "", actor) is not None
        assert pledge.request == act.signed
        del self.asked[act.signed, actor.id]
        self.used[run, _subject(act)] = act.signed


def _subject(act: Act) -> str:
    return act.plan.conditions[0].subject


class Killed(BaseException):
    """The process is gone."""


class AtOnce:
    """A thread that is over when it has begun: one thing happens after the other, the same way each time."""

    def __init__(self, target: Callable[..., None], args: tuple[Any, ...] = (), **_named: object) -> None:
        self._work = partial(target, *args)

    def start(self) -> None:
        self._work()

    def join(self, _seconds: float | None = None) -> None:
        """It is over."""


class Looking(Condition):
    """Whoever waits for the end of a watch looks meanwhile, as the thread beside it would."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.release()
        try:
            self._look()
        finally:
            self.acquire()
        return True


def known_as(er: str) -> Inventory:
    """Access, core and firewall. ``shared`` belongs to two segments, ``trunk`` carries the kept VLAN too;
    ``er``: what the emergency room's port is called."""
    laboratory = segment(
        "laboratory",
        [port("acc", "lab"), port("acc", "shared"), port("core", "trunk", 20, tagged=True)],
        priority=2,
    )
    subjects: list[Segment | Conduit] = [
        segment(
            "emergency",
            [port("acc", er), port("core", "trunk", 10, tagged=True), policy("fw", "er")],
            priority=1,
            prefixes=("10.1.0.0/24", "2001:db8:1::/64"),
            depends_on=("laboratory",),
        ),
        laboratory,
        segment("admin", [port("acc", "shared"), port("core", "adm")], priority=3),
        segment(KEPT, [port("core", "trunk", 99, tagged=True), port("acc", "samu")], 1, keep_alive=True),
        conduit("internet", [gate("fw", "wan")], keep_alive=[KEPT]),
    ]
    return inventory([device(name) for name in DEVICES], subjects)


def hospital() -> Site:
    books = [
        playbook("one", stage("internet", scope=Scope.CONDUITS, methods=[Method.TUNNEL]), level=1),
        playbook("three", stage("emergency", "laboratory", methods=[Method.VLAN, Method.POLICY]), level=3),
        playbook("five", stage(attributes={"keep_alive": ("false",)}), level=5),
    ]
    trunk = Port(vlans={"10", "20", "99"})
    boards = [
        Board("acc", {name: Port() for name in (*ER, "lab", "shared", "samu")}),
        Board("core", {"trunk": trunk, "adm": Port()}),
        Board("fw", sets={"er": {"192.0.2.0/24"}, "wan": set()}),
    ]
    return Site(documents(known_as("er"), books), boards, Limits(threads=1, look=0))


class Nights(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.site = hospital()
        self.gated: dict[str, Gate] = {}
        self.ballot = Ballot()
        self.points: dict[PointId, Point] = {
            point.id: point for each in self.site.documents.inventory.subjects() for point in each.points
        }
        self.points |= {point.id: point for point in known_as(ER[1]).segments["emergency"].points}
        self.signal = False
        self.at_once = mock.patch.object(probation, "Thread", AtOnce)
        self.at_once.start()
        self.touched_by_hand: set[str] = set()
        self.baselines: dict[PointId, tuple[object, ...]] = {}
        self.held: set[HoldKey] = set()
        self.intents: dict[str, IntentRecorded] = {}
        self.alive = True
        self.budget: int | None = None
        self.site.driver.at_line = self._at_line
        self.site.driver.at_open = lambda _name: self._moment()
        self.site.journal.before = lambda *_: self._moment()
        self.site.journal.after = self._after_commit

        self.remembered = Remembered()
        self.looks = cycle((0, 0, 900, 901, 0, 5, 899))

    @invariant()
    def who_looks_again_sees_what_is(self) -> None:
        """However old what is known may be by then."""
        inventory, history = self.site.documents.inventory, self.site.history
        now = self.site.clock.now() + timedelta(seconds=next(self.looks))
        assert situation(inventory, history, now, remembered=self.remembered) == situation(
            inventory, history, now
        )

    # --- the world ---------------------------------------------------------------------------------

    def _moment(self) -> None:
        if self.budget is not None:
            self.budget -= 1
            if self.budget < 0:
                self.alive = False
        if not self.alive:
            raise Killed

    def _at_line(self, board: Board, line: str) -> None:
        self._moment()
        word, *rest = line.split()
        if word not in ("port", "trunk", "set"):
            return
        touched = self._points_of(board.name, word, rest)
        assert touched, f"{board.name}: {line}"
        last = self.intents[board.name]
        intended = {point for point, _ in last.steps}
        assert touched & intended, f"no intent for {line} on {board.name}"
        held = self._open_holds()
        for point in touched & intended:
            assert any(key.point == point for key in held), f"{line}: {point} is not held"
            if last.action is Action.RESTORE:
                for name in {key.subject for key in held if key.point == point}:
                    assert self._gate_is_open(name, last.run), f"{line} opens {name} behind its gate"
                others = {key for key in held if key.point == point} - self._ends(last.run)
                assert not others, f"{line} opens {point}, held by {others}"
        if last.action is Action.RESTORE:
            for point in touched - intended:
                assert not any(key.point == point for key in held), f"{line} also opens {point}"

    def _points_of(self, name: str, word: str, rest: list[str]) -> set[PointId]:
        """The points a line changes: a whole port takes all its VLANs with it."""
        here = {point for point in self.points if point.device == name and point.object == rest[0]}
        if word == "trunk":
            here = {point for point in here if str(point.vlan) == rest[2]}
        kept = {point.id for point in self.site.documents.inventory.segments[KEPT].points}
        assert not here & kept, f"{name}: {word} {rest} reaches what is kept alive"
        return here

    def _after_commit(self, _tag: object, facts: Sequence[Fact]) -> None:
        came_from = {each.new: each.old for each in self._moves(facts)}
        for fact in facts:
            if isinstance(fact, BaselineTaken):
                old = came_from.get(fact.point.id)
                base = self.baselines[old] if old else self._configured(fact.point.id)
                self.baselines.setdefault(fact.point.id, base)
            if isinstance(fact, IntentRecorded):
                self.intents[fact.device] = fact
            if isinstance(fact, HoldOpened):
                self.held.add(HoldKey(fact.run, fact.subject, fact.point.id))
            if isinstance(fact, HoldEnded):
                self.held.discard(HoldKey(fact.run, fact.subject, fact.point))
            if isinstance(fact, PointRead) and fact.proof.satisfies(Proof.CONFIRMED):
                cut = self._is_cut(fact.point, fact.method)
                assert cut is (fact.wanted is Action.ISOLATE) or self._was_cut(fact.point), fact
            if isinstance(fact, HoldEnded):
                self._check_end(fact)
        self._moment()

    def _moves(self, facts: Iterable[Fact]) -> tuple[Moved, ...]:
        notes = (fact for fact in facts if isinstance(fact, Noted) and fact.subject == TRANSFER)
        return moved(notes)

    def _gate_is_open(self, name: str, run: str) -> bool:
        """By the record alone: what was said since the last cut, and what the run was consented to for."""
        wanted = self.gated.get(name)
        said: dict[str, Attested] = {}
        words: dict[str, bool] = {}
        moving = {each.run for each in self._moves(self.site.journal.facts)}
        for fact in self.site.journal.facts:
            if isinstance(fact, HoldOpened) and fact.subject == name and fact.run not in moving:
                said.clear()
                words = {person: False for person, go in words.items() if not go}
            elif isinstance(fact, Attested) and fact.subject == name:
                said.pop(fact.attestation, None)
                said.update({fact.attestation: fact} if fact.given else {})
            elif isinstance(fact, GateDecided) and fact.subject == name:
                words[fact.person] = fact.go
        if False in words.values():
            return False
        return wanted is None or (
            {each.statement for each in said.values()}.issuperset(wanted.attest)
            and (not wanted.go or True in words.values())
            and (not wanted.approvals or (run, name) in self.ballot.used)
        )

    def _open_holds(self) -> set[HoldKey]:
        return self.held

    def _ends(self, run: str) -> set[HoldKey]:
        record = self.site.history.run(run)
        plan = from_plain(Plan, json.loads(self.site.history.revision("plan", record.plan)))
        return {HoldKey(*end) for end in plan.ends}

    def _check_end(self, fact: HoldEnded) -> None:
        """The last hold of a point ends only when the point is back, has one that is cut in its place, or two
        persons said so."""
        last = not any(key.point == fact.point for key in self._open_holds())
        if fact.ending is Ending.TRANSFER:
            [new] = {each.new for each in self._moves(self.site.journal.facts) if each.run == fact.by}
            assert self._is_cut(new, Method.SHUTDOWN), fact
            assert any((key.subject, key.point) == (fact.subject, new) for key in self._open_holds()), fact
        if fact.ending is Ending.RETIREMENT:
            assert (fact.by, fact.subject) in self.ballot.used, fact
        if fact.ending is not Ending.RESTORE:
            self.touched_by_hand.add(fact.point.device)  # left cut, and held by nobody
            if last:
                self.baselines.pop(fact.point, None)
            return
        assert self._gate_is_open(fact.subject, fact.by), fact
        ending = {key.subject for key in self._ends(fact.by)}
        watched = probations(
            each for each in self.site.journal.facts if isinstance(each, Noted) and each.subject == PROBATION
        )
        behind = {each.subject for each in watched if each.open and each.run != fact.by} - ending
        assert not behind, f"{fact} returns while {behind} is being watched"
        if not any(key.point == fact.point for key in self._open_holds()):
            # A point nobody ever reached has no baseline, and nothing to bring back.
            now = self._configured(fact.point)
            assert now == self.baselines.pop(fact.point, now), fact

    def _configured(self, point: PointId) -> tuple[object, ...]:
        board = self.site.board(point.device)
        if point.object == "wan":
            return ("all",) if "all" in board.sets["wan"] else ()
        if point.object in board.sets:
            wanted = {
                prefix
                for each in self.site.documents.inventory.segments.values()
                if any(own.id == point for own in each.points)
                for prefix in each.prefixes
            }
            return tuple(sorted(board.sets[point.object] & wanted))
        found = board.ports[point.object]
        if point.vlan is not None:
            return (found.admin, str(point.vlan) in found.vlans)
        return (found.admin, found.pvid)

    def _is_cut(self, point: PointId, method: Method) -> bool:
        board = self.site.board(point.device)
        if point.object in board.sets:
            return bool(self._configured(point))
        found = board.ports[point.object]
        if found.admin == "down":
            return True
        return str(point.vlan) not in found.vlans if point.vlan is not None else found.pvid == "999"

    def _was_cut(self, point: PointId) -> bool:
        """Shut by hand before it was first held, so that its return leaves it shut."""
        return point.device in self.touched_by_hand

    # --- what people do ------------------------------------------------------------------------------

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (InvalidRequest, Refused, AwaitingApproval):
            pass
        except Killed:
            self.alive, self.budget = True, None
            self._restart()
        self.budget = None

    def _restart(self, known: Documents | None = None, *, take_up: bool = True) -> None:
        self.site.restart(known)
        self.site.controller.ask_others(self.ballot)
        watching = self.site.controller.probations
        watching._changed = Looking(self._look)  # noqa: SLF001 - who waits for it stands where its thread would
        if take_up:
            watching.take_up()

    def _look(self) -> None:
        """Two seconds later; or another program says that something is not well."""
        watching = self.site.controller.probations
        self.site.clock.pause(2)
        if self.signal and any(watching.trip(name, "signal") for name in NAMES):
            self.signal = False
        else:
            watching.look()

    @initialize(
        shut=st.sets(st.sampled_from(["er", "lab", "shared"])),
        gated=st.booleans(),
        level=st.sampled_from([None, 3, 5, 5]),
    )
    def the_night_begins(self, shut: set[str], gated: bool, level: int | None) -> None:
        """Some ports are shut beforehand; the returns are gated or not; something is cut, or nothing yet."""
        for name in shut:
            self.site.board("acc").ports[name].admin = "down"
            self.touched_by_hand.add("acc")
        known, self.gated = self.site.documents, GATED if gated else {}
        stages = [
            replace(stage(name, name=name), action=Action.RESTORE, method=(), gate=waits)
            for name, waits in self.gated.items()
        ]
        books = [each for each in known.playbooks.values() if each.name != STANDING]
        self._restart(documents(known.inventory, [*books, playbook(STANDING, *stages)]))
        if level is not None:
            self._do(lambda: self.site.cut(level=level))

    @rule(name=st.sampled_from(NAMES[:3]), given=st.sampled_from([True, True, True, False]))
    def somebody_states_it_or_takes_it_back(self, name: str, given: bool) -> None:
        told = [
            fact for fact in self.site.journal.facts if isinstance(fact, Attested) and fact.subject == name
        ]
        number = told[-1].attestation if told and not given else str(len(self.site.journal.commits))
        fact = Attested(number, name, "clean", "user:1", given, "", "", Text(""))
        self._do(lambda: self.site.journal.commit(Tag.ATTESTATION_GIVEN, [fact], ACTOR))

    @rule(
        name=st.sampled_from(NAMES), person=st.sampled_from(PERSONS), go=st.sampled_from([True, True, False])
    )
    def somebody_says_go_or_no_go(self, name: str, person: str, go: bool) -> None:
        fact = GateDecided(name, person, go, Text(""))
        self._do(lambda: self.site.journal.commit(Tag.GATE_DECIDED, [fact], ACTOR))

    @rule(person=st.sampled_from([*PERSONS, ACTOR.id]), agrees=st.sampled_from([True, True, False]))
    def somebody_answers_what_was_asked(self, person: str, agrees: bool) -> None:
        if agrees:
            self._agree(person)
        else:
            self.ballot.asked.clear()

    def _agree(self, person: str) -> None:
        for agreed in self.ballot.asked.values():
            agreed.add(person)

    @rule(well=st.booleans())
    def time_passes(self, well: bool) -> None:
        """Where it is not ``well``, what is watched, or else will be watched next, is cut again."""
        self.signal = not well
        for _ in range(3):
            self._do(self._look)

    @rule(how=st.sampled_from(["only", "move", "move", "alone", "two"]))
    def a_port_is_renamed(self, how: str) -> None:
        """And what is held at its old name moves along, or is let go of, by one or by two, or stays."""
        points = self.site.documents.inventory.segments["emergency"].points
        old = next(each.id.object for each in points if each.id.object in ER)
        new = ER[old == ER[0]]
        self._restart(documents(known_as(new), self.site.documents.playbooks.values()))
        wanted = Return(subjects=("emergency",), retire=True, devices=("acc",))
        if how == "move":
            self._do(lambda: self._transfer(Transfer("acc", "acc", ((old, new),))))
        elif how in ("alone", "two"):
            self._do(lambda: self._bring_back(wanted))
        if how == "two":
            self._agree("user:1")
            self._do(lambda: self._bring_back(wanted))

    @rule(names=st.sets(st.sampled_from(NAMES[:3]), min_size=1), well=st.booleans())
    def all_is_said_of_segments(self, names: set[str], well: bool) -> None:
        """They come back; or one that is watched is cut again, and nothing behind it comes."""
        wanted = Return(subjects=tuple(sorted(names)), accept_drift=frozenset(DEVICES))
        self.signal = not well
        for name in names:
            self._do(partial(self._say_all_of, name))
        self._do(lambda: self._bring_back(wanted))
        self._agree("user:1")
        self._do(lambda: self._bring_back(wanted))

    def _transfer(self, wanted: Transfer) -> None:
        controller = self.site.controller
        try:
            found = plan_transfer(self.site.documents, controller._book, self.site.history, wanted)  # noqa: SLF001 - as a face plans
        except NotFound:
            return
        controller.transfer(wanted, [each.plan.hash for each in found], "", ACTOR, lambda _: None)

    def _bring_back(self, asked: Return) -> None:
        plan = self.site.controller.plan_return(asked)
        self.site.controller.restore(asked, plan.hash, "", ACTOR, lambda _: None)

    @rule(level=st.sampled_from([1, 3, 5]))
    def cut_a_level(self, level: int) -> None:
        self._do(lambda: self.site.cut(level=level))

    @rule(names=st.sets(st.sampled_from(NAMES[:3]), min_size=1))
    def cut_segments(self, names: set[str]) -> None:
        self._do(lambda: self.site.cut(*sorted(names)))

    @rule(
        wanted=st.one_of(
            st.just(Return(next_wave=True)),
            st.just(Return(everything=True)),
            st.builds(Return, level=st.sampled_from([1, 3, 5])),
            st.builds(Return, subjects=st.tuples(st.sampled_from(NAMES))),
            st.builds(
                Return,
                subjects=st.tuples(st.sampled_from(NAMES[:3])),
                points=st.sampled_from([("acc",), ("core",), ("acc shared",)]),
            ),
        ),
        accept=st.booleans(),
    )
    def bring_back(self, wanted: Return, accept: bool) -> None:
        accepted = frozenset(DEVICES if accept else ())

        self._do(lambda: self._bring_back(replace(wanted, accept_drift=accepted)))

    @rule(moment=st.integers(0, 60))
    def soon_the_process_dies(self, moment: int) -> None:
        self.budget = moment

    @rule(which=st.integers(0, 3), accept=st.booleans())
    def resume(self, which: int, accept: bool) -> None:
        left = [
            run.run
            for run in self.site.history.runs()
            if run.state in (RunState.INTERRUPTED, RunState.STOPPED)
        ]
        if left:
            self._do(lambda: self.site.resume(left[which % len(left)], DEVICES if accept else ()))

    @rule(name=st.sampled_from(DEVICES), cause=st.sampled_from([OpenCause.UNREACHABLE, None]))
    def a_device_goes_or_comes_back(self, name: str, cause: OpenCause | None) -> None:
        self.site.board(name).closed = cause

    @rule(
        name=st.sampled_from(DEVICES),
        fault=st.sampled_from(Fault),
        line=st.sampled_from([".", "show", "^(port|trunk|set)", "down|drop|add", "up|carry|del", "end"]),
        times=st.sampled_from([1, 2, None]),
    )
    def a_device_falls_ill(self, name: str, fault: Fault, line: str, times: int | None) -> None:
        self.site.board(name).strikes[:] = [Strike(fault, line, times)]

    @rule(name=st.sampled_from(DEVICES))
    def a_device_recovers(self, name: str) -> None:
        self.site.board(name).strikes.clear()

    @rule(name=st.sampled_from(["er", "lab", "shared"]), admin=st.sampled_from(["up", "down"]))
    def somebody_works_at_a_port(self, name: str, admin: str) -> None:
        self.site.board("acc").ports[name].admin = admin
        self.touched_by_hand.add("acc")

    @rule(line=st.sampled_from(["show", "configure", "end", "down|drop|add|del|up|carry"]))
    def the_next_run_is_aborted(self, line: str) -> None:
        def at_line(board: Board, text: str) -> None:
            self._at_line(board, text)
            if re.search(line, text):
                self.site.driver.at_line = self._at_line
                for run in self.site.history.runs():
                    self.site.controller.abort(run.run, ACTOR, "")

        self.site.driver.at_line = at_line

    @rule()
    def the_leader_changes(self) -> None:
        """And its successor knows from the record what it knew."""
        assert {hold.key for hold in self.site.history.open_holds()} == self.held
        before = self._return_of_all()
        self._restart(take_up=False)
        assert self._return_of_all() == before
        self._restart()

    def _return_of_all(self) -> Plan | None:
        try:
            return self.site.controller.plan_return(Return(everything=True))
        except InvalidRequest:
            return None

    def teardown(self) -> None:
        try:
            self._all_comes_back()
        finally:
            self.at_once.stop()

    def _all_comes_back(self) -> None:
        """In the end everything can be brought back, each point to its baseline, and then nothing is held."""
        self.budget = None
        self.site.driver.at_line = self._at_line
        for board in self.site.driver.boards.values():
            board.strikes.clear()
            board.closed = None
        self.signal = False
        self._restart()
        self._everybody_agrees()
        for _ in range(8):
            self._look()
        wanted = Return(everything=True, accept_drift=frozenset(DEVICES))
        tried: list[object] = []
        for _ in range(3):
            if not self._open_holds():
                break
            self._settle_by_hand()
            plan = self.site.controller.plan_return(wanted)
            stuck = {hazard.culprit for hazard in plan.hazards if hazard.code == "baseline-unknown"}
            ended = self.site.controller.restore(wanted, plan.hash, "", ACTOR, lambda _: None)
            tried.append((ended.cause, [each for each in ended.results if not each.satisfied]))
            if {str(key.point) for key in self._open_holds()} <= stuck:
                break
        else:
            assert not self._open_holds(), tried

    def _everybody_agrees(self) -> None:
        self.ballot.everybody_agrees = True
        for name in NAMES:
            self._say_all_of(name)

    def _say_all_of(self, name: str) -> None:
        number = str(len(self.site.journal.commits))
        said = Attested(number, name, "clean", "user:1", True, "", "", Text(""))
        goes = [GateDecided(name, person, True, Text("")) for person in PERSONS]
        self.site.journal.commit(Tag.ATTESTATION_GIVEN, [said, *goes], ACTOR)

    def _settle_by_hand(self) -> None:
        """A person sets the ports that were worked at by hand to what they were before their first hold."""
        for point in {key.point for key in self._open_holds()}:
            if point.device == "acc" and point in self.baselines:
                admin, pvid = map(str, self.baselines[point])
                self.site.board("acc").ports[point.object] = Port(admin, pvid)


TestNights = Nights.TestCase
TestNights.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if "CORDON_SHRINK" in os.environ else [])],
    derandomize="CORDON_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
