"""A network with a device of every simulated platform, each with its site's points, for the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.cli.main import main
from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.profiles.meeting import ENABLE, PASSWORD, SITES, USER, SiteFile, SitePoint

EXIT_DONE, EXIT_UNPROVEN = 0, 6
LOCAL = "local-admin"
"""The account that each device knows itself: the other's second log-in."""

SECRETS = {"password": {"env": "ALL_NET"}, "enable": {"env": "ALL_ENABLE"}}


def device_of(platform: str) -> str:
    return platform.replace("_", "-") + "-1"


def points_of(site: SiteFile) -> list[SitePoint]:
    """Those a segment is cut at: one VLAN of several is another's matter."""
    return [each for each in site.points.values() if not each.point.tagged]


@contextmanager
def network() -> Iterator[Simulation]:
    specs = [
        DeviceSpec(
            device_of(platform),
            platform=platform,
            users={USER: Account(PASSWORD), LOCAL: Account(PASSWORD)},
            enable=ENABLE,
            config=site.config,
            boot_seconds=0.2,
            **site.extra,
        )
        for platform, site in SITES.items()
    ]
    with simulate(specs) as running:
        yield running


def one_of_each_kind(site: SiteFile) -> list[SitePoint]:
    return list({each.point.kind: each for each in reversed(points_of(site))}.values())


@dataclass
class Hospital:
    """``directory`` holds its inventory and its home; ``points`` are those of a device that its ward has."""

    simulation: Simulation
    directory: Path
    capture: pytest.CaptureFixture[str]
    points: Callable[[SiteFile], list[SitePoint]] = points_of

    def __post_init__(self) -> None:
        written = yaml.safe_dump(self.inventory(), sort_keys=False)
        (self.directory / "inventory.yaml").write_text(written, "utf-8")

    def __call__(self, *words: str) -> tuple[int, dict[str, Any]]:
        given = [
            "--inventory",
            str(self.directory / "inventory.yaml"),
            "--home",
            str(self.directory / "home"),
        ]
        code = main([*words, *given, "--json", "--yes", "--reason", "exercise"])
        said = self.capture.readouterr()
        assert said.out, said.err
        return code, json.loads(said.out)

    def running(self) -> dict[str, str]:
        return {platform: self.simulation.running(device_of(platform)) for platform in SITES}

    def passes(self, platform: str) -> Mapping[str, bool]:
        """By the object of each point, whether traffic still goes through in either family."""
        return {each.point.id.object: self._passes(platform, each) for each in self.points(SITES[platform])}

    def _passes(self, platform: str, where: SitePoint) -> bool:
        id_ = where.point.id
        return any(
            self.simulation.passes(
                device_of(platform),
                where.point.kind.value,
                id_.object,
                vlan=id_.vlan or 0,
                family=family,
                prefixes=[prefix for prefix in where.prefixes if (":" in prefix) == (family == 6)],
            )
            for family in (4, 6)
        )

    def inventory(self) -> dict[str, Any]:
        devices, points, vlans, prefixes = {}, [], set(), set()
        for platform, site in SITES.items():
            there = self.simulation[device_of(platform)]
            devices[device_of(platform)] = {
                "platform": platform,
                "role": "access",
                "paths": [{"ssh": "127.0.0.1", "port": str(there.port)}],
                "credentials": "net",
                "host_key": there.host_key,
                "location": {"building": "A", "rack": platform},
                **({"settings": dict(site.settings)} if site.settings else {}),
            }
            for each in self.points(site):
                id_ = each.point.id
                vlan = {"vlan": str(id_.vlan)} if id_.vlan else {}
                points.append({"device": device_of(platform), each.point.kind.value: id_.object, **vlan})
                vlans |= {str(id_.vlan)} if id_.vlan else set()
                prefixes |= set(each.prefixes)
        ward = {"title": {"fr": "Soins", "en": "Ward"}, "priority": "1", "vlans": sorted(vlans)}
        return {
            "format": "1",
            "site": "ch-exemple",
            "credentials": {
                "net": {"username": USER, **SECRETS, "fallback": "local"},
                "local": {"username": LOCAL, **SECRETS},
            },
            "devices": devices,
            "segments": {"ward": {**ward, "prefixes": sorted(prefixes), "points": points}},
        }


def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_NET", PASSWORD)
    monkeypatch.setenv("ALL_ENABLE", ENABLE)
