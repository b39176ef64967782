"""The simulated site of the fault tests: four segments and a way out on four switches, and what is true of
them by the simulator alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec

CAREFUL = "true" if os.environ.get("CORDON_FAULTS_CAREFUL", "") not in {"", "0"} else "false"
"""Every device prepared as Netmiko does it, and asked one line at a time: ``make faults-careful``."""

PASSWORD = "planted-password"
ENABLE = "planted-enable"

PATIENT_MS = "1500"
"""CORDON_SPOOL_AFTER_MS: more than a busy disk takes, less than a case that locks the database waits."""

CORE, SICK, HEALTHY, FAR = "core-1", "acc-1", "acc-2", "acc-3"
DEVICES = (CORE, SICK, HEALTHY, FAR)
"""Device faults are set on ``SICK``; the others are well in every test."""

_GIGABIT = "GigabitEthernet1/0/"

Port = tuple[str, str]


def _ports(device: str, *numbers: int) -> tuple[Port, ...]:
    return tuple((device, f"{_GIGABIT}{number}") for number in numbers)


SHUT_BEFORE: Port = (HEALTHY, f"{_GIGABIT}2")
"""A port of a segment that was already shut when everything began, and stays so."""

POINTS: dict[str, tuple[Port, ...]] = {
    "emergency": (*_ports(SICK, 1), *_ports(HEALTHY, 1, 2)),
    "laboratory": _ports(HEALTHY, 3),
    "admin": (*_ports(SICK, 2), *_ports(FAR, 1)),
    "internet": _ports(CORE, 20),
}
"""Everything a cut of level 5 wants shut."""

WANTED = tuple(sorted(port for ports in POINTS.values() for port in ports))
KEPT = (*_ports(SICK, 10), *_ports(FAR, 10))

_VLANS = {"emergency": 110, "laboratory": 130, "admin": 150, "samu": 190}
_SEGMENTS: dict[str, dict[str, Any]] = {
    "emergency": {"title": {"fr": "Urgences", "en": "Emergency room"}, "priority": 1, "role": "clinical"},
    "laboratory": {"title": {"fr": "Laboratoire", "en": "Laboratory"}, "priority": 2, "role": "clinical"},
    "admin": {"title": {"fr": "Administration", "en": "Administration"}, "priority": 3},
    "samu": {
        "title": {"fr": "SAMU – Centre 15", "en": "Emergency call centre"},
        "priority": 1,
        "keep_alive": True,
    },
}
_ROLES = {CORE: "core"}


def _vlan_of(port: Port) -> int:
    return next((vlan for name, vlan in _VLANS.items() if port in POINTS.get(name, ())), _VLANS["samu"])


def _spec(device: str) -> DeviceSpec:
    lines = [line for name, vlan in _VLANS.items() for line in (f"vlan {vlan}", f"name {name}")]
    lines += ["vlan 999", "name quarantine"]
    for port in (*WANTED, *KEPT):
        if port[0] == device and device != CORE:
            lines += [f"interface {port[1]}", "switchport mode access"]
            lines += [f"switchport access vlan {_vlan_of(port)}"]
            lines += ["shutdown"] if port == SHUT_BEFORE else []
    return DeviceSpec(
        device,
        users={"cordon": Account(PASSWORD)},
        enable=ENABLE,
        config=lines,
        boot_seconds=0.3,
        minute_seconds=0.5,
    )


@dataclass(frozen=True, eq=False)
class Site:
    """A running simulation and the inventory that describes it. ``before`` is every device's running
    configuration as it was started."""

    simulation: Simulation
    inventory: Path
    before: dict[str, str]

    def reset(self) -> None:
        self.simulation.reset()

    def shut_by_hand(self) -> None:
        """As a cut leaves the devices, without one."""
        for device in DEVICES:
            ports = [port for owner, port in WANTED if owner == device]
            self.simulation.configure(
                device, *(line for port in ports for line in (f"interface {port}", "shutdown"))
            )

    def port(self, port: Port) -> dict[str, Any]:
        found: dict[str, Any] = self.simulation.state(port[0])["interfaces"][port[1]]
        return found

    def is_cut(self, port: Port) -> bool:
        """Shut by command and without link: nothing passes."""
        found = self.port(port)
        return bool(found["admin"] == "down" and found["protocol"] == "down")

    def open_ports(self) -> tuple[Port, ...]:
        """Those that a cut wants shut and that are not."""
        states = {device: self.simulation.state(device)["interfaces"] for device in DEVICES}
        return tuple(
            port
            for port in WANTED
            if not (
                states[port[0]][port[1]]["admin"] == "down" and states[port[0]][port[1]]["protocol"] == "down"
            )
        )

    def running(self) -> dict[str, str]:
        return {device: self.simulation.running(device) for device in DEVICES}


def inventory(simulation: Simulation) -> dict[str, Any]:
    """As plain values, for YAML."""
    devices = {
        name: {
            "platform": "cisco_ios",
            "role": _ROLES.get(name, "access"),
            "paths": [{"ssh": simulation[name].address, "port": simulation[name].port}],
            "credentials": "net-admin",
            "host_key": simulation[name].host_key,
            "location": {"building": "A", "rack": f"R{index}"},
            "careful": CAREFUL,
        }
        for index, name in enumerate(DEVICES, start=1)
    }
    segments = {
        name: {
            **values,
            "vlans": [_VLANS[name]],
            "prefixes": [f"10.{_VLANS[name]}.0.0/24"],
            "ipv6": "none",
            "points": [
                {"device": device, "interface": port, "vlan": _VLANS[name]}
                for device, port in (KEPT if name == "samu" else POINTS[name])
            ],
        }
        for name, values in _SEGMENTS.items()
    }
    return {
        "format": 1,
        "site": "faults",
        "credentials": {
            "net-admin": {
                "username": "cordon",
                "password": {"env": "CORDON_TEST_PASSWORD"},
                "enable": {"env": "CORDON_TEST_ENABLE"},
            }
        },
        "devices": devices,
        "segments": segments,
        "conduits": {
            "internet": {
                "kind": "internet",
                "points": [{"device": device, "interface": port} for device, port in POINTS["internet"]],
            }
        },
    }


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """The site in a process of its own; ``folder`` takes the inventory."""
    with simulate([_spec(name) for name in DEVICES]) as simulation:
        path = folder / "inventory.yaml"
        path.write_text(yaml.safe_dump(inventory(simulation), allow_unicode=True, sort_keys=False), "utf-8")
        site = Site(simulation, path, {name: simulation.running(name) for name in DEVICES})
        yield site
