"""One EOS switch. Arista EOS User Manual, "AAA Commands" (the answer to a line that is not authorised) and
"Logging"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from controller.simulator.arista_eos.configuration import Configuration, hashed
from controller.simulator.arista_eos.names import interface_name
from controller.simulator.device import Access
from controller.simulator.switching import Interface, Switch


@dataclass(kw_only=True, eq=False)
class EosSwitch(Switch[Configuration]):
    unauthorized: str = "% Authorization denied for command"
    unasked: str = "%LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet4, changed state to up"

    @property
    def hostname(self) -> str:
        return self.running.settings.hostname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, hostname=hostname)

    @property
    def access(self) -> Access:
        own = self.running.settings
        return Access(lines=50, idle=own.idle, banner=own.banner_login, greeting=own.banner_motd)

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

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [entry.words for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def logged(self, message: str) -> str:
        return f"{self.stamp()} {self.hostname} Ebra: {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown:
                word = "up" if self.status(interface).protocol else "down"
                self.say(f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {word}")
