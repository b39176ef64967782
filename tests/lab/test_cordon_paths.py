"""Ways through the network: the controller's own, a redundant link, the second gateway of a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cordon import Answer, Cordon, plain_site
from tests.lab.hospital import DEVICES, SEGMENTS
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
WING = ("emergency", "laboratory", "imaging")
"""The segments with a port on the second access switch."""
PORTS = {
    "emergency": [("acc1", "emergency1"), ("acc2", "emergency2")],
    "laboratory": [("acc2", "laboratory")],
    "imaging": [("acc2", "imaging")],
}
SPARE, TRUNK = ("acc2", "cross"), ("core", "acc2")
"""The two ways to that switch; spanning tree keeps the spare one shut."""


def _points(name: str, ports: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    vlan = str(SEGMENTS[name].vlan)
    return [{"device": device, "interface": interface, "vlan": vlan} for device, interface in ports]


def _hazards(answer: Answer, code: str) -> dict[str, Mapping[str, Any]]:
    return {each["culprit"]: each for each in answer.data["hazards"] if each["code"] == code}


# --- the controller's own way ------------------------------------------------------------------------


def _logs_in(lab: Lab, device: str) -> bool:
    """Whether the controller still gets a log-in's banner, as Cordon would."""
    address = DEVICES[device].management[0]
    asked = lab.controller(
        ["ssh-keyscan", "-T", "2", "-t", "ed25519", address],
    )
    return address in asked.stdout


def _shut(lab: Lab, device: str, port: str, state: str) -> None:
    lab.devices[device].run("ovs-ofctl", "mod-port", "br0", port, state)


def _is_shut(lab: Lab, device: str, port: str) -> bool:
    listed = lab.devices[device].run("ovs-ofctl", "show", "br0")
    of_port = listed.split(f"({port}): addr:")[1].splitlines()
    return "PORT_DOWN" in of_port[1]


def test_the_order_that_locks_the_controller_out_is_not_the_one_taken(
    inband_lab: Lab, tmp_path: Path
) -> None:
    """By hand, in the order the playbook is written in: the trunks first, and nobody gets to the ports
    behind them any more. Cordon, given that playbook, cuts the ports first and the trunks last."""
    lab = inband_lab
    before = lab.configuration()
    lab.traffic.live(routes(("laboratory", "servers")), PROBED)
    assert _logs_in(lab, "acc2")
    for device, port in (SPARE, TRUNK):
        _shut(lab, device, port, "down")
    assert not _logs_in(lab, "acc2")
    for device, port in (SPARE, TRUNK):
        _shut(lab, device, port, "up")
    lab.traffic.live(routes(("laboratory", "servers")), PROBED)
    assert not difference(before, lab.configuration())

    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    for name, ports in PORTS.items():
        site["segments"][name]["points"] = _points(name, ports)
    site["conduits"]["wing"] = {
        "kind": "wan",
        "title": {"fr": "Aile", "en": "Wing"},
        "points": [{"device": device, "interface": interface} for device, interface in (SPARE, TRUNK)],
    }
    cordon.site(site)
    cordon.playbook(
        "wing",
        {"select": {"conduits": "wing"}, "method": ["shutdown"]},
        {"select": {"segments": list(WING)}, "method": ["shutdown"]},
    )
    cut = cordon.act("isolate", "--playbook", "wing")
    assert cut.proofs == {"confirmed": 6}
    assert not _logs_in(lab, "acc2")
    assert all(_is_shut(lab, *port) for ports in PORTS.values() for port in ports)
    lab.traffic.verdict(routes(("samu", "servers")), routes(("laboratory", "servers")), PROBED)

    assert cordon.act("restore", "--all").proofs == {"confirmed": 6}
    assert not any(_is_shut(lab, *port) for ports in PORTS.values() for port in ports)
    lab.traffic.live(routes(("laboratory", "servers"), ("emergency1", "emergency2")), PROBED)
    assert not difference(before, lab.configuration())


# --- the redundant link ------------------------------------------------------------------------------


def test_traffic_flows_over_the_redundant_link_that_was_reported(lab: Lab, tmp_path: Path) -> None:
    """The trunk of the second access switch is cut, the spare side of the ring left out: spanning tree opens
    it. With what is behind it cut as well, nothing is reported and nothing flows."""
    before = lab.configuration()
    pairs = routes(("laboratory", "servers"), ("imaging", "servers"))
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    for name, ports in PORTS.items():
        site["segments"][name]["points"] = [
            *_points(name, ports),
            {"device": TRUNK[0], "interface": TRUNK[1]},
        ]
    cordon.site(site)
    segments = {"segments": list(WING)}
    cordon.playbook("half", {"select": {**segments, "devices": "core"}, "method": ["shutdown"]})
    cordon.playbook("whole", {"select": segments, "method": ["shutdown"]})

    told = _hazards(cordon("isolate", "--playbook", "half", "--dry-run"), "bypass")
    for name in ("laboratory", "imaging"):
        assert "acc1 cross – acc2 cross" in told[name]["data"]["through"]
        assert "servers" in told[name]["data"]["others"].split(", ")
    assert cordon.act("isolate", "--playbook", "half").proofs == {"confirmed": 1}
    assert _is_shut(lab, *TRUNK)
    lab.traffic.live(pairs, PROBED)

    assert not _hazards(cordon("isolate", "--playbook", "whole", "--dry-run"), "bypass")
    cordon.act("isolate", "--playbook", "whole")
    lab.traffic.verdict(routes(("samu", "servers")), pairs, PROBED)
    cordon.act("restore", "--all")
    lab.traffic.live(pairs, PROBED)
    assert not difference(before, lab.configuration())


# --- the pair of gateways ----------------------------------------------------------------------------


@pytest.fixture
def second_gateway(lab: Lab) -> Iterator[None]:
    """The second access switch routes as well, between the laboratory and the servers, and both use it.

    Neighbours are written down: this machine's kernel also sees the raw ports of the switch, and would answer
    for the router there."""
    acc2 = lab.devices["acc2"]
    laboratory, servers = SEGMENTS["laboratory"], SEGMENTS["servers"]
    acc2.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore")
    for own, other in ((laboratory, servers), (servers, laboratory)):
        vlan = f"vlan{own.vlan}"
        acc2.run(
            *("ovs-vsctl", "add-port", "br0", vlan, f"tag={own.vlan}", "other_config:rstp-enable=false"),
            *("--", "set", "interface", vlan, "type=internal"),
        )
        acc2.run("ip", "link", "set", vlan, "up")
        acc2.run("ip", "address", "add", f"{own.address4(2)}/24", "dev", vlan)
        acc2.run("ip", "address", "add", f"{own.address6(2)}/64", "dev", vlan, "nodad")
        host = lab.hosts[own.name]
        at, here = _mac(acc2.run, vlan), _mac(host.run, "eth0")
        for there, prefix, address in (
            (own.address4(2), other.prefix4, own.address4(10)),
            (own.address6(2), other.prefix6, own.address6(10)),
        ):
            host.run("ip", "neighbour", "replace", there, "lladdr", at, "dev", "eth0")
            host.run("ip", "route", "add", prefix, "via", there)
            acc2.run("ip", "neighbour", "replace", address, "lladdr", here, "dev", vlan)
    yield
    for own, other in ((laboratory, servers), (servers, laboratory)):
        for prefix in (other.prefix4, other.prefix6):
            lab.hosts[own.name].run("ip", "route", "delete", prefix)
        acc2.run("ovs-vsctl", "del-port", "br0", f"vlan{own.vlan}")
    acc2.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/all/arp_ignore")


def _mac(run: Callable[..., str], interface: str) -> str:
    return run("ip", "-o", "link", "show", interface).split("link/ether ")[1].split()[0]


@pytest.mark.usefixtures("second_gateway")
def test_traffic_flows_through_the_gateway_of_the_pair_that_was_left_up(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    both = routes(("laboratory", "servers"))
    lab.traffic.live(both, PROBED)
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    for name in ("laboratory", "servers"):
        vlan = f"vlan{SEGMENTS[name].vlan}"
        site["segments"][name]["gateways"] = [["core-router", vlan], ["acc2-router", vlan]]
    site["devices"]["acc2-router"] = {"platform": "manual", "role": "core", "location": {"rack": "R4"}}
    site["links"].append({"ends": [["acc2", "backplane"], ["acc2-router", "backplane"]], "kind": "stack"})
    cordon.site(site)
    select = {"segments": "laboratory", "devices": "core-router"}
    cordon.playbook("gateway", {"select": select, "method": ["svi"]})
    told = _hazards(cordon("isolate", "--playbook", "gateway", "--dry-run"), "bypass")["laboratory"]["data"]
    assert "acc2-router vlan30" in told["through"].split(", ")
    assert "servers" in told["others"].split(", ")
    assert cordon.act("isolate", "--playbook", "gateway").proofs == {"confirmed": 1}
    lab.traffic.verdict(both, routes(("laboratory", "imaging")), PROBED)
    cordon.act("restore", "--all")
    lab.traffic.live(routes(("laboratory", "imaging")), PROBED)
    assert not difference(before, lab.configuration())
