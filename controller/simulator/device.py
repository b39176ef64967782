"""One simulated device, whatever its platform: its configurations, its log, its sessions, and its reloads.

A platform's own device adds what its configuration means (is a port up, what does ``state`` tell) and how it
says so (messages of its log, what a refused authorisation looks like).
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from controller.simulator.commandlog import CommandLog, differences
from controller.simulator.faults import Faults

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Configuration(Protocol):
    """Values that are replaced, never altered, in dictionaries: a copy is shallow, a comparison exact."""

    def copy(self) -> Self: ...

    def objects(self) -> dict[str, object]:
        """Every object by a readable name: what a comparison reports."""
        ...

    def text(self) -> str:
        """As the device writes it, without what ``show`` puts before it."""
        ...


C = TypeVar("C", bound=Configuration)
D = TypeVar("D", bound="DataclassInstance")


def copied(configuration: D) -> D:
    """Its dictionaries anew, everything in them as it is."""
    values = {each.name: getattr(configuration, each.name) for each in fields(configuration)}
    anew = {name: dict(value) for name, value in values.items() if isinstance(value, dict)}
    return replace(configuration, **anew)


class Line(Protocol):
    """A session on a line of the device, as the device sees it."""

    @property
    def user(self) -> str: ...

    @property
    def monitor(self) -> bool: ...

    def notify(self, message: str) -> None: ...

    def drop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Host:
    """A machine at a port, which it sends through all the time. ``vlan`` 0: the port's access VLAN."""

    name: str
    port: str
    vlan: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a device lets in, and what it says first. ``lines`` are the sessions it has room for; ``idle`` the
    seconds without a key that end one, 0 never; ``block_for`` the seconds it is quiet, after how many
    failures, within how many seconds. ``banner`` comes before the log-in, ``greeting`` after it."""

    lines: int = 16
    idle: int = 600
    block_for: tuple[int, int, int] | None = None
    banner: str = ""
    greeting: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where traffic may be stopped: ``kind`` (interface, aggregate, svi, policy, tunnel, bgp_peer…) and
    ``name`` on the device, the ``vlan`` it is in there, the ``family`` (4 or 6), and the networks it is from
    and to."""

    kind: str
    name: str
    vlan: int = 0
    family: int = 4
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept(Generic[C]):
    """A device's configurations as they were."""

    running: C
    startup: C | None
    drafts: Mapping[str, C]


@dataclass(kw_only=True, eq=False)
class Device(ABC, Generic[C]):
    """``partner_up`` tells whether what is plugged into a port is there and up; ``boot`` is the seconds a
    reload takes, ``minute`` the seconds of a minute of the device's own timers, ``latency`` those of a
    command. ``drafts`` are candidate configurations not yet committed, by whose they are: "" everybody's."""

    name: str
    log: CommandLog
    running: C
    startup: C | None = None
    drafts: dict[str, C] = field(default_factory=dict)
    model: str = ""
    serial: str = "SIM00000000"
    latency: float = 0.0
    boot: float = 1.0
    minute: float = 60.0
    partner_up: Callable[[str], bool] = lambda _name: True
    far_end: Callable[[str], tuple[Device[Any], str] | None] = lambda _name: None
    hosts: tuple[Host, ...] = ()
    faults: Faults = field(default_factory=Faults)
    public_keys: Mapping[str, str] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    booting: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""
    buffer: list[str] = field(default_factory=list)
    reload_at: datetime | None = None
    on_power: Callable[[bool], None] = lambda _up: None
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Packets and broadcasts that came in at a port, where any did."""
    heard: list[tuple[str, str]] = field(default_factory=list)
    """What came in on each session's channel, as it came: a name for the session, and the characters."""
    _timer: asyncio.TimerHandle | None = None

    # --- what a platform says for itself -----------------------------------------------------------------

    @property
    @abstractmethod
    def hostname(self) -> str: ...

    @abstractmethod
    def rename(self, hostname: str) -> None:
        """In the running configuration, as somebody else would in mid-session."""

    @property
    @abstractmethod
    def access(self) -> Access: ...

    @abstractmethod
    def knows(self, user: str, password: str) -> bool:
        """Whether the running configuration lets this user in."""

    @abstractmethod
    def blank(self) -> C:
        """The configuration of a device that was never configured."""

    @abstractmethod
    def port_named(self, text: str) -> str | None:
        """The full name of a port a cable or a host can be plugged into; None where there is none."""

    @abstractmethod
    def enabled(self, port: str) -> bool:
        """Whether the port is not shut: what the other end of its cable sees of it."""

    @abstractmethod
    def state(self) -> dict[str, object]:
        """What is true of the device, however its platform writes it. Switches: ``interfaces`` as
        :class:`controller.simulator.switching.Switch` has them."""

    @abstractmethod
    def passes(self, place: Place) -> bool:
        """Whether traffic of that family still goes through, in one direction at least."""

    def announce(self, before: C) -> None:
        """The messages that follow from a change of the running configuration, where it logs any."""

    def went_quiet(self, user: str, within: int) -> None:
        """Says that after too many failed log-ins it takes no more connections."""

    def restarted(self) -> None:
        """Says that it is up again."""

    def forget(self) -> None:
        """What is no configuration (sessions of traffic…) is as at the start."""

    unauthorized: str = "Authorization failed."
    """What it answers a line that the AAA server refuses."""

    unasked: str = ""
    """A message of its log about something that has nothing to do with us."""

    # --- log messages --------------------------------------------------------------------------------------

    def stamp(self) -> str:
        """The time as it stands before a message."""
        now = datetime.now(UTC)
        return f"{now:%b} {now.day:>2} {now:%H:%M:%S}"

    def say(self, message: str) -> None:
        """A message of the device's own log, to the buffer and to whoever monitors."""
        text = self.logged(message)
        self.buffer.append(text)
        del self.buffer[:-200]
        for line in list(self.lines.values()):
            if line.monitor:
                line.notify(text)

    def logged(self, message: str) -> str:
        """The message as its log has it."""
        return f"{self.stamp()}: {message}"

    # --- configurations ------------------------------------------------------------------------------------

    def kept(self) -> Kept[C]:
        drafts = {whose: draft.copy() for whose, draft in self.drafts.items()}
        return Kept(self.running.copy(), self.startup, drafts)

    def put_back(self, kept: Kept[C]) -> None:
        self.running, self.startup, self.drafts = kept.running, kept.startup, dict(kept.drafts)

    def changed_since(self, kept: Kept[C]) -> list[dict[str, object]]:
        """The objects that differ now, in the running configuration and in candidates."""
        changed = differences(kept.running, self.running)
        for whose, draft in self.drafts.items():
            for each in differences(kept.drafts.get(whose, kept.running), draft):
                changed.append({**each, "object": f"candidate {each['object']}"})
        if self.startup is not kept.startup:
            changed.append({"object": "startup-config", "before": None, "after": None})
        return changed

    def save(self) -> None:
        self.startup = self.running.copy()

    def revert_to(self, configuration: C) -> None:
        before = self.running
        self.running = configuration
        self.log.add(self.name, "revert", changed=differences(before, self.running))
        self.announce(before)

    # --- as faults have it --------------------------------------------------------------------------------

    def welcome(self) -> tuple[str, str]:
        """What it says before and after the log-in."""
        if banner := self.faults.get("banner"):
            text = str(banner.params.get("text", ""))
            return text, f"{text}\n{self.access.greeting}"
        return self.access.banner, self.access.greeting

    def authorises(self, user: str) -> bool:
        """Whether whoever decides about this account is still there."""
        dead = self.faults.get("aaa_dies")
        return dead is None or not dead.fired or user == dead.params.get("local")

    def fail_over(self, kept: Kept[C]) -> None:
        """Another member of the pair answers from now on, with the configuration it had."""
        self.cancel_timers()
        for line in list(self.lines.values()):
            line.drop()
        before = self.running
        self.put_back(kept)
        self.drafts.clear()
        self.log.add(self.name, "failover", changed=differences(before, self.running))

    # --- reload --------------------------------------------------------------------------------------------

    def schedule_reload(self, seconds: float) -> None:
        self.cancel_reload()
        self.reload_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._timer = asyncio.get_running_loop().call_later(seconds, self.reload, "scheduled")

    def cancel_reload(self) -> bool:
        """False where none was scheduled."""
        if self._timer is None:
            return False
        self._timer.cancel()
        self._timer, self.reload_at = None, None
        return True

    def cancel_timers(self) -> None:
        """Whatever would change the configuration later, by itself."""
        self.cancel_reload()

    def reload(self, cause: str) -> None:
        """Sessions end, the running configuration becomes the startup configuration, and for ``boot``
        seconds nothing answers."""
        self.cancel_timers()
        for line in list(self.lines.values()):
            line.drop()
        before = self.running
        self.running = self.startup.copy() if self.startup is not None else self.blank()
        self.drafts.clear()
        self.booting = True
        self.buffer.clear()
        self.log.add(self.name, "reload", cause=cause, changed=differences(before, self.running))
        self.on_power(False)
        asyncio.get_running_loop().call_later(self.boot, self._booted)

    def _booted(self) -> None:
        self.booting = False
        self.started = time.monotonic()
        self.on_power(True)
        self.log.add(self.name, "booted")
        self.restarted()
