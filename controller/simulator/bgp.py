"""BGP as Cisco-like configurations have it: neighbours of one process, by their addresses.

RFC 4271, 8.1: a session that is shut by command ends at once, and the routes learnt by it go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Neighbor:
    remote_as: int
    shutdown: bool = False


@dataclass(frozen=True, slots=True)
class Bgp:
    """``neighbors`` by their address, in the order of the configuration."""

    asn: int
    neighbors: tuple[tuple[str, Neighbor], ...] = ()

    def neighbor(self, address: str) -> Neighbor | None:
        return dict(self.neighbors).get(address)

    def with_neighbor(self, address: str, neighbor: Neighbor) -> Bgp:
        return replace(self, neighbors=tuple({**dict(self.neighbors), address: neighbor}.items()))

    def without(self, address: str) -> Bgp:
        return replace(self, neighbors=tuple(each for each in self.neighbors if each[0] != address))


@dataclass(frozen=True, slots=True)
class Default:
    """A static default route; of several the one with the least ``distance`` counts."""

    via: str
    distance: int = 1


def gateway(bgp: Bgp | None, statics: tuple[Default, ...], distance: int = 20) -> Default | None:
    """The default route in use. Every neighbour gives one, with the platform's ``distance`` of eBGP."""
    up = [address for address, each in (bgp.neighbors if bgp else ()) if not each.shutdown]
    learnt = [Default(address, distance) for address in up]
    return min((*statics, *learnt), key=lambda each: each.distance, default=None)


def leads(bgp: Bgp | None, statics: tuple[Default, ...], address: str, distance: int = 20) -> bool:
    """Whether traffic goes by a neighbour: routes are learnt there, or a static route makes it a way out."""
    found = bgp.neighbor(address) if bgp else None
    default = gateway(bgp, statics, distance)
    return (found is not None and not found.shutdown) or (default is not None and default.via == address)
