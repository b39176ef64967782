"""One Junos switch: what passes through it, who may change it, and what a commit does.

Firewall Filters User Guide: the first term that matches decides, what no term matches is discarded. CLI User
Guide, "Committing a Junos OS Configuration", "Activating a Junos OS Configuration but Requiring
Confirmation", "Using the configure exclusive Command", "Using the configure private Command": a private
candidate is merged into what was committed last; it is not committed while the shared one has changes of its
own or another user has it exclusively; what is not confirmed in time is taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controller.simulator.device import Access, Kept, Place
from controller.simulator.juniper_junos.configuration import Configuration, hashed
from controller.simulator.juniper_junos.names import PHYSICAL, sort_key
from controller.simulator.switching import Interface, Status, Switch

FAMILIES = {"ip": "inet", "ipv6": "inet6", "ethernet": "ethernet-switching"}
SHARED = ""
"""Whose candidate is everybody's."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Who is in configuration mode: ``how`` is "", ``private`` or ``exclusive``."""

    user: str
    how: str
    since: datetime

    def shown(self, line: int) -> str:
        on = f"terminal p{line} (pid {7000 + line}) on since {self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"  {self.user} {on}\n      {self.how} [edit]"


@dataclass(frozen=True, slots=True)
class Commit:
    """One of the list of commits; ``minutes`` where it had to be confirmed."""

    at: datetime
    by: str
    how: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class KeptCommits(Kept[Configuration]):
    commits: tuple[Commit, ...] = ()
    unconfirmed: Configuration | None = None


@dataclass(kw_only=True, eq=False)
class JunosSwitch(Switch[Configuration]):
    """``editors`` by line; ``bases`` are the configurations private candidates began from; ``commits``, the
    latest first; ``unconfirmed`` is what comes back unless the last commit is confirmed."""

    unauthorized: str = "error: permission denied"
    unasked: str = "mib2d[2345]: SNMP_TRAP_LINK_UP: ifIndex 514, ifAdminStatus up(1), ifOperStatus up(1)"
    editors: dict[int, Editor] = field(default_factory=dict)
    bases: dict[str, Configuration] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    earlier: list[Configuration] = field(default_factory=list)
    """What was committed before, the latest first."""

    unconfirmed: Configuration | None = None

    @property
    def hostname(self) -> str:
        return self.running.value("system", "host-name")

    def rename(self, hostname: str) -> None:
        self.running.statements["system", "host-name"] = hostname

    @property
    def access(self) -> Access:
        return Access(lines=32, idle=0, greeting="--- JUNOS 21.4R3-S5.4 Kernel 64-bit CORDON-SIMULATED")

    def knows(self, user: str, password: str) -> bool:
        path = ("system", "login", "user", user, "authentication", "encrypted-password")
        return self.running.value(*path) == hashed(password)

    def blank(self) -> Configuration:
        return Configuration(ports=self.running.ports)

    def port_named(self, text: str) -> str | None:
        return text if PHYSICAL.fullmatch(text) and text in self.running.interfaces else None

    def ordered(self) -> list[Interface]:
        return sorted(self.running.interfaces.values(), key=lambda each: sort_key(each.name))

    def logged(self, message: str) -> str:
        return f"{self.stamp()}  {self.hostname} {message}"

    # --- what passes -------------------------------------------------------------------------------------

    def denies(self, family: str, name: str) -> bool:
        if not name:
            return False
        here = ("firewall", "family", FAMILIES[family], "filter", name)
        for term in self.running.names(*here, "term"):
            at = (*here, "term", term)
            lets = self.running.active(*at, "then", "accept")
            if not self.running.below((*at, "from")):
                return not lets
            if lets:
                return False
        return True

    def passes(self, place: Place) -> bool:
        if place.kind == "bgp_peer":
            return any(name == place.name for name, _group in self.peers()) or place.name in self.ways_out()
        interface = self.running.interfaces[place.name]
        if interface.is_svi:
            return super().passes(place)
        return not self.denies("ethernet", interface.group("ethernet in")) and super().passes(place)

    def peers(self) -> Iterator[tuple[str, str]]:
        """Active BGP neighbours that are not shut down, with their group."""
        for group in self.running.names("protocols", "bgp", "group"):
            here = ("protocols", "bgp", "group", group, "neighbor")
            for name in self.running.names(*here):
                if not self.running.active(*here, name, "shutdown"):
                    yield name, group

    def ways_out(self) -> Iterator[str]:
        """The next hops of static default routes: all of them are taken for in use."""
        static = ("routing-options", "static", "route")
        ribs = (
            ("routing-options", "rib", name, "static", "route")
            for name in self.running.names("routing-options", "rib")
        )
        for routes in (static, *ribs):
            for to in set(self.running.names(*routes)) & {"0.0.0.0/0", "::/0"}:
                yield from self.running.values(*routes, to, "next-hop")
                yield from self.running.names(*routes, to, "qualified-next-hop")

    def status(self, interface: Interface) -> Status:
        """A disabled unit's link is that of what carries it."""
        found = super().status(interface)
        if interface.is_svi and interface.number in self.running.vlans:
            return Status(found.admin_down, self.vlan_active(interface.number), found.protocol, "")
        return found

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": self.running.names("firewall", "family", family, "filter", name, "term")
            for family in FAMILIES.values()
            for name in self.running.names("firewall", "family", family, "filter")
        }

    def state(self) -> dict[str, object]:
        """``editing`` as well: how those in configuration mode entered it, by line; and ``unconfirmed``:
        whether what was committed has to be confirmed."""
        editing = {str(at): each.how for at, each in self.editors.items()}
        return {**super().state(), "editing": editing, "unconfirmed": self.unconfirmed is not None}

    # --- candidates --------------------------------------------------------------------------------------

    def candidate(self, whose: str) -> Configuration:
        """To change: it begins as what was committed last."""
        if whose not in self.drafts:
            self.bases[whose] = self.running.copy()
            self.drafts[whose] = self.running.copy()
        return self.drafts[whose]

    def changed(self, whose: str) -> bool:
        """Whether the candidate has changes that are not committed."""
        return whose in self.drafts and self.drafts[whose].text() != self.bases[whose].text()

    def drop(self, whose: str) -> None:
        self.drafts.pop(whose, None)
        self.bases.pop(whose, None)

    def locked_for(self, line: int) -> str:
        """The lines that tell who else has the configuration to himself; "" where nobody has."""
        held = [each.shown(at) for at, each in self.editors.items() if each.how == "exclusive" and at != line]
        return "\n".join(held)

    def merged(self, whose: str) -> Configuration:
        """What was committed last with the changes of a candidate."""
        base, draft = self.bases.get(whose, self.running), self.drafts.get(whose, self.running)
        if base.text() == self.running.text():
            return draft.copy()
        new = self.running.copy()
        for path in [*base.statements, *draft.statements]:
            if base.statements.get(path) == draft.statements.get(path):
                continue
            new.statements.pop(path, None)
            if path in draft.statements:
                new.statements[path] = draft.statements[path]
        new.inactive = (new.inactive | (draft.inactive - base.inactive)) - (base.inactive - draft.inactive)
        return new

    def commit(self, whose: str, by: str, minutes: int = 0) -> None:
        """The candidate becomes the configuration, now and after a restart; with ``minutes`` what was there
        before comes back then, unless a later commit confirms it."""
        before = (self.unconfirmed or self.running).copy()
        self.earlier.insert(0, self.running)
        self.running = self.merged(whose)
        self.drop(whose)
        self.save()
        self.commits = [Commit(datetime.now(UTC), by, "cli", minutes), *self.commits]
        self.confirm()
        if minutes:
            self.unconfirmed = before
            asyncio.get_running_loop().call_later(minutes * self.minute, self._take_back, before)

    def confirm(self) -> None:
        """What was committed to be confirmed stays."""
        self.unconfirmed = None

    def _take_back(self, before: Configuration) -> None:
        """Unless it was confirmed, or another commit is to be now."""
        if self.unconfirmed is before:
            self.unconfirmed = None
            self.revert_to(before)
            self.save()
            self.commits = [Commit(datetime.now(UTC), "root", "other"), *self.commits]

    def kept(self) -> KeptCommits:
        kept = super().kept()
        return KeptCommits(kept.running, kept.startup, kept.drafts, tuple(self.commits), self.unconfirmed)

    def put_back(self, kept: Kept[Configuration]) -> None:
        super().put_back(kept)
        if isinstance(kept, KeptCommits):
            self.commits, self.unconfirmed = list(kept.commits), kept.unconfirmed

    def cancel_timers(self) -> None:
        super().cancel_timers()
        self.confirm()
        self.commits, self.earlier = [], []

    def reload(self, cause: str) -> None:
        """What is not confirmed before a restart is not there after it."""
        if self.unconfirmed is not None:
            self.startup = self.unconfirmed
        super().reload(cause)
        self.bases.clear()
