"""One network with a device of every simulated platform, cut and brought back by the command itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
FAULTY = tuple(sorted(SITES))[::3]
"""Every third device."""


def device_of(platform: str) -> str:
    return platform.replace("_", "-") + "-1"


def points_of(site: SiteFile) -> list[SitePoint]:
    """Those a segment is cut at: one VLAN of several is another's matter."""
    return [each for each in site.points.values() if not each.point.tagged]


@dataclass
class Hospital:
    simulation: Simulation
    directory: Path
    capture: pytest.CaptureFixture[str]

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

    def passing(self, platform: str) -> list[str]:
        """The points through which traffic still goes."""
        found = []
        for each in points_of(SITES[platform]):
            id_ = each.point.id
            kind, vlan = each.point.kind.value, id_.vlan or 0
            if any(
                self.simulation.passes(
                    device_of(platform),
                    kind,
                    id_.object,
                    vlan=vlan,
                    family=family,
                    prefixes=[prefix for prefix in each.prefixes if (":" in prefix) == (family == 6)],
                )
                for family in (4, 6)
            ):
                found.append(each.name)
        return found

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
            for each in points_of(site):
                id_ = each.point.id
                vlan = {"vlan": str(id_.vlan)} if id_.vlan else {}
                points.append({"device": device_of(platform), each.point.kind.value: id_.object, **vlan})
                vlans |= {str(id_.vlan)} if id_.vlan else set()
                prefixes |= set(each.prefixes)
        secrets = {"password": {"env": "ALL_NET"}, "enable": {"env": "ALL_ENABLE"}}
        ward = {"title": {"fr": "Soins", "en": "Ward"}, "priority": "1", "vlans": sorted(vlans)}
        return {
            "format": "1",
            "site": "ch-exemple",
            "credentials": {"net": {"username": USER, **secrets}},
            "devices": devices,
            "segments": {"ward": {**ward, "prefixes": sorted(prefixes), "points": points}},
        }


@pytest.fixture
def hospital(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hospital]:
    monkeypatch.setenv("ALL_NET", PASSWORD)
    monkeypatch.setenv("ALL_ENABLE", ENABLE)
    specs = [
        DeviceSpec(
            device_of(platform),
            platform=platform,
            users={USER: Account(PASSWORD)},
            enable=ENABLE,
            config=site.config,
            **site.extra,
        )
        for platform, site in SITES.items()
    ]
    with simulate(specs) as running:
        made = Hospital(running, tmp_path, capsys)
        (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(made.inventory(), sort_keys=False), "utf-8")
        yield made


def test_all_are_cut_and_come_back_as_they_were(hospital: Hospital) -> None:
    before = {platform: hospital.simulation.running(device_of(platform)) for platform in SITES}
    assert all(hospital.passing(platform) for platform in SITES)
    code, told = hospital("isolate", "--segment", "ward")
    assert code == EXIT_DONE, json.dumps(told)[:3000]
    assert {platform: hospital.passing(platform) for platform in SITES} == {
        platform: [] for platform in SITES
    }
    code, told = hospital("restore", "--segment", "ward")
    assert code == EXIT_DONE, json.dumps(told)[:3000]
    after = {platform: hospital.simulation.running(device_of(platform)) for platform in SITES}
    assert after == before


def test_what_fails_is_told_and_stops_nobody_else(hospital: Hospital) -> None:
    for platform in FAULTY:
        hospital.simulation.fault(device_of(platform), "refuse")
    code, told = hospital("isolate", "--segment", "ward")
    assert code == EXIT_UNPROVEN
    left = {(each["device"], each["object"]) for each in told["unproven"]}
    faulty = {device_of(platform): points_of(SITES[platform]) for platform in FAULTY}
    assert left == {(name, each.point.id.object) for name, points in faulty.items() for each in points}
    assert all(each["commands"] for each in told["unproven"]), "nothing to type by hand"
    for platform in SITES:
        assert bool(hospital.passing(platform)) is (platform in FAULTY), platform
