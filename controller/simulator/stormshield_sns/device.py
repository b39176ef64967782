"""One SNS firewall.

CLI Serverd Commands Reference Guide, "MODIFY" (one session at a time has the right to change), "CONFIG
NETWORK ACTIVATE" and "CONFIG IPSEC ACTIVATE" (what is changed is a clone until it is activated, and
thrown away by CANCEL), "CONFIG SLOT STATE". "Monitoring the persistence of asynchronous connections": what
is activated looks at every connection again and deletes what it no longer allows. The first rule that
fits decides; what none fits is blocked.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from controller.simulator.device import Access, Device, Kept, Place
from controller.simulator.stormshield_sns.configuration import Configuration, Section, digest

Connection = tuple[str, str]
"""Name of the rule that let it through, and its source address."""


@dataclass(frozen=True, slots=True)
class _Kept(Kept[Configuration]):
    connections: frozenset[Connection]
    modifier: object


@dataclass(kw_only=True, eq=False)
class SnsFirewall(Device[Configuration]):
    """``modifier`` is the session that has the right to change."""

    unauthorized: str = '205 code=00300500 msg="Not enough privilege"'
    unasked: str = ""
    connections: set[Connection] = field(default_factory=set)
    modifier: object = None

    @property
    def hostname(self) -> str:
        return self.running.settings["SystemName"]

    def rename(self, hostname: str) -> None:
        for each in (self.running, *self.drafts.values()):
            each.settings["SystemName"] = hostname

    @property
    def access(self) -> Access:
        return Access(lines=8, idle=3600)

    def knows(self, user: str, password: str) -> bool:
        return self.running.users.get(user) == digest(password)

    def blank(self) -> Configuration:
        return Configuration({"SystemName": "SN310"})

    # --- interfaces ----------------------------------------------------------------------------------------

    def port_named(self, text: str) -> str | None:
        return text if text.startswith("ethernet") and text in self.running.interfaces else None

    def enabled(self, port: str) -> bool:
        return self.running.interfaces[port].get("State") == "1"

    def up(self, name: str) -> bool:
        section = self.running.interfaces.get(name)
        if section is None or self.booting or not self.enabled(name):
            return False
        if name.startswith("agg"):
            members = self.running.interfaces.items()
            return any(self.up(member) for member, each in members if each.get("Agg") == name)
        if name.startswith("vlan"):
            return self.up(section.get("Physical"))
        return self.partner_up(name)

    # --- the clone -----------------------------------------------------------------------------------------

    @property
    def clone(self) -> Configuration:
        """Everybody's: what is changed and not yet activated."""
        return self.drafts.get("", self.running)

    def change(self, changed: Configuration) -> None:
        self.drafts[""] = changed
        self._forget_clone()

    def activate(self, module: str) -> None:
        self.talk()
        self.running = self.running.taking(self.clone, module)
        self._forget_clone()
        if module == "FILTER":
            self.connections = {each for each in self.connections if self.deciding(each[1]) == each[0]}
        self.save()

    def cancel(self, module: str = "") -> None:
        self.drafts[""] = self.clone.taking(self.running, module) if module else self.running.copy()
        self._forget_clone()

    def _forget_clone(self) -> None:
        if self.drafts.get("") == self.running:
            del self.drafts[""]

    # --- rules and what they let through -------------------------------------------------------------------

    def active(self, kind: str) -> tuple[Section, ...]:
        return self.running.rules(kind).get(self.running.slots[kind], ())

    def deciding(self, network: str) -> str | None:
        """The rule that lets traffic from there through; None where it is blocked."""
        for rule in self.active("filter"):
            if rule.get("state") == "on" and self._fits(rule.get("srctarget"), network):
                return rule.get("rulename") if rule.get("action") == "pass" else None
        return None

    def _fits(self, targets: str, network: str) -> bool:
        wanted = ipaddress.ip_network(network)
        for name in targets.split(","):
            found = self.running.networks.get(name, "")
            known = ipaddress.ip_network(found, strict=False) if found else None
            if name == "any" or (known and known.version == wanted.version and known.overlaps(wanted)):
                return True
        return False

    def talk(self) -> None:
        """The machines of the site open whatever connections the rules let them."""
        for host in self.hosts:
            rule = self.deciding(host.address) if host.address else None
            if rule is not None:
                self.connections.add((rule, host.address))

    def tunnels(self) -> list[Section]:
        """The gateway policies that have security associations: those in force, while the firewall is up."""
        return [] if self.booting else [each for each in self.active("vpn") if each.get("state") == "on"]

    def passes(self, place: Place) -> bool:
        if place.kind == "tunnel":
            return any(each.get("rulename") == place.name for each in self.tunnels())
        if place.kind != "policy":
            return self.up(place.name)
        self.talk()
        networks = [ipaddress.ip_network(each) for each in place.prefixes]
        addresses = [ipaddress.ip_address(source) for _rule, source in self.connections]
        living = any(each in network for each in addresses for network in networks)
        return living or any(self.deciding(each) is not None for each in place.prefixes)

    # --- what a line that had no effect leaves behind ------------------------------------------------------

    def kept(self) -> _Kept:
        usual = super().kept()
        return _Kept(usual.running, usual.startup, usual.drafts, frozenset(self.connections), self.modifier)

    def put_back(self, kept: Kept[Configuration]) -> None:
        super().put_back(kept)
        if isinstance(kept, _Kept):
            self.connections, self.modifier = set(kept.connections), kept.modifier

    def forget(self) -> None:
        self.connections, self.modifier = set(), None

    def reload(self, cause: str) -> None:
        super().reload(cause)
        self.forget()

    # --- as seen from outside ------------------------------------------------------------------------------

    def state(self) -> dict[str, object]:
        """As switches have it; ``sessions``: those of the site's machines; ``modify``: whether a session has
        the right to change."""
        self.talk()
        return {
            "hostname": self.hostname,
            "booting": self.booting,
            "saved": self.startup == self.running,
            "pending": sorted(whose for whose, draft in self.drafts.items() if draft != self.running),
            "lines": sorted(self.lines),
            "interfaces": {name: self._port_state(name) for name in self.running.interfaces},
            "policies": [each.get("rulename") for each in self.active("filter")],
            "tunnels": [each.get("rulename") for each in self.tunnels()],
            "sessions": {"own": sorted(f"{rule} {source}" for rule, source in self.connections)},
            "modify": self.modifier is not None,
            "faults": self.faults.shown(),
        }

    def _port_state(self, name: str) -> dict[str, object]:
        word = "up" if self.up(name) else "down"
        return {"admin": "up" if self.enabled(name) else "down", "link": word, "protocol": word}
