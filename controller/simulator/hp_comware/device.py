"""One Comware switch.

Comware 7 Layer 2 - LAN Switching Configuration Guide, "Configuring Ethernet link aggregation": shutting an
aggregate interface makes its members Unselected, it does not shut them. ACL and QoS Configuration Guide,
"Configuring packet filtering with ACLs": on a port a filter takes every packet; a packet that no rule matches
passes; a list that is empty or not there filters nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from controller.simulator.bgp import leads
from controller.simulator.device import Access, Place
from controller.simulator.hp_comware.configuration import EBGP, Configuration, hashed
from controller.simulator.hp_comware.names import interface_name
from controller.simulator.switching import Interface, Switch

_EVERYTHING = {"ip": "ip", "ipv6": "ipv6", "mac": ""}
"""What a rule says that takes every packet of the family: a rule without a condition."""


@dataclass(kw_only=True, eq=False)
class ComwareSwitch(Switch[Configuration]):
    unauthorized: str = "Permission denied."
    unasked: str = "IFNET/3/PHY_UPDOWN: Physical state on the interface GigabitEthernet1/0/4 changed to up."

    @property
    def hostname(self) -> str:
        return self.running.settings.sysname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, sysname=hostname)

    @property
    def access(self) -> Access:
        return Access(lines=64, idle=self.running.settings.idle)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        name = interface_name(text)
        found = self.running.interfaces.get(name) if name else None
        return found.name if found and found.is_physical else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def denies(self, family: str, name: str) -> bool:
        for _number, what in self.running.lists.get((family, name), ()):
            action, _space, rest = what.partition(" ")
            if rest in (_EVERYTHING[family], f"{_EVERYTHING[family]} logging".strip()):
                return action == "deny"
            if action == "permit":
                return False
        return False

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            return not self.booting and leads(self.running, place.name, EBGP)
        interface = self.running.interfaces[place.name]
        return not self.denies("mac", interface.group("mac in")) and super().passes(place)

    def access_lists(self) -> Mapping[str, list[str]]:
        lists = self.running.lists.items()
        return {
            f"{family} {name}": [f"{number} {what}" for number, what in rules]
            for (family, name), rules in lists
        }

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        stamp = f"{now:%b} {now.day:>2} {now:%H:%M:%S}:{now.microsecond // 1000:03} {now:%Y}"
        return f"%{stamp} {self.hostname} {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown:
                word = "up" if self.status(interface).protocol else "down"
                self.say(f"IFNET/3/PHY_UPDOWN: Physical state on the interface {name} changed to {word}.")
                self.say(
                    f"IFNET/5/LINK_UPDOWN: Line protocol state on the interface {name} changed to {word}."
                )
