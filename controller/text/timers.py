"""The timers behind returns: who holds which, in a plan and as things stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from controller.domain.plan import Plan
from controller.domain.timer import Holder, Timer
from controller.text.catalogue import Catalogue
from controller.text.times import duration

MOST_NAMED = 12


def held_by(plan: Plan, words: Catalogue) -> Iterator[str]:
    """Which devices go back to isolation by themselves unless a new log-in confirms, and for which the
    controller does it."""
    own: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    ours: dict[str, None] = {}
    for wave in plan.waves:
        for operation in wave.operations:
            if operation.timer is None or not operation.timer.read:
                ours[operation.device] = None
            else:
                own[operation.timer.after, operation.timer.needs][operation.device] = None
    for (after, needs), devices in own.items():
        code = "timer.by-device-if" if needs else "timer.by-device"
        yield words.text(code, devices=_some(devices, words), after=duration(words, after), needs=needs)
    if ours:
        yield words.text("timer.by-controller", devices=_some(ours, words))


def timer_lines(found: Iterable[Timer], words: Catalogue) -> Iterator[str]:
    """What was brought back and nobody has confirmed; nothing where there is none."""
    ours = False
    for each in found:
        ours = ours or each.holder is Holder.CONTROLLER
        after = duration(words, each.after)
        yield words.text(f"timer.runs-{each.holder}", device=each.device, run=each.run, after=after)
    if ours:
        yield words.text("timer.unwatched")


def _some(devices: Iterable[str], words: Catalogue) -> str:
    names = list(devices)
    shown = ", ".join(names[:MOST_NAMED])
    left = len(names) - MOST_NAMED
    return words.text("timer.more", devices=shown, count=left) if left > 0 else shown
