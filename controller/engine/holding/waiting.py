"""What each held subject waits for before it may return, and for whom. Looks only: nobody is asked for
anything, and probes are asked right before a wave, not here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from controller.domain.errors import InvalidRequest
from controller.domain.facts import Attested
from controller.domain.plan import Condition, Hazard, Plan
from controller.domain.playbook import STANDING, Gate
from controller.engine.people.approvals import Act, ApprovalShown, Need, need_of
from controller.engine.planning.gates import Parts, Word, gates_of, missing, speakers, unconsented, word
from controller.engine.planning.plans import Documents, Return, decided_on
from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Waiting:
    """How the gates of one held subject stand. ``wants``: what is missing of persons and of time, none: all
    of it is there; ``attested``: what counts since its last cut; ``go`` and ``no_go``: persons, by id;
    ``unheard``: what would count, had its author's account not been disabled;
    ``plan``: the hash others consent to, "" where that is not compiled; ``request``: the request for it, ""
    where none is open. While ``counting`` consents are asked for, and what they are for is not compiled yet:
    whose there are nobody can tell, and ``wants`` is without them."""

    subject: str
    gates: tuple[Gate, ...]
    wants: tuple[Hazard, ...]
    attested: tuple[Attested, ...]
    go: tuple[str, ...]
    no_go: tuple[str, ...]
    plan: str
    request: str = ""
    unheard: tuple[Attested, ...] = ()
    counting: bool = False

    @property
    def probes(self) -> bool:
        """Whether probes are asked right before the wave."""
        return any(gate.probes for gate in self.gates)


def may_wait(documents: Documents, history: History, playbook: str | None = None) -> bool:
    """Whether there can be anything to wait for at all: where not, nothing need be read or compiled."""
    gated = any(not stage.gate.open for stage in documents.stages.get(STANDING, ()))
    names = (subject.name for subject in documents.inventory.subjects())
    return playbook is not None or gated or bool(decided_on(history, names))


class Awaited:
    """What each held subject waits for, in the order of return: of ``plans``, the later ones first to count.
    How it stands is asked as often as wanted. ``conditions``: of what is not compiled yet. For many
    threads."""

    def __init__(self, plans: Iterable[Plan], conditions: Iterable[Condition] = ()) -> None:
        self._conditions: dict[str, tuple[Parts | None, Condition]] = {
            each.subject: (None, each) for each in conditions
        }
        for plan in plans:
            parts = Parts(plan)
            self._conditions.update({each.subject: (parts, each) for each in plan.conditions})
        self._signed: dict[str, tuple[tuple[Attested, ...], str, Need | None]] = {}

    @property
    def counted(self) -> bool:
        """Whether it was asked how all of it stands: from then on only what is new has to be found out."""
        return self._conditions.keys() == self._signed.keys()

    def now(
        self,
        history: History,
        requests: Iterable[ApprovalShown],
        present: Callable[[Collection[str]], Collection[str]],
    ) -> tuple[Waiting, ...]:
        said = history.statements_of(self._conditions)
        persons = frozenset(person for each in said.values() for person in speakers(each))
        here = present(persons) if persons else ()
        asked = {each.plan: each for each in reversed(list(requests))}
        return tuple(self._one(name, word(each, here), asked) for name, each in said.items())

    def _one(self, name: str, known: Word, asked: Mapping[str, ApprovalShown]) -> Waiting:
        parts, condition = self._conditions[name]
        wants = list(missing(condition, known, ""))
        signed, need = self._consent(name, parts, condition, known.attested) if parts else ("", None)
        request = asked.get(signed)
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
            counting=parts is None and any(gate.approvals or gate.roles for gate in condition.gates),
        )

    def _consent(
        self, name: str, parts: Parts, condition: Condition, attested: tuple[Attested, ...]
    ) -> tuple[str, Need | None]:
        """What others consent to, and what consent it needs; found out again where somebody stated more."""
        known = self._signed.get(name)
        if known is None or known[0] != attested:
            own = parts.of(condition, attested)
            known = self._signed[name] = (attested, Act(own).signed, need_of(own))
        return known[1:]


def uncompiled(documents: Documents, history: History) -> Awaited:
    """As :func:`awaited` without a playbook, but for what others consent to: that takes compiling."""
    held = {hold.key.subject for hold in history.open_holds()}
    gates = gates_of((), documents.stages.get(STANDING, ()), documents.inventory)
    names = held & (gates.keys() | decided_on(history, held))
    return Awaited((), (Condition(name, gates.get(name, ()), "", "") for name in sorted(names)))


def awaited(plan_of: Callable[[Return], Plan], playbook: str | None = None) -> Awaited:
    """Of every held subject with a gate, as ``playbook`` would bring it back; without one, as ``restore
    --next`` would what it would, and ``restore --all`` the rest. Raises NotFound."""
    asked = Return(everything=True) if playbook is None else Return(playbook=playbook)
    try:
        return Awaited(
            [plan_of(wanted) for wanted in (asked, *([Return(next_wave=True)] if playbook is None else []))]
        )
    except InvalidRequest:  # nothing is held
        return Awaited(())
