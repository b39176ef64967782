"""For every method of every platform of the lab: what it cuts here, and what must fall silent with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import Method, PointKind
from tests.lab.cordon import Answer, Cordon, plain_site
from tests.lab.inventory import EXAMPLE
from tests.lab.network import Lab
from tests.lab.traffic import Route, routes


class Way(NamedTuple):
    """A method of a platform, at one kind of point."""

    platform: str
    point: PointKind
    tagged: bool
    method: Method

    def __str__(self) -> str:
        return f"{self.platform} {'tagged ' if self.tagged else ''}{self.point} {self.method}"


@dataclass(frozen=True)
class Case:
    """``subject`` is cut by ``way`` at ``points`` alone: ``dead`` falls silent, ``spared`` does not."""

    way: Way
    subject: str
    points: list[dict[str, str]]
    dead: list[Route]
    spared: list[Route] = field(default_factory=list)

    def __str__(self) -> str:
        return str(self.way)


@dataclass(frozen=True)
class Round:
    """Cases that can be cut at the same time and told apart: with the others still cut, bringing one back
    revives its traffic and nothing else. In this order they come back. ``kept`` is what is kept alive;
    ``conduit_spares`` whether it still leaves by the internet conduit."""

    cases: list[Case]
    kept: list[Route]
    conduit_spares: bool = True

    def site(self, lab: Lab) -> dict[str, Any]:
        """The lab's inventory, each subject reduced to the points of its case; all of one priority."""
        found = plain_site(lab)
        for case in self.cases:
            subject = self._subject(found, case.subject)
            subject["points"] = case.points
            subject["priority"] = 1
            subject.pop("gateways", None)
            subject.pop("depends_on", None)
        if not self.conduit_spares:
            del found["conduits"]["internet"]["keep_alive"]
        return found

    def write(self, lab: Lab, cordon: Cordon) -> None:
        """Inventory and playbook of the round: one stage a case, with its method and no other."""
        site = self.site(lab)
        cordon.site(site)
        stages = [
            {
                "select": {"segments" if case.subject in site["segments"] else "conduits": case.subject},
                "method": [str(case.way.method)],
            }
            for case in self.cases
        ]
        cordon.playbook("round", *stages)

    @staticmethod
    def _subject(site: dict[str, Any], name: str) -> dict[str, Any]:
        found: dict[str, Any] = site["segments"].get(name) or site["conduits"][name]
        return found


def _port(device: str, interface: str, vlan: int | None = None, tagged: bool = False) -> dict[str, str]:
    found = {"device": device, "interface": interface}
    if vlan is not None:
        found["vlan"] = str(vlan)
    return found | ({"tagged": "true"} if tagged else {})


_INTERFACE, _SVI, _POLICY = PointKind.INTERFACE, PointKind.SVI, PointKind.POLICY
BESIDE = {Way("frr", PointKind.BGP_PEER, False, Method.BGP)}
"""What the lab's own network has no place for: cut at the border beside it (:mod:`tests.lab.border`)."""
ROUNDS = {
    "all at once": Round(
        [
            Case(
                Way("linux_nftables", _INTERFACE, False, Method.POLICY),
                "internet",
                [_port("fw", "wan")],
                routes(("servers", "internet")),
            ),
            Case(
                Way("linux_nftables", _POLICY, False, Method.POLICY),
                "imaging",
                [{"device": "fw", "policy": "imaging"}],
                routes(("imaging", "internet")),
                routes(("imaging", "servers")),
            ),
            Case(
                Way("ovs_linux", _INTERFACE, False, Method.SHUTDOWN),
                "printers",
                [_port("acc1", "printers", 70)],
                routes(("printers", "servers"), ("samu", "printers")),
            ),
            Case(
                Way("ovs_linux", _INTERFACE, False, Method.VLAN),
                "admin",
                [_port("acc1", "admin", 50)],
                routes(("admin", "servers"), ("samu", "admin")),
            ),
            Case(
                Way("ovs_linux", _INTERFACE, False, Method.DROP_FLOW),
                "laboratory",
                [_port("acc2", "laboratory", 30)],
                routes(("laboratory", "servers"), ("samu", "laboratory")),
            ),
            Case(
                Way("ovs_linux", _INTERFACE, True, Method.VLAN),
                "maternity",
                [_port("core", "acc1", 20, True), _port("acc1", "cross", 20, True)],
                routes(("maternity", "servers")),
            ),
            Case(
                Way("frr", _SVI, False, Method.SVI),
                "emergency",
                [{"device": "core-router", "svi": "vlan10", "vlan": "10"}],
                routes(("emergency1", "servers")),
                routes(("emergency1", "emergency2")),
            ),
            Case(
                Way("linux", _INTERFACE, False, Method.SHUTDOWN),
                "maintenance",
                [_port("vpn", "outside")],
                routes(("vendor", "backup")),
            ),
        ],
        routes(("samu", "servers"), ("samu", "internet")),
    ),
    # Nothing passes a port that is down, so this one cannot stand beside the firewall's other methods.
    "the firewall's port": Round(
        [
            Case(
                Way("linux_nftables", _INTERFACE, False, Method.SHUTDOWN),
                "internet",
                [_port("fw", "wan")],
                routes(("servers", "internet"), ("samu", "internet")),
            )
        ],
        routes(("samu", "servers"), ("vendor", "samu")),
        conduit_spares=False,
    ),
}


def offered() -> set[Way]:
    """Every method the profiles of the lab's platforms offer."""
    devices = yaml.safe_load(EXAMPLE.read_text("utf-8"))["devices"].values()
    platforms = {device["platform"] for device in devices}
    profiles = load_profiles([Path(__file__).parents[2] / "device_profiles"])
    return {
        Way(name, kind, tagged, method)
        for name in platforms
        for (kind, tagged), spec in profiles[name].points.items()
        for method in spec.methods
    }


def check_proven(case: Case, answer: Answer) -> None:
    """Cordon says of every point of the case that it is as wanted."""
    lacking = answer.lacking()
    wrong = [name for point in case.points if (name := _name(point)) in lacking]
    if wrong:
        raise AssertionError(f"{case}: {[(name, lacking[name]) for name in wrong]}")


def _name(point: Mapping[str, str]) -> str:
    return f"{point['device']} {point.get('interface') or point.get('svi') or point.get('policy')}"
