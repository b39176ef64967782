"""What a profile reads changes nothing, and what it asks of readiness can be understood."""

from __future__ import annotations

import re

import pytest
import yaml

from controller.catalog.profiles import load_profiles, profile_from_text
from controller.catalog.read_only import change_in
from controller.catalog.shipped import shipped_profiles
from controller.domain.profile.readiness import GrantSpec, Look, LookSpec, RevertKind, RevertSpec
from controller.domain.template import Template
from tests.unit.catalog.sample import SWITCH, problems_of

READS = (
    "show running-config | include ^ip access-list|permit|deny|^end",
    "sho version",
    "display version",
    "get system status",
    "ip -o link show",
    "cat /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down",
    "cat /run/systemd/shutdown/scheduled 2>/dev/null || echo none",
    "sudo -n nft list table inet killswitch",
    "sudo -n -l nft 'add element inet killswitch cut4 { 10.0.0.0/8 }'",
    "sudo -n ovs-ofctl --names dump-flows br0 cookie=0xc07d/-1 && echo complete",
    "sudo -n ovs-vsctl --format=csv --columns=name,tag list port",
    "pgrep -l -x 'puppet|salt-minion' || echo none",
    "CONFIG FILTER EXPLICIT index=1 type=filter useclone=0 output=xml",
    'MONITOR CONNECTION rulename="vers internet"',
)
CHANGES = (
    "CONFIG FILTER RULE UPDATE index=1 type=filter position=1 state=off",
    "CONFIG NETWORK ACTIVATE",
    "CONFIG BACKUP SHOW list=all > /tmp/x",
    "MONITOR FLUSH STATE",
    "monitor session 1",
    "configure terminal",
    "conf t",
    "reload in 5",
    "write memory",
    "clear counters",
    "no shutdown",
    "show running-config | redirect flash:copy",
    "show running-config | tee flash:copy",
    "sudo -n nft 'add element inet killswitch cut4 { 10.0.0.0/8 }'",
    "nft list ruleset; nft flush ruleset",
    "sudo -n -l nft list ruleset && sudo -n nft flush ruleset",
    "sudo -n ip link set dev eth0 down",
    "sudo -n sysctl -q -w net.ipv4.ip_forward=0",
    "sysctl net.ipv4.ip_forward=0",
    "sudo -n ovs-vsctl set port eth0 tag=999",
    "sudo -n ovs-ofctl mod-port br0 eth0 down",
    "cat /etc/passwd > /tmp/copy",
    "echo x | sudo tee /etc/motd",
    "echo $(reboot)",
    "echo `reboot`",
    "bash -c 'reboot'",
    "show version\nreload",
    "",
)

READINESS = """readiness:
  looks:
    - {about: privilege, send: show privilege, good: '^15$'}
    - {about: aaa, send: show aaa, bad: '^remote only', whole: '^end$'}
  reverts:
    - kind: reload
      send: show reload
      pending: 'in (?P<minutes>\\d+) min'
      none: '^none'
      undo: [reload cancel]
  grant: {line: '^sudo (?P<command>.+)$', send: 'sudo -l ${command}', granted: '^/'}
"""


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


@pytest.mark.parametrize("line", READS)
def test_a_line_that_looks_is_let_through(line: str) -> None:
    assert change_in(line) == ""


@pytest.mark.parametrize("line", CHANGES)
def test_a_line_that_may_change_something_is_not(line: str) -> None:
    assert change_in(line)


def test_every_line_of_a_shipped_profile_that_cuts_is_seen_as_one() -> None:
    """Save those whose meaning hangs on the mode they stand in: nobody sends them as readings unseen, since a
    reading that is also a change is refused by its text."""
    seen = 0
    for profile in load_profiles([shipped_profiles()]).values():
        for spec in profile.points.values():
            for method in spec.methods.values():
                for line in (line for way in method.ways for line in way.send):
                    text = str(line.send)
                    # FortiOS lets `sudo` look into a virtual domain, and change nothing there.
                    if text.startswith("sudo ") and not text.startswith("sudo ${vdom} show "):
                        seen += 1
                        assert change_in(text), text
    assert seen > 8


def test_what_a_profile_says_of_readiness_is_kept() -> None:
    readiness = profile_from_text(SWITCH + READINESS, "switch.yaml").readiness
    assert readiness.looks == (
        LookSpec(Look.PRIVILEGE, Template.parse("show privilege"), pattern("^15$")),
        LookSpec(Look.AAA, Template.parse("show aaa"), None, pattern("^remote only"), pattern("^end$")),
    )
    assert readiness.reverts == (
        RevertSpec(
            RevertKind.RELOAD,
            Template.parse("show reload"),
            pattern(r"in (?P<minutes>\d+) min"),
            pattern("^none"),
            ("reload cancel",),
        ),
    )
    line = pattern("^sudo (?P<command>.+)$")
    assert readiness.grant == GrantSpec(line, Template.parse("sudo -l ${command}"), pattern("^/"))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("send: show privilege, good", "send: show privilege | redirect x, good", "read-changes"),
        ("send: show reload", "send: reload cancel", "read-changes"),
        ("good: '^15$'", "whole: '^15$'", "look-kind"),
        (", whole: '^end$'", "", "look-kind"),
        ("bad: '^remote only'", "bad: '('", "regex-invalid"),
        ("<minutes>", "<weeks>", "revert-group"),
        ("(?P<command>.+)", "(.+)", "grant-group"),
        ("${command}", "${line}", "unknown-placeholder"),
        ("about: privilege", "about: rights", "unknown-value"),
        ("kind: reload", "kind: reboot", "unknown-value"),
    ],
)
def test_a_mistake_is_told_where_it_stands(old: str, new: str, code: str) -> None:
    text = SWITCH + READINESS
    assert old in text
    (problem,) = problems_of(lambda: profile_from_text(text.replace(old, new, 1), "switch.yaml"))
    assert problem.code == code
    assert problem.line > SWITCH.count("\n")


def test_a_reading_of_a_point_that_is_a_change_is_refused() -> None:
    """Whatever a device would make of it: the profile itself calls the same text a change."""
    plain = yaml.safe_load(SWITCH)
    section = plain["points"]["interface"]
    (line,) = section["methods"]["vlan"]["isolate"]
    assert change_in(line) == "", "the words alone do not give it away"
    section["read"][0]["send"] = line
    (problem,) = problems_of(lambda: profile_from_text(yaml.safe_dump(plain), "switch.yaml"))
    assert problem.code == "read-changes"
