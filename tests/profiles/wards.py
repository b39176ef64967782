"""A small site of simulated switches with a ward behind each, and Cordon as it is called for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.simulator.process import Simulation

PASSWORD, ENABLE = "let-me-in", "more-please"
EOS = ("vlan 110", "vlan 999", "interface Ethernet1", "switchport access vlan 110")
JUNOS = (
    "set vlans v110 vlan-id 110",
    "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members 110",
)
_INVENTORY = """format: 1
site: small
credentials:
  net: {{username: cordon, password: {{env: WARD_PASSWORD}}, enable: {{env: WARD_ENABLE}}}}
devices:
{devices}
segments:
{segments}
"""
_DEVICE = """  {name}:
    platform: {platform}
    role: access
    paths: [{{ssh: {at.address}, port: {at.port}}}]
    credentials: net
    host_key: {at.host_key}
"""
_WARD = """  {name}-ward:
    title: Ward
    priority: 1
    ipv6: none
    points: [{points}]
"""
Cordon = Callable[..., tuple[int, Any]]
"""Called with its arguments; gives the exit code and the object it printed."""


def platform(name: str) -> str:
    """Of a device, by the beginning of its name; ``cisco_ios`` where that says nothing."""
    kinds = {"aoscx": "aruba_aoscx", "eos": "arista_eos", "junos": "juniper_junos", "nxos": "cisco_nxos"}
    return kinds.get(name.partition("-")[0], "cisco_ios")


def calling(
    site: Simulation,
    ports: Mapping[str, str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    points: Callable[[str], str] | None = None,
    more: Callable[[str], str] = lambda _name: "",
) -> Cordon:
    """``ports``: of each device the one its ward is at, unless ``points`` says where that is cut; ``more``:
    what else stands in the inventory of a device."""
    monkeypatch.setenv("WARD_PASSWORD", PASSWORD)
    monkeypatch.setenv("WARD_ENABLE", ENABLE)
    of = points or (lambda name: point(name, ports[name]))
    inventory = folder / "inventory.yaml"
    inventory.write_text(
        _INVENTORY.format(
            devices="".join(
                _DEVICE.format(name=name, at=site[name], platform=platform(name)) + more(name)
                for name in ports
            ),
            segments="".join(_WARD.format(name=name, points=of(name)) for name in ports),
        )
    )
    fixed = ["--lang", "en", "--json", "--home", str(folder / "home"), "--inventory", str(inventory)]

    def call(*arguments: str) -> tuple[int, Any]:
        code = main([*fixed, *arguments])
        return code, json.loads(capsys.readouterr().out)

    return call


def point(device: str, port: str) -> str:
    return f"{{device: {device}, interface: {port}, vlan: 110}}"


def act(cordon: Cordon, *words: str) -> tuple[int, Any]:
    return cordon(*words, "--yes", "--reason", "checked")


def by_session(site: Simulation, device: str) -> dict[str, str]:
    """Each line with the session it came by, the last one's where several did."""
    return {each["line"]: each["session"] for each in site.log(device=device) if each["event"] == "line"}
