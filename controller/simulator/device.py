"""One switch: its configurations, what follows from them, its sessions, and its reloads.

Cisco IOS Interface and Hardware Component Command Reference, "show interfaces" and "shutdown": a port shut
by command is "administratively down, line protocol is down (disabled)"; without a partner it is "down, line
protocol is down (notconnect)". Catalyst 9300 VLAN Configuration Guide, "SVI autostate": an SVI's line
protocol is up while its VLAN exists and a port forwarding it is up. Layer 2 Configuration Guide,
"EtherChannel": a port-channel is up while a member is; what is configured on it applies to its members.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from controller.simulator.commandlog import CommandLog, differences
from controller.simulator.configuration import Configuration, Interface
from controller.simulator.faults import Faults


class Line(Protocol):
    """A session on a VTY line, as its device sees it."""

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
class Status:
    """``link`` and ``protocol`` are up or down; ``reason`` is what ``show interfaces`` has in brackets."""

    admin_down: bool
    link: bool
    protocol: bool
    reason: str

    @property
    def link_text(self) -> str:
        return "administratively down" if self.admin_down else "up" if self.link else "down"


@dataclass(frozen=True, slots=True)
class PendingRevert:
    """A return to a former configuration that comes unless it is confirmed; ``strike`` makes it come now."""

    minutes: int
    user: str
    since: datetime
    timer: asyncio.TimerHandle
    strike: Callable[[], None]


@dataclass(slots=True)
class Device:
    """``partner_up`` tells whether what is plugged into a port is there and up; ``boot`` is the seconds a
    reload takes, ``minute`` the seconds of a minute of ``reload in``, ``latency`` those of a command."""

    name: str
    log: CommandLog
    model: str = "C9300-48P"
    serial: str = "SIM00000000"
    latency: float = 0.0
    boot: float = 1.0
    minute: float = 60.0
    running: Configuration = field(default_factory=Configuration)
    startup: Configuration | None = None
    partner_up: Callable[[str], bool] = lambda _name: True
    far_end: Callable[[str], tuple[Device, str] | None] = lambda _name: None
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
    pending_revert: PendingRevert | None = None
    heard: list[tuple[str, str]] = field(default_factory=list)
    """What came in on each session's channel, as it came: a name for the session, and the characters."""
    _timer: asyncio.TimerHandle | None = None

    # --- operational state -------------------------------------------------------------------------

    def members(self, group: int) -> list[Interface]:
        return [each for each in self.running.ordered_interfaces() if each.channel_group == group]

    def port_up(self, interface: Interface) -> bool:
        return not self.booting and not interface.shutdown and self.partner_up(interface.name)

    def bundled(self, interface: Interface) -> bool:
        """Whether a member port carries the aggregate's traffic."""
        aggregate = self.running.interfaces.get(f"Port-channel{interface.channel_group}")
        return aggregate is not None and not aggregate.shutdown and self.port_up(interface)

    def status(self, interface: Interface) -> Status:
        if interface.is_svi:
            exists = interface.number in self.running.vlans
            up = not interface.shutdown and exists and self.vlan_active(interface.number)
            return Status(interface.shutdown, not interface.shutdown and exists, up, "")
        if interface.is_aggregate:
            up = not interface.shutdown and any(self.bundled(each) for each in self.members(interface.number))
        else:
            up = self.port_up(interface)
        reason = "disabled" if interface.shutdown else "connected" if up else "notconnect"
        return Status(interface.shutdown, up, up, reason)

    def is_trunk(self, interface: Interface) -> bool:
        return interface.mode == "trunk"

    def carries(self, interface: Interface, vlan: int) -> bool:
        """Whether a switched port that is up forwards the VLAN."""
        if vlan not in self.running.vlans or not self.status(interface).protocol:
            return False
        if self.is_trunk(interface):
            return vlan in interface.allowed
        return vlan in (interface.access_vlan, interface.voice_vlan)

    def vlan_active(self, vlan: int) -> bool:
        return any(
            self.carries(each, vlan)
            for each in self.running.interfaces.values()
            if not each.is_svi and (each.channel_group is None)
        )

    # --- log messages ------------------------------------------------------------------------------

    def stamp(self) -> str:
        now = datetime.now(UTC)
        return f"*{now:%b} {now.day:>2} {now:%H:%M:%S}.{now.microsecond // 1000:03}"

    def say(self, message: str) -> None:
        """A message of the device's own log, to the buffer and to whoever monitors."""
        text = f"{self.stamp()}: {message}"
        self.buffer.append(text)
        del self.buffer[:-200]
        for line in list(self.lines.values()):
            if line.monitor:
                line.notify(text)

    def announce(self, before: Configuration) -> None:
        """The messages that follow from a change of the running configuration."""
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is None or old.shutdown == interface.shutdown:
                continue
            status = self.status(interface)
            state = "administratively down" if interface.shutdown else "up" if status.link else "down"
            code = "LINK-5-CHANGED" if interface.shutdown else "LINK-3-UPDOWN"
            self.say(f"%{code}: Interface {name}, changed state to {state}")
            word = "up" if status.protocol else "down"
            self.say(f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {word}")

    # --- startup, reload ---------------------------------------------------------------------------

    def save(self) -> None:
        self.startup = self.running.copy()

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

    def schedule_revert(self, minutes: int, user: str) -> None:
        """Keeps the running configuration and returns to it after ``minutes``."""
        self.cancel_revert()
        kept = self.running.copy()

        def strike() -> None:
            self.cancel_revert()
            self.revert_to(kept)

        timer = asyncio.get_running_loop().call_later(minutes * self.minute, strike)
        self.pending_revert = PendingRevert(minutes, user, datetime.now(UTC), timer, strike)

    def cancel_revert(self) -> bool:
        """False where none was pending."""
        if self.pending_revert is None:
            return False
        self.pending_revert.timer.cancel()
        self.pending_revert = None
        return True

    def reload(self, cause: str) -> None:
        """Sessions end, the running configuration becomes the startup configuration, and for ``boot``
        seconds nothing answers."""
        self.cancel_reload()
        self.cancel_revert()
        for line in list(self.lines.values()):
            line.drop()
        before = self.running
        self.running = self.startup.copy() if self.startup is not None else Configuration()
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
        self.say("%SYS-5-RESTART: System restarted --")

    def revert_to(self, configuration: Configuration) -> None:
        before = self.running
        self.running = configuration
        self.log.add(self.name, "revert", changed=differences(before, self.running))
        self.announce(before)
