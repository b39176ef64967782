"""What a restore was to bring back, so that it can be cut again with one word. Pure."""

from __future__ import annotations

from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.engine.planning.revisions import stored_plan
from controller.engine.ports import History


def brought_back(history: History, run: str = "", wave: int | None = None) -> tuple[str, ...]:
    """The subjects of ``run``, the last restore without one; only those of its ``wave``, counted from 1.
    Whether they are back already is no question: who cuts again wants them cut. Raises NotFound,
    InvalidRequest."""
    plan = stored_plan(history, history.run(run).plan) if run else _last(history)
    if not brings_back(plan):
        raise InvalidRequest("not-a-restore", run=run)
    return brought_back_by(plan, wave)


def brings_back(plan: Plan) -> bool:
    """Whether it is the return of segments."""
    return plan.action is Action.RESTORE and not plan.retires and not plan.rehearses


def brought_back_by(plan: Plan, wave: int | None = None) -> tuple[str, ...]:
    """The subjects of a restore, or of one of its waves. Raises InvalidRequest."""
    if wave is None:
        return tuple(sorted({subject for _, subject, _ in plan.ends}))
    if not 0 < wave <= len(plan.waves):
        raise InvalidRequest("no-such-wave", wave=wave, waves=len(plan.waves))
    steps = (step for each in plan.waves[wave - 1].operations for step in each.steps)
    return tuple(sorted({name for step in steps for name in step.subjects}))


def _last(history: History) -> Plan:
    for record in reversed(history.runs()):
        if record.action is Action.RESTORE:
            plan = stored_plan(history, record.plan)
            if brings_back(plan):
                return plan
    raise NotFound(kind="restore", name="")
