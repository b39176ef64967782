"""Peace time on real programs: canary ports rehearsed while traffic flows, and what switches have learned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab


@pytest.fixture
def spare(lab: Lab) -> Iterator[Lab]:
    """With an unused port at an access switch, at the firewall and at the remote-maintenance gateway."""
    acc1, fw, vpn = (lab.devices[name] for name in ("acc1", "fw", "vpn"))
    acc1.run(
        "ovs-vsctl", "add-port", "br0", "spare", "tag=70", "--", "set", "interface", "spare", "type=internal"
    )
    acc1.run("ip", "link", "set", "spare", "up")
    for machine in (fw, vpn):
        machine.run("ip", "link", "add", "spare", "type", "veth", "peer", "name", "far")
        machine.run("ip", "link", "set", "spare", "up")
    try:
        yield lab
    finally:
        acc1.run("ovs-vsctl", "del-port", "br0", "spare")
        for machine in (fw, vpn):
            machine.run("ip", "link", "del", "spare")


def with_canaries(lab: Lab, *devices: str) -> dict[str, Any]:
    site = plain_site(lab)
    for name in devices:
        site["devices"][name]["canary"] = {"interface": "spare"}
    return site


def test_every_method_of_a_port_is_rehearsed_and_no_traffic_notices(spare: Lab, tmp_path: Path) -> None:
    lab = spare
    cordon = Cordon(lab, tmp_path)
    cordon.site(with_canaries(lab, "acc1", "fw", "vpn"))
    before = lab.configuration()
    everything = routes(("maternity", "servers"), ("emergency1", "internet"))
    flows = lab.traffic.open(everything)
    said = cordon.act("rehearse").data
    assert {(each["device"], each["method"]): each["cause"] for each in said["rehearsed"]} == {
        ("acc1", "shutdown"): "",
        ("acc1", "vlan"): "",
        ("acc1", "drop_flow"): "",
        ("fw", "shutdown"): "",
        ("fw", "policy"): "",
        ("vpn", "shutdown"): "",
    }
    versions = {each["platform"]: each["version"] for each in said["rehearsed"]}
    assert set(versions) == {"ovs_linux", "linux_nftables", "linux"}
    assert {name: version[:1].isdigit() for name, version in versions.items()} == dict.fromkeys(
        versions, True
    )
    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in flows)
    hazards = cordon("plan", "level-5").data["hazards"]
    named = [each["culprit"] for each in hazards if each["code"] == "untested"]
    assert not any(", interface " in culprit for culprit in named)
    assert any(culprit.startswith("frr 8.") and culprit.endswith(", svi") for culprit in named)


def test_a_port_of_no_segment_is_found_by_what_the_switch_has_learned(lab: Lab, tmp_path: Path) -> None:
    lab.traffic.live(routes(("emergency1", "servers"), ("maternity", "servers")), [Kind.NEW, Kind.PING])
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    points = site["segments"]["emergency"]["points"]
    [lost] = [each for each in points if each.get("interface") == "emergency1"]
    points.remove(lost)
    cordon.site(site)
    before, written = lab.configuration(), cordon.inventory.read_bytes()
    found = cordon("discover", code=6).data
    loose = {tuple(each["port"]): each for each in found["ports_of_no_segment"]}
    port = loose["acc1", "emergency1"]
    assert (port["vlans"], port["likely"]) == ([10], ["emergency"])
    assert port["addresses"] >= 1
    assert ("acc1", "uplink") not in loose
    assert "#   - {device: acc1, interface: emergency1, vlan: 10}" in found["diff"]
    assert [each["device"] for each in found["unreached"]] == ["core-router"]
    assert not difference(before, lab.configuration())
    assert cordon.inventory.read_bytes() == written
