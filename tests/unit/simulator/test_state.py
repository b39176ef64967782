"""What follows from the configuration, and what outlives a reload.

Facts from Cisco IOS command references: Interface and Hardware Component, "show interfaces" and "shutdown";
LAN Switching, "show interfaces trunk", "switchport access vlan"; Security, "ip access-group"; Catalyst 9300
VLAN Configuration Guide, "SVI autostate"; Layer 2 Configuration Guide, "EtherChannel"; Configuration
Fundamentals, "reload", "copy running-config startup-config".
"""

from __future__ import annotations

import re

import pytest

from controller.simulator.process import Simulation, SimulatorFailed, simulate
from tests.unit.simulator.conftest import spec
from tests.unit.simulator.console import Console


def test_a_port_shut_is_disabled_and_returns(site: Simulation, console: Console) -> None:
    console.configure("interface Gi1/0/1", "shutdown")
    assert re.search(r"^Gi1/0/1 .* disabled +10 ", console.ask("show interfaces status"), re.MULTILINE)
    first = console.ask("show interfaces Gi1/0/1").split("\n")[0]
    assert first == "GigabitEthernet1/0/1 is administratively down, line protocol is down (disabled)"
    console.configure("interface Gi1/0/1", "no shutdown")
    first = console.ask("show interfaces Gi1/0/1").split("\n")[0]
    assert first == "GigabitEthernet1/0/1 is up, line protocol is up (connected)"


def test_a_port_is_down_with_its_partner(site: Simulation, console: Console) -> None:
    with Console(site["core-1"]) as other:
        other.configure("interface Te1/1/1", "shutdown")
    first = console.ask("show interfaces Te1/1/1").split("\n")[0]
    assert first == "TenGigabitEthernet1/1/1 is down, line protocol is down (notconnect)"
    site.plug("acc-1", "Gi1/0/1", plugged=False)
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["link"] == "down"
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "up"


def test_a_port_channel_lives_by_its_members_and_shuts_them(site: Simulation, console: Console) -> None:
    assert "Po1(SU)" in console.ask("show etherchannel summary")
    console.configure("interface Gi1/0/11", "shutdown")
    answer = console.ask("show etherchannel summary")
    assert [word for word in ("Gi1/0/11(D)", "Gi1/0/12(P)", "Po1(SU)") if word not in answer] == []
    console.configure("interface Po1", "shutdown")
    assert "Po1(SD)" in console.ask("show etherchannel summary")
    assert site.interface("acc-1", "GigabitEthernet1/0/12")["admin"] == "down"
    console.configure("interface Po1", "no shutdown")
    assert site.interface("acc-1", "GigabitEthernet1/0/11")["admin"] == "up"


def test_an_svi_is_up_while_a_port_carries_its_vlan(site: Simulation, console: Console) -> None:
    assert console.ask("show interfaces Vlan10").startswith("Vlan10 is up, line protocol is up")
    console.configure(
        "interface Gi1/0/1", "shutdown", "interface Te1/1/1", "shutdown", "interface Po1", "shutdown"
    )
    assert console.ask("show interfaces Vlan10").startswith("Vlan10 is up, line protocol is down")
    console.configure("no vlan 10")
    assert console.ask("show interfaces Vlan10").startswith("Vlan10 is down, line protocol is down")
    console.configure("interface Vlan10", "shutdown")
    assert console.ask("show interfaces Vlan10").startswith(
        "Vlan10 is administratively down, line protocol is down"
    )


def test_a_missing_access_vlan_is_created(site: Simulation, console: Console) -> None:
    answers = console.configure("interface Gi1/0/1", "switchport access vlan 999")
    assert answers[1] == "% Access VLAN does not exist. Creating vlan 999"
    assert re.search(r"^999  VLAN0999 +active    Gi1/0/1", console.ask("show vlan brief"), re.MULTILINE)


def test_a_bound_list_need_not_exist_and_content_is_shown(site: Simulation, console: Console) -> None:
    console.configure("interface Vlan10", "ip access-group CUT in", "ipv6 traffic-filter CUT6 in")
    assert "  Inbound  access list is CUT\n" in console.ask("show ip interface Vlan10")
    assert "  Inbound access list CUT6\n" in console.ask("show ipv6 interface Vlan10")
    assert console.ask("show access-lists CUT") == ""
    console.configure("ip access-list extended CUT")
    assert console.ask("show access-lists CUT") == "Extended IP access list CUT"
    console.configure("ip access-list extended CUT", "deny ip any any", "deny ip any any")
    assert console.ask("show access-lists CUT") == "Extended IP access list CUT\n    10 deny ip any any"
    console.configure("ipv6 access-list CUT6", "deny ipv6 any any")
    assert (
        console.ask("show ipv6 access-list CUT6")
        == "IPv6 access list CUT6\n    deny ipv6 any any sequence 10"
    )
    answers = console.configure("ip access-list extended CUT", "10 permit ip any any")
    assert answers[1] == "% Duplicate sequence number"


def test_long_vlan_lists_are_wrapped_and_still_whole(site: Simulation, console: Console) -> None:
    wanted = ",".join(str(vlan) for vlan in range(101, 201, 2))
    console.configure("interface Te1/1/1", "switchport trunk allowed vlan " + wanted)
    lines = console.ask("show running-config interface Te1/1/1").split("\n")
    listed = [line for line in lines if "allowed vlan" in line]
    assert len(listed) > 2
    assert all(len(line) < 80 for line in lines)
    assert all(line.startswith(" switchport trunk allowed vlan add ") for line in listed[1:])
    assert ",".join(line.split()[-1] for line in listed) == wanted
    shown = console.ask("show interfaces Te1/1/1 switchport")
    found = re.search(r"Trunking VLANs Enabled: ((?:[\d,-]+\n +)*[\d,-]+)", shown)
    assert found
    assert re.sub(r"\s+", "", found[1]) == wanted
    console.configure("interface Te1/1/1", "switchport trunk allowed vlan remove 103")
    assert "103" not in site.interface("acc-1", "TenGigabitEthernet1/1/1")["allowed"].split(",")


def test_the_trunk_tables_know_only_ports_that_trunk_now(site: Simulation, console: Console) -> None:
    assert "Te1/1/1     1-4094" in console.ask("show interfaces Te1/1/1 trunk")
    assert "Te1/1/1" in console.ask("show interfaces trunk")
    console.configure("interface Te1/1/1", "shutdown")
    assert "Te1/1/1" not in console.ask("show interfaces trunk")
    assert re.search(
        r"^Te1/1/1 +on +802.1q +not-trunking +1$", console.ask("show interfaces Te1/1/1 trunk"), re.MULTILINE
    )


def test_a_reload_forgets_what_was_not_saved(site: Simulation, console: Console) -> None:
    console.configure("interface Gi1/0/1", "shutdown")
    console.type("copy running-config startup-config")
    console.until("Destination filename [startup-config]? ")
    assert "[OK]" in console.ask("")
    console.configure("interface Gi1/0/2", "shutdown")
    assert site.state("acc-1")["saved"] is False
    console.type("reload")
    console.until("Save? [yes/no]: ")
    console.type("no")
    console.until("Proceed with reload? [confirm]")
    console.send("\r")
    assert console.closed()
    site.wait(device="acc-1", event="booted")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"
    assert site.interface("acc-1", "GigabitEthernet1/0/2")["admin"] == "up"
    with Console(site["acc-1"]) as again:
        assert "shutdown" in again.ask("show startup-config")


def test_a_reload_in_happens_unless_cancelled(site: Simulation, console: Console) -> None:
    for attempt in range(2):
        console.type("reload in 1")
        console.until("Proceed with reload? [confirm]")
        console.send("\r")
        console.until("acc-1#")
        assert "Reload scheduled for" in console.ask("show reload")
        if attempt == 0:
            assert "SHUTDOWN ABORTED" in console.ask("reload cancel")
            assert console.ask("show reload") == "No reload is scheduled."
    assert site.wait(device="acc-1", event="reload")["cause"] == "scheduled"
    assert len([each for each in site.log() if each["event"] == "reload"]) == 1
    assert console.closed()


def test_a_site_with_a_wrong_line_does_not_start() -> None:
    with pytest.raises(SimulatorFailed, match="acc-1: shutdwon"):
        simulate([spec("acc-1", config=["interface Gi1/0/1", "shutdwon"])])


def test_a_simulated_device_says_so(console: Console) -> None:
    assert "CORDON-SIMULATED" in console.ask("show version")
