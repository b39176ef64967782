"""One VRP switch.

S2720, S5700, and S6700 V200R019C10 Configuration Guide - QoS, "Configuring ACL-based Packet Filtering", and
Command Reference, "traffic-filter": a packet that no rule matches passes; a list without rules filters
nothing; a filter on an interface counts before one in its VLAN, and that before a global one. Which of two
filters at one place counts is not written: here it is the one that lets through. Ethernet Switching: shutting
an Eth-Trunk takes its members out of it, it does not shut them.

A model whose name begins with ``CE`` has VRP 8 in its two-stage mode as far as its prompt and the words of
``system-view`` go (CloudEngine 8800, 7800, 6800, and 5800 Command Reference, "system-view", "Selecting a Mode
for the Configuration to Take Effect"), and no configuration commands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from controller.simulator.bgp import leads
from controller.simulator.device import Access, Place
from controller.simulator.huawei_vrp.configuration import EBGP, AccessList, Configuration, Filter, hashed
from controller.simulator.huawei_vrp.names import interface_name
from controller.simulator.switching import Interface, Switch

_EVERYTHING = {("acl", "advance"): "ip", ("acl", "link"): "", ("acl ipv6", "advance"): "ipv6"}
"""What a rule says that takes every packet it sees, by family and kind of its list."""


@dataclass(kw_only=True, eq=False)
class VrpSwitch(Switch[Configuration]):
    unauthorized: str = "Error: No permission to run the command."
    unasked: str = "IFPDT/4/IF_STATE(l)[3]:Interface GigabitEthernet0/0/4 has turned into UP state."

    @property
    def two_stage(self) -> bool:
        return self.model.startswith("CE")

    @property
    def hostname(self) -> str:
        return self.running.settings.sysname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, sysname=hostname)

    @property
    def access(self) -> Access:
        greeting = (
            "Info: The max number of VTY users is 5, and the number\n      of current VTY users on line is 1."
        )
        return Access(lines=5, idle=self.running.settings.idle, greeting=greeting)

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

    # --- what passes ---------------------------------------------------------------------------------------

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            return not self.booting and leads(self.running, place.name, EBGP)
        interface = self.running.interfaces[place.name]
        if not self.status(interface).protocol:
            return False
        vlan = interface.number if interface.is_svi else place.vlan
        filters = self.running.filters
        places = [filters.get(where, ()) for where in (place.name, vlan, 0)]
        ways = [not self._stopped(places, way, place.family) for way in ("inbound", "outbound")]
        if interface.is_svi:
            return any(ways)
        return ways[0] and (not vlan or self.carries(interface, vlan))

    def _stopped(self, places: Iterable[tuple[Filter, ...]], direction: str, family: int) -> bool:
        """By the first place whose filters say anything of the family's packets."""
        for filters in places:
            told = {
                self.decides(self.running.lists.get(each.listed), each.listed[0], family)
                for each in filters
                if each.direction == direction
            }
            if told & {"permit", "deny"}:
                return "permit" not in told
        return False

    @staticmethod
    def decides(found: AccessList | None, family: str, packets: int) -> str:
        """``deny`` where the list takes every packet of IPv4 or IPv6 away, ``permit`` where it lets some
        through that come first, "" where it says nothing of them."""
        if found is None or (found.kind != "link" and (family == "acl") != (packets == 4)):
            return ""
        everything = _EVERYTHING.get((family, found.kind))
        for _number, what in found.rules:
            action, _space, rest = what.partition(" ")
            if rest == everything or action == "permit":
                return action
        return ""

    def denies(self, family: str, name: str) -> bool:
        key = "acl ipv6" if family == "ipv6" else "acl"
        return self.decides(self.running.lists.get((key, name)), key, 6 if family == "ipv6" else 4) == "deny"

    # --- as seen from outside ------------------------------------------------------------------------------

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [f"{index} {what}" for index, what in each.rules]
            for (family, name), each in self.running.lists.items()
        }

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        return f"{now:%b} {now.day:>2} {now:%Y %H:%M:%S}+00:00 {self.hostname} %%01{message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown:
                word = "UP" if self.status(interface).link else "DOWN"
                self.say(
                    f"IFPDT/4/IF_STATE(l)[{len(self.buffer)}]:Interface {name} has turned into {word} state."
                )
