"""What a switch does not understand gets the vendor's own error and changes nothing.

Facts from Cisco IOS Configuration Fundamentals Configuration Guide, "Using the Cisco IOS Command-Line
Interface": "Invalid input detected at '^' marker", "Ambiguous command", "Incomplete command".
"""

from __future__ import annotations

import pytest

from controller.simulator.process import Simulation
from tests.unit.simulator.console import Console

INVALID = "% Invalid input detected at '^' marker."


@pytest.mark.parametrize(
    ("modes", "line", "column"),
    [
        ((), "show foo", len("acc-1#show ") + 1),
        ((), "show vlan brief now", len("acc-1#show vlan brief ")),
        (("configure terminal",), "hostnmae x", len("acc-1(config)#hostn")),
        (("configure terminal", "interface Gi1/0/1"), "shutdwon", len("acc-1(config-if)#shutd")),
        (("configure terminal", "interface Gi1/0/1"), "switchport access vlan 5000", 40),
        (("configure terminal",), "interface Gi1/0/99", len("acc-1(config)#interface ")),
        (("configure terminal", "interface Gi1/0/1"), "ip access-group X out", 35),
        (("configure terminal", "interface Gi1/0/1"), "do show foo", len("acc-1(config-if)#do show ") + 1),
        (("configure terminal", "ip access-list extended X"), "deny ip any 10.0.0.999 0.0.0.0", 35),
    ],
)
def test_the_caret_stands_where_the_line_stopped_making_sense(
    site: Simulation, console: Console, modes: tuple[str, ...], line: str, column: int
) -> None:
    for mode in modes:
        console.ask(mode)
    before = site.running("acc-1")
    caret, text = console.ask(line).split("\n")[:2]
    assert text == INVALID
    assert caret.index("^") == column
    assert site.running("acc-1") == before


def test_other_errors_have_their_own_words(site: Simulation, console: Console) -> None:
    before = site.running("acc-1")
    assert console.ask("c") == '% Ambiguous command:  "c"'
    assert console.ask("show") == "% Incomplete command.\n"
    assert "% Unknown command or computer name" in console.ask("shutdown")
    assert (
        console.configure("interface", "interface Gi1/0/1", "switchport access vlan")[0]
        == "% Incomplete command.\n"
    )
    assert site.running("acc-1") == before


def test_user_mode_neither_configures_nor_shows_the_configuration(site: Simulation) -> None:
    with Console(site["acc-1"], enabled=False) as console:
        console.until("acc-1>")
        for line in ("configure terminal", "show running-config", "write memory", "reload"):
            answer = console.ask(line)
            assert INVALID in answer or "% Unknown command" in answer
        console.type("enable")
        for _ in range(3):
            console.until("Password: ")
            console.type("guess")
        assert "% Bad secrets" in console.until("acc-1>")


def test_keywords_may_be_abbreviated_while_unique(site: Simulation, console: Console) -> None:
    console.ask("conf t")
    console.ask("int gi1/0/1")
    console.ask("shut")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"
    console.ask("no sh")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "up"
    console.ask("int gigabitethernet 1/0/2")
    console.ask("sw acc vl 10")
    assert "GigabitEthernet1/0/2" in console.ask("do sh run int g1/0/2")
    assert site.interface("acc-1", "GigabitEthernet1/0/2")["access_vlan"] == 10


def test_a_submode_takes_global_commands_and_leaves(console: Console) -> None:
    console.ask("configure terminal")
    console.type("interface Gi1/0/1")
    console.until("acc-1(config-if)#")
    console.type("vlan 77")
    console.until("acc-1(config-vlan)#")
    console.type("ipv6 access-list CUT6")
    console.until("acc-1(config-ipv6-acl)#")
    console.type("interface range Gi1/0/1 - 3")
    console.until("acc-1(config-if-range)#")
    console.type("exit")
    console.until("acc-1(config)#")
    console.type("end")
    console.until("acc-1#")


@pytest.mark.parametrize(
    ("lines", "written", "undo"),
    [
        (["interface Gi1/0/3", "shutdown"], " shutdown", ["interface Gi1/0/3", "no shutdown"]),
        (
            ["interface Gi1/0/3", "description a b"],
            " description a b",
            ["interface Gi1/0/3", "no description"],
        ),
        (
            ["interface Gi1/0/3", "switchport access vlan 20"],
            " switchport access vlan 20",
            ["interface Gi1/0/3", "no switchport access vlan"],
        ),
        (
            ["interface Te1/1/1", "switchport trunk allowed vlan 10,20-22"],
            " switchport trunk allowed vlan 10,20-22",
            ["interface Te1/1/1", "no switchport trunk allowed vlan"],
        ),
        (
            ["interface Gi1/0/3", "ip access-group NOWHERE in"],
            " ip access-group NOWHERE in",
            ["interface Gi1/0/3", "no ip access-group NOWHERE in"],
        ),
        (
            ["interface Vlan10", "ipv6 traffic-filter NOWHERE out"],
            " ipv6 traffic-filter NOWHERE out",
            ["interface Vlan10", "no ipv6 traffic-filter NOWHERE out"],
        ),
        (
            ["interface Vlan30", "ip address 10.0.30.1 255.255.255.0"],
            " ip address 10.0.30.1 255.255.255.0",
            ["no interface Vlan30"],
        ),
        (
            ["ip access-list extended A", "deny tcp any host 10.0.0.1 eq 80"],
            " 10 deny   tcp any host 10.0.0.1 eq www",
            ["no ip access-list extended A"],
        ),
        (["access-list 7 permit 10.1.2.3 0.0.0.255"], " 10 permit 10.1.2.0 0.0.0.255", ["no access-list 7"]),
        (
            ["ipv6 access-list A6", "deny ipv6 any any"],
            " sequence 10 deny ipv6 any any",
            ["no ipv6 access-list A6"],
        ),
        (["vlan 30", "name GUESTS"], " name GUESTS", ["no vlan 30"]),
        (
            ["username eve privilege 1 secret abc"],
            "username eve privilege 1 secret 9 $9$",
            ["no username eve"],
        ),
    ],
)
def test_what_is_configured_is_written_and_undone(
    site: Simulation, console: Console, lines: list[str], written: str, undo: list[str]
) -> None:
    before = site.running("acc-1")
    assert written not in before
    assert set(console.configure(*lines)) == {""}
    assert written in console.ask("show running-config")
    console.configure(*undo)
    assert site.running("acc-1") == before


def test_the_log_tells_each_line_with_what_it_changed(site: Simulation, console: Console) -> None:
    since = site.log()[-1]["seq"]
    console.configure("interface Gi1/0/2", "shutdwon", "shutdown", "shutdown")
    records = {each["line"] + str(index): each for index, each in enumerate(site.log(since, "acc-1"))}
    assert records["shutdwon2"]["result"] == "invalid"
    assert records["shutdwon2"]["changed"] == []
    (change,) = records["shutdown3"]["changed"]
    assert change["object"] == "interface GigabitEthernet1/0/2"
    assert (change["before"]["shutdown"], change["after"]["shutdown"]) == (False, True)
    assert records["shutdown3"]["mode"] == "config-if"
    assert records["shutdown4"]["changed"] == []
    times = [each["t"] for each in site.log()]
    assert times == sorted(times)
    assert "more-please" not in site.log_file.read_text()
