"""A profile meets the simulator of its platform, through the driver that speaks to real devices.

``tests/profiles/simulated/<platform>.yaml`` says which site they meet in:

``config``    what is typed into the device before it starts; two such devices stand side by side
``points``    by a name: kind of point → object, ``vlan`` (where its traffic is), ``tagged``, ``prefixes``
``shut``      one more point, that a person had shut before
``cable``     a port of each of the two devices, joined
``hosts``     machines at ports: ``name``, ``port``, ``vlan``, ``address``
``settings``  the site's values for the platform's settings
``unprepared`` where restores leave something behind that ``config`` has from the start: the lines that take
it away
``left``      lines a session may have sent before that must not change what a cut does
``undone``    where a candidate is everybody's: lines of a change somebody else began and never finished
``lock``      where the profile's own way in locks nobody out: the lines by which somebody else would
``locked``    where a lock outlives its session: the lines by which somebody at the console takes it
``unlocked``  and gives it back
``named``     lines that give ports names no ASCII has
``misspelt``  points that are not there, by the name of one that is
``unheard``   addresses of ``hosts`` that discovery does not ask for
``device``    what else the simulated device is made with
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import yaml

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import (
    Bilingual,
    Device,
    DeviceRole,
    Method,
    Point,
    PointId,
    PointKind,
    Segment,
)
from controller.domain.path import Path
from controller.domain.plan import Rendering, Step
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.points.blocks import change_block, outcome_of, read_block, reads_after
from controller.engine.points.reading import read_state
from controller.engine.points.renderer import PointContext, operation, point_context
from controller.engine.ports import Answer, Block, Login, Session
from controller.simulator.device import Host
from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec

HERE = File(__file__).parent
PROFILES = load_profiles([HERE.parents[1] / "device_profiles"])
USER, PASSWORD, ENABLE = "cordon", "loin-des-yeux", "sesame-ouvre-toi"
LOGIN = Login(USER, PASSWORD, enable=ENABLE)
ONE, OTHER = "sw-1", "sw-2"
PATIENCE = 20.0
"""Seconds an exchange may take on a loaded machine, beside what a commit may."""


@dataclass(frozen=True)
class SitePoint:
    """A point and the networks cut there."""

    name: str
    point: Point
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SiteFile:
    platform: str
    config: tuple[str, ...]
    points: Mapping[str, SitePoint]
    shut: SitePoint | None
    cable: tuple[str, str] | None
    hosts: tuple[Host, ...]
    settings: Mapping[str, str]
    unprepared: tuple[str, ...]
    left: tuple[str, ...]
    undone: tuple[str, ...]
    lock: tuple[str, ...]
    locked: tuple[str, ...]
    unlocked: tuple[str, ...]
    named: tuple[str, ...]
    misspelt: Mapping[str, SitePoint]
    unheard: frozenset[str]
    extra: Mapping[str, Any]

    @classmethod
    def read(cls, path: File) -> SiteFile:
        raw = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - texts only, as the catalog reads them
        shut = raw.get("shut")
        cable = raw.get("cable")
        hosts = (Host(**{**host, "vlan": int(host.get("vlan", 0))}) for host in raw.get("hosts", ()))
        return cls(
            path.stem,
            tuple(raw["config"]),
            {name: _point(name, point) for name, point in raw["points"].items()},
            _point("shut", shut) if shut else None,
            (cable[0], cable[1]) if cable else None,
            tuple(hosts),
            raw.get("settings", {}),
            tuple(raw.get("unprepared", ())),
            tuple(raw.get("left", ())),
            tuple(raw.get("undone", ())),
            tuple(raw.get("lock", ())),
            tuple(raw.get("locked", ())),
            tuple(raw.get("unlocked", ())),
            tuple(raw.get("named", ())),
            {name: _point(name, point) for name, point in raw.get("misspelt", {}).items()},
            frozenset(raw.get("unheard", ())),
            raw.get("device", {}),
        )

    @property
    def cases(self) -> list[tuple[str, Method]]:
        """Each point with each method the profile has for it."""
        profile = PROFILES[self.platform]
        return [
            (name, method)
            for name, each in self.points.items()
            for method in profile.points[each.point.kind, each.point.tagged].methods
        ]


def _point(name: str, raw: dict[str, Any]) -> SitePoint:
    (kind,) = raw.keys() - {"vlan", "tagged", "prefixes"}
    vlan = int(raw["vlan"]) if "vlan" in raw else None
    point = Point(PointId(ONE, raw[kind], vlan), PointKind(kind), raw.get("tagged") == "true")
    return SitePoint(name, point, tuple(str(ipaddress.ip_network(each)) for each in raw.get("prefixes", ())))


SITES = {path.stem: SiteFile.read(path) for path in sorted((HERE / "simulated").glob("*.yaml"))}


class Meeting:
    """One platform's profile, its simulated site, and a session between them."""

    def __init__(self, site: SiteFile) -> None:
        self.site, self.profile = site, PROFILES[site.platform].settled(site.settings)
        self.simulation = _started(site)
        self.used = False
        self._sessions: list[Session] = []

    # --- the simulated site ------------------------------------------------------------------------------

    def running(self) -> str:
        return self.simulation.running(ONE)

    def passes(self, where: SitePoint) -> dict[int, bool]:
        """By family, whether traffic still goes through."""
        point = where.point
        return {
            family: self.simulation.passes(
                ONE,
                point.kind.value,
                point.id.object,
                vlan=point.id.vlan or 0,
                family=family,
                prefixes=[
                    prefix for prefix in where.prefixes if ipaddress.ip_network(prefix).version == family
                ],
            )
            for family in (4, 6)
        }

    def mode(self) -> str:
        """That in which the device took its last line."""
        lines = [each for each in self.simulation.log(device=ONE) if each["event"] == "line"]
        return str(lines[-1]["mode"])

    # --- the session ---------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The open one, or a new one."""
        if not self._sessions or not self._sessions[-1].is_open:
            self._sessions.append(self.open())
        return self._sessions[-1]

    def open(self, name: str = ONE, login: Login = LOGIN) -> Session:
        return NetmikoDriver().open(self.device(name), self.profile, [login], time.monotonic() + PATIENCE)

    def device(self, name: str = ONE) -> Device:
        there = self.simulation[name]
        return Device(
            name,
            self.profile.platform,
            DeviceRole.ACCESS,
            paths=(Path("127.0.0.1", there.port),),
            host_key=there.host_key,
            credentials="net-admin",
            settings=self.site.settings,
        )

    def reset(self) -> None:
        self.hang_up()
        self.simulation.reset()
        self.used = False

    def hang_up(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def close(self) -> None:
        self.hang_up()
        self.simulation.stop()

    # --- what is said in it --------------------------------------------------------------------------------

    def context(self, where: SitePoint) -> PointContext:
        subject = Segment("subject", Bilingual("", ""), 1, prefixes=where.prefixes, points=(where.point,))
        context = point_context(where.point, [subject.name], subject.prefixes, self.device(), self.profile)
        assert context is not None, f"{self.profile.platform} has no such kind of point"
        return context

    def exchange(self, block: Block, session: Session | None = None) -> tuple[Answer, ...]:
        at = session or self.session
        commit = self.profile.session.commit
        written = at.write(block)
        assert written is Outcome.SENT
        return at.collect(time.monotonic() + PATIENCE + (commit.within if commit else 0))

    def read(self, where: SitePoint) -> State | None:
        """The state, once it has had the time the profile says it may take."""
        context = self.context(where)
        answers = self.exchange(read_block(self._operation(where)))
        return read_state(context, {each.command.text: each.text for each in answers if each.complete})

    def change(self, where: SitePoint, rendering: Rendering) -> tuple[Outcome, str, State | None]:
        """The rendering's lines sent as a run sends them: outcome, cause, and the state read back."""
        planned = self._operation(where, rendering)
        answers = self.exchange(change_block(planned, [rendering], session=self.profile.session))
        outcome, cause = outcome_of(answers, 1, self.profile)
        return outcome, cause, read_state(self.context(where), reads_after(planned, answers))

    def _operation(self, where: SitePoint, rendering: Rendering | None = None) -> Any:
        filled = rendering or Rendering(Method.SHUTDOWN, (), {})
        step = Step(where.point, ("subject",), where.prefixes, filled)
        return operation({self.profile.platform: self.profile}, self.device(), [step])


def _started(site: SiteFile) -> Simulation:
    specs: Sequence[DeviceSpec] = [
        DeviceSpec(
            name,
            platform=site.platform,
            users={USER: Account(PASSWORD)},
            enable=ENABLE,
            config=site.config,
            hosts=site.hosts if name == ONE else (),
            boot_seconds=0.2,
            minute_seconds=0.3,
            **site.extra,
        )
        for name in (ONE, OTHER)
    ]
    links = [((ONE, site.cable[0]), (OTHER, site.cable[1]))] if site.cable else []
    return simulate(specs, links)
