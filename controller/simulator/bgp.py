"""BGP and static default routes as every router has them: neighbours of one process, by their addresses.

RFC 4271, 8.1: a session that is shut by command ends at once, and the routes learnt by it go. RFC 2545: a
neighbour at an IPv6 address gives the IPv6 default route, one at an IPv4 address the other. How a platform
writes and shows them, and in which words it refuses, is its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any, Protocol

from controller.simulator.grammar import Arguments, Rejected, invalid


@dataclass(frozen=True, slots=True)
class Neighbor:
    remote_as: int
    shutdown: bool = False


@dataclass(frozen=True, slots=True)
class Bgp:
    """``neighbors`` by their address (IPv6 compressed, in small letters), in the configuration's order."""

    asn: int
    neighbors: tuple[tuple[str, Neighbor], ...] = ()

    def neighbor(self, address: str) -> Neighbor | None:
        return dict(self.neighbors).get(address)

    def with_neighbor(self, address: str, neighbor: Neighbor) -> Bgp:
        return replace(self, neighbors=tuple({**dict(self.neighbors), address: neighbor}.items()))

    def of_family(self, version: int) -> list[tuple[str, Neighbor]]:
        return [each for each in self.neighbors if family(each[0]) == version]


@dataclass(frozen=True, slots=True)
class Default:
    """A default route; of several of a family the one with the least ``distance`` counts. ``learnt`` by BGP,
    else static."""

    via: str
    distance: int = 1
    learnt: bool = False


class Routing(Protocol):
    """A configuration with routing in it; ``defaults`` are the static ones."""

    @property
    def bgp(self) -> Bgp | None: ...

    @property
    def defaults(self) -> tuple[Default, ...]: ...


def family(address: str) -> int:
    """4 or 6."""
    return ip_address(address).version


# --- what is routed -----------------------------------------------------------------------------------


def gateway(routing: Routing, version: int = 4, distance: int = 20) -> Default | None:
    """The default route in use. Every neighbour gives one, with the platform's ``distance`` of eBGP."""
    up = (address for address, each in (routing.bgp.of_family(version) if routing.bgp else ()) if _up(each))
    learnt = [Default(address, distance, learnt=True) for address in up]
    return min((*statics(routing, version), *learnt), key=lambda each: each.distance, default=None)


def statics(routing: Routing, version: int) -> list[Default]:
    return [each for each in routing.defaults if family(each.via) == version]


def leads(routing: Routing, name: str, distance: int = 20) -> bool:
    """Whether traffic goes by a neighbour: routes are learnt there, or a static route makes it a way out."""
    address = str(ip_address(name))
    found = routing.bgp.neighbor(address) if routing.bgp else None
    default = gateway(routing, family(address), distance)
    return (found is not None and _up(found)) or (default is not None and default.via == address)


def _up(neighbor: Neighbor) -> bool:
    """The other end is always there."""
    return not neighbor.shutdown


# --- what is configured -------------------------------------------------------------------------------

Shell = Any
"""A platform's own ModalShell, whose device's running configuration is a Routing."""

Handler = Callable[[Shell, Arguments], None]


def begun(mode: str, refused: str) -> Handler:
    """``router bgp NUMBER`` and its like: enters the process, or is ``refused`` where another runs, whose
    number stands in place of ``{}``."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        running, asn = shell.device.running, arguments.number()
        running.bgp = running.bgp or Bgp(asn)
        if running.bgp.asn != asn:
            raise Rejected(refused.format(running.bgp.asn))
        shell.enter(mode)

    return handler


def remote_as(shell: Shell, arguments: Arguments) -> None:
    """``neighbor ADDRESS remote-as NUMBER`` and its like: there it is, and not shut."""
    put(shell, arguments.text(), Neighbor(arguments.number(1)))


def shut(*, shutdown: bool, refused: str = "") -> Handler:
    """``neighbor ADDRESS shutdown`` and its like; one that is not there is ``refused``, or not understood
    where the platform has no words for it."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        bgp = shell.device.running.bgp
        found = bgp.neighbor(arguments.text()) if bgp else None
        if found is None:
            raise Rejected(refused) if refused else invalid(arguments.starts[0])
        put(shell, arguments.text(), replace(found, shutdown=shutdown))

    return handler


def put(shell: Shell, address: str, neighbor: Neighbor) -> None:
    """Nothing where no process runs."""
    if shell.device.running.bgp is not None:
        shell.device.running.bgp = shell.device.running.bgp.with_neighbor(address, neighbor)


def static(distance: int = 1) -> Handler:
    """A default route by a next hop, and a distance where one follows; else the platform's."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        no_static(shell, arguments)
        own = arguments.number(1) if len(arguments.values) > 1 else distance
        shell.device.running.defaults = (*shell.device.running.defaults, Default(arguments.text(), own))

    return handler


def no_static(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.defaults = tuple(each for each in running.defaults if each.via != arguments.text())
