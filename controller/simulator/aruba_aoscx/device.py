"""One AOS-CX switch.

AOS-CX 10.06 ACLs and Classifier Policies Guide, "apply access-list (to interface or LAG)": a list applied to
a port or a LAG takes what comes in; "(to interface VLAN)": what is routed in or out. Link Aggregation Guide,
"Configuring a Layer 2 dynamic aggregation group": shutting a LAG leaves its members' own state alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from controller.simulator.aruba_aoscx.configuration import Configuration, hashed
from controller.simulator.aruba_aoscx.names import interface_name
from controller.simulator.device import Access, Place
from controller.simulator.switching import Interface, Switch


@dataclass(kw_only=True, eq=False)
class CxSwitch(Switch[Configuration]):
    unauthorized: str = "Cannot execute command. Command not allowed."
    unasked: str = "Event|403|LOG_INFO|AMM|1/1|Link status for interface 1/1/4 is up"

    @property
    def hostname(self) -> str:
        return self.running.settings.hostname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, hostname=hostname)

    @property
    def access(self) -> Access:
        return Access(lines=5, idle=60 * self.running.settings.idle)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        found = self.running.interfaces.get(interface_name(text) or "")
        return found.name if found and found.is_physical else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            return self.established(place.name)
        return super().passes(place)

    def established(self, neighbor: str) -> bool:
        """Whether routes are exchanged: the other end is always there."""
        bgp = self.running.bgp
        found = bgp.neighbor(neighbor) if bgp else None
        return found is not None and not found.shutdown and not self.booting

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [entry.words for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        return f"{now:%Y-%m-%dT%H:%M:%S.%f}+00:00 {self.hostname} intfd[3471]: {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown:
                word = "up" if self.status(interface).protocol else "down"
                self.say(f"Event|403|LOG_INFO|AMM|1/1|Link status for interface {name} is {word}")
