"""What was said of the return of subjects, and what tells that anything about a return may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from controller.domain.facts import Attested, GateDecided, HoldOpened, Noted
from controller.domain.limit import LIMIT
from controller.domain.timer import TIMER
from controller.domain.transfer import TRANSFER, moved
from controller.engine.ports import Said, Statements
from controller.store import schema
from controller.store.moment import Found, Moment
from controller.store.ticks import Ticks

_SAID = (schema.attested, schema.gate_decision)
_OF_RETURNS = (schema.baseline, schema.hold, schema.hold_end, schema.intent, schema.outcome, schema.run)
_NOTED = (LIMIT, TIMER, TRANSFER)


def statements_of(moment: Moment, subjects: Sequence[str]) -> Mapping[str, Statements]:
    """As :meth:`controller.engine.ports.History.statements_of`."""
    hold, wanted = schema.hold, frozenset(subjects)
    moving = _moving(moment)  # who only moves a hold cuts nothing that was not cut
    query = select(hold.c.subject, func.max(hold.c.entry)).where(hold.c.run.not_in(moving))
    if len(wanted) == 1:
        query = query.where(hold.c.subject.in_(wanted))
    cuts = dict(iter(moment.connection.execute(query.group_by(hold.c.subject))))
    for one in moment.late:
        if isinstance(one.fact, HoldOpened) and one.fact.run not in moving:
            cuts[one.fact.subject] = max(one.entry, cuts.get(one.fact.subject, 0))
    said: dict[str, list[Found]] = defaultdict(list)
    found = [one for table in _SAID for one in moment.facts(table)]
    for one in sorted([*found, *moment.late], key=lambda each: (each.entry, each.place)):
        if isinstance(one.fact, Attested | GateDecided) and one.fact.subject in wanted:
            said[one.fact.subject].append(one)
    ticks = Ticks(moment)
    ticks.look(cuts[name] for name in wanted & cuts.keys())
    ticks.look(one.entry for words in said.values() for one in words)
    return {name: _statements(said[name], cuts.get(name), ticks) for name in subjects}


def last_told_of(moment: Moment) -> tuple[object, ...]:
    """The last of each kind of fact that a plan of return may rest on, but for readings, and of whom anybody
    said go or no-go."""
    note, decided = schema.note, schema.gate_decision.c.subject
    last = [select(func.max(table.c.id)).scalar_subquery() for table in _OF_RETURNS]
    last += [select(func.max(note.c.id)).where(note.c.subject == name).scalar_subquery() for name in _NOTED]
    subjects = moment.connection.execute(select(decided).distinct().order_by(decided)).scalars()
    return (*moment.connection.execute(select(*last)).one(), *subjects)


def _statements(said: Collection[Found], cut: int | None, ticks: Ticks) -> Statements:
    words = tuple(
        Said(one.fact, one.at, cut is not None and one.entry > cut, ticks.since(one.entry))
        for one in said
        if isinstance(one.fact, Attested | GateDecided)
    )
    return Statements(words, ticks.since(cut) if cut is not None else 0.0)


def _moving(moment: Moment) -> frozenset[str]:
    """The runs that moved holds from one point to another."""
    found = [*moment.facts(schema.note, schema.note.c.subject == TRANSFER), *moment.late]
    facts = (one.fact for one in found)
    notes = (fact for fact in facts if isinstance(fact, Noted) and fact.subject == TRANSFER)
    return frozenset(each.run for each in moved(notes))
