"""One IOS switch: its configurations, its log messages, its timed rollback.

Cisco IOS Interface and Hardware Component Command Reference, "show interfaces" and "shutdown": a port shut
by command is "administratively down, line protocol is down (disabled)"; without a partner it is "down, line
protocol is down (notconnect)". Catalyst 9300 VLAN Configuration Guide, "SVI autostate". Layer 2 Configuration
Guide, "EtherChannel": what is configured on a port-channel applies to its members. Login Enhancements: after
too many failures the device is quiet and logs "%SEC_LOGIN-1-QUIET_MODE_ON".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from controller.simulator.bgp import leads
from controller.simulator.cisco_ios.configuration import TUNNEL, Configuration, hashed
from controller.simulator.cisco_ios.names import interface_name, is_physical
from controller.simulator.device import Access, Kept, Place
from controller.simulator.switching import Interface, Status, Switch


@dataclass(frozen=True, slots=True)
class PendingRevert:
    """A return to a former configuration that comes unless it is confirmed; ``strike`` makes it come now."""

    minutes: int
    user: str
    since: datetime
    timer: asyncio.TimerHandle
    strike: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Kept(Kept[Configuration]):
    files: Mapping[str, str]


@dataclass(kw_only=True, eq=False)
class IosSwitch(Switch[Configuration]):
    pending_revert: PendingRevert | None = None
    exclusive: int | None = None
    """The line that has the configuration to itself."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What is on the flash, by name; a reload leaves it."""
    idle_peers: frozenset[str] = frozenset()
    """Those a tunnel that is shut had an IKE association with, that nobody cleared."""

    unauthorized: str = "Command authorization failed.\n"
    unasked: str = "%LINK-3-UPDOWN: Interface TenGigabitEthernet1/1/4, changed state to up"

    @property
    def hostname(self) -> str:
        return self.running.settings.hostname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, hostname=hostname)

    @property
    def access(self) -> Access:
        own = self.running.settings
        return Access(own.vty_lines, own.exec_timeout, own.block_for, own.banner_login, own.banner_motd)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        name = interface_name(text)
        return name if name and is_physical(name) and name in self.running.interfaces else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered_interfaces()

    def passes(self, place: Place) -> bool:
        """Through a neighbour: while routes are learnt there, or it is the way out by another of them."""
        if place.kind == "tunnel":
            return self.protected(self.running.interfaces[place.name.partition("/")[0]])
        if place.kind != "bgp_peer":
            return super().passes(place)
        return not self.booting and leads(self.running, place.name)

    def protected(self, interface: Interface) -> bool:
        """Whether a tunnel has its security associations; its peer is always there."""
        ends = [interface.setting(each) for each in TUNNEL if each != "tunnel mode"]
        return interface.is_tunnel and not self.booting and not interface.shutdown and all(ends)

    def status(self, interface: Interface) -> Status:
        if not interface.is_tunnel:
            return super().status(interface)
        return Status(interface.shutdown, not interface.shutdown, self.protected(interface), "")

    def state(self) -> dict[str, object]:
        """As every switch's; ``files``: the names of those on its flash, ``reverts``: whether a timed
        rollback is pending, ``editing``: who has the configuration to himself, by line."""
        return {
            **super().state(),
            "files": sorted(self.files),
            "reverts": self.pending_revert is not None,
            "editing": {} if self.exclusive is None else {str(self.exclusive): "exclusive"},
        }

    def kept(self) -> _Kept:
        base = super().kept()
        return _Kept(base.running, base.startup, base.drafts, self.files)

    def put_back(self, kept: Kept[Configuration]) -> None:
        super().put_back(kept)
        if isinstance(kept, _Kept):
            self.files = kept.files

    def forget(self) -> None:
        super().forget()
        self.files = {}
        self.idle_peers = frozenset()

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [f"{entry.sequence} {entry.action} {entry.what}" for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    # --- log messages ------------------------------------------------------------------------------

    def stamp(self) -> str:
        now = datetime.now(UTC)
        return f"*{now:%b} {now.day:>2} {now:%H:%M:%S}.{now.microsecond // 1000:03}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is None or old.shutdown == interface.shutdown:
                continue
            if interface.shutdown and interface.setting("tunnel protection"):
                self.idle_peers |= {interface.setting("tunnel destination")}
            status = self.status(interface)
            state = "administratively down" if interface.shutdown else "up" if status.link else "down"
            code = "LINK-5-CHANGED" if interface.shutdown else "LINK-3-UPDOWN"
            self.say(f"%{code}: Interface {name}, changed state to {state}")
            word = "up" if status.protocol else "down"
            self.say(f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {word}")

    def went_quiet(self, user: str, within: int) -> None:
        self.say(
            f"%SEC_LOGIN-1-QUIET_MODE_ON: Still timeleft for watching failures is {within} secs,"
            f" [user: {user}] [Source: 127.0.0.1] [localport: 22]"
        )

    def restarted(self) -> None:
        self.idle_peers = frozenset()
        self.say("%SYS-5-RESTART: System restarted --")

    # --- timed rollback ------------------------------------------------------------------------------

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

    def cancel_timers(self) -> None:
        super().cancel_timers()
        self.cancel_revert()
