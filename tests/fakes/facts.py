"""Random facts about a small world, so that they meet: three runs, four points, two subjects."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from controller.domain.facts import (
    Attested,
    BaselineTaken,
    EvidenceTaken,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    ProbeAnswered,
    RevisionStored,
    RunMoved,
    RunOpened,
    StartupMoved,
    Text,
    WaveMoved,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.playbook import Action
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import StartupState

RUNS = st.sampled_from(["r-1", "r-2", "r-10"])
SUBJECTS = st.sampled_from(["emergency", "Réanimation"])
POINTS = st.sampled_from(
    [
        Point(PointId("acc-1", "Gi1/0/1"), PointKind.INTERFACE),
        Point(PointId("acc-1", "Gi1/0/1", 110), PointKind.INTERFACE, tagged=True),
        Point(PointId("acc-1", "Gi1/0/1", 120), PointKind.INTERFACE, tagged=True),
        Point(PointId("core-1", "Vlan110"), PointKind.SVI),
    ]
)
POINT_IDS = POINTS.map(lambda point: point.id)
DEVICES = st.sampled_from(["acc-1", "core-1"])
WORDS = st.sampled_from(["", "deadline", "e\u0301te\u0301", "été", 'a"\\\n'])
TEXTS = st.text(max_size=20).map(Text)
STATES = st.one_of(st.none(), st.dictionaries(WORDS, WORDS, max_size=3))
METHODS = st.sampled_from(list(Method))
ACTIONS = st.sampled_from(list(Action))
TIMES = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    datetime(2030, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone itself
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)
_ATTEMPTS = st.integers(1, 2)


@st.composite
def revisions(draw: st.DrawFn) -> RevisionStored:
    content = draw(st.sampled_from(["a: 1\n", "b: é\n", ""]))
    kind = draw(st.sampled_from(["inventory", "profiles", "plan"]))
    digest = hashlib.sha256((("" if kind != "plan" else "plan") + content).encode()).hexdigest()
    return RevisionStored(kind, digest, content)


FACTS: st.SearchStrategy[Fact] = st.one_of(
    revisions(),
    st.builds(
        RunOpened,
        run=RUNS,
        action=ACTIONS,
        plan=WORDS,
        playbook=WORDS,
        level=st.one_of(st.none(), st.integers(1, 5)),
        inventory=WORDS,
        profiles=WORDS,
        reason=TEXTS,
        joins=st.one_of(st.none(), RUNS),
    ),
    st.builds(RunMoved, run=RUNS, state=st.sampled_from(list(RunState)), cause=WORDS),
    st.builds(WaveMoved, run=RUNS, wave=st.integers(0, 2), state=st.sampled_from(list(WaveState))),
    st.builds(BaselineTaken, run=RUNS, point=POINTS, state=STATES, read_at=TIMES),
    st.builds(
        HoldOpened,
        run=RUNS,
        subject=SUBJECTS,
        point=POINTS,
        method=METHODS,
        attribution=st.sampled_from(list(Attribution)),
    ),
    st.builds(
        HoldEnded,
        run=RUNS,
        subject=SUBJECTS,
        point=POINT_IDS,
        ending=st.sampled_from(list(Ending)),
        by=RUNS,
    ),
    st.builds(
        IntentRecorded,
        run=RUNS,
        wave=st.integers(0, 2),
        device=DEVICES,
        attempt=_ATTEMPTS,
        action=ACTIONS,
        steps=st.lists(st.tuples(POINT_IDS, METHODS), max_size=3).map(tuple),
    ),
    st.builds(
        OutcomeRecorded,
        run=RUNS,
        device=DEVICES,
        attempt=_ATTEMPTS,
        outcome=st.sampled_from(list(Outcome)),
        cause=WORDS,
        transcript=TEXTS,
    ),
    st.builds(
        PointRead,
        run=RUNS,
        point=POINT_IDS,
        wanted=ACTIONS,
        method=METHODS,
        outcome=st.sampled_from(list(Outcome)),
        proof=st.sampled_from(list(Proof)),
        state=STATES,
        read_at=st.one_of(st.none(), TIMES),
        cause=WORDS,
    ),
    st.builds(
        ProbeAnswered,
        run=RUNS,
        subject=SUBJECTS,
        source=WORDS,
        target=WORDS,
        phase=st.sampled_from(["before", "after"]),
        answered=st.booleans(),
        control=st.booleans(),
        at=TIMES,
    ),
    st.builds(
        StartupMoved,
        run=RUNS,
        device=DEVICES,
        state=st.sampled_from(list(StartupState)),
        cause=WORDS,
        cut=st.booleans(),
        transcript=TEXTS,
    ),
    st.builds(
        Attested,
        attestation=WORDS,
        subject=WORDS,
        statement=WORDS,
        person=WORDS,
        given=st.booleans(),
        dated=WORDS,
        attachment=WORDS,
        text=TEXTS,
    ),
    st.builds(GateDecided, subject=WORDS, person=WORDS, go=st.booleans(), text=TEXTS),
    st.builds(
        GateChecked,
        run=RUNS,
        wave=st.integers(0, 9),
        subject=WORDS,
        plan=WORDS,
        passed=st.booleans(),
        wants=st.lists(WORDS, max_size=3).map(tuple),
    ),
    st.builds(
        EvidenceTaken,
        run=RUNS,
        device=DEVICES,
        kind=st.sampled_from(list(TableKind)),
        file=st.just(""),  # no file is there
        digest=WORDS,
        size=st.integers(0, 9),
        read_at=TIMES,
        cause=WORDS,
    ),
    st.builds(
        Noted,
        subject=WORDS,
        data=st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
        text=TEXTS,
    ),
)

COMMITS = st.lists(st.lists(FACTS, max_size=6), max_size=12)
"""Commits of facts, not always sensible ones: whoever reads them must cope."""
