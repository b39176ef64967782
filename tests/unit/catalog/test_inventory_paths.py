"""Jump hosts, console servers and Telnet in an inventory."""

from __future__ import annotations

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.domain.path import Path, PathKind
from tests.unit.catalog.sample import INVENTORY, Planted, only_problem, planted, switch_profiles

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
STRAIGHT = 'paths: [{ssh: "2001:db8::21"}, {ssh: 10.0.0.21, port: 2222}]'
SECTIONS = f"""devices:
jump_hosts:
  bastion: {{ssh: 10.0.9.4, port: 2200, credentials: net, host_key: {KEY}}}
console_servers:
  cs-a: {{ssh: "2001:db8:9::5", credentials: local, host_key: {KEY}, legacy_ssh: true}}
"""
PATHS = """paths:
      - {ssh: 10.0.0.21}
      - {ssh: 10.0.0.21, via: bastion}
      - {console: cs-a, line: port05, via: bastion}
      - {console: cs-a, port: 3005}
      - {telnet: 10.0.0.21}
      - {telnet: 10.0.0.21, port: 2323, via: bastion}"""
SAMPLE = INVENTORY.replace("devices:\n", SECTIONS.partition("\n")[2] + "devices:\n").replace(STRAIGHT, PATHS)


def test_paths_of_every_kind_in_order() -> None:
    device = inventory_from_text(SAMPLE, "i.yaml", switch_profiles()).devices["acc-1"]
    straight, jumped, named, numbered, plain, hidden = device.paths
    assert straight == Path("10.0.0.21")
    assert jumped.via is not None
    bastion = jumped.via
    assert (bastion.name, bastion.address, bastion.port, bastion.host_key) == (
        "bastion",
        "10.0.9.4",
        2200,
        KEY,
    )
    assert [each.name for each in bastion.credentials] == ["net", "local"]
    assert named.console is not None
    assert (named.console.legacy_ssh, bastion.legacy_ssh) == (True, False)
    assert [each.name for each in named.waypoints] == ["bastion", "cs-a"]
    assert (numbered.address, numbered.port, numbered.line) == ("2001:db8:9::5", 3005, "")
    assert (named.port, named.line) == (22, "port05")
    assert (plain.kind, plain.port, hidden.port, hidden.via) == (PathKind.TELNET, 23, 2323, bastion)
    assert device.address == "10.0.0.21"
    assert device.ssh_paths == (straight, jumped)
    assert [str(path) for path in device.paths] == [
        "10.0.0.21:22",
        "10.0.0.21:22 via bastion",
        "console cs-a 2001:db8:9::5:22 port05 via bastion",
        "console cs-a 2001:db8:9::5:3005",
        "telnet 10.0.0.21:23",
        "telnet 10.0.0.21:2323 via bastion",
    ]


def test_a_device_behind_a_console_server_only_has_no_address_of_its_own() -> None:
    text = SAMPLE.replace(PATHS, "paths: [{console: cs-a, line: port05}]")
    device = inventory_from_text(text, "i.yaml", switch_profiles()).devices["acc-1"]
    assert device.address is None
    assert device.ssh_paths == ()


MISTAKES = [
    ("{ssh: 10.0.0.21, via: bastion}", "¶{via: bastion}", "path-kind", {}),
    ("{ssh: 10.0.0.21, via: bastion}", "¶{ssh: 10.0.0.21, telnet: 10.0.0.21}", "path-kind", {}),
    ("{ssh: 10.0.0.21, via: bastion}", "{ssh: 10.0.0.21, via: ¶basti}", "unknown-jump-host.suggested",
     {"suggestion": "bastion"}),
    ("{ssh: 10.0.0.21, via: bastion}", "{ssh: 10.0.0.21, via: ¶cs-a}", "unknown-jump-host",
     {"known": "bastion"}),
    ("{console: cs-a, port: 3005}", "{console: ¶elsewhere}", "unknown-console-server", {"known": "cs-a"}),
    ("{telnet: 10.0.0.21}", "{telnet: 10.0.0.21, line: ¶a}", "path-line", {}),
    ("{telnet: 10.0.0.21}", "{telnet: ¶old-1}", "address-expected", {}),
    ("{telnet: 10.0.0.21}", "{ssh: ¶10.0.0.1}", "duplicate-address", {"other": "core-1"}),
    ("{telnet: 10.0.0.21}", "{console: ¶cs-a, port: 3005}", "duplicate-address", {"other": "acc-1"}),
    ("credentials: net, host_key", "credentials: ¶nobody, host_key", "unknown-credential",
     {"name": "nobody"}),
    (f"credentials: net, host_key: {KEY}", f"credentials: net, host_key: ¶{KEY[:-4]}", "host-key-invalid",
     {}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "data"), MISTAKES)
def test_a_mistake_in_a_path_is_told_at_its_place(
    old: str, new: str, code: str, data: dict[str, str]
) -> None:
    place = planted(SAMPLE, old, new)
    problem = only_problem(lambda: inventory_from_text(place.text, "i.yaml", switch_profiles()), place)
    assert problem.code == code
    assert data.items() <= dict(problem.data).items()


def test_a_waypoint_without_a_pinned_key_is_none() -> None:
    text = SAMPLE.replace(f"credentials: net, host_key: {KEY}", "credentials: net")
    line = text[: text.index("  bastion:")].count("\n") + 1
    place = Planted(text, line, 3)
    problem = only_problem(lambda: inventory_from_text(text, "i.yaml", switch_profiles()), place)
    assert (problem.code, dict(problem.data)["key"]) == ("key-missing", "host_key")
