"""What devices tell of their surroundings, and how it compares with the inventory."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import ControllerSite, Device, DeviceRole, Inventory, Link, LinkKind, Port
from controller.domain.path import Path as Way
from controller.engine.readiness.discovery import (
    Comparison,
    Learned,
    LoosePort,
    Neighbour,
    Sighting,
    compare,
    questions,
    sighting,
)
from tests.fakes.site import inventory, port, segment

PROFILES = load_profiles([Path(__file__).parents[3] / "device_profiles"])
CORE, ACC = Port("core", "GigabitEthernet1/0/1"), Port("acc", "GigabitEthernet1/0/49")


def device(name: str, platform: str = "cisco_ios", address: str = "192.0.2.1") -> Device:
    return Device(name, platform, DeviceRole.ACCESS, (Way(address),))


def known(*links: Link, controller: ControllerSite | None = None) -> Inventory:
    return inventory(
        [device("core"), device("acc", address="192.0.2.2")],
        [
            segment("one", [port("acc", "GigabitEthernet1/0/2")], vlans=(10,), prefixes=("10.1.0.0/24",)),
            segment("two", [port("core", "GigabitEthernet1/0/9")], vlans=(20,), prefixes=("2001:db8::/64",)),
        ],
        links,
        controller or ControllerSite(),
    )


def compared(seen: Sighting, *links: Link, controller: ControllerSite | None = None) -> Comparison:
    return compare(known(*links, controller=controller), PROFILES, seen, {})


def neighbour(at: Port, name: str, far: str, address: str = "") -> Sighting:
    return Sighting((Neighbour(at, name, far, address),))


# --- neighbours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["acc", "ACC.hospital.example", "acc.hospital.example"])
def test_a_link_nobody_wrote_down_is_found_by_the_neighbours_name(name: str) -> None:
    found = compared(neighbour(CORE, name, "Gi1/0/49"))
    assert found.links == (Link((ACC, CORE)),)
    assert (found.wrong, found.strangers, found.differs) == ((), (), True)


def test_or_by_its_management_address() -> None:
    assert compared(neighbour(CORE, "switch-4711", "Gi1/0/49", "192.0.2.2")).links == (Link((ACC, CORE)),)


def test_what_is_written_down_is_no_difference_whichever_end_tells() -> None:
    link = Link((ACC, CORE), LinkKind.PEER_LINK)
    for seen in (neighbour(CORE, "acc", "Gi1/0/49"), neighbour(ACC, "core", "GigabitEthernet1/0/1")):
        assert not compared(seen, link).differs


def test_a_link_that_leads_elsewhere_is_told_once_with_where_it_leads() -> None:
    link = Link((CORE, Port("acc", "GigabitEthernet1/0/50")))
    found = compared(neighbour(CORE, "acc", "Gi1/0/49"), link)
    assert [(each.index, each.at, each.seen) for each in found.wrong] == [(0, CORE, ACC)]
    assert found.links == ()


@pytest.mark.parametrize("first", [True, False])
def test_a_link_that_is_wrong_at_both_ends_is_mended_at_one_and_the_other_cable_is_new(first: bool) -> None:
    link = Link((CORE, ACC))
    other, free = Port("acc", "GigabitEthernet1/0/50"), Port("core", "GigabitEthernet1/0/2")
    told = [Neighbour(CORE, "acc", "Gi1/0/50"), Neighbour(ACC, "core", "Gi1/0/2")]
    far = [Neighbour(other, "core", "Gi1/0/1"), Neighbour(free, "acc", "Gi1/0/49")]
    seen = Sighting(tuple(told + far if first else far + told))
    found = compared(seen, link)
    assert [(each.index, each.at, each.seen) for each in found.wrong] == [(0, CORE, other)]
    assert found.links == (Link((ACC, free)),)


def test_two_cables_that_were_swapped_are_two_wrong_links_and_no_more() -> None:
    links = [
        Link((CORE, ACC)),
        Link((Port("core", "GigabitEthernet1/0/2"), Port("acc", "GigabitEthernet1/0/50"))),
    ]
    told = [
        Neighbour(
            links[at].ends[end],
            ("acc", "core")[end],
            f"Gi{links[1 - at].ends[1 - end].interface.removeprefix('GigabitEthernet')}",
        )
        for at in (0, 1)
        for end in (0, 1)
    ]
    found = compared(Sighting(tuple(told)), *links)
    assert {each.index for each in found.wrong} == {0, 1}
    assert found.links == ()


def test_where_only_the_far_end_tells_its_link_is_wrong_all_the_same() -> None:
    link = Link((CORE, Port("acc", "GigabitEthernet1/0/50")))
    found = compared(neighbour(ACC, "core", "Gi1/0/1"), link)
    assert [(each.index, each.at, each.seen) for each in found.wrong] == [(0, CORE, ACC)]


def test_a_link_written_as_an_aggregate_stands_for_its_members() -> None:
    bundle = Link((Port("core", "Port-channel1"), Port("acc", "Port-channel1")))
    assert not compared(neighbour(CORE, "acc", "Gi1/0/49"), bundle).differs


def test_a_neighbour_the_inventory_does_not_know_is_a_stranger() -> None:
    [stranger] = compared(neighbour(CORE, "sw-new", "Gi1/0/1", "10.9.9.9")).strangers
    assert (stranger.port, stranger.device, stranger.address) == (CORE, "sw-new", "10.9.9.9")


# --- ports of no segment ------------------------------------------------------------------------------


def test_a_port_of_no_segment_is_counted_and_named_by_vlan_or_by_network() -> None:
    loose = Port("acc", "GigabitEthernet1/0/7")
    other = Port("acc", "GigabitEthernet1/0/8")
    seen = Sighting(
        learned=(
            Learned(loose, "02aa00000001", 10),
            Learned(loose, "02aa00000002", 10),
            Learned(other, "02aa00000003", 33),
        ),
        addresses={"02aa00000003": ("fe80::1%eth0", "2001:db8::7")},
    )
    assert compared(seen).loose == (
        LoosePort(loose, 2, (10,), ("one",)),
        LoosePort(other, 1, (33,), ("two",)),
    )


def test_what_the_inventory_has_is_not_called_loose() -> None:
    console = Port("acc", "GigabitEthernet1/0/40")
    attached = Port("core", "GigabitEthernet1/0/48")
    ports = (CORE, console, attached, Port("acc", "GigabitEthernet1/0/2"))
    seen = Sighting(learned=tuple(Learned(at, "02aa00000001", 10) for at in ports))
    site = ControllerSite(attached, (console,))
    assert not compared(seen, Link((ACC, CORE)), controller=site).differs


def test_silence_is_told_of_switches_that_spoke_and_is_no_difference() -> None:
    found = compared(Sighting(looked=frozenset({"acc"})))
    assert found.silent == (("one", Port("acc", "GigabitEthernet1/0/2")),)
    assert not found.differs


# --- what devices print -------------------------------------------------------------------------------

CISCO = {
    "show lldp neighbors detail": """
------------------------------------------------
Local Intf: Gi1/0/49
Chassis id: 0250.56aa.bbcc
Port id: Gi1/0/1
Port Description: to acc
System Name: core.hospital.example

System Description:\x20
Cisco IOS Software, Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4

Time remaining: 101 seconds
System Capabilities: B,R
Enabled Capabilities: B,R
Management Addresses:
    IP: 192.0.2.1
Auto Negotiation - supported, enabled
Physical media capabilities:
    1000baseT(FD)
Media Attachment Unit type: 30
Vlan ID: 1


Total entries displayed: 1
""",
    "show mac address-table": """          Mac Address Table
-------------------------------------------

Vlan    Mac Address       Type        Ports
----    -----------       --------    -----
 All    0100.0ccc.cccc    STATIC      CPU
  10    0250.5611.2233    DYNAMIC     Gi1/0/7
  10    0250.5611.2244    DYNAMIC     Po1
Total Mac Addresses for this criterion: 3
""",
    "show ip arp": """Protocol  Address          Age (min)  Hardware Addr   Type   Interface
Internet  10.1.0.1                -   0250.5600.0001  ARPA   Vlan10
Internet  10.1.0.7                3   0250.5611.2233  ARPA   Vlan10
Internet  10.1.0.8                0   Incomplete      ARPA
""",
    "show ipv6 neighbors": """IPv6 Address                              Age Link-layer Addr State Interface
2001:DB8::7                                 0 0250.5611.2244  REACH Vl20
""",
    "show cdp neighbors detail": "% CDP is not enabled",
}


def test_a_cisco_switch_is_understood() -> None:
    switch = device("acc")
    assert set(questions(switch, PROFILES["cisco_ios"])) == set(CISCO)
    seen = sighting([switch], PROFILES, {"acc": CISCO})
    [found] = seen.neighbours
    assert (found.port, found.device, found.far_port) == (ACC, "core.hospital.example", "Gi1/0/1")
    assert found.address == "192.0.2.1"
    assert seen.learned == (
        Learned(Port("acc", "GigabitEthernet1/0/7"), "025056112233", 10),
        Learned(Port("acc", "Port-channel1"), "025056112244", 10),
    )
    assert seen.addresses == {"025056112233": ("10.1.0.7",), "025056112244": ("2001:DB8::7",)}
    assert seen.looked == frozenset({"acc"})


def test_open_vswitch_counts_ports_by_number_and_names_them_elsewhere() -> None:
    answers = {
        "sudo -n ovs-appctl fdb/show br0": (
            " port  VLAN  MAC                Age\n"
            "LOCAL     0  02:00:00:00:00:01    1\n"
            "    3    10  02:00:00:00:00:02    7\n"
        ),
        "sudo -n ovs-ofctl dump-ports-desc br0": (
            "OFPST_PORT_DESC reply (xid=0x2):\n 3(maternity): addr:aa:bb:cc:dd:ee:ff\n     config:     0\n"
        ),
    }
    seen = sighting([device("sw", "ovs_linux")], PROFILES, {"sw": answers})
    assert seen.learned == (Learned(Port("sw", "maternity"), "020000000002", 10),)


def test_a_linux_bridge_tells_what_it_learned_and_not_its_own() -> None:
    answers = {
        "bridge fdb show": (
            "02:00:00:00:00:02 dev eth1 vlan 10 master br0 \n"
            "02:00:00:00:00:03 dev eth1 vlan 10 master br0 permanent\n"
            "33:33:00:00:00:01 dev eth1 self permanent\n"
            "02:00:00:00:00:04 dev eth2 master br0 \n"
        ),
        "ip neigh show": ("10.1.0.9 dev eth1 lladdr 02:00:00:00:00:02 STALE\n10.1.0.10 dev eth1  FAILED\n"),
    }
    seen = sighting([device("host", "linux")], PROFILES, {"host": answers})
    assert [(each.port.interface, each.mac, each.vlan) for each in seen.learned] == [
        ("eth1", "020000000002", 10),
        ("eth2", "020000000004", None),
    ]
    assert seen.addresses == {"020000000002": ("10.1.0.9",)}


def test_an_answer_that_is_none_says_nothing() -> None:
    answers = dict.fromkeys(CISCO, "% Invalid input detected at '^' marker.")
    assert sighting([device("acc")], PROFILES, {"acc": answers}) == Sighting(addresses={})
