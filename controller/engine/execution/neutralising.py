"""What would undo a cut, taken away as a person asks: on record before the first byte, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.facts import Actor, Noted, Text
from controller.domain.inventory import MANUAL, Device
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.readiness import RevertSpec
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.planning.plans import Documents
from controller.engine.points.blocks import complete_answers, outcome_of, transcript
from controller.engine.points.reverts import Pending, pending_reverts
from controller.engine.ports import Answer, Block, Command, Purpose

REVERT = "revert"
"""The subject of the notes that tell of it."""


@dataclass(frozen=True, slots=True)
class Neutralised:
    """One revert of one device. ``proof``: ``confirmed`` where it is gone, ``contradicted`` where it is still
    pending, ``unknown`` where the device does not say."""

    device: str
    kind: str
    undo: str
    outcome: Outcome
    proof: Proof

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Neutralised:
        """From what the log noted. Raises KeyError for a note that tells of no end."""
        return cls(data["device"], data["kind"], data["undo"], Outcome(data["outcome"]), Proof(data["proof"]))


@dataclass(frozen=True, slots=True)
class Neutralising:
    """At the leader. Beside nothing else at the device; a cut goes first."""

    services: Services
    slots: DeviceSlots

    def neutralise(self, documents: Documents, name: str, reason: str, actor: Actor) -> int | None:
        """Takes away all that is pending at the device and whose lines its profile knows. Returns the number
        of the last entry.

        Raises NotFound, InvalidRequest where nothing is pending that could be, OpenFailed, and
        JournalUnavailable before anything is sent that is not on record."""
        device = documents.inventory.devices.get(name)
        if device is None or device.platform == MANUAL:
            raise NotFound(kind="device", name=name)
        profile = documents.profiles[device.platform]
        services = self.services
        sessions = Sessions(
            documents.inventory,
            documents.profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            armed=services.armed,
        )
        try:
            with self.slots.hold(name, Action.RESTORE, lambda: sessions.drop(name)):
                return self._at(device, profile, sessions, reason, actor)
        finally:
            sessions.close()

    def _at(
        self, device: Device, profile: DeviceProfile, sessions: Sessions, reason: str, actor: Actor
    ) -> int | None:
        services = self.services
        values = {**profile.settings, **device.settings}
        asked = tuple(dict.fromkeys(each.send.fill(values) for each in profile.readiness.reverts))
        reads = tuple(Command(text, Purpose.READ) for text in asked)
        said = complete_answers(self._exchange(device, sessions, reads))
        known = [each for each in pending_reverts(device, profile, said) if each.spec.undo]
        if not known:
            raise InvalidRequest("nothing-to-neutralise", device=device.name)
        journal, seq = services.journal, None
        for each in known:
            data = (("device", device.name), ("kind", each.spec.kind.value), ("undo", _lines(each)))
            journal.commit(Tag.REVERT_INTENDED, [Noted(REVERT, data, Text(reason))], actor)
            lines = tuple(Command(text, Purpose.CHANGE, 1) for text in each.spec.undo)
            answers = self._exchange(device, sessions, (*lines, *reads))
            outcome, _ = outcome_of(answers, 1, profile)
            proof = _judged(each.spec, values, complete_answers(answers[len(lines) :]))
            ended = (*data, ("outcome", outcome.value), ("proof", proof.value))
            said_all = Text(transcript(answers))
            seq = journal.commit(Tag.REVERT_SETTLED, [Noted(REVERT, ended, said_all)], actor).seq
        return seq

    def _exchange(
        self, device: Device, sessions: Sessions, commands: tuple[Command, ...]
    ) -> tuple[Answer, ...]:
        session = sessions.get(device)
        session.write(Block(commands))
        return session.collect(self.services.clock.monotonic() + self.services.limits.operation)


def _judged(spec: RevertSpec, values: Mapping[str, str], said: Mapping[str, str]) -> Proof:
    answer = said.get(spec.send.fill(values), "")
    if spec.pending.search(answer):
        return Proof.CONTRADICTED
    return Proof.CONFIRMED if spec.none.search(answer) else Proof.UNKNOWN


def _lines(pending: Pending) -> str:
    return "; ".join(pending.spec.undo)
