"""One PAN-OS firewall.

PAN-OS Administrator's Guide, "Commit, Validate, and Preview Firewall Configuration Changes": administrators
share one candidate; a commit may take those of one administrator alone. "Manage Locks for Restricting
Configuration Changes": a config lock keeps others from changing the candidate, a commit lock from committing;
they outlive the session. "Security Policy": the first rule that fits decides, a disabled one is passed over,
between zones nothing is let through that no rule lets. "Session Settings": a commit looks at living sessions
again only where ``rematch`` is on. "Set Up Site-to-Site VPN": a tunnel negotiates while it is not disabled;
what it negotiated lasts until it is cleared or its lifetime ends. "Configure BGP": a peer that is enabled, in
a virtual router whose BGP is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controller.simulator.device import Access, Device, Kept, Place
from controller.simulator.paloalto_panos.configuration import (
    NEEDED,
    PLACES,
    Configuration,
    Entry,
    digest,
    key_of,
)

OTHERS = 60_000
"""Sessions of the rest of the site, under rules of their own."""

Session = tuple[str, str]
"""Rule and source address of a living session."""


@dataclass(frozen=True, slots=True)
class _Kept(Kept[Configuration]):
    sessions: frozenset[Session]
    others: int
    locks: Mapping[str, str]
    authors: Mapping[str, frozenset[str]]
    associations: frozenset[str]
    gateways: frozenset[str]


@dataclass(kw_only=True, eq=False)
class PanFirewall(Device[Configuration]):
    """``authors``: who changed which objects of the candidate; ``locks``: by kind (``config``, ``commit``)
    who holds them; ``associations``: tunnels that negotiated one, ``gateways``: those of theirs that did;
    ``several`` virtual systems; ``jobs``: how many there were since it started, the first its own commit."""

    unauthorized: str = "Server error : Command not authorized for this administrator"
    unasked: str = "info     general        general 0  Connection to Update server closed"
    sessions: set[Session] = field(default_factory=set)
    others: int = OTHERS
    locks: dict[str, str] = field(default_factory=dict)
    authors: dict[str, set[str]] = field(default_factory=dict)
    associations: set[str] = field(default_factory=set)
    gateways: set[str] = field(default_factory=set)
    several: bool = False
    jobs: int = 1

    @property
    def hostname(self) -> str:
        return self.running.settings["hostname"]

    def rename(self, hostname: str) -> None:
        for each in (self.running, *self.drafts.values()):
            each.settings["hostname"] = hostname

    @property
    def access(self) -> Access:
        return Access(lines=16, idle=3600)

    def knows(self, user: str, password: str) -> bool:
        return self.running.users.get(user) == digest(password)

    def blank(self) -> Configuration:
        return Configuration({"hostname": "PA-460"})

    def logged(self, message: str) -> str:
        return f"{datetime.now(UTC):%Y/%m/%d %H:%M:%S} {message}"

    # --- interfaces ----------------------------------------------------------------------------------------

    def port_named(self, text: str) -> str | None:
        return text if text in self.running.ports else None

    def enabled(self, port: str) -> bool:
        return self.running.ports[port].link_state != "down"

    def up(self, name: str) -> bool:
        return not self.booting and self.enabled(name) and self.partner_up(name)

    # --- the candidate -------------------------------------------------------------------------------------

    @property
    def candidate(self) -> Configuration:
        return self.drafts.get("", self.running)

    def change(self, user: str, changed: Configuration) -> None:
        before, after = self.candidate.objects(), changed.objects()
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                self.authors.setdefault(name, set()).add(user)
        self.drafts[""] = changed

    def of(self, users: Collection[str] = ()) -> list[str]:
        """What of the candidate differs from running and was changed by one of the users; by anybody, where
        none is named."""
        now, wanted = self.running.objects(), self.candidate.objects()
        return [
            name
            for name in sorted(now.keys() | wanted.keys())
            if now.get(name) != wanted.get(name)
            and (not users or not self.authors.get(name, set()).isdisjoint(users))
        ]

    def incomplete(self, names: list[str]) -> str:
        """What keeps the candidate from being committed, or ""."""
        for name in names:
            kind, _space, key = name.partition(" ")
            entry = getattr(self.candidate, kind).get(key) if kind in NEEDED else None
            missing = next((each for each in NEEDED.get(kind, ()) if entry and not entry.get(each)), "")
            if missing:
                place, own = PLACES[kind].replace(" ", " -> "), key.rpartition("\t")[2]
                return f" {place} -> {own} is missing '{missing.split()[0]}'"
        return ""

    def put_in_force(self, users: Collection[str] = ()) -> None:
        self.talk()
        self.running = self.running.taking(self.candidate, self.of(users))
        self._forget_candidate()
        if self.running.settings.get("rematch", "yes") == "yes":
            self.sessions = {each for each in self.sessions if self.deciding(each[1]) == each[0]}
        self.save()

    def revert(self, users: Collection[str] = ()) -> None:
        self.drafts[""] = self.candidate.taking(self.running, self.of(users))
        self._forget_candidate()

    def _forget_candidate(self) -> None:
        if not self.of():
            self.drafts.pop("", None)
            self.authors.clear()

    # --- rules and sessions --------------------------------------------------------------------------------

    def deciding(self, source: str) -> str | None:
        """The rule that lets traffic from there (an address or a network) through."""
        wanted = ipaddress.ip_network(source)
        for name, rule in self.running.rules.items():
            system = name.rpartition("\t")[0]
            zones = (self.running.zones.get(key_of(system, zone), ()) for zone in rule.get("from"))
            ports = [port for members in zones for port in members]
            alive = rule.get("from") == ("any",) or any(self.up(port) for port in ports)
            if (
                not rule.disabled
                and alive
                and any(
                    self._fits(wanted, key_of(system, each) if each != "any" else each)
                    for each in rule.get("source")
                )
            ):
                return name if rule.get("action") == ("allow",) else None
        return None

    def _fits(self, wanted: ipaddress.IPv4Network | ipaddress.IPv6Network, named: str) -> bool:
        if named == "any":
            return True
        known = self.running.addresses.get(named, named.rpartition("\t")[2])
        network = ipaddress.ip_network(known, strict=False)
        return network.version == wanted.version and network.overlaps(wanted)

    def talk(self) -> None:
        """The machines of the site open whatever sessions the rules let them, the tunnels that are in use
        negotiate."""
        for name, tunnel in self.running.tunnels.items():
            gateway = next(iter(tunnel.get("auto-key ike-gateway")), "")
            known = self.running.gateways.get(gateway)
            if not self.booting and not tunnel.disabled and known is not None and not known.disabled:
                self.associations.add(name)
                self.gateways.add(gateway)
        for host in self.hosts:
            rule = self.deciding(host.address) if host.address else None
            if rule is not None:
                self.sessions.add((rule, host.address))

    # --- routes ---------------------------------------------------------------------------------------------

    @property
    def speaking(self) -> list[str]:
        """The virtual routers that run BGP."""
        routers = self.running.routers.items()
        return [name for name, entry in routers if entry.get("protocol bgp enable") == ("yes",)]

    def neighbours(self, router: str) -> list[tuple[str, Entry]]:
        """Its peers that are enabled: each answers, and has routes to tell."""
        if router not in self.speaking:
            return []
        split = ((key.split("\t"), entry) for key, entry in self.running.peers.items())
        own = ((words[2], entry) for words, entry in split if words[0] == router)
        return [(name, entry) for name, entry in own if entry.get("enable") == ("yes",)]

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            own = place.name.rpartition("/")[2]
            return any(own == name for each in self.speaking for name, _ in self.neighbours(each))
        if place.kind == "tunnel":
            self.talk()
            return place.name in self.associations
        if place.kind != "policy":
            return self.up(place.name)
        self.talk()
        networks = [ipaddress.ip_network(each) for each in place.prefixes]
        addresses = [ipaddress.ip_address(source) for _rule, source in self.sessions]
        living = any(each in network for each in addresses for network in networks)
        return living or any(self.deciding(each) is not None for each in place.prefixes)

    # --- what a line that had no effect leaves behind ------------------------------------------------------

    def kept(self) -> _Kept:
        usual = super().kept()
        return _Kept(
            usual.running,
            usual.startup,
            usual.drafts,
            frozenset(self.sessions),
            self.others,
            dict(self.locks),
            {name: frozenset(users) for name, users in self.authors.items()},
            frozenset(self.associations),
            frozenset(self.gateways),
        )

    def put_back(self, kept: Kept[Configuration]) -> None:
        super().put_back(kept)
        if isinstance(kept, _Kept):
            self.sessions, self.others, self.locks = set(kept.sessions), kept.others, dict(kept.locks)
            self.authors = {name: set(users) for name, users in kept.authors.items()}
            self.associations, self.gateways = set(kept.associations), set(kept.gateways)

    def forget(self) -> None:
        self.sessions, self.others, self.locks = set(), OTHERS, {}
        self.associations, self.gateways = set(), set()
        self.authors.clear()
        self.jobs = 1

    def reload(self, cause: str) -> None:
        super().reload(cause)
        self.forget()

    # --- as seen from outside ------------------------------------------------------------------------------

    def state(self) -> dict[str, object]:
        """As switches have it; ``sessions``: those of the site's machines, and how many ``others``."""
        self.talk()
        return {
            "hostname": self.hostname,
            "booting": self.booting,
            "saved": self.startup == self.running,
            "pending": sorted(whose for whose, draft in self.drafts.items() if draft != self.running),
            "lines": sorted(self.lines),
            "interfaces": {name: self._port_state(name) for name in self.running.ports},
            "policies": list(self.running.rules),
            "associations": sorted(self.associations),
            "sessions": {
                "own": sorted(f"{rule} {source}" for rule, source in self.sessions),
                "others": self.others,
            },
            "faults": self.faults.shown(),
        }

    def _port_state(self, name: str) -> dict[str, object]:
        word = "up" if self.up(name) else "down"
        return {"admin": "up" if self.enabled(name) else "down", "link": word, "protocol": word}
