"""What every switch has: ports, aggregates and SVIs, and which of them is up.

IEEE 802.1Q and 802.1AX, and alike in all vendors' guides: a port is up while it is not shut and its partner
is up; an aggregate is up while one of its members is; an SVI is up while its VLAN exists and a port
forwarding it is up. How a platform names and writes these is its own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, Protocol, Self, TypeVar

from controller.simulator.device import Device, Place
from controller.simulator.vlans import ALL_VLANS, vlan_text


class Kind(StrEnum):
    PORT = "port"
    AGGREGATE = "aggregate"
    SVI = "svi"
    TUNNEL = "tunnel"


@dataclass(frozen=True, slots=True)
class Interface:
    """``number`` is the VLAN of an SVI, the group of an aggregate, any number of a port. ``access_groups``
    maps ``ip in``, ``ip out``, ``ipv6 in``, ``ipv6 out``, ``mac in``… to the name of a list, which need not
    exist. ``allowed`` are a trunk's tagged VLANs; ``extras`` whatever else a platform configures there."""

    name: str
    kind: Kind = Kind.PORT
    number: int = 0
    description: str = ""
    shutdown: bool = False
    mode: str = "access"
    access_vlan: int = 1
    voice_vlan: int | None = None
    native_vlan: int = 1
    allowed: frozenset[int] = ALL_VLANS
    channel_group: int | None = None
    channel_mode: str = ""
    address: tuple[str, str] | None = None
    addresses6: tuple[str, ...] = ()
    access_groups: tuple[tuple[str, str], ...] = ()
    portfast: bool = False
    extras: tuple[tuple[str, str], ...] = ()

    @property
    def is_physical(self) -> bool:
        return self.kind is Kind.PORT

    @property
    def is_aggregate(self) -> bool:
        return self.kind is Kind.AGGREGATE

    @property
    def is_svi(self) -> bool:
        return self.kind is Kind.SVI

    @property
    def is_tunnel(self) -> bool:
        return self.kind is Kind.TUNNEL

    def group(self, which: str) -> str:
        return dict(self.access_groups).get(which, "")

    def with_group(self, which: str, name: str) -> Self:
        return replace(self, access_groups=_with(self.access_groups, which, name))

    def setting(self, which: str) -> str:
        """Of ``extras``; "" where there is none."""
        return dict(self.extras).get(which, "")

    def with_extra(self, which: str, value: str) -> Self:
        return replace(self, extras=_with(self.extras, which, value))


def _with(pairs: tuple[tuple[str, str], ...], key: str, value: str) -> tuple[tuple[str, str], ...]:
    """Sorted; without the key where the value is empty."""
    kept = {**dict(pairs), key: value}
    return tuple(sorted((name, each) for name, each in kept.items() if each))


class SwitchConfiguration(Protocol):
    """A configuration in which a switch finds its interfaces."""

    @property
    def vlans(self) -> Mapping[int, str]: ...

    @property
    def interfaces(self) -> Mapping[str, Interface]: ...

    def copy(self) -> Self: ...

    def objects(self) -> dict[str, object]: ...

    def text(self) -> str: ...


S = TypeVar("S", bound=SwitchConfiguration)


@dataclass(frozen=True, slots=True)
class Status:
    """``link`` and ``protocol`` are up or down; ``reason`` says why, as most switches do in brackets."""

    admin_down: bool
    link: bool
    protocol: bool
    reason: str

    @property
    def link_text(self) -> str:
        return "administratively down" if self.admin_down else "up" if self.link else "down"


@dataclass(kw_only=True, eq=False)
class Switch(Device[S], Generic[S]):
    """``tagging`` are the modes of a port that carry the VLANs of ``allowed``."""

    tagging: frozenset[str] = field(default=frozenset({"trunk"}))

    def members(self, group: int) -> list[Interface]:
        return [each for each in self.ordered() if each.channel_group == group]

    @abstractmethod
    def ordered(self) -> list[Interface]:
        """The interfaces in the order of the configuration."""

    def aggregate(self, group: int) -> Interface | None:
        interfaces = self.running.interfaces.values()
        return next((each for each in interfaces if each.is_aggregate and each.number == group), None)

    def port_up(self, interface: Interface) -> bool:
        return not self.booting and not interface.shutdown and self.partner_up(interface.name)

    def bundled(self, interface: Interface) -> bool:
        """Whether a member port carries the aggregate's traffic."""
        aggregate = self.aggregate(interface.channel_group) if interface.channel_group is not None else None
        return aggregate is not None and not aggregate.shutdown and self.port_up(interface)

    def status(self, interface: Interface) -> Status:
        if interface.is_svi:
            exists = interface.number in self.running.vlans
            up = not interface.shutdown and exists and self.vlan_active(interface.number)
            return Status(interface.shutdown, not interface.shutdown and exists, up, "")
        if interface.is_aggregate:
            up = not interface.shutdown and any(self.bundled(each) for each in self.members(interface.number))
        else:
            up = self.port_up(interface)
        reason = "disabled" if interface.shutdown else "connected" if up else "notconnect"
        return Status(interface.shutdown, up, up, reason)

    def is_trunk(self, interface: Interface) -> bool:
        return interface.mode in self.tagging

    def carries(self, interface: Interface, vlan: int) -> bool:
        """Whether a switched port that is up forwards the VLAN."""
        if interface.is_tunnel or vlan not in self.running.vlans or not self.status(interface).protocol:
            return False
        if self.is_trunk(interface):
            return vlan in interface.allowed
        return vlan in (interface.access_vlan, interface.voice_vlan)

    def vlan_active(self, vlan: int) -> bool:
        return any(
            self.carries(each, vlan)
            for each in self.running.interfaces.values()
            if not each.is_svi and each.channel_group is None
        )

    def passes(self, place: Place) -> bool:
        interface = self.running.interfaces[place.name]
        if not self.status(interface).protocol:
            return False
        family = "ip" if place.family == 4 else "ipv6"
        ways = [not self.denies(family, interface.group(f"{family} in"))]
        if interface.is_svi:
            return any([*ways, not self.denies(family, interface.group(f"{family} out"))])
        return all(ways) and (not place.vlan or self.carries(interface, place.vlan))

    @abstractmethod
    def denies(self, family: str, name: str) -> bool:
        """Whether the access list of that name, bound to an interface, lets nothing through; "" is none."""

    # --- as seen from outside ------------------------------------------------------------------------------

    def enabled(self, port: str) -> bool:
        return not self.running.interfaces[port].shutdown

    def access_lists(self) -> Mapping[str, list[str]]:
        """The access lists by family and name, entries as words."""
        return {}

    def state(self) -> dict[str, object]:
        """``hostname``, ``booting``, ``saved`` (startup equals running), ``pending`` (candidates that differ
        from running), ``lines`` (sessions), ``vlans``, ``lists`` (entries as words), ``faults``, and
        ``interfaces``: each with ``admin``, ``link`` and ``protocol`` (up or down), what it is configured
        with, and the ``members`` of an aggregate."""
        running = self.running
        return {
            "hostname": self.hostname,
            "booting": self.booting,
            "saved": self.startup == running,
            "pending": sorted(whose for whose, draft in self.drafts.items() if draft != running),
            "lines": sorted(self.lines),
            "vlans": {str(vlan): name for vlan, name in running.vlans.items()},
            "lists": dict(self.access_lists()),
            "interfaces": {each.name: self._interface_state(each) for each in self.ordered()},
            "faults": self.faults.shown(),
        }

    def _interface_state(self, each: Interface) -> dict[str, Any]:
        status = self.status(each)
        return {
            "admin": "down" if status.admin_down else "up",
            "link": "up" if status.link else "down",
            "protocol": "up" if status.protocol else "down",
            "description": each.description,
            "mode": each.mode,
            "access_vlan": each.access_vlan,
            "voice_vlan": each.voice_vlan,
            "allowed": "all" if each.allowed == ALL_VLANS else vlan_text(each.allowed),
            "channel_group": each.channel_group,
            "access_groups": dict(each.access_groups),
            "members": [member.name for member in self.members(each.number)] if each.is_aggregate else [],
        }
