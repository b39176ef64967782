"""Plans of return are kept, and compiled anew as soon as anything they rest on changes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from controller.domain.errors import InvalidRequest
from controller.domain.facts import GateDecided, HoldEnded, PointRead, Text
from controller.domain.hold import Baseline, Ending
from controller.domain.inventory import PointId
from controller.domain.playbook import STANDING, Action, Gate
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents, Return
from controller.workers.office import Cut
from controller.workers.returns import Returns
from tests.fakes.journal import MemoryHistory, MemoryJournal
from tests.fakes.site import playbook, stage
from tests.unit.api.house import ROOT, House, house
from tests.unit.engine.test_escalation import tree

EVERYTHING = Return(everything=True)


def held(at: House) -> PointRead:
    """A reading of the one point that is cut, on record."""
    office = at.office
    office.watch.stop()
    run = office.begin_cut(office.plan_cut(Cut(subjects=("office",))), "", ROOT).run
    while office.under_way():
        pass
    hold = office.open_holds()[0]
    read = PointRead(
        run,
        hold.key.point,
        Action.ISOLATE,
        hold.method,
        Outcome.ACCEPTED,
        Proof.CONFIRMED,
        {"admin": "down"},
        datetime.now(UTC),
    )
    office.journal.commit(Tag.POINT_WATCHED, [read], ROOT)
    return read


def test_what_changes_nothing_about_a_return_leaves_its_plan_as_it_is(tmp_path: Path) -> None:
    with house(tmp_path) as at:
        read, office = held(at), at.office
        plan = office.plan_return(EVERYTHING)
        office.write_log("the printers again", ROOT)
        assert read.read_at is not None
        later = replace(read, read_at=read.read_at + timedelta(minutes=1))
        office.journal.commit(Tag.POINT_WATCHED, [later], ROOT)
        assert office.plan_return(EVERYTHING) is plan
        assert office.plan_return(Return(subjects=("office",))) is not plan


def test_whatever_changes_it_has_it_compiled_anew(tmp_path: Path) -> None:
    with house(tmp_path) as at:
        read, office = held(at), at.office
        plans = [office.plan_return(EVERYTHING)]
        for tag, fact in (
            (Tag.POINT_WATCHED, replace(read, proof=Proof.CONTRADICTED)),
            (Tag.POINT_WATCHED, replace(read, state={"admin": "up"})),
            (Tag.GATE_DECIDED, GateDecided("office", "user:7", True, Text(""))),
        ):
            office.journal.commit(tag, [fact], ROOT)
            plans.append(office.plan_return(EVERYTHING))
        assert len({id(plan) for plan in plans}) == len(plans)
        assert [len(plan.conditions) for plan in plans] == [0, 0, 0, 1]
        ends = [
            HoldEnded(hold.key.run, hold.key.subject, hold.key.point, Ending.RETIREMENT, hold.key.run)
            for hold in office.open_holds()
        ]
        office.journal.commit(Tag.HOLD_ENDED, ends, ROOT)
        with pytest.raises(InvalidRequest, match="nothing-held"):
            office.plan_return(EVERYTHING)


def test_what_is_awaited_is_at_hand_once_it_is_compiled_and_counted() -> None:
    """And not while somebody compiles: nobody waits for that."""
    site = tree()
    site.cut(level=5)
    gated = replace(stage("ward"), action=Action.RESTORE, method=(), gate=Gate(approvals=1))
    documents = replace(site.documents, stages={STANDING: (gated,)})
    history = Steady(site.journal)
    returns = Returns(site.clock)
    assert returns.at_hand(documents, history) is None
    found = returns.awaited(documents, history, None)
    assert returns.at_hand(documents, history) is None
    [ward] = found.now(history, (), frozenset)
    assert (ward.subject, ward.counting) == ("ward", False)
    assert returns.at_hand(documents, history) is found
    assert returns.at_hand(replace(documents), history) is None
    history.changed = True
    assert returns.at_hand(documents, history) is None
    history.go.clear()
    with ThreadPoolExecutor(1) as elsewhere:
        compiling = elsewhere.submit(returns.awaited, documents, history, None)
        assert history.asked.wait(60)
        assert returns.at_hand(documents, history) is None
        history.go.set()
        assert compiling.result() is not found


def test_what_could_not_be_cut_again_is_found_out_for_what_is_in_force() -> None:
    site = tree()
    site.cut(level=5)
    gated = replace(stage("ward"), action=Action.RESTORE, method=(), gate=Gate(watch=60))
    documents = replace(
        site.documents, playbooks={STANDING: playbook(STANDING, gated)}, stages={STANDING: (gated,)}
    )
    segments = documents.inventory.segments
    kept = replace(segments["ward"], keep_alive=True)
    others = replace(documents, inventory=replace(documents.inventory, segments={**segments, "ward": kept}))
    history, returns, wanted = Steady(site.journal), Returns(site.clock), Return(playbook=STANDING)

    def refused(now: Documents) -> list[str]:
        history.changed = not history.changed
        plan = returns.plan(now, history, wanted)
        return [each.culprit for each in plan.hazards if each.code == "no-cutting-again"]

    assert [refused(each) for each in (documents, documents, others, others, documents)] == [
        [],
        [],
        ["ward"],
        ["ward"],
        [],
    ]


class Steady(MemoryHistory):
    """Nothing comes on record until it is ``changed``. Who asks for the baselines, to compile, waits for
    ``go``."""

    def __init__(self, journal: MemoryJournal) -> None:
        super().__init__(journal)
        self.changed = False
        self.asked, self.go = Event(), Event()
        self.go.set()

    def changes(self) -> bool:
        return self.changed

    def baselines(self) -> Mapping[PointId, Baseline]:
        if not self.go.is_set():
            self.asked.set()
            assert self.go.wait(60)
        return super().baselines()
