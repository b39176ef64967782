"""A sound inventory becomes the values of the domain."""

from __future__ import annotations

import hashlib

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.domain.inventory import (
    Bilingual,
    Conduit,
    ConduitKind,
    Contact,
    ControllerSite,
    Device,
    DeviceRole,
    Foothold,
    Footing,
    HighAvailability,
    Hypervisor,
    Inventory,
    Link,
    LinkKind,
    Location,
    Management,
    Need,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
    SegmentRole,
)
from controller.domain.path import Credential, Path, SecretRef, SecretSource
from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from tests.unit.catalog.sample import INVENTORY, switch_profiles


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return inventory_from_text(INVENTORY, "inventory.yaml", switch_profiles())


def test_the_digest_is_that_of_the_text(inventory: Inventory) -> None:
    assert inventory.digest == hashlib.sha256(INVENTORY.encode()).hexdigest()


def test_site_and_controller(inventory: Inventory) -> None:
    assert inventory.site == "ch-sample"
    assert inventory.controller == ControllerSite(
        attached_to=Port("core-1", "GigabitEthernet1/0/48"),
        consoles=(Port("acc-1", "GigabitEthernet1/0/40"),),
        rests_on=(
            Foothold(Footing.HYPERVISOR, port=Port("core-1", "GigabitEthernet1/0/20")),
            Foothold(Footing.DIRECTORY, segment="core-services"),
        ),
    )


def test_hypervisors_have_the_ports_as_the_switches_name_them(inventory: Inventory) -> None:
    ports = tuple(Port(name, "GigabitEthernet1/0/20") for name in ("core-1", "core-2"))
    assert inventory.hypervisors == (Hypervisor("esx-1", ports),)


def test_neither_hypervisors_nor_what_the_controller_rests_on_must_be_written() -> None:
    text = "".join(
        line
        for line in INVENTORY.splitlines(keepends=True)
        if not line.startswith(("hypervisors", "  esx-1", "  rests_on"))
    )
    bare = inventory_from_text(text, "inventory.yaml", switch_profiles())
    assert (bare.hypervisors, bare.controller.rests_on) == ((), ())


def test_credentials_are_references(inventory: Inventory) -> None:
    assert inventory.credentials == {
        "net": Credential(
            "net",
            "cordon",
            password=SecretRef(SecretSource.ENV, "CORDON_NET"),
            enable=SecretRef(SecretSource.FILE, "/etc/cordon/enable"),
            fallback="local",
        ),
        "local": Credential("local", "local", key=SecretRef(SecretSource.VAULT, "local-key")),
    }


def test_a_device_with_everything(inventory: Inventory) -> None:
    assert inventory.devices["acc-1"] == Device(
        name="acc-1",
        platform="switch",
        role=DeviceRole.ACCESS,
        paths=(Path("2001:db8::21"), Path("10.0.0.21", 2222)),
        credentials="net",
        host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        management=Management.INBAND,
        location=Location("3", "R2"),
        canary="GigabitEthernet1/0/47",
        legacy_ssh=True,
        managed_by="dna-center",
        settings={"quarantine_vlan": "998"},
    )


def test_a_device_with_little(inventory: Inventory) -> None:
    assert inventory.devices["box-4g"] == Device("box-4g", "manual", DeviceRole.WAN)
    assert inventory.devices["core-1"].ha == HighAvailability("core-2", synced=False)
    assert inventory.devices["core-2"].ha == HighAvailability("core-1", synced=True)


def test_links(inventory: Inventory) -> None:
    assert inventory.links == (
        Link((Port("core-1", "GigabitEthernet1/0/1"), Port("acc-1", "GigabitEthernet1/0/49")), LinkKind.DATA),
        Link(
            (Port("core-1", "GigabitEthernet1/0/2"), Port("core-2", "GigabitEthernet1/0/2")),
            LinkKind.PEER_LINK,
        ),
    )


def test_a_segment_with_everything(inventory: Inventory) -> None:
    assert inventory.segments["emergency"] == Segment(
        name="emergency",
        title=Bilingual("Urgences", "Emergency room"),
        impact=Bilingual("14 moniteurs", "14 monitors"),
        priority=1,
        depends_on=("core-services",),
        needs=(Need("core-services", 8 * 3600),),
        vlans=(110,),
        prefixes=("10.10.1.0/24", "2001:db8:110::/64"),
        gateways=(Port("core-1", "Vlan110"), Port("core-2", "Vlan110")),
        points=(
            Point(PointId("acc-1", "GigabitEthernet1/0/3", 110), PointKind.INTERFACE),
            Point(PointId("acc-1", "GigabitEthernet1/0/49", 110), PointKind.INTERFACE, tagged=True),
            Point(PointId("core-1", "Vlan110"), PointKind.SVI),
            # The other gateway is listed among the points already.
            Point(PointId("core-2", "Vlan110"), PointKind.SVI),
        ),
        probes=(
            Probe(
                ProbeTarget(ProbeKind.TCP, "10.10.1.10", 443),
                "controller",
                ProbeTarget(ProbeKind.TCP, "10.0.0.1", 22),
            ),
            Probe(
                ProbeTarget(ProbeKind.ICMP, "2001:db8:110::1"),
                "core-1",
                ProbeTarget(ProbeKind.ICMP, "2001:db8::1"),
            ),
        ),
    )


def test_a_segment_with_little(inventory: Inventory) -> None:
    assert inventory.segments["core-services"] == Segment(
        name="core-services",
        title=Bilingual("Core", "Core"),
        priority=1,
        role=SegmentRole.CORE,
        prefixes=("10.10.0.0/24",),
        ipv6_none=True,
        gateways=(Port("core-1", "Vlan100"),),
        points=(Point(PointId("core-1", "Vlan100"), PointKind.SVI),),
    )
    assert inventory.segments["samu"].keep_alive


def test_a_conduit(inventory: Inventory) -> None:
    assert inventory.conduits == {
        "internet": Conduit(
            name="internet",
            title=Bilingual("internet", "internet"),
            kind=ConduitKind.INTERNET,
            priority=100,
            keep_alive=("samu",),
            points=(Point(PointId("box-4g", "WAN 1"), PointKind.TUNNEL),),
        )
    }


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30), ("15m", 900), ("8h", 28800), ("3d", 259200)])
def test_durations(written: str, seconds: int) -> None:
    text = INVENTORY.replace("dies_after: 8h", f"dies_after: {written}")
    found = inventory_from_text(text, "inventory.yaml", switch_profiles())
    assert found.segments["emergency"].needs == (Need("core-services", seconds),)


def test_a_keep_alive_segment_needs_no_points() -> None:
    text = INVENTORY.replace("    points: [{device: acc-1, interface: Gi1/0/5, vlan: 130}]\n", "")
    found = inventory_from_text(text, "inventory.yaml", switch_profiles())
    assert found.segments["samu"].points == ()


def test_one_port_shared_by_a_telephone_and_a_computer_is_two_points() -> None:
    text = INVENTORY.replace("interface: Gi1/0/5, vlan: 130", "interface: Gi1/0/3, vlan: 130")
    found = inventory_from_text(text, "inventory.yaml", switch_profiles())
    assert found.segments["samu"].points[0].port == found.segments["emergency"].points[0].port


def test_ports_are_as_written_where_the_platform_names_none() -> None:
    text = INVENTORY.replace("tunnel: WAN 1", "interface: Gi0/1")
    found = inventory_from_text(text, "inventory.yaml", switch_profiles())
    assert found.conduits["internet"].points[0].id.object == "Gi0/1"


def test_what_is_loaded_cannot_be_changed(inventory: Inventory) -> None:
    with pytest.raises(TypeError):
        inventory.segments["x"] = inventory.segments["samu"]  # type: ignore[index]  # what must not be possible is tried


def test_whom_to_call_is_read_with_or_without_a_name() -> None:
    text = INVENTORY + (
        "contacts:\n"
        '  - {role: {fr: Cellule, en: Cell}, phone: "+33 3 20"}\n'
        '  - {role: Network, name: Zoé, phone: "06 12"}\n'
    )
    assert inventory_from_text(text, "inventory.yaml", switch_profiles()).contacts == (
        Contact(Bilingual("Cellule", "Cell"), "+33 3 20"),
        Contact(Bilingual("Network", "Network"), "06 12", "Zoé"),
    )
