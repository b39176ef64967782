"""What the watch looks at: held points with the steps of the cuts that hold them, the age of what is known of
them, and what goes on record of a look. Pure."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controller.domain.facts import Noted, PointRead
from controller.domain.hold import Hold
from controller.domain.inventory import Inventory, PointId
from controller.domain.limit import Limit
from controller.domain.plan import Plan, Step, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.domain.proof import PROOF_EXPIRES_AFTER, Outcome, Proof
from controller.engine.planning.revisions import DocumentReader, stored_documents, stored_plan
from controller.engine.points.reading import judge
from controller.engine.points.track import rests_on
from controller.engine.ports import History, StepRecord

RUN = "watch"
"""Stands for the run in readings of the watch: those of the run that cut stay the last of that run."""

REOPENED, SILENT = "found-open", "watch-silent"
"""Subjects of the watch's notes: a point found open, a device that does not answer."""

READ_AFTER = timedelta(minutes=5)
"""The youngest reading that is renewed; devices are spread over as long again by their names."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a run was planned from; ``steps`` by point, with their waves."""

    plan: Plan
    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    steps: Mapping[PointId, tuple[Wave, Step]]


def basis_of(history: History, reader: DocumentReader, run: str) -> Basis:
    """Raises NotFound."""
    record = history.run(run)
    plan = stored_plan(history, record.plan)
    inventory, profiles = stored_documents(history, reader, record)
    every = (*plan.upstream(), *plan.steps())
    return Basis(plan, inventory, profiles, {step.point.id: (wave, step) for wave, _, step in every})


@dataclass(frozen=True, slots=True)
class Watched:
    """A held point with the step of the newest run that holds it. ``limited``: what a return lets through
    there, with what it was planned from."""

    hold: Hold
    basis: Basis
    wave: Wave
    step: Step
    limited: tuple[Basis, Step] | None = None

    @property
    def point(self) -> PointId:
        return self.step.point.id

    def confirmed_by(self, state: State | None) -> Proof:
        """Judged against whatever method cuts the point, or what it lets through to the letter."""
        limit = (self.limited[1].rendering,) if self.limited else ()
        renderings = (self.step.rendering, *self.step.fallbacks, *limit)
        proofs = [judge(each.expect, state) for each in renderings if each.expect]
        if Proof.CONFIRMED in proofs:
            return Proof.CONFIRMED
        return Proof.CONTRADICTED if state is not None and proofs else Proof.UNKNOWN


def watched_at(
    device: str,
    holds: Iterable[Hold],
    reads: Mapping[PointId, StepRecord],
    basis_of: Callable[[str], Basis],
    limit_of: Callable[[PointId], Limit | None],
) -> list[Watched]:
    """What the device's held points should read, by the newest run that holds each; ``holds``: the oldest
    first, ``basis_of``: by run, ``limit_of``: what a return lets through. Points nothing can be read at are
    the walk-list's, rehearsals look after themselves, and what is cut by ports of other devices is as it was:
    those are read."""
    newest = {hold.key.point: hold for hold in holds if hold.key.point.device == device}
    found = []
    for point, hold in newest.items():
        basis = basis_of(hold.key.run)
        known, last = basis.steps.get(point), reads.get(point)
        if last is not None and rests_on(last.cause):
            continue
        if known and known[1].rendering.commands and not basis.plan.gives_way:
            found.append(Watched(hold, basis, *known, _limited(limit_of(point), basis_of)))
    return found


def profiles_of(watched: Sequence[Watched]) -> Mapping[str, DeviceProfile]:
    """Those a device is read by: where it lets something through, they may be younger than the cut."""
    bases = (each.limited[0] for each in watched if each.limited is not None)
    return next(bases, watched[0].basis).profiles


def _limited(limit: Limit | None, basis_of: Callable[[str], Basis]) -> tuple[Basis, Step] | None:
    if limit is None:
        return None
    basis = basis_of(limit.run)
    known = basis.steps.get(limit.point)
    return (basis, known[1]) if known is not None else None


def with_present(planned: Inventory, current: Inventory | None) -> Inventory:
    """The run's inventory, with the devices and credentials of the present one where it knows them: an
    address or a host key may have changed since the cut."""
    if current is None or current.site != planned.site:
        return planned
    return replace(
        planned,
        devices={**planned.devices, **current.devices},
        credentials={**planned.credentials, **current.credentials},
    )


def age_of(read: StepRecord | None, now: datetime) -> timedelta:
    """A reading from the future, by a clock that was set back since, has no age: it counts as expired."""
    if read is None or read.read_at is None or read.read_at > now or read.proof == Proof.CLAIMED:
        return PROOF_EXPIRES_AFTER
    return now - read.read_at


def share_of(device: str) -> timedelta:
    """Between nothing and :data:`READ_AFTER`, always the same for one device."""
    return READ_AFTER * (zlib.crc32(device.encode()) % 1000 / 1000)


def by_run(watched: Iterable[Watched]) -> list[tuple[str, Wave, list[Watched]]]:
    parts: dict[tuple[str, int], list[Watched]] = defaultdict(list)
    for each in watched:
        parts[each.hold.key.run, each.wave.index].append(each)
    return [(run, part[0].wave, part) for (run, _), part in parts.items()]


def reading(each: Watched, proof: Proof, state: State | None, read_at: datetime, cause: str) -> PointRead:
    return PointRead(
        run=RUN,
        point=each.point,
        wanted=Action.ISOLATE,
        method=each.hold.method,
        outcome=Outcome.NOT_ATTEMPTED,
        proof=proof,
        state=state,
        read_at=read_at,
        cause=cause,
    )


def alarm(each: Watched, why: str) -> Noted:
    point = each.point
    return Noted(
        REOPENED,
        (
            ("run", each.hold.key.run),
            ("device", point.device),
            ("object", point.object),
            ("vlan", "" if point.vlan is None else str(point.vlan)),
            ("decision", why or "cut-again"),
        ),
    )
