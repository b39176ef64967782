"""A site for tests of the engine: boards, an inventory of them, a home in memory, its controller."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from controller.domain.codec import from_plain, to_plain
from controller.domain.facts import Actor, Fact, IntentRecorded, PointRead
from controller.domain.inventory import (
    Bilingual,
    Conduit,
    ConduitKind,
    ControllerSite,
    Device,
    DeviceRole,
    Inventory,
    Link,
    Management,
    Method,
    Point,
    PointId,
    PointKind,
    Segment,
)
from controller.domain.path import Credential, Path
from controller.domain.playbook import Action, Playbook, Scope, Selector, Stage
from controller.domain.probe import Probe
from controller.domain.profile import DeviceProfile
from controller.domain.tags import Tag
from controller.engine.controller import Controller
from controller.engine.events import Event, RunEnded, StepResult
from controller.engine.execution.running import Limits, Services
from controller.engine.planning.plans import Documents, Return
from controller.engine.ports import Armed, Clock, Committed, Login, ProbeResult
from tests.fakes.board import PLATFORM, Board, BoardDriver, FakeClock, board_profile
from tests.fakes.journal import MemoryHistory, MemoryJournal

ACTOR = Actor("os:1")
NOWHERE = ControllerSite()
FEW = Limits(connect=10, operation=30, probe=2, threads=4)


class HookedJournal(MemoryJournal):
    """``before`` and ``after`` stand around each commit and may raise, or wait."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock.now)
        self.before: Callable[[Tag, Sequence[Fact]], None] = lambda _tag, _facts: None
        self.after: Callable[[Tag, Sequence[Fact]], None] = lambda _tag, _facts: None

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        self.before(tag, facts)
        committed = super().commit(tag, facts, actor)
        self.after(tag, facts)
        return committed


class Keys:
    def login(self, credential: Credential) -> Login:
        return Login(credential.username, "secret")


class FakeProber:
    """``alive`` says what answers; ``asked`` is released once for every probe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.alive: Callable[[str], bool] = lambda _target: True
        self.asked = threading.Semaphore(0)

    def ask(self, probe: Probe, deadline: float) -> ProbeResult:
        answered, control = self.alive(str(probe.target)), self.alive(str(probe.control))
        result = ProbeResult(probe, answered, control, self._clock.monotonic())
        self.asked.release()
        return result


class PlainReader:
    """Stored documents are the plain form of the inventory; the profiles are always the board's."""

    def __init__(self, profiles: Mapping[str, DeviceProfile]) -> None:
        self._profiles = profiles

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory:
        return replace(from_plain(Inventory, json.loads(text)), digest=sha(text))

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]:
        return self._profiles


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- inventories ------------------------------------------------------------------------------------


def port(device: str, name: str, vlan: int | None = None, *, tagged: bool = False) -> Point:
    return Point(PointId(device, name, vlan), PointKind.INTERFACE, tagged)


def policy(device: str, name: str) -> Point:
    return Point(PointId(device, name), PointKind.POLICY)


def gate(device: str, name: str) -> Point:
    return Point(PointId(device, name), PointKind.TUNNEL)


def device(name: str, role: DeviceRole = DeviceRole.ACCESS, **changes: object) -> Device:
    made = Device(name, PLATFORM, role, (Path("192.0.2.1"),), "net", "ssh-ed25519 AAAA")
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields to change are named by the tests


def segment(name: str, points: Iterable[Point], priority: int = 5, **changes: object) -> Segment:
    made = Segment(name, Bilingual(name, name), priority, points=tuple(points))
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields to change are named by the tests


def conduit(name: str, points: Iterable[Point], keep_alive: Sequence[str] = (), priority: int = 5) -> Conduit:
    return Conduit(
        name, Bilingual(name, name), ConduitKind.INTERNET, priority, tuple(keep_alive), tuple(points)
    )


def inventory(
    devices: Iterable[Device],
    subjects: Iterable[Segment | Conduit],
    links: Iterable[Link] = (),
    controller: ControllerSite = NOWHERE,
) -> Inventory:
    """With the digest of its own plain form, as a stored revision must have."""
    subjects = tuple(subjects)
    made = Inventory(
        site="test",
        controller=controller,
        credentials={"net": Credential("net", "cordon")},
        devices={each.name: each for each in devices},
        links=tuple(links),
        segments={each.name: each for each in subjects if isinstance(each, Segment)},
        conduits={each.name: each for each in subjects if isinstance(each, Conduit)},
        digest="",
    )
    return replace(made, digest=sha(source(made)))


def source(inventory: Inventory) -> str:
    return json.dumps(to_plain(replace(inventory, digest="")), sort_keys=True)


def stage(
    *names: str,
    methods: Sequence[Method] = (Method.SHUTDOWN, Method.VLAN, Method.POLICY),
    scope: Scope = Scope.SEGMENTS,
    attributes: Mapping[str, tuple[str, ...]] | None = None,
    name: str = "stage",
) -> Stage:
    selector = Selector(scope, names, attributes or {})
    return Stage(name, Action.ISOLATE, (selector,), tuple(methods))


def playbook(name: str, *stages: Stage, level: int | None = None) -> Playbook:
    return Playbook(name, Bilingual(name, name), stages, level, digest=sha(name + repr(stages)))


def documents(inventory: Inventory, playbooks: Iterable[Playbook] = (), settle: int = 0) -> Documents:
    playbooks = tuple(playbooks)
    return Documents(
        inventory=inventory,
        profiles={PLATFORM: board_profile(settle)},
        profiles_digest=sha("profiles"),
        playbooks={each.name: each for each in playbooks},
        stages={each.name: each.stages for each in playbooks},
        sources={inventory.digest: source(inventory), sha("profiles"): "profiles"},
    )


OOB = Management.OOB
INBAND = Management.INBAND


# --- the site at work -------------------------------------------------------------------------------


class Site:
    """One home and its devices. :meth:`restart` is a new leader over the same home."""

    def __init__(
        self,
        documents: Documents,
        boards: Iterable[Board],
        limits: Limits = FEW,
        armed: Armed | None = None,
    ) -> None:
        self.armed = armed
        self.clock = FakeClock()
        self.journal = HookedJournal(self.clock)
        self.history = MemoryHistory(self.journal)
        self.driver = BoardDriver(boards, self.clock)
        self.prober = FakeProber(self.clock)
        self.limits = limits
        self.events: list[Event] = []
        self.controller = self._lead(documents)

    def _lead(self, documents: Documents) -> Controller:
        services = Services(
            self.clock, self.driver, Keys(), self.prober, self.journal, self.limits, armed=self.armed
        )
        return Controller(documents, PlainReader(documents.profiles), services, self.history)

    def restart(self, documents: Documents | None = None) -> tuple[str, ...]:
        """The runs found interrupted."""
        self.controller = self._lead(documents or self.controller.documents)
        return self.controller.mark_interrupted()

    @property
    def documents(self) -> Documents:
        return self.controller.documents

    def board(self, name: str) -> Board:
        return self.driver.boards[name]

    def configuration(self) -> dict[str, object]:
        return {name: board.configuration() for name, board in self.driver.boards.items()}

    def cut(self, *subjects: str, level: int | None = None, overrides: Iterable[str] = ()) -> RunEnded:
        chosen = tuple(overrides)
        plan = (
            self.controller.plan_subjects(subjects, chosen)
            if level is None
            else self.controller.plan_level(level, chosen)
        )
        return self.controller.isolate(plan, "test", ACTOR, self.events.append)

    def bring_back(self, *subjects: str, **wanted: object) -> RunEnded:
        accept = frozenset(wanted.pop("accept_drift", ()))  # type: ignore[call-overload]  # the fields to change are named by the tests
        asked = Return(subjects=subjects, accept_drift=accept, **wanted)  # type: ignore[arg-type]  # the fields to change are named by the tests
        plan = self.controller.plan_return(asked)
        return self.controller.restore(asked, plan.hash, "test", ACTOR, self.events.append)

    def resume(self, run: str, accept_drift: Iterable[str] = (), actor: Actor = ACTOR) -> RunEnded:
        return self.controller.resume(run, actor, self.events.append, frozenset(accept_drift))

    def facts(self, kind: type[Fact] | None = None) -> list[Fact]:
        return [fact for fact in self.journal.facts if kind is None or isinstance(fact, kind)]

    def intents(self) -> list[IntentRecorded]:
        return [fact for fact in self.journal.facts if isinstance(fact, IntentRecorded)]

    def reads(self) -> list[PointRead]:
        return [fact for fact in self.journal.facts if isinstance(fact, PointRead)]


def by_point(ended: RunEnded) -> dict[str, StepResult]:
    return {str(result.step.point.id): result for result in ended.results}
