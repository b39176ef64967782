"""Points that are to take the place of others, read as they are now. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controller.domain.inventory import MANUAL, Inventory, PointId
from controller.domain.plan import Hazard, Severity
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.engine.execution.running import Services
from controller.engine.findings import Findings
from controller.engine.planning.transfer import Transferral
from controller.engine.points.reading import configured, misread, read_state
from controller.engine.points.renderer import PointContext, point_context, read_commands
from controller.engine.readiness.survey import ask


@dataclass(frozen=True, slots=True)
class NewPoint:
    """``now``: its configured fields, None where they could not be read for ``cause``; ``returns_to``: those
    of the state that moves along, None where it returns to what it is found as."""

    old: PointId
    new: PointId
    subjects: tuple[str, ...]
    now: State | None
    returns_to: State | None
    cause: str = ""

    @property
    def differs(self) -> tuple[str, ...]:
        """The fields it has otherwise than the state it returns to."""
        if self.now is None or self.returns_to is None:
            return ()
        return tuple(name for name, value in self.now.items() if self.returns_to.get(name) != value)


def unread(points: Iterable[NewPoint]) -> list[Hazard]:
    """Nothing moves to a point that could not be read back either."""
    found = Findings()
    for each in points:
        if each.now is None:
            found.hazard(
                "new-point-unread", Severity.REFUSE, str(each.new), old=str(each.old), against=each.cause
            )
    return list(found.hazards.values())


def read_new_points(
    found: Iterable[Transferral],
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    services: Services,
) -> tuple[NewPoint, ...]:
    """One for each pair of points, however many levels hold the old one."""
    moves = {(move.old, move.new.id): move for each in found for move in each.moves}
    contexts: dict[PointId, PointContext | None] = {}
    questions: dict[str, list[str]] = defaultdict(list)
    steps = {step.point.id: step for each in found for _, _, step in each.plan.steps()}
    for _, new in moves:
        device, step = inventory.devices[new.device], steps.get(new)
        if step is None or device.platform == MANUAL:
            continue
        context = point_context(step.point, step.subjects, step.prefixes, device, profiles[device.platform])
        contexts[new] = context
        if context is not None:
            questions[new.device].extend(read_commands(context))
    told = ask(inventory, profiles, services, questions)
    points = []
    for (old, new), move in moves.items():
        context = contexts.get(new)
        state, cause = None, "manual"
        if context is not None:
            answers = told[new.device]
            state = read_state(context, answers.answers)
            cause = "" if state is not None else answers.cause or misread(context, answers.answers)[1]
        base = move.baseline.state if move.baseline is not None else None
        points.append(
            NewPoint(
                old,
                new,
                tuple(dict.fromkeys(hold.key.subject for hold in move.holds)),
                configured(context, state) if context is not None and state is not None else None,
                configured(context, base) if context is not None and base is not None else base,
                cause,
            )
        )
    return tuple(points)
