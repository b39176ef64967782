"""Facts of a night as entries of a log have them: for tests of what is told of it."""

from __future__ import annotations

from datetime import datetime

from controller.domain.facts import Attested, HoldOpened, Noted, PointRead, RunOpened, Text
from controller.domain.hold import Attribution
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof


def opened(
    run: str, action: Action = Action.ISOLATE, reason: str = "why", plan: Plan | None = None
) -> RunOpened:
    """The decision; without a ``plan`` one of level 5."""
    if plan is None:
        return RunOpened(run, action, "p" * 64, "level-5", 5, "i" * 64, "q" * 64, Text(reason))
    basis = plan.basis
    return RunOpened(
        run, action, plan.hash, plan.playbook, None, basis.inventory, basis.profiles, Text(reason)
    )


def hold(run: str, subject: str, point: PointId, attribution: Attribution = Attribution.OURS) -> HoldOpened:
    return HoldOpened(run, subject, Point(point, PointKind.INTERFACE), Method.SHUTDOWN, attribution)


def read(
    run: str,
    point: PointId,
    proof: Proof,
    at: datetime,
    wanted: Action = Action.ISOLATE,
    cause: str = "",
    method: Method = Method.SHUTDOWN,
) -> PointRead:
    """Obeyed where it is confirmed; what nobody read or said has no time."""
    outcome = Outcome.ACCEPTED if proof.satisfies(Proof.ACCEPTED) else Outcome.NOT_SENT
    known = at if proof.satisfies(Proof.CLAIMED) else None
    return PointRead(run, point, wanted, method, outcome, proof, None, known, cause)


def found_open(run: str, point: PointId, decision: str) -> Noted:
    """A held point that is open again."""
    vlan = "" if point.vlan is None else str(point.vlan)
    data = (("run", run), ("device", point.device), ("object", point.object), ("vlan", vlan))
    return Noted("found-open", (*data, ("decision", decision)))


def stated(subject: str, person: str) -> Attested:
    return Attested("s1", subject, "edr-clean", person, True, "2026-03-01", "", Text("all scanned"))


def consent(request: str, requester: str, *more: tuple[str, str], text: str = "") -> Noted:
    """What one entry says of a request: that it was made, answered or used."""
    about = (("plan", "p" * 64), ("requester", requester))
    return Noted(f"request:{request}", (*about, *more), Text(text))
