"""One AOS-S switch.

ArubaOS-Switch 16.10 Advanced Traffic Management Guide, "Static Virtual LANs": a port carries the VLAN it is
untagged in and those it is tagged in. Management and Configuration Guide, "Static trunk": a trunk group is
one port, and its members are enabled and disabled each by itself. Access Security Guide, "ACL operation": on
a port a list takes what comes in, on a VLAN ``in`` and ``out`` what is routed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.simulator.device import Access
from controller.simulator.hp_procurve.configuration import REVISION, Configuration, hashed
from controller.simulator.hp_procurve.names import port_name
from controller.simulator.switching import Interface, Switch


@dataclass(kw_only=True, eq=False)
class AosSwitch(Switch[Configuration]):
    unauthorized: str = "Not authorized to run this command."
    unasked: str = "00076 ports:  port 4 is now on-line"

    @property
    def hostname(self) -> str:
        return self.running.hostname

    def rename(self, hostname: str) -> None:
        self.running.hostname = hostname

    @property
    def access(self) -> Access:
        greeting = (
            f"{self.model}\nSoftware revision {REVISION} CORDON-SIMULATED\n\n"
            "(C) Copyright 2026 Hewlett Packard Enterprise Development LP\n"
            "                   RESTRICTED RIGHTS LEGEND\n"
        )
        return Access(lines=7, idle=0, greeting=greeting)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        found = self.running.interfaces.get(port_name(text) or "")
        return found.name if found and found.is_physical else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def carries(self, interface: Interface, vlan: int) -> bool:
        within = vlan == interface.access_vlan or vlan in interface.allowed
        return within and vlan in self.running.vlans and self.status(interface).protocol

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [entry.words for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def logged(self, message: str) -> str:
        return f"I {datetime.now(UTC):%m/%d/%y %H:%M:%S} {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown and not interface.is_svi:
                if self.status(interface).protocol:
                    self.say(f"00076 ports:  port {name} is now on-line")
                else:
                    self.say(f"00077 ports:  port {name} is now off-line")
