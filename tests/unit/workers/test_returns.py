"""Plans of return are kept, and compiled anew as soon as anything they rest on changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.domain.errors import InvalidRequest
from controller.domain.facts import GateDecided, HoldEnded, PointRead, Text
from controller.domain.hold import Ending
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.planning.plans import Return
from controller.workers.office import Cut
from tests.unit.api.house import ROOT, House, house

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
