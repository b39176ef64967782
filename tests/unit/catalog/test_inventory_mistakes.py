"""One mistake planted in a sound inventory gives one problem, at its place, with what to write instead."""

from __future__ import annotations

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.catalog.profiles import Profiles, profile_from_text
from tests.unit.catalog.sample import INVENTORY, SWITCH, only_problem, planted, problems_of, switch_profiles

EMERGENCY = "- {device: acc-1, interface: Gi1/0/3, vlan: 110}"
TAGGED = "- {device: acc-1, interface: Gi1/0/49, vlan: 110, tagged: true}"
PEER_LINK = "- {ends: [[core-1, Gi1/0/2], [core-2, Gi1/0/2]], kind: peer-link}"
PROBE = "- {tcp: 10.10.1.10:443, from: controller, control: 10.0.0.1:22}"
PING = '- {icmp: "2001:db8:110::1", from: core-1, control: "icmp:2001:db8::1"}'
BOX = "box-4g: {platform: manual, role: wan}"
SAMU = "points: [{device: acc-1, interface: Gi1/0/5, vlan: 130}]"
RESTS_ON = "rests_on: {hypervisor: [core-1, Gi1/0/20], directory: core-services}"
ESX = "esx-1: {ports: [[core-1, Gi1/0/20], [core-2, Gi1/0/20]]}"
CORE_2 = "paths: [{ssh: 10.0.0.2}]\n    credentials: net"
INTERNET = "{kind: internet, keep_alive: [samu], points: [{device: box-4g, tunnel: WAN 1}]}"


def line_of(part: str, text: str = INVENTORY) -> str:
    assert part in text
    return str(text[: text.index(part)].count("\n") + 1)


MISTAKES = [
    # the file
    ("format: 1\n", "¶", "format-missing", {"known": "1"}),
    ("format: 1\n", "format: ¶2\n", "format-newer", {"found": "2", "known": "1"}),
    ("format: 1\n", "format: ¶one\n", "format-invalid", {"known": "1"}),
    # shape
    ("management: inband", "¶managment: inband", "unknown-key.suggested", {"suggestion": "management"}),
    ("management: inband", "¶zzz: inband", "unknown-key", {"key": "zzz"}),
    ("en: Emergency calls}", "en: calls, ¶lifts}", "text-unquoted", {"key": "lifts"}),
    ("management: inband", "¶management:", "value-missing", {"key": "management"}),
    ("management: inband", "management: ¶[inband]", "text-expected", {"key": "management"}),
    ("managed_by: dna-center", 'managed_by: ¶"dna\\ncenter"', "text-control-characters", {}),
    ("location: {building: 3, rack: R2}", "location: ¶R2", "mapping-expected", {"key": "location"}),
    ("vlans: [110]", "vlans: ¶110", "list-expected", {"key": "vlans"}),
    ("role: access", "role: ¶acces", "unknown-value.suggested", {"suggestion": "access", "key": "role"}),
    ("kind: peer-link", "kind: ¶xxxxx", "unknown-value", {"value": "xxxxx"}),
    ("legacy_ssh: true", "legacy_ssh: ¶NO", "boolean-expected", {"value": "NO"}),
    ("legacy_ssh: true", "legacy_ssh: ¶yes", "boolean-expected", {"value": "yes"}),
    ("port: 2222", "port: ¶22:22", "integer-expected", {"value": "22:22"}),
    ("port: 2222", "port: ¶0x16", "integer-expected", {}),
    ("port: 2222", "port: ¶65536", "out-of-range", {"high": "65535"}),
    ("title: Core\n    priority: 1", "title: Core\n    priority: ¶0", "out-of-range", {"low": "1"}),
    ("vlans: [110]", "vlans: [¶4095]", "vlan-out-of-range", {"value": "4095"}),
    (EMERGENCY, EMERGENCY.replace("110", "¶0"), "vlan-out-of-range", {"value": "0"}),
    ("dies_after: 8h", "dies_after: ¶8 hours", "duration-expected", {"value": "8 hours"}),
    ("site: ch-sample", "site: ¶CH Exemple", "name-invalid", {"value": "CH Exemple"}),
    ("internet: {kind", "¶intérnet: {kind", "name-invalid", {"value": "intérnet"}),
    ("tunnel: WAN 1", "tunnel: ¶WAN; reboot", "object-invalid", {"character": ";"}),
    ("tunnel: WAN 1", 'tunnel: ¶"$(reboot)"', "object-invalid", {"character": "$"}),
    ("quarantine_vlan: 998", "quarantine_vlan: ¶a`b", "object-invalid", {"character": "`"}),
    ("[core-2, Vlan110]]", "¶[core-2, Vlan110, x]]", "pair-expected", {}),
    ("ipv6: none", "ipv6: ¶any", "none-expected", {}),
    # addresses
    ("{ssh: 10.0.0.2}", "{ssh: ¶core-2.example.org}", "address-expected", {"value": "core-2.example.org"}),
    ("{ssh: 10.0.0.2}", "{ssh: ¶10.0.0.1}", "duplicate-address", {"other": "core-1", "port": "22"}),
    ("[10.10.0.0/24]", "[¶10.10.0.1/24]", "prefix-host-bits", {"meant": "10.10.0.0/24"}),
    ("[10.10.0.0/24]", "[¶10.10.0/24]", "prefix-invalid", {"value": "10.10.0/24"}),
    ("[10.10.1.0/24,", "[¶10.10.0.128/25,", "prefix-overlap", {"segment": "core-services"}),
    ('"2001:db8:110::/64"]', '¶"10.10.0.0/16"]', "prefix-overlap", {"other": "10.10.0.0/24"}),
    (PROBE, PROBE.replace("10.10.1.10:443", "¶10.10.1.10"), "endpoint-expected", {"value": "10.10.1.10"}),
    (PROBE, PROBE.replace("10.10.1.10:443", "¶web:443"), "endpoint-expected", {}),
    (PROBE, PROBE.replace("10.10.1.10:443", '¶"2001:db8::1:443"'), "endpoint-expected", {}),
    (PROBE, PROBE.replace("10.0.0.1:22", "¶10.0.0.1:99999"), "endpoint-expected", {}),
    (PING, PING.replace('"icmp:2001:db8::1"', "¶icmp:core"), "address-expected", {"value": "core"}),
    (PROBE, PROBE.replace("10.0.0.1:22", "¶10.10.1.10:443"), "probe-control-is-target", {}),
    (PROBE, PROBE.replace("- {tcp", "- ¶{icmp: 10.0.0.1, tcp"), "probe-target", {}),
    (PING, PING.replace("core-1", "¶core-3"), "unknown-device.suggested", {"suggestion": "core-2"}),
    (PING, PING.replace("core-1", "¶box-4g"), "probe-source-unable", {"kind": "icmp"}),
    (PROBE, PROBE.replace("controller", "¶core-1"), "probe-source-unable", {"kind": "tcp"}),
    # log-ins
    ("{env: CORDON_NET}", "¶hunter2", "secret-inline", {"key": "password"}),
    ("{env: CORDON_NET}", "{¶plain: hunter2}", "secret-inline", {"key": "password"}),
    ("{env: CORDON_NET}", "{¶hunter2}", "secret-inline", {"key": "password"}),
    ("{env: CORDON_NET}", "{env: ¶hunter-2!}", "secret-inline", {}),
    ("password: {env: CORDON_NET}", "¶password: {}", "secret-reference", {"key": "password"}),
    (
        "local: {username: local, key: {vault: local-key}}",
        "¶local: {username: local}",
        "credential-empty",
        {},
    ),
    ("fallback: local}", "fallback: ¶locale}", "unknown-credential.suggested", {"suggestion": "local"}),
    ("fallback: local}", "fallback: ¶net}", "fallback-loop", {"loop": "net → net"}),
    (CORE_2, CORE_2.replace(": net", ": ¶nett"), "unknown-credential.suggested", {"suggestion": "net"}),
    ("host_key: ssh-ed25519 AAAA", "host_key: ¶ssh-ed25519 AAAB", "host-key-invalid", {}),
    ("host_key: ssh-ed25519", "host_key: ¶ssh-rsa", "host-key-invalid", {}),
    # devices
    ("settings: {quarantine_vlan", "settings: {¶quarantine_vlans", "unknown-setting.suggested", {}),
    # ports and links
    ("canary: {interface: Gi1/0/47}", "canary: {interface: ¶Gi1/0/49}", "canary-in-use", {}),
    ("canary: {interface: Gi1/0/47}", "canary: {interface: ¶Gi1/0/3}", "canary-in-use", {}),
    ("canary: {interface: Gi1/0/47}", "canary: {interface: ¶Gi1/0/40}", "canary-in-use", {}),
    ("canary: {interface: Gi1/0/47}", "canary: {interface: Gi1/0/47, svi: ¶Gi1/0/40}", "canary-in-use", {}),
    ("canary: {interface: Gi1/0/47}", "canary: {interface: ¶Giga1/0/4}", "unknown-port", {}),
    ("  emergency:\n    title", "  ¶rehearsal:\n    title", "name-reserved", {"name": "rehearsal"}),
    ("[core-1, Gi1/0/48]", "[¶core, Gi1/0/48]", "unknown-device.suggested", {}),
    (EMERGENCY, EMERGENCY.replace("Gi1", "¶Gigabit1"), "unknown-port.suggested", {"device": "acc-1"}),
    (EMERGENCY, EMERGENCY.replace("Gi1/0/3", "¶1/0/3"), "unknown-port", {}),
    (PEER_LINK, PEER_LINK.replace("[core-1, Gi1/0/2]", "¶[core-1, GigE1/0/1]"), "link-end-twice", {}),
    (PEER_LINK, PEER_LINK.replace("[[core-1, Gi1/0/2], ", "¶["), "link-ends", {}),
    (PEER_LINK, PEER_LINK.replace("[[core-1, Gi1/0/2]", "¶[[core-2, Gi1/0/1]"), "link-to-itself", {}),
    (PEER_LINK, PEER_LINK.replace("[[core-1,", "[[¶core-9,"), "unknown-device.suggested", {}),
    (
        TAGGED,
        TAGGED + "\n      - ¶{device: core-2, interface: Gi1/0/2}",
        "point-on-protected-link",
        {"port": "core-2 GigabitEthernet1/0/2", "kind": "peer-link"},
    ),
    # hypervisors, and what the controller rests on
    (ESX, ESX.replace("[core-2", "[¶core-3"), "unknown-device.suggested", {"suggestion": "core-2"}),
    (ESX, ESX.replace("core-2, Gi", "core-2, ¶Gigabit"), "unknown-port.suggested", {"device": "core-2"}),
    (ESX, ESX.replace("}", ", ¶rack: 3}"), "unknown-key", {"key": "rack", "known": "ports"}),
    (ESX, "esx-1: {ports: ¶[]}", "list-empty", {"key": "ports"}),
    (RESTS_ON, RESTS_ON.replace("core-services", "¶core-servises"), "unknown-segment.suggested", {}),
    (RESTS_ON, RESTS_ON.replace("core-services", "¶{segment: x}"), "text-expected", {"key": "directory"}),
    (RESTS_ON, RESTS_ON.replace("[core-1", "[¶core-x"), "unknown-device.suggested", {}),
    (RESTS_ON, RESTS_ON.replace("[core-1, ", "¶["), "pair-expected", {}),
    (RESTS_ON, RESTS_ON.replace("directory", "¶directry"), "unknown-key.suggested", {"key": "directry"}),
    # segments, conduits and points
    (EMERGENCY, EMERGENCY.replace("acc-1", "¶ac-1"), "unknown-device.suggested", {"suggestion": "acc-1"}),
    (EMERGENCY, EMERGENCY.replace("interface: Gi1/0/3, ", "").replace("{", "¶{"), "point-kind-missing", {}),
    (EMERGENCY, EMERGENCY.replace("{", "¶{svi: Vlan1, "), "point-kinds-several", {}),
    (EMERGENCY, EMERGENCY.replace("interface: Gi1/0/3", "ssid: ¶guest"), "point-kind-unsupported", {}),
    (TAGGED, TAGGED.replace("interface: Gi1/0/49", "svi: ¶Vlan110"), "point-tagged-unsupported", {}),
    (TAGGED, TAGGED.replace(" vlan: 110,", "").replace("{", "¶{"), "tagged-without-vlan", {}),
    (
        TAGGED,
        "- ¶{device: acc-1, interface: GigE1/0/3, vlan: 110}",
        "point-twice",
        {"line": line_of(EMERGENCY)},
    ),
    ("[[core-1, Vl100]]", "[[core-1, Vl100], ¶[core-1, Vlan100]]", "point-twice", {}),
    ("depends_on: [core-services]", "depends_on: [¶core-servises]", "unknown-segment.suggested", {}),
    ("{segment: core-services,", "{segment: ¶dhcp,", "unknown-segment", {"name": "dhcp"}),
    ("keep_alive: [samu]", "keep_alive: [¶smau]", "unknown-subject.suggested", {"suggestion": "samu"}),
    ("internet: {kind", "¶samu: {kind", "duplicate-subject", {"name": "samu"}),
    ("internet: {kind", "¶all: {kind", "name-reserved", {"name": "all"}),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "data"),
    [pytest.param(*case, id=f"{case[2]}-{index}") for index, case in enumerate(MISTAKES)],
)
def test_a_mistake_is_located_and_named(old: str, new: str, code: str, data: dict[str, str]) -> None:
    place = planted(INVENTORY, old, new)
    problem = only_problem(lambda: inventory_from_text(place.text, "i.yaml", switch_profiles()), place)
    assert problem.file == "i.yaml"
    assert problem.code == code
    assert dict(problem.data).items() >= data.items()


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        (r"(?P<slot>[^/]+/0)/(?P<interface>[4-9]\d*)", "<slot>/<interface>"),
        (r"(?:(?P<slot>[^/]+/0)/)?(?P<interface>[4-9]\d*)", "[<slot>/]<interface>"),
    ],
)
def test_a_name_no_such_point_can_have_is_refused(pattern: str, form: str) -> None:
    switch = SWITCH.replace("  interface:\n", f"  interface:\n    object: '{pattern}'\n")
    profiles = Profiles({"switch": profile_from_text(switch, "switch.yaml")}, {"switch": switch})
    place = planted(INVENTORY, EMERGENCY, EMERGENCY.replace("Gi1", "¶Gi1"))
    problem = only_problem(lambda: inventory_from_text(place.text, "i.yaml", profiles), place)
    assert problem.code == "point-object-unlike"
    assert dict(problem.data) == {
        "name": "GigabitEthernet1/0/3",
        "device": "acc-1",
        "kind": "interface",
        "form": form,
    }


# What is replaced by what, and the problems, each with the beginning of the line it is on.
ELSEWHERE = [
    ("    role: access\n", "", [("key-missing", "  acc-1:")]),
    ("local: {username: local, key", "local: {key", [("key-missing", "  local:")]),
    ("kind: internet, ", "", [("key-missing", "  internet:")]),
    ("site: ch-sample\n", "", [("key-missing", "format: 1")]),
    ("    title: Core\n", "", [("key-missing", "  core-services:")]),
    (CORE_2, "credentials: net", [("paths-missing", "  core-2:")]),
    (CORE_2, "paths: [{ssh: 10.0.0.2}]", [("credentials-missing", "  core-2:")]),
    ("{env: CORDON_NET}", "{env: A, file: /b}", [("secret-reference", "  net:")]),
    ("HR4f someone", "HR someone", [("host-key-invalid", "    host_key")]),
    ("    ha: {peer: core-1}\n", "", [("ha-not-mutual", "    ha: {peer: core-2")]),
    ("ha: {peer: core-1}", "ha: {peer: core-3}", [
        ("ha-not-mutual", "    ha: {peer: core-2"),
        ("unknown-device.suggested", "    ha: {peer: core-3"),
    ]),
    ("ha: {peer: core-1}", "ha: {peer: core-2}", [
        ("ha-not-mutual", "    ha: {peer: core-2, synced"),
        ("ha-with-itself", "    ha: {peer: core-2}"),
    ]),
    (BOX, BOX.replace("manual", "swich"), [
        ("unknown-platform.suggested", "  box-4g:"),
        ("paths-missing", "  box-4g:"),
        ("credentials-missing", "  box-4g:"),
    ]),
    (BOX, BOX + "\n  controller: {platform: manual, role: wan}", [("name-reserved", "  controller: {")]),
    ("{device: acc-1, interface: Gi1/0/40}", "{device: xyz, interface: Gi1/0/40}", [
        ("unknown-device", "  consoles:"),
    ]),
    ("    gateways: [[core-1, Vl100]]\n", "", [("segment-without-points", "  core-services:")]),
    (", points: [{device: box-4g, tunnel: WAN 1}]", "", [("conduit-without-points", "  internet:")]),
    (SAMU, SAMU.replace("Gi1/0/5, vlan: 130", "Gi1/0/3, vlan: 110"), [
        ("keep-alive-shares-point", "      - {device: acc-1, interface: Gi1/0/3"),
    ]),
    ("    title: Core\n", "    title: Core\n    depends_on: [emergency]\n", [
        ("dependency-loop", "    depends_on: [core-services]"),
    ]),
    ("depends_on: [core-services]", "depends_on: [emergency]", [
        ("dependency-loop", "    depends_on: [emergency]"),
    ]),
    (ESX, ESX.replace("core-2, Gi1/0/20", "acc-1, Gi1/0/47"), [("canary-in-use", "    canary:")]),
    (RESTS_ON, RESTS_ON.replace("core-1, Gi1/0/20", "acc-1, Gi1/0/47"), [("canary-in-use", "    canary:")]),
    (ESX, "esx-1: {}", [("key-missing", "  esx-1:")]),
    (INTERNET, "", [("value-missing", "  internet:")]),
    (INTERNET, "open", [("mapping-expected", "  internet:")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ELSEWHERE)
def test_what_is_absent_or_wrong_together_is_located_where_it_should_be(
    old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert INVENTORY.count(old) == 1
    text = INVENTORY.replace(old, new)
    problems = problems_of(lambda: inventory_from_text(text, "i.yaml", switch_profiles()))
    found = sorted((problem.code, str(problem.line)) for problem in problems)
    assert found == sorted((code, line_of("\n" + start, "\n" + text)) for code, start in expected)


def test_a_first_mistake_hides_no_second_in_the_same_place() -> None:
    text = INVENTORY.replace(
        EMERGENCY, "- {device: acc-9, interfaces: Gi1/0/3, vlan: x, ssid: guest, tagged: maybe}"
    ).replace("priority: 1\n    depends_on: [core-services]", "priority: high\n    depends_on: [nothing]")
    problems = problems_of(lambda: inventory_from_text(text, "i.yaml", switch_profiles()))
    assert sorted(problem.code for problem in problems) == [
        "boolean-expected",
        "integer-expected",
        "integer-expected",
        "unknown-device.suggested",
        "unknown-key.suggested",
        "unknown-segment",
    ]


def test_a_refused_value_causes_no_complaint_about_its_absence() -> None:
    text = INVENTORY.replace("gateways: [[core-1, Vl100]]", "gateways: core-1").replace(
        CORE_2, "paths: x\n    credentials: [net]"
    )
    problems = problems_of(lambda: inventory_from_text(text, "i.yaml", switch_profiles()))
    assert [problem.code for problem in problems] == ["list-expected", "text-expected", "list-expected"]


def test_a_device_refused_for_its_own_mistake_is_still_known_to_others() -> None:
    text = INVENTORY.replace("  core-2:\n    platform: switch", "  core-2:\n    platform: [switch]")
    problems = problems_of(lambda: inventory_from_text(text, "i.yaml", switch_profiles()))
    assert [problem.code for problem in problems] == ["text-expected"]


def test_a_newer_format_is_not_judged_by_the_rules_of_this_one() -> None:
    text = INVENTORY.replace("format: 1", "format: 2").replace("site:", "place:")
    problems = problems_of(lambda: inventory_from_text(text, "i.yaml", switch_profiles()))
    assert [problem.code for problem in problems] == ["format-newer"]


def test_a_platform_whose_profile_is_broken_is_not_called_unknown() -> None:
    found = inventory_from_text(INVENTORY, "i.yaml", {}, platforms=["switch"])
    assert found.devices["acc-1"].platform == "switch"
