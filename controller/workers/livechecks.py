"""Live checks of one home: made by the process that asks, whoever leads, and put on record where that holds
up nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from controller.bootstrap import Composition
from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import CordonError
from controller.domain.facts import Actor, Fact, Noted
from controller.domain.plan import Hazard
from controller.domain.readiness import READINESS, DeviceReadiness, Obstacle, Readiness
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents
from controller.engine.ports import Committed
from controller.engine.readiness.livecheck import Told, check_live
from controller.engine.readiness.logins import Eyes
from controller.workers.office import LiveCheck
from controller.workers.requests import RecordReadiness

_SAID = {"detail": "", "found": "…", "said": "…"}
"""What a device said, or names somebody: shown once, never kept where it could not be erased."""


class LiveChecks:
    """``record`` hands a request to whoever leads; it raises where that would disturb."""

    def __init__(self, composition: Composition, record: Callable[[RecordReadiness], object]) -> None:
        self._composition = composition
        self._record = record
        self._last: tuple[str, Readiness] | None = None  # the digest it is kept under says all of it

    def check(
        self, documents: Documents, names: Sequence[str], actor: Actor, told: Told = lambda _: None
    ) -> LiveCheck:
        """Raises NotFound for a device that is not in the inventory."""
        noted = Noting()
        services = self._composition.services(noted)
        eyes = Eyes(services.clock, services.driver, services.secrets, services.limits)
        readiness = check_live(documents, eyes, names, told)
        content = json.dumps(to_plain(without_sayings(readiness)), ensure_ascii=False, separators=(",", ":"))
        try:
            self._record(RecordReadiness(content, noted.secrets, actor))
        except (CordonError, OSError) as error:
            return LiveCheck(readiness, error.code if isinstance(error, CordonError) else "internal")
        return LiveCheck(readiness)

    def last(self) -> Readiness | None:
        """The last check on record of all that Cordon manages; None where there is none, or none that this
        Cordon can read."""
        try:
            history = self._composition.home(create=False).history()
            for _, note in reversed(history.noted(READINESS)):
                data = dict(note.data)
                if data["whole"] != "yes":
                    continue
                known = self._last
                if known is None or known[0] != data["digest"]:
                    content = json.loads(history.revision(READINESS, data["digest"]))
                    known = self._last = (data["digest"], from_plain(Readiness, content))
                return known[1]
        except (CordonError, KeyError, TypeError, ValueError):
            pass
        return None


class Noting:
    """Stands where a journal would: who only looks has nothing to write but which secrets were read."""

    degraded = False

    def __init__(self) -> None:
        self.secrets: tuple[str, ...] = ()

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        del actor
        if tag is not Tag.SECRET_READ:
            raise RuntimeError(f"who only looks has no {tag}")
        names = (dict(fact.data)["name"] for fact in facts if isinstance(fact, Noted))
        self.secrets = (*self.secrets, *names)
        return Committed(None, degraded=False, unrecorded=True)


def without_sayings(readiness: Readiness) -> Readiness:
    """Codes, names of the inventory and numbers only."""

    def kept(data: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, _SAID.get(name, value)) for name, value in data)

    def bare(device: DeviceReadiness) -> DeviceReadiness:
        return replace(
            device,
            obstacles=tuple(Obstacle(each.code, kept(each.data), each.points) for each in device.obstacles),
            hazards=tuple(
                Hazard(each.code, each.severity, each.culprit, kept(each.data)) for each in device.hazards
            ),
        )

    return replace(readiness, devices=tuple(bare(device) for device in readiness.devices))
