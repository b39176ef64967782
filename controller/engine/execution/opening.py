"""What a run puts on record as it begins or goes on: the decision with everything it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.domain.codec import to_plain
from controller.domain.facts import Fact, Noted, RevisionStored, RunMoved, RunOpened, Text
from controller.domain.lifecycle import RunState
from controller.engine.execution.marks import Marks, marked
from controller.engine.execution.running import Running
from controller.engine.planning.plans import Documents, Lapse
from controller.engine.ports import RunRecord


def opening(running: Running, documents: Documents, reason: str, marks: Marks) -> list[Fact]:
    """The decision with everything it rests on."""
    plan, sources = running.plan, documents.sources
    content = json.dumps(to_plain(plan), ensure_ascii=False, separators=(",", ":"))
    rests_on = (
        ("inventory", plan.basis.inventory),
        ("profiles", plan.basis.profiles),
        ("playbook", plan.basis.playbook),
    )
    return [
        *(RevisionStored(kind, digest, sources[digest]) for kind, digest in rests_on if digest in sources),
        RevisionStored("plan", plan.hash, content),
        RunOpened(
            run=running.run,
            action=plan.action,
            plan=plan.hash,
            playbook=plan.playbook,
            level=plan.level,
            inventory=plan.basis.inventory,
            profiles=plan.basis.profiles,
            reason=Text(reason),
        ),
        RunMoved(running.run, RunState.RUNNING),
        *marked(marks, running.run),
        *_lapsed(running.run, documents.lapse),
        *decided(running),
    ]


def decided(running: Running) -> Iterator[Fact]:
    """What a person decided of devices that somebody changed since the cut."""
    if running.accept_drift:
        yield Noted(running.run, (("drift-decided", ", ".join(sorted(running.accept_drift))),))


def _lapsed(run: str, lapse: Lapse | None) -> Iterator[Fact]:
    """That the run rests on what was valid last, not on what the files said."""
    if lapse is not None:
        since, mistakes = lapse.kept_at.isoformat(), str(len(lapse.problems))
        yield Noted(run, (("documents", "last-valid"), ("kept-at", since), ("mistakes", mistakes)))


def resuming(record: RunRecord) -> list[Fact]:
    """A run that a process left under way was interrupted first, whoever notices."""
    facts: list[Fact] = [RunMoved(record.run, RunState.RUNNING, "resumed")]
    if record.state is not RunState.INTERRUPTED and record.state is not RunState.STOPPED:
        facts.insert(0, RunMoved(record.run, RunState.INTERRUPTED, "process-died"))
    return facts
