"""What each held subject waits for before it may return, and for whom. Looks only: nobody is asked for
anything, and probes are asked right before a wave, not here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from controller.domain.errors import InvalidRequest
from controller.domain.facts import Attested
from controller.domain.plan import Condition, Hazard, Plan
from controller.domain.playbook import STANDING, Gate
from controller.engine.people.approvals import Act, ApprovalShown, need_of
from controller.engine.planning.gates import missing, part, speakers, unconsented, word
from controller.engine.planning.plans import Documents, Return, decided_on, plan_return
from controller.engine.points.holds import HoldBook
from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Waiting:
    """How the gates of one held subject stand. ``wants``: what is missing of persons and of time, none: all
    of it is there; ``attested``: what counts since its last cut; ``go`` and ``no_go``: persons, by id;
    ``unheard``: what would count, had its author's account not been disabled;
    ``plan``: the hash others consent to, ``request``: the request for it, "" where none is open."""

    subject: str
    gates: tuple[Gate, ...]
    wants: tuple[Hazard, ...]
    attested: tuple[Attested, ...]
    go: tuple[str, ...]
    no_go: tuple[str, ...]
    plan: str
    request: str = ""
    unheard: tuple[Attested, ...] = ()

    @property
    def probes(self) -> bool:
        """Whether probes are asked right before the wave."""
        return any(gate.probes for gate in self.gates)


def may_wait(documents: Documents, history: History, playbook: str | None = None) -> bool:
    """Whether there can be anything to wait for at all: where not, nothing need be read or compiled."""
    gated = any(not stage.gate.open for stage in documents.stages.get(STANDING, ()))
    names = (subject.name for subject in documents.inventory.subjects())
    return playbook is not None or gated or bool(decided_on(history, names))


def waiting(
    documents: Documents,
    book: HoldBook,
    history: History,
    requests: Iterable[ApprovalShown],
    present: Callable[[Collection[str]], Collection[str]],
    playbook: str | None = None,
) -> tuple[Waiting, ...]:
    """Of every held subject with a gate, in the order of return, as ``playbook`` would bring it back; without
    one, as ``restore --next`` would what it would, and ``restore --all`` the rest. Raises NotFound."""
    asked = Return(everything=True) if playbook is None else Return(playbook=playbook)
    found: dict[str, tuple[Plan, Condition]] = {}
    for wanted in (asked, *([Return(next_wave=True)] if playbook is None else [])):
        try:
            plan = plan_return(documents, book, history, wanted)
        except InvalidRequest:  # nothing is held
            return ()
        found.update({each.subject: (plan, each) for each in plan.conditions})
    open_requests = list(requests)
    return tuple(_one(plan, condition, history, open_requests, present) for plan, condition in found.values())


def _one(
    plan: Plan,
    condition: Condition,
    history: History,
    requests: Iterable[ApprovalShown],
    present: Callable[[Collection[str]], Collection[str]],
) -> Waiting:
    name = condition.subject
    said = history.statements(name)
    persons = speakers(said)
    known = word(said, present(persons) if persons else ())
    wants = list(missing(condition, known, ""))
    own = part(plan, condition, known.attested)
    signed, need = Act(own).signed, need_of(own)
    request = next((each for each in requests if each.plan == signed), None)
    if need is not None and not (request and request.ready):
        given = len(request.given) if request else 0
        wants.append(unconsented(name, request.id if request else "", given, need.needed, need.roles))
    return Waiting(
        subject=name,
        gates=condition.gates,
        wants=tuple(wants),
        attested=known.attested,
        unheard=known.unheard,
        go=tuple(sorted(known.go)),
        no_go=tuple(sorted(known.no_go)),
        plan=signed,
        request=request.id if request else "",
    )
