"""One NX-OS switch.

Cisco Nexus 9000 Series NX-OS Security Configuration Guide, "RBAC" (what a role may not is refused with "%
Permission denied for the role"); System Management Configuration Guide, "System Message Logging".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from controller.simulator.bgp import leads
from controller.simulator.cisco_nxos.configuration import Configuration, hashed
from controller.simulator.cisco_nxos.names import interface_name
from controller.simulator.device import Access, Kept, Place
from controller.simulator.switching import Interface, Switch


@dataclass(frozen=True, slots=True)
class _Kept(Kept[Configuration]):
    files: Mapping[str, Configuration]


@dataclass(kw_only=True, eq=False)
class NexusSwitch(Switch[Configuration]):
    files: Mapping[str, Configuration] = field(default_factory=dict)
    """The checkpoints on the bootflash, by name; a reload leaves them."""
    unauthorized: str = "% Permission denied for the role"
    unasked: str = "%ETHPORT-5-IF_UP: Interface Ethernet1/20 is up in mode access"

    @property
    def hostname(self) -> str:
        return self.running.settings.hostname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, hostname=hostname)

    @property
    def access(self) -> Access:
        own = self.running.settings
        return Access(lines=32, idle=own.idle, greeting=own.banner_motd)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        name = interface_name(text)
        return name if name and name.startswith("Ethernet") and name in self.running.interfaces else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def passes(self, place: Place) -> bool:
        if place.kind != "bgp_peer":
            return super().passes(place)
        return not self.booting and leads(self.running, place.name)

    def state(self) -> dict[str, object]:
        """As every switch's; ``files``: the names of those on its bootflash."""
        return {**super().state(), "files": sorted(self.files)}

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

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [entry.words for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def stamp(self) -> str:
        now = datetime.now(UTC)
        return f"{now:%Y %b} {now.day:>2} {now:%H:%M:%S}"

    def logged(self, message: str) -> str:
        return f"{self.stamp()} {self.hostname} {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is None or old.shutdown == interface.shutdown:
                continue
            if interface.shutdown:
                self.say(f"%ETHPORT-5-IF_DOWN_ADMIN_DOWN: Interface {name} is down (Administratively down)")
            else:
                self.say(f"%ETHPORT-5-IF_ADMIN_UP: Interface {name} is admin up .")
