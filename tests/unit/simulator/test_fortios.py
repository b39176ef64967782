"""The command line of FortiOS, as a person at the console meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.simulator.commandlog import CommandLog
from controller.simulator.device import Host
from controller.simulator.fortinet import PLATFORM
from controller.simulator.fortinet.device import OTHERS, FortiGate
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
            answer = reply.text or shell.prompt
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
