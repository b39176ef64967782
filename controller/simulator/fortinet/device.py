"""One FortiGate.

FortiOS Administration Guide, "Interface settings", "Policies", "Zone": a VLAN interface is up while it is
enabled and so is what it is on; the first policy that fits decides, one that is disabled is passed over,
and what none fits is denied; a policy's end may be a zone. A tunnel is an interface of its phase 1's name:
shut, it has no security association. "Virtual Domains": each has policies, tunnels and routing of its own;
here their names are ``VDOM/NAME``. "Technical Tip: Using filters to clear sessions on a FortiGate": the
session table is one for all of them ("vd: -1 matches all"), its filter belongs to the CLI session, and
``clear`` without a filter clears all. A session lives on when its policy is disabled, as long as nobody
clears it ("firewall-session-dirty check-new").
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controller.simulator.device import Access, Device, Host, Kept, Place
from controller.simulator.fortinet.configuration import ROOT, Configuration, Entry, encoded

OTHERS = 60_000
"""Sessions of the rest of the site, in each family, under policies of their own."""

Filters = Mapping[str, str]
"""Criteria of a session filter (``policy``, ``src``, ``vd``) to their values; empty: every session."""


@dataclass(frozen=True, slots=True)
class Session:
    """Of a machine of the site, under a policy of its virtual domain. ``family`` 4 or 6."""

    family: int
    policy: str
    source: str
    vdom: str = ROOT

    def fits(self, filters: Filters) -> bool:
        own = {"policy": self.policy, "src": self.source, "vd": self.vdom}
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
        entry = self.running.table("system global")[""]
        self.running.table("system global")[""] = entry.having("hostname", [hostname])

    @property
    def access(self) -> Access:
        return Access(lines=16, idle=300)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.table("system admin").get(user)
        return account is not None and account.get("password")[-1:] == (encoded(password),)

    def blank(self) -> Configuration:
        return Configuration()

    def logged(self, message: str) -> str:
        now = datetime.now(UTC)
        return f"date={now:%Y-%m-%d} time={now:%H:%M:%S} {message}"

    # --- interfaces ----------------------------------------------------------------------------------------

    @property
    def interfaces(self) -> Mapping[str, Entry]:
        return self.running.table("system interface")

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
                phase1 = self.running.table("vpn ipsec phase1-interface", self.home(name)).get(name)
                return phase1 is not None and all(self.up(parent) for parent in phase1.get("interface"))
        return True

    def home(self, name: str) -> str:
        """The virtual domain an interface belongs to."""
        return next(iter(self.interfaces[name].get("vdom")), ROOT)

    def behind(self, host: Host) -> str | None:
        """The interface a machine is behind."""
        for name, entry in self.interfaces.items():
            tagged = entry.get("interface") == (host.port,) and entry.get("vlanid") == (str(host.vlan),)
            if (name == host.port and not host.vlan) or tagged:
                return name
        return None

    def vdom_of(self, host: Host) -> str:
        interface = self.behind(host)
        return ROOT if interface is None else self.home(interface)

    # --- neighbours ----------------------------------------------------------------------------------------

    def established(self, neighbour: str, vdom: str = ROOT) -> bool:
        known = neighbour in self.running.table("router bgp neighbor", vdom)
        shut = self.running.one("router bgp neighbor", "shutdown", neighbour, vdom) == "enable"
        return known and not shut and not self.booting

    # --- policies and sessions -----------------------------------------------------------------------------

    def networks(self, name: str, family: int, vdom: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        if name == "all":
            return ipaddress.ip_network("0.0.0.0/0" if family == 4 else "::/0")
        table, option = ("firewall address", "subnet") if family == 4 else ("firewall address6", "ip6")
        entry = self.running.table(table, vdom)[name]
        return ipaddress.ip_network("/".join(entry.get(option)), strict=False)

    def _open(self, end: str, vdom: str) -> bool:
        """Whether traffic may come in there: an interface, or one of a zone."""
        zone = self.running.table("system zone", vdom).get(end)
        return end == "any" or any(self.up(name) for name in (zone.get("interface") if zone else (end,)))

    def deciding(self, source: str, family: int, vdom: str = ROOT) -> str | None:
        """The number of the policy that lets traffic from there (an address or a network) through."""
        wanted = ipaddress.ip_network(source)
        for number, entry in self.running.table("firewall policy", vdom).items():
            if self.running.one("firewall policy", "status", number, vdom) == "disable":
                continue
            if not any(self._open(end, vdom) for end in entry.get("srcintf")):
                continue
            named = entry.get("srcaddr" if family == 4 else "srcaddr6")
            if any(_fits(wanted, self.networks(name, family, vdom)) for name in named):
                return number if entry.get("action") == ("accept",) else None
        return None

    def talk(self) -> None:
        """The machines of the site open whatever sessions the policies let them."""
        for host in self.hosts:
            if host.address:
                family, vdom = ipaddress.ip_address(host.address).version, self.vdom_of(host)
                policy = self.deciding(host.address, family, vdom)
                if policy is not None:
                    self.sessions.add(Session(family, policy, host.address, vdom))

    def clear(self, family: int, filters: Filters) -> None:
        gone = {each for each in self.sessions if each.family == family and each.fits(filters)}
        self.sessions -= gone
        if self.wide(filters):
            self.others[family] = 0

    def wide(self, filters: Filters) -> bool:
        """Whether sessions of the rest of the site fit too: policies have the same numbers everywhere."""
        return not filters.keys() & {"policy", "src"} or (self.running.divided and "vd" not in filters)

    def passes(self, place: Place) -> bool:
        vdom, _, name = place.name.rpartition("/") if self.running.divided else ("", "", place.name)
        vdom = vdom or ROOT
        if place.kind == "bgp_peer":
            return self.established(name, vdom)
        if place.kind != "policy":
            return self.up(name)
        self.talk()
        networks = [ipaddress.ip_network(each) for each in place.prefixes]
        living = any(
            each.family == place.family
            and each.vdom == vdom
            and (not networks or any(ipaddress.ip_address(each.source) in network for network in networks))
            for each in self.sessions
        )
        sources = place.prefixes or [
            each.address
            for each in self.hosts
            if _of(each.address, place.family) and self.vdom_of(each) == vdom
        ]
        return living or any(self.deciding(each, place.family, vdom) is not None for each in sources)

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
            "policies": [
                f"{vdom}/{number}" if running.divided else number
                for vdom in running.vdoms
                for number in running.table("firewall policy", vdom)
            ],
            "sessions": {
                "own": sorted(
                    f"{f'{each.vdom}/' if running.divided else ''}{each.policy} {each.source}"
                    for each in self.sessions
                ),
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
