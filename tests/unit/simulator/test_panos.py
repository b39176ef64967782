"""The command line of PAN-OS, as persons at two terminals meet it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.simulator.commandlog import CommandLog
from controller.simulator.device import Host
from controller.simulator.paloalto_panos import PLATFORM
from controller.simulator.paloalto_panos.device import OTHERS, PanFirewall
from controller.simulator.paloalto_panos_vsys import PLATFORM as SEVERAL
from controller.simulator.platform import Platform
from controller.simulator.spec import Account, DeviceSpec

Say = Callable[..., str]
DOWN = "set network interface ethernet ethernet1/1 link-state down"
RULE = (
    'set rulebase security rules "ward out" from trust',
    'set rulebase security rules "ward out" to untrust',
    'set rulebase security rules "ward out" source [ any ]',
    'set rulebase security rules "ward out" destination any',
    'set rulebase security rules "ward out" application any',
    'set rulebase security rules "ward out" service any',
)


@pytest.fixture
def device() -> PanFirewall:
    made = PLATFORM.device(DeviceSpec("pa", users={"cordon": Account("long secret")}), CommandLog())
    assert isinstance(made, PanFirewall)
    made.hosts = (Host("pc", "ethernet1/2", address="10.0.0.9"),)
    return made


def terminal(device: PanFirewall, user: str, number: int, platform: Platform = PLATFORM) -> Say:
    shell = platform.shell(device, user, number)

    def said(*lines: str) -> str:
        """What the last of the lines was answered; its prompt, where nothing."""
        answer = ""
        for line in lines:
            reply = shell.execute(line)
            answer = reply.text.strip() or shell.prompt
        return answer

    return said


@pytest.fixture
def say(device: PanFirewall) -> Say:
    return terminal(device, "cordon", 1)


@pytest.fixture
def other(device: PanFirewall) -> Say:
    return terminal(device, "bob", 2)


def allowed(say: Say) -> None:
    said = say(
        "configure",
        "set zone trust network layer3 ethernet1/2",
        *RULE,
        'set rulebase security rules "ward out" action allow',
        "commit",
        "exit",
    )
    assert said == "Exiting configuration mode"


def test_what_is_set_is_a_candidate_until_it_is_committed(device: PanFirewall, say: Say) -> None:
    assert say("configure") == "Entering configuration mode"
    assert say(DOWN) == "[edit]\ncordon@pa# "
    assert device.up("ethernet1/1")
    assert "Configured link speed/duplex/state: auto/auto/auto" in say("run show interface ethernet1/1")
    assert say("commit").endswith("Configuration committed successfully")
    assert not device.up("ethernet1/1")
    assert say("commit") == "There are no changes to commit."


def test_a_candidate_outlives_its_session_and_is_everybodys(
    device: PanFirewall, say: Say, other: Say
) -> None:
    say("configure", DOWN, "exit", "exit")
    assert device.state()["pending"] == [""]
    assert other("configure", "commit").endswith("Configuration committed successfully")
    assert not device.up("ethernet1/1")


def test_a_commit_for_one_leaves_what_others_changed(device: PanFirewall, say: Say, other: Say) -> None:
    other("configure", "set network interface ethernet ethernet1/2 link-state down")
    assert say("configure", DOWN, "commit partial admin cordon").endswith("committed successfully")
    assert (device.up("ethernet1/1"), device.up("ethernet1/2")) == (False, True)
    assert say("commit partial admin cordon") == "There are no changes to commit."
    say("revert config partial admin cordon")
    assert device.state()["pending"] == [""]
    assert other("commit").endswith("committed successfully")
    assert not device.up("ethernet1/2")


def test_what_one_reverts_is_his_own(device: PanFirewall, say: Say, other: Say) -> None:
    other("configure", "set network interface ethernet ethernet1/2 link-state down")
    say("configure", DOWN, "revert config partial admin cordon", "commit")
    assert (device.up("ethernet1/1"), device.up("ethernet1/2")) == (True, False)


def test_a_rule_that_lacks_a_part_is_not_committed(device: PanFirewall, say: Say) -> None:
    said = say("configure", *RULE, "commit")
    assert "ward out is missing 'action'" in said
    assert not device.running.rules


def test_locks_keep_others_out_and_outlive_their_session(say: Say, other: Say) -> None:
    assert other("request config-lock add").startswith("Successfully acquired lock")
    other("exit")
    assert say("configure", DOWN) == "Server error : Config for scope shared is currently locked by bob"
    assert say("run request config-lock add").endswith("currently locked by bob")
    other("request config-lock remove", "request commit-lock add")
    assert say(DOWN, "commit").endswith("Other administrators are holding device wide commit locks.")


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["shutdown"], "Unknown command: shutdown"),
        (["show nothing"], "Invalid syntax."),
        (["show interface ethernet9/9"], "Server error : interface 'ethernet9/9' not found"),
        (["configure", "shutdown"], "Unknown command: shutdown"),
        (["configure", "set network interface ethernet ethernet1/1 link-state maybe"], "Invalid syntax."),
        (["configure", "delete rulebase security rules gone"], "Object doesn't exist"),
    ],
)
def test_what_it_does_not_take_is_refused_in_its_words(say: Say, lines: list[str], answer: str) -> None:
    assert say(*lines) == answer


def test_a_disabled_rule_is_not_compiled_and_its_sessions_end_with_the_commit(
    device: PanFirewall, say: Say
) -> None:
    allowed(say)
    assert '"ward out; index: 1" {' in say("show running security-policy").splitlines()
    count = 'show session all filter rule "ward out" count yes'
    assert say(count) == "Number of sessions that match filter: 1"
    say("configure", 'set rulebase security rules "ward out" disabled yes', "commit", "exit")
    assert "ward out" not in say("show running security-policy")
    assert say(count) == "Number of sessions that match filter: 0"


def test_without_rematch_sessions_live_until_they_are_cleared(device: PanFirewall, say: Say) -> None:
    allowed(say)
    say("show running security-policy", "configure", "set deviceconfig setting config rematch no")
    say('set rulebase security rules "ward out" disabled yes', "commit", "exit")
    count = 'show session all filter rule "ward out" count yes'
    assert say(count) == "Number of sessions that match filter: 1"
    assert say('clear session all filter rule "ward out"') == "sessions cleared"
    assert say(count) == "Number of sessions that match filter: 0"
    assert device.others == OTHERS
    say("clear session all")
    assert device.others == 0


TUNNEL = (
    "set network ike gateway gw peer-address ip 198.51.100.9",
    "set network tunnel ipsec north auto-key ike-gateway gw",
    "set network tunnel ipsec north tunnel-interface tunnel.1",
)
PEER = "set network virtual-router default protocol bgp peer-group ISP peer isp-1"
RUNNING = "show config running xpath devices/entry/network/tunnel/ipsec"


def test_a_commit_and_a_revert_may_be_of_several(device: PanFirewall, say: Say, other: Say) -> None:
    say("configure", DOWN)
    other("configure", "set network interface ethernet ethernet1/2 link-state down")
    assert say("revert config partial admin [ cordon alice ]") == "[edit]\ncordon@pa# "
    assert device.of() == device.of(["bob"]) == ["ports ethernet1/2"]
    say(DOWN)
    assert say("commit partial admin [ cordon bob ]").endswith("committed successfully")
    assert not device.up("ethernet1/1")
    assert not device.up("ethernet1/2")
    assert device.of() == []


def test_a_tunnel_negotiates_while_it_is_not_disabled_and_what_it_has_stays_until_cleared(say: Say) -> None:
    assert say("show vpn ipsec-sa") == "There is no IPSec SA found."
    assert "missing 'tunnel-interface'" in say("configure", *TUNNEL[:2], "commit")
    say(TUNNEL[2], "commit", "exit")
    assert "north(gw)" in say("show vpn ipsec-sa")
    assert "north" in say("show vpn ike-sa")
    assert "disabled" not in say(RUNNING)
    say("configure", "set network tunnel ipsec north disabled yes")
    assert "disabled" not in say(f"run {RUNNING}"), "a candidate is not what runs"
    say("commit", "exit")
    assert "    disabled yes;" in say(RUNNING)
    assert "1 ipsec sa found" in say("show vpn ipsec-sa tunnel north")
    assert "1 SA deleted" in say("clear vpn ipsec-sa tunnel north")
    assert say("clear vpn ipsec-sa tunnel north") == "IPSec SA for tunnel north not found."
    assert say("show vpn ipsec-sa") == "There is no IPSec SA found."
    assert "There is no IKEv2 SA found." not in say("show vpn ike-sa"), "its gateway keeps its own"
    assert "1 SA deleted" in say("clear vpn ike-sa gateway gw")
    assert "There is no IKEv2 SA found." in say("show vpn ike-sa")


def test_a_peer_has_routes_while_it_and_its_router_are_enabled(say: Say) -> None:
    say("configure", f"{PEER} peer-as 64500", f"{PEER} peer-address ip 192.0.2.1", f"{PEER} enable yes")
    say("commit", "exit")
    shown = "show routing protocol bgp loc-rib peer isp-1"
    assert "VIRTUAL ROUTER" not in say(shown), "its router runs no BGP"
    say("configure", "set network virtual-router default protocol bgp enable yes", "commit", "exit")
    assert "total routes shown: 1" in say(shown)
    say("configure", f"{PEER} enable no", "commit", "exit")
    assert "total routes shown: 0" in say(shown)
    below = "devices/entry[@name='localhost.localdomain']/network/virtual-router/entry[@name='{}']"
    assert "enable no;" in say(f"show config running xpath {below.format('default')}/protocol/bgp/peer-group")
    assert say(f"show config running xpath {below.format('guests')}") == "Server error : No such node"
    assert say("configure", f"{PEER} enable maybe") == "Invalid syntax."


def test_virtual_systems_have_rules_of_their_own() -> None:
    device = SEVERAL.device(DeviceSpec("pa", users={"cordon": Account("long secret")}), CommandLog())
    assert isinstance(device, PanFirewall)
    device.hosts = (Host("pc", "ethernet1/2", address="10.0.0.9"),)
    say = terminal(device, "cordon", 1, SEVERAL)
    assert "multi-vsys: on" in say("show system info")
    assert say("configure", RULE[0]) == "Invalid syntax."
    for system in ("vsys2", "vsys3"):
        rule = [line.replace("set ", f"set vsys {system} ", 1) for line in RULE]
        said = say(*rule, f'set vsys {system} rulebase security rules "ward out" action allow')
        assert said.startswith("[edit]")
    say("set vsys vsys2 zone trust network layer3 ethernet1/2", "commit", "exit")
    assert "Number of sessions that match filter: 1" in say(
        'show session all filter rule "ward out" count yes'
    )
    say("configure", 'set vsys vsys2 rulebase security rules "ward out" disabled yes', "commit", "exit")
    shown = "show config running xpath devices/entry/vsys/entry[@name='{}']/rulebase/security/rules"
    assert "disabled yes;" in say(shown.format("vsys2"))
    assert "disabled" not in say(shown.format("vsys3"))
    assert say(shown.format("vsys4")) == "Server error : No such node"
    assert "Zone: trust, virtual system: vsys2" in say("show interface ethernet1/2")
