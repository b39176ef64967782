"""What a profile says becomes a DeviceProfile, and what cannot work is refused where it stands."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from controller.catalog.profiles import (
    load_profiles,
    profile_from_text,
    profiles_from_text,
)
from controller.catalog.shipped import shipped_profiles
from controller.domain.inventory import Method, PointKind
from controller.domain.probe import ProbeKind
from controller.domain.profile.points import Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.reading import Each, Read, RegexParse, TableParse
from controller.domain.profile.session import Question, SaveSpec, SessionSpec
from controller.domain.profile.surroundings import ProbeSpec, TableKind, TableRead
from controller.domain.template import Template
from tests.unit.catalog.sample import SWITCH, only_problem, planted, problems_of

SECTION = """format: 1
platform: tabled
session: {netmiko: cisco_ios}
points:
  interface:
    config: [vlan]
    read:
      - send: show vlan
        parse:
          - textfsm: cisco_ios_show_vlan
            row: {VLAN_ID: '${vlan}'}
            fields: {vlan: VLAN_NAME}
            values: {vlan: {default: none}}
    methods:
      vlan: {isolate: [x], isolated: {vlan: none}, restore: [{send: [y]}]}
"""


def line(text: str, each: Each | None = None) -> Line:
    return Line(Template.parse(text), each)


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


def test_a_profile_is_what_its_file_says() -> None:
    profile = profile_from_text(SWITCH, "switch.yaml")
    assert profile.platform == "switch"
    assert profile.digest == hashlib.sha256(SWITCH.encode()).hexdigest()
    assert profile.session == SessionSpec(
        netmiko="cisco_ios",
        enable=True,
        enter=("configure",),
        leave=("end",),
        errors=(pattern("^% .+"),),
        settle=500,
        noise=(pattern(r"\d\d:\d\d:\d\d %LOG .+"),),
        echo=False,
    )
    assert profile.save == SaveSpec(
        ("write",),
        "show running",
        "show startup",
        (pattern("^! "),),
        (Question(pattern(r"Sure\? $"), ""), Question(pattern("Name: $"), "startup")),
        frozenset({Method.VLAN}),
    )
    ping = ProbeSpec(Template.parse("ping ${address}"), pattern("!!!"))
    assert profile.probes == {ProbeKind.ICMP: ping}
    assert profile.tables == {
        TableKind.MAC: (TableRead(Template.parse("show addresses of vlan ${quarantine_vlan}")),),
        TableKind.ARP: (
            TableRead(Template.parse("show arp")),
            TableRead(Template.parse("show neighbours")),
        ),
    }
    assert profile.names == {"GigabitEthernet": ("Gi", "GigE"), "Vlan": ("Vl",)}
    assert profile.settings == {"quarantine_vlan": "999"}
    assert profile.sources == ("Handbook of a switch that does not exist",)
    assert set(profile.points) == {
        (PointKind.INTERFACE, False),
        (PointKind.INTERFACE, True),
        (PointKind.SVI, False),
    }


def test_a_section_is_what_its_file_says() -> None:
    spec = profile_from_text(SWITCH, "switch.yaml").spec(PointKind.INTERFACE, tagged=False)
    assert spec == PointSpec(
        kind=PointKind.INTERFACE,
        reads=(
            Read(
                Template.parse("show port ${interface}"),
                (
                    RegexParse(
                        Template.parse(r"^admin (?P<admin>\w+) link (?P<link>\w+)$"),
                        values={"admin": {"enabled": "up", "disabled": "down"}},
                    ),
                    RegexParse(
                        Template.parse("^no entry for vlan ${vlan}$"),
                        given=Template.parse("^port ${interface}"),
                        matched={"vlan": "none"},
                        otherwise={"vlan": "1"},
                    ),
                ),
            ),
        ),
        config=("admin", "vlan"),
        observed=("link",),
        methods={
            Method.SHUTDOWN: MethodSpec(
                isolate=(line("interface ${interface}"), line("shutdown")),
                isolated={
                    "admin": (Template.parse("down"),),
                    "link": (Template.parse("down"), Template.parse("notconnect")),
                },
                restore=(
                    RestoreClause(
                        (line("interface ${interface}"), line("no shutdown")),
                        {"admin": (Template.parse("up"),)},
                    ),
                ),
            ),
            Method.VLAN: MethodSpec(
                isolate=(line("vlan ${quarantine_vlan} on ${interface}"),),
                isolated={"vlan": (Template.parse("${quarantine_vlan}"),)},
                restore=(RestoreClause((line("vlan ${was.vlan} on ${interface}"),)),),
            ),
        },
    )


def test_lines_and_patterns_once_per_prefix() -> None:
    spec = profile_from_text(SWITCH, "switch.yaml").spec(PointKind.SVI, tagged=False)
    assert spec is not None
    (parse,) = spec.reads[0].parse
    assert isinstance(parse, RegexParse)
    assert parse.each is Each.PREFIX4
    method = spec.methods[Method.ACL]
    assert method.isolate == (line("deny ${prefix}", Each.PREFIX4),)
    assert method.spares_keep_alive


def test_lines_of_a_cut_for_one_state_each() -> None:
    cases = "isolate: [{when: {cut4: ['0', '${vlan}']}, send: [{send: 'x ${prefix}', each: prefixes4}, y]}]"
    text = SWITCH.replace("isolate: [{send: 'deny ${prefix}', each: prefixes4}]", cases)
    assert text != SWITCH
    spec = profile_from_text(text, "switch.yaml").spec(PointKind.SVI, tagged=False)
    assert spec is not None
    method = spec.methods[Method.ACL]
    when = {"cut4": (Template.parse("0"), Template.parse("${vlan}"))}
    assert method.isolate == ()
    assert method.ways == (RestoreClause((line("x ${prefix}", Each.PREFIX4), line("y")), when),)


def test_a_table_read_by_textfsm() -> None:
    spec = profile_from_text(SECTION, "t.yaml").spec(PointKind.INTERFACE, tagged=False)
    assert spec is not None
    assert spec.reads[0].parse == (
        TableParse(
            "cisco_ios_show_vlan",
            row={"VLAN_ID": Template.parse("${vlan}")},
            fields={"vlan": "VLAN_NAME"},
            values={"vlan": {"default": "none"}},
        ),
    )


def test_the_name_of_an_object_may_say_more() -> None:
    text = SECTION.replace(
        "interface:\n", "interface:\n    object: '(?P<part>[a-z]+)/(?P<interface>p\\d+)'\n"
    )
    spec = profile_from_text(text.replace("[x]", "['in ${part}', x]"), "o.yaml").spec(
        PointKind.INTERFACE, False
    )
    assert spec is not None
    assert spec.named("west/p7") == {"part": "west", "interface": "p7"}
    assert spec.named("p7") is None
    assert spec.methods[Method.VLAN].isolate[0] == line("in ${part}")


_ALL = "restore: [{send: [add]}]"

MISTAKES = [
    ("platform: switch", "platform: ¶manual", "platform-reserved", {}),
    (
        "quarantine_vlan: 999",
        "¶interface: 999, quarantine_vlan: 1",
        "setting-reserved",
        {"name": "interface"},
    ),
    ("  interface:\n", "  interface:\n    object: ¶'(a'\n", "regex-invalid", {}),
    ("'^% .+'", "¶'^% (.+'", "regex-invalid", {}),
    ("'!!!'", "¶'*'", "regex-invalid", {}),
    ("'Release (\\S+)'", "¶'Release \\S+'", "regex-without-group", {}),
    ("'Model (\\S+)'", "¶'Model (\\S+'", "regex-invalid", {}),
    ("send: show version,", "send: ¶'show ${version}',", "unknown-placeholder", {"name": "version"}),
    ("rows: '^(?P<port>", "rows: ¶'^(?P<vlans>.)(?P<port>", "unknown-field.suggested", {"name": "vlans"}),
    ("textfsm: cisco_ios_show_ip_arp", "textfsm: ¶cisco_ios_show_ip_arps", "textfsm-unknown.suggested", {}),
    ("{address: IP_ADDRESS,", "{address: ¶IP,", "textfsm-column-unknown", {"name": "IP"}),
    (
        "fields: {address: IP_ADDRESS, mac: MAC_ADDRESS}",
        "fields: ¶{address: IP_ADDRESS}",
        "list-field-missing",
        {"name": "mac"},
    ),
    ("send: show hosts,", "send: ¶'clear hosts',", "read-changes", {"found": "clear"}),
    ("[{send: show hosts,", "[¶{send: show hosts, textfsm: cisco_ios_show_ip_arp,", "list-kind", {}),
    ("tested: simulated", "tested: ¶simulate", "unknown-value.suggested", {"suggestion": "simulated"}),
    ("'!!!'", "¶'[[a]'", "regex-invalid", {"detail": "Possible nested set at position 1"}),
    ("['^! ']", "[¶'(']", "regex-invalid", {}),
    ("'Name: $'", "¶'Name: ($'", "regex-invalid", {}),
    ("lasting: [vlan]", "lasting: [¶vlans]", "unknown-value.suggested", {"suggestion": "vlan"}),
    ("  {send: [write], running: show running,", "  ¶{send: [write],", "save-unread", {"key": "running"}),
    ("'ping ${address}'", "¶'ping ${adress}'", "unknown-placeholder.suggested", {"suggestion": "address"}),
    ("'ping ${address}'", "¶'ping ${address} ${port}'", "unknown-placeholder", {"name": "port"}),
    ("[show arp,", "[¶'show arp of ${interface}',", "unknown-placeholder", {"name": "interface"}),
    ("show port ${interface}", "¶show port ${prefix}", "unknown-placeholder.suggested", {"name": "prefix"}),
    ("show port ${interface}", "¶show port ${was.admin}", "unknown-placeholder", {"name": "was.admin"}),
    ("['vlan ${quarantine_vlan} on", "[¶'vlan ${qarantine_vlan} on", "unknown-placeholder.suggested", {}),
    ("['vlan ${was.vlan} on", "[¶'vlan ${was.link} on", "unknown-placeholder.suggested", {}),
    ("{vlan: '${quarantine_vlan}'}", "{vlan: ¶'${quarantine}'}", "unknown-placeholder.suggested", {}),
    ("given: '^port ${interface}'", "given: ¶'^port ${port}'", "unknown-placeholder", {}),
    ("config: [admin, vlan]", "config: [admin, vlan, ¶speed]", "field-unread", {"name": "speed"}),
    ("observed: [link]", "observed: [link, ¶admin]", "field-twice", {"name": "admin"}),
    ("isolated: {admin: down, link", "isolated: {¶amdin: down, link", "unknown-field.suggested", {}),
    ("when: {admin: up}", "when: {¶admn: up}", "unknown-field.suggested", {"suggestion": "admin"}),
    ("when: {admin: up}", "when: {¶link: up}", "field-not-config", {"name": "link"}),
    (
        "values: {admin: {enabled",
        "values: {¶link2: {enabled",
        "unknown-field.suggested",
        {"suggestion": "link"},
    ),
    ("matched: {vlan: none}", "matched: {vlan: none, ¶speed: x}", "unknown-field", {"name": "speed"}),
    ("isolate: [remove]", "¶isolate: []", "isolate-empty", {}),
    *(
        ("isolate: [remove]", f"isolate: [{cuts}]", code, data)
        for cuts, code, data in (
            ("remove, ¶{when: {allowed: '1'}, send: [x]}", "isolate-mixed", {}),
            ("{when: {allowed: '1'}, send: [x]}, ¶remove", "isolate-mixed", {}),
            ("¶{when: {allowed: '1'}, send: [x], each: prefixes4}", "isolate-mixed", {}),
            ("{when: {¶alowed: '1'}, send: [x]}", "unknown-field.suggested", {"suggestion": "allowed"}),
            ("{when: {allowed: ¶'${vlans}'}, send: [x]}", "unknown-placeholder.suggested", {}),
            ("{when: {allowed: '1'}, send: ¶[]}", "isolate-empty", {}),
            ("{when: {allowed: '1'}, send: [¶'${was.allowed}']}", "unknown-placeholder", {}),
            ("{when: {allowed: '1'}, send: [¶'${others}']}", "unknown-placeholder", {"name": "others"}),
        )
    ),
    ("isolated: {allowed: '0'}", "¶isolated: {}", "isolated-empty", {}),
    ("restore: [{send: [add]}]", "¶restore: []", "restore-empty", {}),
    *(
        (_ALL, f"{_ALL}\n        limit: {{{limit}}}", code, data)
        for limit, code, data in (
            ("send: [a], limited: {allowed: '1'}, ¶lift: []", "limit-empty", {"key": "lift"}),
            ("send: [a], ¶limited: {}, lift: [{send: [b]}]", "limit-empty", {"key": "limited"}),
            ("send: [a], limited: {¶alowed: '1'}, lift: [{send: [b]}]", "unknown-field.suggested", {}),
            (
                "send: [{send: ¶'${target}'}], limited: {allowed: '1'}, lift: [{send: [b]}]",
                "unknown-placeholder",
                {},
            ),
            (
                "send: [a], limited: {allowed: ¶'${targets}'}, lift: [{send: [b]}]",
                "unknown-placeholder.suggested",
                {},
            ),
        )
    ),
    (_ALL, "restore: [{send: [{send: '${target}', each: ¶allowed4}]}]", "each-outside-limit", {}),
    ("      acl:\n", "      ¶shutdown:\n", "method-not-for-kind", {"kind": "svi", "known": "acl, svi"}),
    ("      acl:\n", "      ¶alc:\n", "unknown-key.suggested", {"suggestion": "acl"}),
    ("- regex: '^allowed", "- ¶textfsm: cisco_ios_show_vlan\n            regex: '^allowed", "parse-kind", {}),
    (
        "            each: prefixes4\n",
        "            each: prefixes4\n            ¶row: {A: b}\n",
        "parse-key-foreign",
        {},
    ),
    ("            each: prefixes4\n", "            each: ¶prefixes5\n", "unknown-value.suggested", {}),
    ("settle: 500", "settle: ¶2.5", "integer-expected", {}),
    ("enable: true", "enable: ¶on", "boolean-expected", {}),
    ("  tagged_interface:", "  ¶tagged_svi:", "unknown-key.suggested", {"key": "tagged_svi"}),
]


@pytest.mark.parametrize(("old", "new", "code", "data"), MISTAKES)
def test_a_mistake_is_located_and_named(old: str, new: str, code: str, data: dict[str, str]) -> None:
    place = planted(SWITCH, old, new)
    problem = only_problem(lambda: profile_from_text(place.text, "switch.yaml"), place)
    assert problem.code == code
    assert dict(problem.data).items() >= data.items()


@pytest.mark.parametrize(
    ("old", "new", "code", "data"),
    [
        ("cisco_ios_show_vlan", "¶cisco_ios_show_vlanz", "textfsm-unknown.suggested", {}),
        ("cisco_ios_show_vlan", "¶../../etc/passwd", "textfsm-unknown", {}),
        ("{VLAN_ID: '${vlan}'}", "{VLANID: ¶'${vlan}'}", "textfsm-column-unknown.suggested", {}),
        ("{vlan: VLAN_NAME}", "{vlan: ¶NOME}", "textfsm-column-unknown", {"name": "NOME"}),
        ("            row: {VLAN_ID: '${vlan}'}\n", "", "", {}),
    ],
)
def test_a_mistake_in_a_table_is_located_and_named(
    old: str, new: str, code: str, data: dict[str, str]
) -> None:
    if not code:
        problems = problems_of(lambda: profile_from_text(SECTION.replace(old, new), "t.yaml"))
        assert [(problem.code, problem.line) for problem in problems] == [("parse-key-missing", 10)]
        return
    place = planted(SECTION, old, new)
    problem = only_problem(lambda: profile_from_text(place.text, "t.yaml"), place)
    assert problem.code == code
    assert dict(problem.data).items() >= data.items()


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        # The rest of what hangs on it is told as well.
        ("(?P<allowed>", "(?P<allowed>\\d+) (?P<mode>", ["unknown-field"]),
        ("            given: '^port ${interface}'\n", "", ["parse-otherwise-without-given"]),
        ("            otherwise: {vlan: '1'}\n", "", ["parse-given-without-otherwise"]),
        ("    config: [allowed]\n", "", ["key-missing"]),
    ],
)
def test_what_is_absent_is_told(old: str, new: str, codes: list[str]) -> None:
    assert SWITCH.count(old) == 1
    problems = problems_of(lambda: profile_from_text(SWITCH.replace(old, new), "switch.yaml"))
    assert [problem.code for problem in problems] == codes


def test_the_shipped_profiles_are_sound_and_named_after_their_platform() -> None:
    profiles = load_profiles([shipped_profiles()])
    assert {"ovs_linux", "linux_nftables", "frr"} <= set(profiles)
    assert set(profiles) == {path.stem for path in shipped_profiles().glob("*.yaml")}


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_a_users_profile_replaces_the_shipped_one_of_its_platform(tmp_path: Path) -> None:
    write(tmp_path / "shipped", "switch.yaml", SWITCH)
    write(tmp_path / "shipped", "other.yaml", SWITCH.replace("platform: switch", "platform: other"))
    write(tmp_path / "own", "mine.yaml", SWITCH.replace("settle: 500", "settle: 700"))
    profiles = load_profiles([tmp_path / "own", tmp_path / "shipped"])
    assert {name: profile.session.settle for name, profile in profiles.items()} == {
        "switch": 700,
        "other": 500,
    }


def test_a_broken_profile_of_the_users_is_not_replaced_in_silence(tmp_path: Path) -> None:
    write(tmp_path / "shipped", "switch.yaml", SWITCH)
    write(tmp_path / "own", "mine.yaml", SWITCH.replace("settle: 500", "settle: soon"))
    problems = problems_of(lambda: load_profiles([tmp_path / "own", tmp_path / "shipped"]))
    assert [(Path(problem.file).name, problem.code) for problem in problems] == [
        ("mine.yaml", "integer-expected")
    ]


def test_two_files_for_one_platform_in_one_directory_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", SWITCH)
    write(tmp_path, "b.yaml", SWITCH)
    problems = problems_of(lambda: load_profiles([tmp_path]))
    assert [(Path(problem.file).name, problem.code) for problem in problems] == [
        ("b.yaml", "platform-duplicate")
    ]


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert [p.code for p in problems_of(lambda: load_profiles([tmp_path / "none"]))] == ["file-missing"]


def test_profiles_come_back_from_the_one_text_that_stores_them() -> None:
    stored = load_profiles([shipped_profiles()])
    again = profiles_from_text(stored.text)
    assert dict(again) == dict(stored)
    assert again.digest == stored.digest == hashlib.sha256(stored.text.encode()).hexdigest()


def test_the_joint_digest_changes_with_any_letter_of_any_profile(tmp_path: Path) -> None:
    write(tmp_path, "switch.yaml", SWITCH)
    before = load_profiles([tmp_path]).digest
    write(tmp_path, "switch.yaml", SWITCH + "# a remark\n")
    assert load_profiles([tmp_path]).digest != before


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cordon":"playbook","files":{}}', '{"cordon":"profiles","files":3}']
)
def test_a_foreign_text_is_no_bundle(text: str) -> None:
    assert [problem.code for problem in problems_of(lambda: profiles_from_text(text))] == ["bundle-invalid"]
