"""The switches of one measurement, in a process of their own, and the files that describe them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec

USERNAME, PASSWORD, ENABLE = "cordon", "bench-password", "bench-enable"
PORTS = tuple(f"GigabitEthernet1/0/{number}" for number in range(1, 5))
"""Cut at every switch, each in a segment's VLAN."""

VLAN = 110
LINES = tuple(line for port in PORTS for line in (f"interface {port}", "shutdown"))
READS = tuple(f"show interfaces {port}" for port in PORTS)
"""What a peer reads back; Cordon reads more, and before the change as well."""

SHUT = r"is administratively down, line protocol is down"


@dataclass(frozen=True)
class BenchSite:
    """``inventory`` is Cordon's, ``job`` what the peers' clients are given."""

    simulation: Simulation
    inventory: Path
    job: Path

    def open_ports(self) -> dict[str, list[str]]:
        """By the switches themselves, those that are not shut, by name of the switch."""
        found: dict[str, list[str]] = {}
        for name in self.simulation.devices:
            interfaces = self.simulation.state(name)["interfaces"]
            left = [port for port in PORTS if interfaces[port]["admin"] != "down"]
            if left:
                found[name] = left
        return found


@contextmanager
def bench_site(folder: Path, devices: int, latency_ms: float, kind: str = "ed25519") -> Iterator[BenchSite]:
    """``kind`` of host key; ``rsa`` brings the key exchange of old switches with it."""
    names = [f"sw-{number:04}" for number in range(1, devices + 1)]
    with simulate([_spec(name, latency_ms, kind) for name in names]) as simulation:
        inventory = folder / "inventory.yaml"
        inventory.write_text(yaml.safe_dump(_inventory(simulation, names, kind), sort_keys=False), "utf-8")
        job = folder / "job.json"
        job.write_text(json.dumps(_job(simulation, names)), "utf-8")
        yield BenchSite(simulation, inventory, job)


def _spec(name: str, latency_ms: float, kind: str) -> DeviceSpec:
    config = [f"vlan {VLAN}", "name bench", "vlan 999", "name quarantine"]
    for port in PORTS:
        config += [f"interface {port}", "switchport mode access", f"switchport access vlan {VLAN}"]
    users = {USERNAME: Account(PASSWORD)}
    return DeviceSpec(
        name, users=users, enable=ENABLE, config=config, latency_ms=latency_ms, host_key=kind, ports=8
    )


def _inventory(simulation: Simulation, names: Sequence[str], kind: str) -> dict[str, Any]:
    devices = {
        name: {
            "platform": "cisco_ios",
            "role": "access",
            "paths": [{"ssh": simulation[name].address, "port": simulation[name].port}],
            "credentials": "bench",
            "host_key": simulation[name].host_key,
            "location": {"building": "A", "rack": "R1"},
            **({"legacy_ssh": True} if kind == "rsa" else {}),
        }
        for name in names
    }
    points = [{"device": name, "interface": port, "vlan": VLAN} for name in names for port in PORTS]
    return {
        "format": 1,
        "site": "bench",
        "controller": {"attached_to": [names[0], "GigabitEthernet1/0/8"]},
        "credentials": {
            "bench": {
                "username": USERNAME,
                "password": {"env": "CORDON_BENCH_PASSWORD"},
                "enable": {"env": "CORDON_BENCH_ENABLE"},
            }
        },
        "devices": devices,
        "segments": {
            "ward": {
                "title": {"fr": "Service", "en": "Ward"},
                "priority": 1,
                "vlans": [VLAN],
                "prefixes": ["10.110.0.0/16"],
                "ipv6": "none",
                "points": points,
            }
        },
    }


def _job(simulation: Simulation, names: Sequence[str]) -> dict[str, Any]:
    return {
        "devices": [
            {"name": name, "address": simulation[name].address, "port": simulation[name].port}
            for name in names
        ],
        "username": USERNAME,
        "password": PASSWORD,
        "enable": ENABLE,
        "lines": LINES,
        "reads": READS,
        "shut": SHUT,
        "threads": 50,
    }
