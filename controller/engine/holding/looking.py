"""One look at everything that is on probation: every probe is asked and every counter read, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from controller.engine.execution.asking import Asking
from controller.engine.holding.on_probation import OnProbation
from controller.engine.planning.watching import Counter
from controller.engine.ports import ProbeResult


def looked_at(
    watched: Sequence[OnProbation],
) -> list[tuple[OnProbation, list[ProbeResult], list[int | None]]]:
    """Each with what its probes and its counters say now, in the order of its tripwires."""
    asked = [(each.asking, probe) for each in watched for probe in each.tripwires.probes()]
    with ThreadPoolExecutor(_threads(len(asked)), thread_name_prefix="probation") as pool:
        found = pool.map(lambda one: one[0].ask(one[1]), asked)
        counts = counted(watched)
        answers = iter(list(found))
    return [(each, [next(answers) for _ in each.tripwires.probes()], values) for each, values in counts]


def counted(watched: Sequence[OnProbation]) -> list[tuple[OnProbation, list[int | None]]]:
    """Each with what its counters say now."""
    asked = [(each.asking, counter) for each in watched for counter in each.tripwires.counters]
    with ThreadPoolExecutor(_threads(len(asked)), thread_name_prefix="counting") as pool:
        counts = iter(list(pool.map(lambda one: _count(*one), asked)))
    return [(each, [next(counts) for _ in each.tripwires.counters]) for each in watched]


def _threads(asked: int) -> int:
    return max(1, min(8, asked))


def _count(asking: Asking, counter: Counter) -> int | None:
    said = asking.read(counter.device, counter.send)
    return None if said is None else counter.value(said)
