"""The command line of FortiOS, as a person at the console meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.simulator.commandlog import CommandLog
from controller.simulator.device import Host
from controller.simulator.fortinet import PLATFORM
from controller.simulator.fortinet.device import OTHERS, FortiGate
from controller.simulator.fortinet_vdom import PLATFORM as DIVIDED
from controller.simulator.spec import Account, DeviceSpec

POLICY = (
    "config firewall policy",
    "edit 4",
    "set srcintf port2",
    "set dstintf port1",
    "set action accept",
    "set srcaddr all",
    "set srcaddr6 all",
    "set dstaddr all",
    "set schedule always",
    "end",
)

NO_SUCH = "entry not found in datasource\n\nvalue parse error before '{}'\nCommand fail. Return code -3"


@pytest.fixture
def device() -> FortiGate:
    made = PLATFORM.device(DeviceSpec("fw", users={"cordon": Account("long secret")}), CommandLog())
    assert isinstance(made, FortiGate)
    made.hosts = (Host("pc", "port2", address="10.0.0.9"), Host("pc6", "port2", address="2001:db8::9"))
    return made


@pytest.fixture
def say(device: FortiGate) -> Callable[..., str]:
    shell = PLATFORM.shell(device, "cordon", 1)

    def said(*lines: str) -> str:
        """What the last of the lines was answered; its prompt, where nothing."""
        answer = ""
        for line in lines:
            reply = shell.execute(line)
            answer = reply.text.strip("\n") or shell.prompt.strip("\n")
        return answer

    return said


def status(device: FortiGate) -> str:
    return device.running.one("system interface", "status", "port1")


def test_an_entry_is_taken_over_by_end_and_not_before(device: FortiGate, say: Callable[..., str]) -> None:
    assert say("config system interface") == "fw (interface) # "
    assert say("edit port1") == "fw (port1) # "
    say("set status down")
    assert status(device) == "up"
    assert say("end") == "fw # "
    assert status(device) == "down"
    assert device.startup == device.running


def test_abort_throws_the_entry_away_and_leads_out(device: FortiGate, say: Callable[..., str]) -> None:
    assert say("config system interface", "edit port1", "set status down", "abort") == "fw # "
    assert status(device) == "up"
    assert say("abort") == "Unknown action 0"


def test_an_entry_that_is_not_there_is_begun_and_said_so(device: FortiGate, say: Callable[..., str]) -> None:
    assert say("config system interface", "edit prot1") == "new entry 'prot1' added"
    assert "Attribute 'vdom' MUST be set." in say("set status down", "end")
    assert "prot1" not in device.interfaces


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["shutdown"], "Unknown action 0"),
        (["get system nothing"], "command parse error before 'nothing'\nCommand fail. Return code -61"),
        (["get system"], "incomplete command in the end\nCommand fail. Return code -160"),
        (["show system interface port99"], "entry is not found in table\nCommand fail. Return code -3"),
        (
            ["config system interface", "edit port1", "set status perhaps"],
            "value parse error before 'perhaps'\nCommand fail. Return code -651",
        ),
        (
            ["config firewall policy", "edit 4", "set srcintf nowhere"],
            NO_SUCH.format("nowhere"),
        ),
        (
            ["diagnose sys session list | less"],
            "command parse error before 'less'\nCommand fail. Return code -61",
        ),
    ],
)
def test_what_it_does_not_take_is_refused_in_its_words(
    say: Callable[..., str], lines: list[str], answer: str
) -> None:
    assert say(*lines) == answer


def test_words_may_be_short_while_they_are_one(say: Callable[..., str]) -> None:
    assert "CORDON-SIMULATED" in say("g sys stat")


def test_values_of_a_list_come_and_go_one_by_one(device: FortiGate, say: Callable[..., str]) -> None:
    say(
        "config system interface", "edit port1", "set allowaccess ping", "append allowaccess ssh https", "end"
    )
    assert device.interfaces["port1"].get("allowaccess") == ("ping", "ssh", "https")
    say("config system interface", "edit port1", "unselect allowaccess ssh", "end")
    assert "        set allowaccess ping https" in say("show system interface port1").splitlines()


def test_a_session_outlives_its_policy_until_it_is_cleared(
    device: FortiGate, say: Callable[..., str]
) -> None:
    say(*POLICY, "config firewall policy", "edit 4", "set status disable", "end")
    assert say('diagnose sys session list | grep -c "policy_id=4 "') == "1"
    say("diagnose sys session filter policy 4")
    assert "        policy id: 4-4" in say("diagnose sys session filter").splitlines()
    say("diagnose sys session clear")
    assert say('diagnose sys session list | grep -c "policy_id=4 "') == "0"
    assert say('diagnose sys session6 list | grep -c "policy_id=4 "') == "1"
    assert device.others == {4: OTHERS, 6: OTHERS}


def test_without_a_filter_everything_is_cleared(device: FortiGate, say: Callable[..., str]) -> None:
    say(*POLICY, "diagnose sys session filter policy 4", "diagnose sys session filter clear")
    say("diagnose sys session clear")
    assert device.others == {4: 0, 6: OTHERS}


def test_the_first_policy_that_fits_decides(device: FortiGate, say: Callable[..., str]) -> None:
    say(*POLICY)
    assert device.deciding("10.0.0.9", 4) == "4"
    say("config firewall policy", "edit 5", "set srcintf any", "set dstintf any", "set srcaddr all")
    say("set schedule always", "next")
    assert device.deciding("10.0.0.9", 4) == "4"
    say("move 5 before 4", "end")
    assert device.deciding("10.0.0.9", 4) is None


# --- virtual domains and zones ------------------------------------------------------------------------


@pytest.fixture
def divided() -> FortiGate:
    made = DIVIDED.device(DeviceSpec("fw", users={"cordon": Account("long secret")}), CommandLog())
    assert isinstance(made, FortiGate)
    made.hosts = (Host("pc", "port2", address="10.0.0.9"), Host("other", "port3", address="10.0.1.9"))
    shell = DIVIDED.console(made)
    for name, port in (("ward", "port2"), ("lab", "port3")):
        into = ("config global", "config system interface", f"edit {port}", f"set vdom {name}", "end", "end")
        policy = (line.replace("port2", port).replace("port1", "any") for line in POLICY)
        said = f"current vf={name}:{len(made.running.vdoms)}"
        for line in (
            "config vdom",
            f"edit {name}",
            "end",
            *into,
            "config vdom",
            f"edit {name}",
            *policy,
            "end",
        ):
            assert shell.execute(line).text in ("", said, "new entry '4' added"), line
    return made


@pytest.fixture
def tell(divided: FortiGate) -> Callable[..., str]:
    shell = DIVIDED.shell(divided, "cordon", 1)

    def told(*lines: str) -> str:
        answer = ""
        for line in lines:
            reply = shell.execute(line)
            answer = reply.text.strip("\n") or shell.prompt.strip("\n")
        return answer

    return told


def test_everything_stands_below_what_is_global_or_a_domain(tell: Callable[..., str]) -> None:
    refused = "command parse error before '{}'\nCommand fail. Return code -61"
    assert tell("config system interface") == refused.format("system")
    assert tell("show system interface port1") == "Unknown action 0"
    assert tell("config global") == "fw (global) # "
    assert tell("config firewall policy") == refused.format("firewall")
    assert tell("config system interface") == "fw (interface) # "
    assert tell("end") == "fw (global) # "
    assert tell("end") == "fw # "
    assert tell("config vdom") == "fw (vdom) # "
    assert tell("edit ward") == "current vf=ward:1"
    assert tell("config system interface") == refused.format("system")
    assert tell("config firewall policy", "edit 4", "set status disable", "end") == "fw (ward) # "
    assert tell("next") == "fw (vdom) # "
    assert tell("end") == "fw # "


def test_a_domain_that_is_misspelt_is_made(divided: FortiGate, tell: Callable[..., str]) -> None:
    assert tell("config vdom", "edit wrad") == "current vf=wrad:3"
    assert list(divided.running.vdoms) == ["root", "ward", "lab", "wrad"]


def test_sudo_looks_elsewhere_and_stays(divided: FortiGate, tell: Callable[..., str]) -> None:
    assert '        set srcintf "port2"' in tell("sudo ward show firewall policy 4").splitlines()
    assert '        set srcintf "port3"' in tell("sudo lab show firewall policy 4").splitlines()
    assert tell("sudo global show system interface port2 | grep vdom") == '        set vdom "ward"'
    assert (
        tell("sudo wrad show firewall policy 4")
        == "command parse error before 'wrad'\nCommand fail. Return code -61"
    )
    assert "before 'config'" in tell("sudo ward config firewall policy")
    assert tell("") == "fw # "
    assert "wrad" not in divided.running.vdoms


def test_a_filter_without_its_domain_clears_the_others_too(
    divided: FortiGate, tell: Callable[..., str]
) -> None:
    into, filtered = ("config vdom", "edit ward"), "diagnose sys session filter policy 4"
    count = 'diagnose sys session list | grep -c "policy_id=4 "'
    for number in ("ward", "lab"):
        tell(
            "config vdom",
            f"edit {number}",
            "config firewall policy",
            "edit 4",
            "set status disable",
            "end",
            "end",
        )
    assert tell(*into, filtered, count) == "2"
    assert tell("diagnose sys session filter vd-name ward", count) == "1"
    assert tell("diagnose sys session filter | grep vd:") == "        vd: 1"
    tell("diagnose sys session clear")
    assert [each.vdom for each in divided.sessions] == ["lab"]
    assert divided.others[4] == OTHERS
    tell("diagnose sys session filter vd-name any", "diagnose sys session clear")
    assert not divided.sessions
    assert divided.others[4] == 0


def test_an_interface_of_a_zone_is_none_to_a_policy(device: FortiGate, say: Callable[..., str]) -> None:
    say("config system zone", "edit ward", "set interface port2 port3", "set intrazone allow", "end")
    assert say("config firewall policy", "edit 4", "set srcintf port2") == NO_SUCH.format("port2")
    say("set srcintf ward", "set dstintf port1", "set action accept", "set srcaddr all")
    assert say("set schedule always", "end") == "fw # "
    assert device.deciding("10.0.0.9", 4) == "4"
    say(
        "config system interface",
        "edit port2",
        "set status down",
        "next",
        "edit port3",
        "set status down",
        "end",
    )
    assert device.deciding("10.0.0.9", 4) is None


def test_whoever_enables_domains_is_logged_out(device: FortiGate) -> None:
    shell = PLATFORM.shell(device, "cordon", 1)
    for line in ("config system global", "set vdom-mode multi-vdom"):
        assert not shell.execute(line).close
    assert shell.execute("end").close
    assert PLATFORM.shell(device, "cordon", 2).execute("show firewall policy").text == "Unknown action 0"
