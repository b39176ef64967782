"""One OmniSwitch.

OmniSwitch AOS Release 8 Switch Management Guide, "Managing CMM Directory Content": what runs may be saved to
the running directory (``write memory``); after a cold start the switch runs what is in the certified one,
where the two are not the same. OmniSwitch AOS Release 8 Network Configuration Guide, "Configuring VLANs": a
port has one untagged VLAN, and any number of tagged ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from controller.simulator.alcatel_aos.configuration import Configuration, Gateway, hashed
from controller.simulator.device import Access, Place
from controller.simulator.switching import Interface, Switch


@dataclass(kw_only=True, eq=False)
class OmniSwitch(Switch[Configuration]):
    """``startup`` is what is in the certified directory, ``working`` what is in the running one."""

    unauthorized: str = "ERROR: Authorization failed. No functional privileges for this command"
    unasked: str = "Link 1/1/9 operationally up"
    working: Configuration | None = field(default=None)

    @property
    def hostname(self) -> str:
        return self.running.settings.name

    def rename(self, hostname: str) -> None:
        changed = replace(self.running.settings, name=hostname, prompt=f"{hostname}->")
        self.running.settings = changed

    @property
    def access(self) -> Access:
        return Access(lines=8, idle=self.running.settings.idle)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        found = self.running.interfaces.get(text)
        return found.name if found and found.is_physical else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def carries(self, interface: Interface, vlan: int) -> bool:
        if vlan not in self.running.vlans or not self.status(interface).protocol:
            return False
        return vlan == interface.access_vlan or vlan in interface.allowed

    def routes(self, gateway: Gateway) -> bool:
        return not gateway.shutdown and gateway.vlan in self.running.vlans and self.vlan_active(gateway.vlan)

    def passes(self, place: Place) -> bool:
        """At a VLAN's gateway as long as any of its IP interfaces of that family routes."""
        if place.kind != "svi":
            return super().passes(place)
        family = "ip" if place.family == 4 else "ipv6"
        found = self.running.gateways.values()
        vlan = self.running.gateways["ip", place.name].vlan
        return any(self.routes(each) for each in found if (each.family, each.vlan) == (family, vlan))

    def denies(self, _family: str, _name: str) -> bool:
        return False

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        return f"{now:%a %b %d %H:%M:%S} : intfCmm Mgr INFO message:\n+++ {message}"

    def announce(self, before: Configuration) -> None:
        for name, each in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != each.shutdown and each.is_physical:
                self.say(f"Link {name} operationally {'up' if self.status(each).link else 'down'}")
