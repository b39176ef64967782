"""The command line of Junos, as Juniper's guides show it and as a person meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.simulator.commandlog import CommandLog
from controller.simulator.device import Place
from controller.simulator.juniper_junos import PLATFORM
from controller.simulator.juniper_junos.device import JunosSwitch
from controller.simulator.spec import Account, DeviceSpec

DISCARDS = "warning: uncommitted changes will be discarded on exit\nEntering configuration mode"
Say = Callable[..., str]


@pytest.fixture
def device() -> JunosSwitch:
    made = PLATFORM.device(DeviceSpec("host", ports=4, users={"user": Account("secret")}), CommandLog())
    assert isinstance(made, JunosSwitch)
    return made


def at_line(device: JunosSwitch, line: int) -> Say:
    """A session: what the last of its lines was answered, with the question it asks; its prompt, where it
    was answered nothing. A line in brackets answers the question."""
    shell = PLATFORM.shell(device, "user", line)
    asked = None

    def said(*lines: str) -> str:
        nonlocal asked
        answer = ""
        for text in lines:
            answers = asked is not None and text.startswith("(")
            reply = asked.answer(text.strip("()")) if asked and answers else shell.execute(text)
            asked = reply.ask
            answer = "\n".join(part for part in (reply.text, asked.prompt if asked else "") if part)
        return answer or shell.prompt

    return said


@pytest.fixture
def say(device: JunosSwitch) -> Say:
    return at_line(device, 1)


def test_the_banner_of_the_level_stands_on_the_line_before_the_prompt(say: Say) -> None:
    assert say("") == "\n{master:0}\nuser@host> "
    assert say("configure private") == DISCARDS
    assert say("") == "\n{master:0}[edit]\nuser@host# "
    assert say("edit interfaces ge-0/0/1.0") == "\n{master:0}[edit interfaces ge-0/0/1 unit 0]\nuser@host# "
    assert say("exit") == "\n{master:0}[edit]\nuser@host# "
    assert say("exit") == "Exiting configuration mode"


def test_what_was_not_committed_is_asked_about_and_discarded(device: JunosSwitch, say: Say) -> None:
    assert say("configure exclusive", "set system host-name cool", "quit") == (
        "The configuration has been changed but not committed\n"
        "warning: Auto rollback on exiting 'configure exclusive'\n"
        "Discard uncommitted changes? [yes,no] (yes) "
    )
    assert say("(no)") == "exit aborted"
    assert device.drafts
    assert say("quit", "(yes)") == (
        "warning: discarding uncommitted changes\nload complete\nExiting configuration mode"
    )
    assert (device.hostname, device.drafts, device.editors) == ("host", {}, {})


def test_who_has_it_exclusively_keeps_others_from_editing_and_committing(
    device: JunosSwitch, say: Say
) -> None:
    say("configure exclusive")
    other = at_line(device, 2)
    locked = "error: configuration database locked by:\n  user terminal p1 (pid 7001) on since "
    assert other("configure exclusive").startswith(locked)
    assert other("configure").startswith("Entering configuration mode\nUsers currently editing")
    assert other("set system host-name cool").startswith(locked)
    assert other("exit", "configure private", "set system host-name cool", "commit").startswith(locked)
    assert device.hostname == "host"


def test_a_changed_shared_candidate_keeps_others_out(device: JunosSwitch, say: Say) -> None:
    say("configure", "set system host-name cool")
    other = at_line(device, 2)
    assert other("configure private") == "error: shared configuration database modified"
    assert other("configure exclusive") == "error: configuration database modified"
    assert say("exit").endswith("Exit with uncommitted changes? [yes,no] (yes) ")
    say("(yes)")
    assert device.changed(""), "it stays as it was left"


def test_private_edits_go_beside_each_other_and_know_no_confirmed_commit(
    device: JunosSwitch, say: Say
) -> None:
    say("configure private", "set interfaces ge-0/0/1 disable")
    other = at_line(device, 2)
    assert other("configure").startswith("error: private edits in use.")
    other("configure private", "set interfaces ge-0/0/2 disable")
    assert say("commit confirmed 2").startswith("error: ")
    assert say("commit") == other("commit") == "configuration check succeeds\ncommit complete"
    assert [device.enabled(f"ge-0/0/{port}") for port in range(4)] == [True, False, False, True]


def test_the_changes_of_a_candidate_are_shown_by_level(say: Say) -> None:
    say("configure private", "set interfaces ge-0/0/1 description bed", "commit")
    say("set interfaces ge-0/0/1 description door", "set interfaces ge-0/0/1 disable")
    assert say("show | compare") == (
        "[edit interfaces ge-0/0/1]\n-    description bed;\n+    description door;\n+    disable;"
    )
    assert say("rollback 0") == "load complete"
    assert say("show | compare") == "\n{master:0}[edit]\nuser@host# "
    assert say("rollback 1", "show | compare").startswith("[edit]\n-  interfaces {")


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("frobnicate", 0, "unknown command."),
        ("set interfaces ge-0/0/1 frobnicate", 24, "syntax error."),
        ("set vlans v1 vlan-id 4095", 21, "syntax error."),
        ("set interfaces ge-0/0/1 unit", 28, "syntax error, expecting <command>."),
        ("set interfaces ge-0/0/1 unit 0 family", 37, "syntax error, expecting <command>."),
        ("show version", 5, "syntax error."),
        ("commit frobnicate", 7, "syntax error."),
    ],
)
def test_what_it_does_not_understand_it_marks(say: Say, line: str, column: int, words: str) -> None:
    say("configure private")
    assert say(line) == f"{' ' * (len('user@host# ') + column)}^\n{words}"


def test_what_is_not_there_is_not_deleted_and_says_so(say: Say) -> None:
    say("configure private", "set vlans v1 vlan-id 10")
    assert say("delete vlans v2") == "warning: statement not found"
    assert say("deactivate vlans v2") == "warning: statement not found"
    assert say("show vlans") == "v1 {\n    vlan-id 10;\n}"


def test_a_commit_that_finds_something_wrong_changes_nothing(device: JunosSwitch, say: Say) -> None:
    say("configure private", "set interfaces irb.10 family inet filter input NONE", "set vlans v1 vlan-id 10")
    assert (
        say("commit")
        == say("commit check")
        == (
            "[edit interfaces irb unit 10 family inet filter]\n  'input'\n"
            "    Referenced filter 'NONE' is not defined\nerror: configuration check-out failed"
        )
    )
    assert 10 not in device.running.vlans
    say("deactivate interfaces irb.10 family inet filter")
    assert say("commit check") == "configuration check succeeds"


def test_the_first_term_that_matches_decides_and_none_is_a_discard(device: JunosSwitch, say: Say) -> None:
    here = "firewall family inet filter F term"
    say("configure private", f"set {here} TCP from protocol tcp", f"set {here} TCP then discard", "commit")
    assert device.denies("ip", "F")
    say(f"set {here} UDP from protocol udp", f"set {here} UDP then accept", "commit")
    assert not device.denies("ip", "F")
    say(f"deactivate {here} UDP", "commit")
    assert device.denies("ip", "F")
    say(f"set {here} REST then discard", f"set {here} REST then accept", "commit")
    assert not device.denies("ip", "F"), "of what a term does last counts"


def test_what_is_inactive_does_nothing_and_is_marked(device: JunosSwitch, say: Say) -> None:
    say("configure private", "set protocols bgp group G neighbor 192.0.2.1 peer-as 65001", "commit")
    peer = Place("bgp_peer", "192.0.2.1")
    assert device.passes(peer)
    say("deactivate protocols bgp group G neighbor 192.0.2.1", "commit", "exit")
    assert not device.passes(peer)
    assert "inactive: neighbor 192.0.2.1 {" in say("show configuration")
    assert '<neighbor inactive="inactive">' in say("show configuration protocols | display xml")
    shown = say("show configuration protocols | display set").splitlines()
    assert shown[-1] == "deactivate protocols bgp group G neighbor 192.0.2.1"


def test_a_disabled_unit_is_down_by_its_admin_column_alone(say: Say) -> None:
    say("configure private", "set vlans v1 vlan-id 10", "set vlans v1 l3-interface irb.10")
    say("set interfaces ge-0/0/1.0 family ethernet-switching vlan members v1")
    say(
        "set interfaces irb.10 family inet address 10.0.0.1/24",
        "set interfaces irb.10 disable",
        "commit",
        "exit",
    )
    (row,) = say("show interfaces terse irb.10").splitlines()[1:]
    assert row.split() == ["irb.10", "down", "up", "inet", "10.0.0.1/24"]
