"""The process: loopback only, gone with its parent, independent of the controller, understood by others."""

from __future__ import annotations

import ast
import io
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import ntc_templates
import pytest
import textfsm

import controller.simulator
from controller.simulator.process import Simulation, simulate
from tests.unit.simulator.conftest import spec
from tests.unit.simulator.console import Console

_STARTER = """
import sys
from controller.simulator.process import simulate
from controller.simulator.site import DeviceSpec
simulation = simulate([DeviceSpec("acc-1")])
print(simulation.pid, flush=True)
sys.stdin.read()
"""


def test_it_listens_on_loopback_only(site: Simulation) -> None:
    ports = {address.port for address in site.devices.values()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {int(row[1].split(":")[1], 16): row[1].split(":")[0] for row in rows if row[3] == "0A"}
    assert {listening.get(port) for port in ports} == {"0100007F"}
    everywhere = Path("/proc/net/tcp6").read_text()
    assert not [port for port in ports if f":{port:04X} " in everywhere]


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid)
    try:
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
        ready, _, _ = select.select([watched], [], [], 10)
        assert ready == [watched]
    finally:
        os.close(watched)


def test_many_devices_are_one_process() -> None:
    with simulate([spec(f"d{index}") for index in range(100)]) as site:
        rss = next(
            line for line in Path(f"/proc/{site.pid}/status").read_text().splitlines() if "VmRSS" in line
        )
        assert int(rss.split()[1]) < 120_000
        with Console(site["d99"]) as console:
            assert console.ask("show privilege") == "Current privilege level is 15"


def test_it_knows_nothing_of_the_controller() -> None:
    """Neither its code nor its profiles: what it contradicts is really contradicted."""
    for path in Path(controller.simulator.__path__[0]).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert ".yaml" not in text
        for node in ast.walk(ast.parse(text)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.startswith("controller")]
            assert all(name.startswith("controller.simulator") for name in ours), path


@pytest.mark.parametrize(
    ("command", "column", "wanted"),
    [
        ("show interfaces status", "PORT", "Gi1/0/1"),
        ("show interfaces", "INTERFACE", "GigabitEthernet1/0/1"),
        ("show interfaces switchport", "INTERFACE", "Gi1/0/1"),
        ("show ip interface brief", "INTERFACE", "Vlan10"),
        ("show ip interface", "INTERFACE", "Vlan10"),
        ("show vlan", "VLAN_NAME", "DATA"),
        ("show etherchannel summary", "BUNDLE_NAME", "Po1"),
        ("show ip access-lists", "ACL_NAME", "CUT"),
        ("show interfaces description", "PORT", "Gi1/0/1"),
        ("show version", "HOSTNAME", "acc-1"),
    ],
)
def test_the_public_templates_understand_it(
    site: Simulation, console: Console, command: str, column: str, wanted: str
) -> None:
    """The parsers of ntc-templates were written from real devices' output: an independent witness."""
    site.configure("acc-1", "ip access-list extended CUT", "deny ip any any")
    name = "cisco_ios_" + command.replace(" ", "_") + ".textfsm"
    template = Path(ntc_templates.__file__).parent / "templates" / name
    table = textfsm.TextFSM(io.StringIO(template.read_text()))
    rows = table.ParseTextToDicts(console.ask(command))
    assert wanted in [row[column] for row in rows]
