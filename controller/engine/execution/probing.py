"""Probes around a cut: what answered just before and no longer does, while its control still answers.

Probing never delays a cut: the first round runs beside the opening of sessions, and counts for a segment only
if it had ended before the first line was sent to one of that segment's points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

from controller.domain.facts import PointRead, ProbeAnswered
from controller.domain.inventory import PointId
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.events import StepResult, StepsSettled
from controller.engine.execution.asking import Asking
from controller.engine.execution.running import Running
from controller.engine.ports import ProbeResult


class Probing:
    """The probes of one run's subjects, asked before and after."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="probe")
        self._before: dict[str, list[Future[ProbeResult]]] = {}
        self._first_change: dict[str, float] = {}
        self._lock = Lock()
        self._asking = Asking(running.inventory, running.profiles, running.services, running.probe_sessions)
        self._cut_at = {
            step.point.id: step.subjects for _, _, step in (*running.plan.upstream(), *running.plan.steps())
        }
        self._subjects = {
            name: subject
            for name in {name for _, _, step in running.plan.steps() for name in step.subjects}
            if (subject := running.inventory.subject(name)) is not None and subject.probes
        }

    def start(self) -> None:
        """Asks every probe once, in the background."""
        if self._running.action is Action.ISOLATE:
            for name, subject in self._subjects.items():
                self._before[name] = [self._pool.submit(self._asking.ask, probe) for probe in subject.probes]

    def changing(self, points: Sequence[PointId]) -> None:
        """Notes that lines are about to be sent to ``points``."""
        now = self._running.services.clock.monotonic()
        with self._lock:
            for point in points:
                for name in self._cut_at.get(point, ()):
                    self._first_change.setdefault(name, now)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._running.probe_sessions.close()

    def finish(self, results: Mapping[PointId, StepResult]) -> Mapping[PointId, StepResult]:
        """Asks again, records what answered, and returns ``results`` with what the probes say of them."""
        by_subject: dict[str, list[StepResult]] = defaultdict(list)
        for result in results.values():
            for name in result.step.subjects:
                by_subject[name].append(result)
        after = {
            name: [self._pool.submit(self._asking.ask, probe) for probe in subject.probes]
            for name, subject in self._subjects.items()
        }
        changed: dict[PointId, StepResult] = {}
        facts: list[PointRead | ProbeAnswered] = []
        for name, asked in after.items():
            answers = [future.result() for future in asked]
            before = [future.result() for future in self._before.get(name, ())]
            facts.extend(self._answered(name, "before", before))
            facts.extend(self._answered(name, "after", answers))
            if self._running.action is Action.ISOLATE:
                for result in self._judge(name, by_subject[name], before, answers):
                    point = result.step.point.id
                    known = changed.setdefault(point, result)
                    if result.proof.rank < known.proof.rank:  # of several subjects the worst counts
                        changed[point] = result
        facts.extend(result.as_fact(self._running.run, self._running.action) for result in changed.values())
        if facts:
            self._running.commit(Tag.PROBE_ANSWERED, facts)
        for device in {point.device for point in changed}:
            told = tuple(result for point, result in changed.items() if point.device == device)
            self._running.watcher(StepsSettled(self._running.run, device, told))
        return {**results, **changed}

    def _judge(
        self,
        name: str,
        results: Sequence[StepResult],
        before: Sequence[ProbeResult],
        after: Sequence[ProbeResult],
    ) -> list[StepResult]:
        """A probe that still answers contradicts the whole segment. All silent, one of them known to have
        answered before, controls answering: proven, if every point of the segment is confirmed."""
        if any(probe.answered for probe in after):
            touched = [
                result
                for result in results
                if result.outcome is not Outcome.NOT_ATTEMPTED or result.proof is Proof.CONFIRMED
            ]
            return [_with(result, Proof.CONTRADICTED, "probe-still-answers") for result in touched]
        began = self._first_change.get(name)
        if began is None:
            return []
        proven = [
            then.answered is True
            and then.finished_at < began
            and now.answered is False
            and now.control is True
            for then, now in zip(before, after, strict=True)
        ]
        confirmed = all(result.proof is Proof.CONFIRMED for result in results)
        if not any(proven) or not confirmed or not self._complete(name, results):
            return []
        return [_with(result, Proof.PROVEN, result.cause) for result in results]

    def _complete(self, name: str, results: Sequence[StepResult]) -> bool:
        """Whether some method of the run covers the segment as a whole rather than a part of its points."""
        subject = self._subjects[name]
        kinds = {result.step.point.kind for result in results}
        wanted = {point.id for point in subject.points if point.kind in kinds}
        return wanted <= {result.step.point.id for result in results}

    def _answered(self, subject: str, phase: str, results: Sequence[ProbeResult]) -> list[ProbeAnswered]:
        now = self._running.services.clock.now()
        return [
            ProbeAnswered(
                self._running.run,
                subject,
                result.probe.source,
                str(result.probe.target),
                phase,
                bool(result.answered),
                bool(result.control),
                now,
            )
            for result in results
            if result.answered is not None
        ]


def _with(result: StepResult, proof: Proof, cause: str) -> StepResult:
    return replace(result, proof=proof, cause=cause)
