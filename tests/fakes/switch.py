"""A small switch with a command line, for tests: the same one stands behind the fake driver and behind a
real SSH server. It answers IOS-like, keeps its ports' state, and goes wrong on demand.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType

from controller.domain.inventory import Method, PointKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.reading import Read, RegexParse
from controller.domain.profile.session import SessionSpec
from controller.domain.template import Template
from controller.engine.ports import OpenCause

PLATFORM = "fake_switch"
QUARANTINE = "999"


class FaultKind(Enum):
    """``BEFORE`` and ``AFTER``: whether the line still takes effect. A silent device answers nothing from
    then on; a dropped session is gone, the device is not."""

    REFUSE = auto()
    IGNORE = auto()
    HANG_BEFORE = auto()
    HANG_AFTER = auto()
    DROP_BEFORE = auto()
    DROP_AFTER = auto()


@dataclass
class Fault:
    """Strikes each line matching ``line``, ``times`` times (None: always)."""

    kind: FaultKind
    line: str = ".*"
    times: int | None = 1


class Hangs(Exception):
    """Nothing more is answered in this session."""


class Drops(Exception):
    """The session is closed by the device."""


@dataclass
class PortState:
    admin: str = "up"
    vlan: str = "1"
    link: bool = True


@dataclass
class Switch:
    """``received`` is every line that reached the device, in order, whether or not it took effect.

    ``closed_to`` makes every log-in fail with that cause, before anything is sent."""

    name: str
    ports: dict[str, PortState]
    faults: list[Fault] = field(default_factory=list)
    closed_to: OpenCause | None = None
    received: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def with_ports(cls, name: str, ports: Iterable[str]) -> Switch:
        return cls(name, {port: PortState() for port in ports})

    def configuration(self) -> Mapping[str, tuple[str, str]]:
        """Port to (admin, vlan): what a restore must bring back."""
        return {name: (port.admin, port.vlan) for name, port in self.ports.items()}

    def strike(self, line: str) -> FaultKind | None:
        for fault in self.faults:
            if fault.times != 0 and re.search(fault.line, line):
                if fault.times is not None:
                    fault.times -= 1
                return fault.kind
        return None


class CommandLine:
    """One session's view: its mode and the port it is configuring."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._mode = ""
        self._port = ""

    @property
    def prompt(self) -> str:
        return f"{self._switch.name}{self._mode}#"

    def run(self, line: str) -> str:
        """What the device prints, lines ended by \\n. Raises Hangs or Drops."""
        with self._switch.lock:
            self._switch.received.append(line)
            fault = self._switch.strike(line)
            if fault is FaultKind.REFUSE:
                return "% Authorization failed\n"
            if fault is FaultKind.HANG_BEFORE:
                raise Hangs
            if fault is FaultKind.DROP_BEFORE:
                raise Drops
            before = dict(self._switch.configuration())
            printed = self._execute(line)
            if fault is FaultKind.IGNORE:
                for name, (admin, vlan) in before.items():
                    self._switch.ports[name].admin, self._switch.ports[name].vlan = admin, vlan
            if fault is FaultKind.HANG_AFTER:
                raise Hangs
            if fault is FaultKind.DROP_AFTER:
                raise Drops
            return printed

    def _execute(self, line: str) -> str:
        match line.split():
            case [] | ["terminal", *_]:
                return ""
            case ["show", "interface", name] if name in self._switch.ports:
                return self._show(name)
            case ["show", "lines", count]:
                return "".join(f"line {number}\n" for number in range(int(count)))
            case ["say", *words]:
                return " ".join(words) + "\n"
            case ["configure", "terminal"] if not self._mode:
                self._mode = "(config)"
            case ["end"] if self._mode:
                self._mode = ""
            case ["exit"] if self._mode:
                self._mode = "(config)" if self._mode == "(config-if)" else ""
            case ["interface", name] if self._mode and name in self._switch.ports:
                self._mode, self._port = "(config-if)", name
            case ["shutdown"] if self._mode == "(config-if)":
                self._switch.ports[self._port].admin = "down"
            case ["no", "shutdown"] if self._mode == "(config-if)":
                self._switch.ports[self._port].admin = "up"
            case ["switchport", "access", "vlan", vlan] if self._mode == "(config-if)":
                self._switch.ports[self._port].vlan = vlan
            case _:
                return "          ^\n% Invalid input detected at '^' marker.\n"
        return ""

    def _show(self, name: str) -> str:
        port = self._switch.ports[name]
        admin = "administratively down" if port.admin == "down" else "up"
        link = "up" if port.link and port.admin == "up" else "down"
        return f"{name} is {admin}, line protocol is {link}\n  access vlan {port.vlan}\n"


def _lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(Template.parse(text)) for text in texts)


def profile(netmiko: str = "cisco_ios") -> DeviceProfile:
    """The switch as a platform, with two methods at its ports."""
    port = PointSpec(
        kind=PointKind.INTERFACE,
        reads=(
            Read(
                Template.parse("show interface ${interface}"),
                (
                    RegexParse(
                        Template.parse(
                            r"(?m)^${interface} is (?P<admin>up|administratively down), "
                            r"line protocol is (?P<link>up|down)"
                        ),
                        values={"admin": {"administratively down": "down"}},
                    ),
                    RegexParse(Template.parse(r"(?m)^  access vlan (?P<vlan>\d+)")),
                ),
            ),
        ),
        config=("admin", "vlan"),
        observed=("link",),
        methods={
            Method.SHUTDOWN: MethodSpec(
                isolate=_lines("interface ${interface}", "shutdown"),
                isolated={"admin": (Template.parse("down"),), "link": (Template.parse("down"),)},
                restore=(
                    RestoreClause(
                        _lines("interface ${interface}", "no shutdown"),
                        {"admin": (Template.parse("up"),)},
                    ),
                ),
            ),
            Method.VLAN: MethodSpec(
                isolate=_lines("interface ${interface}", "switchport access vlan ${quarantine_vlan}"),
                isolated={"vlan": (Template.parse("${quarantine_vlan}"),)},
                restore=(
                    RestoreClause(_lines("interface ${interface}", "switchport access vlan ${was.vlan}")),
                ),
            ),
        },
    )
    return DeviceProfile(
        platform=PLATFORM,
        session=SessionSpec(
            netmiko=netmiko,
            enter=("configure terminal",),
            leave=("end",),
            errors=(re.compile(r"(?m)^% .+"),),
            settle=0,
        ),
        points=MappingProxyType({(PointKind.INTERFACE, False): port}),
        settings={"quarantine_vlan": QUARANTINE},
        digest="fake",
    )
