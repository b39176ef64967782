"""One FortiGate.

FortiOS Administration Guide, "Interface settings", "Policies": a VLAN interface is up while it is enabled and
so is what it is on; the first policy that fits decides, one that is disabled is passed over, and what none
fits is denied. A tunnel is an interface of its phase 1's name: shut, it has no security association.
"Technical Tip: Using filters to clear sessions on a FortiGate": the session table, its
filter, which belongs to the CLI session, and ``clear``, which without a filter clears all. A session lives on
when its policy is disabled, as long as nobody clears it ("firewall-session-dirty check-new").
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controller.simulator.device import Access, Device, Kept, Place
from controller.simulator.fortinet.configuration import Configuration, Entry, encoded

OTHERS = 60_000
"""Sessions of the rest of the site, in each family, under policies of their own."""

Filters = Mapping[str, str]
"""Criteria of a session filter (``policy``, ``src``) to their values; empty: every session."""


@dataclass(frozen=True, slots=True)
class Session:
    """Of a machine of the site, under a policy. ``family`` 4 or 6."""

    family: int
    policy: str
    source: str

    def fits(self, filters: Filters) -> bool:
        own = {"policy": self.policy, "src": self.source}
        return all(own[name] == value for name, value in filters.items())


@dataclass(frozen=True, slots=True)
class _Kept(Kept[Configuration]):
    sessions: frozenset[Session]
    others: Mapping[int, int]
    filters: Mapping[tuple[int, int], Filters]


@dataclass(kw_only=True, eq=False)
class FortiGate(Device[Configuration]):
    """``filters``: what a CLI session, by its line, sees of the session table of a family; ``printed``: the
    most that was ever printed of one at once, the rest of the site's counted though not written out."""

    unauthorized: str = "Permission denied, insufficient rights.\nCommand fail. Return code -37"
    unasked: str = 'logid="0100020099" type="event" level="notice" msg="interface port4 gets up"'
    sessions: set[Session] = field(default_factory=set)
    others: dict[int, int] = field(default_factory=lambda: {4: OTHERS, 6: OTHERS})
    filters: dict[tuple[int, int], Filters] = field(default_factory=dict)
    printed: int = 0

    @property
    def hostname(self) -> str:
        return self.running.one("system global", "hostname")

    def rename(self, hostname: str) -> None:
        entry = self.running.tables["system global"][""]
        self.running.tables["system global"][""] = entry.having("hostname", [hostname])

    @property
    def access(self) -> Access:
        return Access(lines=16, idle=300)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.tables["system admin"].get(user)
        return account is not None and account.get("password")[-1:] == (encoded(password),)

    def blank(self) -> Configuration:
        return Configuration()

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        return f"date={now:%Y-%m-%d} time={now:%H:%M:%S} {message}"

    # --- interfaces ----------------------------------------------------------------------------------------

    @property
    def interfaces(self) -> Mapping[str, Entry]:
        return self.running.tables["system interface"]

    def port_named(self, text: str) -> str | None:
        entry = self.interfaces.get(text)
        return text if entry and entry.get("type") == ("physical",) else None

    def enabled(self, port: str) -> bool:
        return self.running.one("system interface", "status", port) == "up"

    def up(self, name: str) -> bool:
        """Whether the interface passes traffic."""
        entry = self.interfaces.get(name)
        if entry is None or self.booting or not self.enabled(name):
            return False
        match entry.get("type"):
            case ("vlan",):
                return all(self.up(parent) for parent in entry.get("interface"))
            case ("aggregate",):
                return any(self.up(member) for member in entry.get("member"))
            case ("physical",):
                return self.partner_up(name)
            case ("tunnel",):
                phase1 = self.running.tables["vpn ipsec phase1-interface"].get(name)
                return phase1 is not None and all(self.up(parent) for parent in phase1.get("interface"))
        return True

    # --- neighbours ----------------------------------------------------------------------------------------

    def established(self, neighbour: str) -> bool:
        known = neighbour in self.running.tables["router bgp neighbor"]
        shut = self.running.one("router bgp neighbor", "shutdown", neighbour) == "enable"
        return known and not shut and not self.booting

    # --- policies and sessions -----------------------------------------------------------------------------

    def networks(self, name: str, family: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        if name == "all":
            return ipaddress.ip_network("0.0.0.0/0" if family == 4 else "::/0")
        table, option = ("firewall address", "subnet") if family == 4 else ("firewall address6", "ip6")
        return ipaddress.ip_network("/".join(self.running.tables[table][name].get(option)), strict=False)

    def deciding(self, source: str, family: int) -> str | None:
        """The number of the policy that lets traffic from there (an address or a network) through."""
        wanted = ipaddress.ip_network(source)
        for number, entry in self.running.tables["firewall policy"].items():
            if self.running.one("firewall policy", "status", number) == "disable":
                continue
            if not any(name == "any" or self.up(name) for name in entry.get("srcintf")):
                continue
            named = entry.get("srcaddr" if family == 4 else "srcaddr6")
            if any(_fits(wanted, self.networks(name, family)) for name in named):
                return number if entry.get("action") == ("accept",) else None
        return None

    def talk(self) -> None:
        """The machines of the site open whatever sessions the policies let them."""
        for host in self.hosts:
            if host.address:
                family = ipaddress.ip_address(host.address).version
                policy = self.deciding(host.address, family)
                if policy is not None:
                    self.sessions.add(Session(family, policy, host.address))

    def clear(self, family: int, filters: Filters) -> None:
        gone = {each for each in self.sessions if each.family == family and each.fits(filters)}
        self.sessions -= gone
        if not filters:
            self.others[family] = 0

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            return self.established(place.name)
        if place.kind != "policy":
            return self.up(place.name)
        self.talk()
        networks = [ipaddress.ip_network(each) for each in place.prefixes]
        living = any(
            each.family == place.family
            and (not networks or any(ipaddress.ip_address(each.source) in network for network in networks))
            for each in self.sessions
        )
        sources = place.prefixes or [host.address for host in self.hosts if _of(host.address, place.family)]
        return living or any(self.deciding(each, place.family) is not None for each in sources)

    # --- what a line that had no effect leaves behind ------------------------------------------------------

    def kept(self) -> _Kept:
        usual = super().kept()
        return _Kept(
            usual.running,
            usual.startup,
            usual.drafts,
            frozenset(self.sessions),
            dict(self.others),
            dict(self.filters),
        )

    def put_back(self, kept: Kept[Configuration]) -> None:
        super().put_back(kept)
        if isinstance(kept, _Kept):
            self.sessions, self.others = set(kept.sessions), dict(kept.others)
            self.filters = dict(kept.filters)

    def forget(self) -> None:
        self.sessions, self.others, self.filters, self.printed = set(), {4: OTHERS, 6: OTHERS}, {}, 0

    def reload(self, cause: str) -> None:
        super().reload(cause)
        self.forget()

    # --- as seen from outside ------------------------------------------------------------------------------

    def state(self) -> dict[str, object]:
        """As switches have it; ``sessions``: those of the site's machines, and how many ``others``."""
        self.talk()
        running = self.running
        return {
            "hostname": self.hostname,
            "booting": self.booting,
            "saved": self.startup == running,
            "pending": sorted(whose for whose, draft in self.drafts.items() if draft != running),
            "lines": sorted(self.lines),
            "interfaces": {name: self._interface_state(name) for name in self.interfaces},
            "policies": list(running.tables["firewall policy"]),
            "sessions": {
                "own": sorted(f"{each.policy} {each.source}" for each in self.sessions),
                "others": sum(self.others.values()),
                "printed": self.printed,
            },
            "faults": self.faults.shown(),
        }

    def _interface_state(self, name: str) -> dict[str, object]:
        word = "up" if self.up(name) else "down"
        admin = "up" if self.enabled(name) else "down"
        members = list(self.interfaces[name].get("member"))
        return {"admin": admin, "link": word, "protocol": word, "members": members}


def _of(address: str, family: int) -> bool:
    return bool(address) and ipaddress.ip_address(address).version == family


def _fits(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network, other: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    return one.version == other.version and one.overlaps(other)
