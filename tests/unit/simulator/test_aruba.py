"""What Aruba's guides print, typed into the simulated switches: no profile has a part in it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from controller.simulator.commandlog import CommandLog
from controller.simulator.shell import Reply, Shell
from controller.simulator.site import Site
from controller.simulator.spec import Account, DeviceSpec
from controller.simulator.switching import Switch


class Typist:
    """Types at one device, without a network between."""

    def __init__(self, platform: str) -> None:
        self.site = Site(CommandLog())
        users = {"admin": Account("secret")}
        added = self.site.add(DeviceSpec("switch", platform=platform, users=users, ports=12))
        self.device = cast("Switch[Any]", added)
        self.shell: Shell[Any] = self.site.platforms["switch"].shell(self.device, "admin", 1)

    def __call__(self, *lines: str) -> str:
        """The last line's answer."""
        return [self.reply(line) for line in lines][-1].text

    def reply(self, line: str) -> Reply:
        return self.shell.execute(line)


@pytest.fixture
def cx() -> Typist:
    return Typist("aruba_aoscx")


@pytest.fixture
def procurve() -> Typist:
    typist = Typist("hp_procurve")
    typist("")
    return typist


IPV4 = """Type       Name
  Sequence Comment
           Action                          L3 Protocol
           Source IP Address               Source L4 Port(s)
           Destination IP Address          Destination L4 Port(s)
           Additional Parameters
-------------------------------------------------------------------------------
IPv4       MY_IP_ACL
        10 permit                          udp
           any
           172.16.1.0/255.255.255.0
        20 permit                          tcp
           172.16.2.0/255.255.0.0           >  1023
           any
        40 deny                            any
           any
           any
           Hit-counts: enabled
-------------------------------------------------------------------------------"""


def test_cx_shows_a_list_as_its_guide_does(cx: Typist) -> None:
    cx("configure terminal", "access-list ip MY_IP_ACL", "10 permit udp any 172.16.1.0/24")
    cx("20 permit tcp 172.16.2.0/16 gt 1023 any", "40 deny any any any count", "exit")
    assert cx("do show access-list") == IPV4


def test_cx_opens_all_vlans_when_the_last_one_leaves_the_trunk(cx: Typist) -> None:
    cx("configure terminal", "vlan 20,30", "interface 1/1/2", "vlan trunk allowed 20")
    assert " Allowed VLAN List: 20 " in cx("show interface 1/1/2").splitlines()
    cx("no vlan trunk allowed 20")
    assert " Allowed VLAN List: all " in cx("show interface 1/1/2").splitlines()


def test_cx_leaves_the_members_of_a_lag_as_they_are(cx: Typist) -> None:
    cx("configure terminal", "interface lag 1", "no shutdown", "interface 1/1/1", "lag 1")
    cx("interface lag 1", "shutdown")
    shown = cx("show interface lag1").splitlines()
    assert shown[:2] == ["Aggregate lag1 is down (Administratively down) ", " Admin state is down"]
    assert cx("show interface 1/1/1").startswith("Interface 1/1/1 is up \n Admin state is up\n")
    assert cx("show running-config interface 1/1/1").splitlines() == [
        "interface 1/1/1",
        "    no shutdown",
        "    lag 1",
        "    exit",
    ]


def test_cx_says_which_word_it_does_not_understand(cx: Typist) -> None:
    assert cx("show interfaxe") == "Invalid input: interfaxe"
    assert cx("show") == "% Command incomplete."
    assert cx("configure terminal", "interface 1/1/99") == "Invalid input: 1/1/99"


CONFIGURED = """
ip access-list extended "100"
     5 deny tcp 0.0.0.0 255.255.255.255 20.0.20.1 0.0.0.255 eq 23
     20 permit tcp 0.0.0.0 255.255.255.255 0.0.0.0 255.255.255.255
     30 deny icmp 0.0.0.0 255.255.255.255 0.0.0.0 255.255.255.255 log
   exit

ipv6 access-list "300"
     10 deny icmp ::/0 2001::1/64
   exit
"""


def test_procurve_shows_lists_as_its_guide_does(procurve: Typist) -> None:
    procurve("configure", "ip access-list extended 100", "5 deny tcp any 20.0.20.1/24 eq 23")
    procurve("20 permit tcp any any", "30 deny icmp any any log", "exit")
    procurve("ipv6 access-list 300", "10 deny icmp any 2001::1/64", "exit")
    assert procurve("show access-list config") == CONFIGURED


def test_procurve_takes_no_entry_twice(procurve: Typist) -> None:
    procurve("configure", "ip access-list extended LIST", "deny ip any any")
    assert procurve("deny ip any any") == "Duplicate access control entry"


def test_procurve_filters_nothing_by_an_empty_list(procurve: Typist) -> None:
    procurve("configure", "ip access-list extended LIST", "10 deny ip any any")
    assert procurve.device.denies("ip", "LIST")
    procurve("no 10")
    assert not procurve.device.denies("ip", "LIST")


def test_procurve_waits_for_a_key_and_asks_before_it_lets_go() -> None:
    typist = Typist("hp_procurve")
    assert typist.shell.prompt == "Press any key to continue"
    typist("")
    assert typist.shell.prompt == "switch# "
    typist("configure", "interface 1", "disable", "end")
    question = typist.reply("logout").ask
    assert question is not None
    assert question.prompt == "Do you want to log out (y/n)? "
    question = question.answer("y").ask
    assert question is not None
    assert question.prompt == "Do you want to save current configuration (y/n/^C)? "
    assert question.answer("n").close
    assert typist.device.startup != typist.device.running


def test_procurve_lets_nobody_touch_the_vlans_of_a_member(procurve: Typist) -> None:
    procurve("configure", "trunk 3-4 trk1 lacp", "interface 3")
    assert procurve("untagged vlan 1") == "Operation is not allowed for a trunked port."
    assert procurve("show running-config interface 3").splitlines()[3:] == ["interface 3", "   exit"]
