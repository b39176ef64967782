"""A partial return: what a held point lets through meanwhile, and nothing beside it.

The hold stays. What the point lets through is written in front of what denies everything else; to cut it
again, or to bring it back whole, ends the limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from controller.domain.facts import Noted
from controller.domain.inventory import PointId

LIMIT = "limit"
"""The subject of notes about it."""


class LimitState(StrEnum):
    """``intended``: it may have been sent; ``in-force``: read back exactly; ``over``: cut again since."""

    INTENDED = "intended"
    IN_FORCE = "in-force"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one held point. ``run``: the return that set it; ``towards``: the segments and addresses as they
    were asked for, ``networks`` what they are on the wire; ``since``: the run that took the point's baseline:
    what is said of an earlier hold says nothing of this one."""

    point: PointId
    run: str
    towards: tuple[str, ...]
    networks: tuple[str, ...]
    since: str
    state: LimitState = LimitState.INTENDED

    @property
    def open(self) -> bool:
        return self.state is not LimitState.OVER

    def fact(self) -> Noted:
        point = self.point
        data = (
            ("run", self.run),
            ("device", point.device),
            ("object", point.object),
            ("vlan", "" if point.vlan is None else str(point.vlan)),
            ("towards", ",".join(self.towards)),
            ("networks", ",".join(self.networks)),
            ("since", self.since),
            ("state", self.state.value),
        )
        return Noted(LIMIT, data)


def limit_of(note: Noted) -> Limit:
    """``note``: one of :data:`LIMIT`."""
    data = dict(note.data)
    return Limit(
        point=PointId(data["device"], data["object"], int(data["vlan"]) if data["vlan"] else None),
        run=data["run"],
        towards=_parts(data["towards"]),
        networks=_parts(data["networks"]),
        since=data["since"],
        state=LimitState(data["state"]),
    )


def written_networks(networks: Iterable[IPv4Network | IPv6Network]) -> tuple[str, ...]:
    """As few networks as say the same, none in another; a single address without its length, as devices print
    it; IPv4 first."""
    found = list(networks)
    four = sorted(collapse_addresses(each for each in found if isinstance(each, IPv4Network)))
    six = sorted(collapse_addresses(each for each in found if isinstance(each, IPv6Network)))
    return (*map(_written, four), *map(_written, six))


def _written(network: IPv4Network | IPv6Network) -> str:
    alone = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if alone else str(network)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)
