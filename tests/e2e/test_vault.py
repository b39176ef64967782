"""A cut with the vault closed, opened by a file, by a person, and by the process in the lead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.faults.home_cli import Command, Said, start

pytestmark = pytest.mark.e2e

PHRASE = "quatre mots bien choisis"
SECRETS = {"by-env": "loin-des-yeux", "by-vault": "pres-du-coeur"}
ENABLE = "sesame-ouvre-toi"
PORT, OTHER = "GigabitEthernet1/0/1", "GigabitEthernet1/0/2"


@dataclass
class Site:
    folder: Path
    simulation: Simulation

    def start(self, *arguments: str, phrase: bool = False, **how: Any) -> Command:
        environ = {
            "PATH": os.environ["PATH"],
            "CORDON_LANG": "en",
            "CORDON_HOME": str(self.folder / "home"),
            "CORDON_INVENTORY": str(self.folder / "inventory.yaml"),
            "ENV_PASSWORD": SECRETS["by-env"],
            "ENABLE": ENABLE,
            "CORDON_OPERATION_TIMEOUT": "12",
        }
        if phrase:
            environ["CORDON_VAULT_PASSPHRASE_FILE"] = str(self.folder / "phrase")
        return start(arguments, environ, **how)

    def run(self, *arguments: str, **how: Any) -> Said:
        return self.start(*arguments, **how).end()


def _segment(vlan: int, points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": {"fr": "Service", "en": "Ward"},
        "priority": 1,
        "vlans": [vlan],
        "prefixes": [f"10.{vlan}.0.0/24"],
        "ipv6": "none",
        "points": points,
    }


def _inventory(simulation: Simulation) -> dict[str, Any]:
    return {
        "format": 1,
        "site": "vault",
        "credentials": {
            "by-env": {
                "username": "cordon",
                "password": {"env": "ENV_PASSWORD"},
                "enable": {"env": "ENABLE"},
            },
            "by-vault": {"username": "cordon", "password": {"vault": "net"}, "enable": {"env": "ENABLE"}},
        },
        "devices": {
            name: {
                "platform": "cisco_ios",
                "role": "access",
                "paths": [{"ssh": simulation[name].address, "port": simulation[name].port}],
                "credentials": name,
                "host_key": simulation[name].host_key,
            }
            for name in SECRETS
        },
        "segments": {
            "ward": _segment(1, [{"device": name, "interface": PORT, "vlan": 1} for name in SECRETS]),
            "lab": _segment(2, [{"device": "by-vault", "interface": OTHER, "vlan": 2}]),
        },
    }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    specs = [
        DeviceSpec(name, users={"cordon": Account(secret)}, enable=ENABLE) for name, secret in SECRETS.items()
    ]
    with simulate(specs) as simulation:
        (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(_inventory(simulation), sort_keys=False))
        (tmp_path / "phrase").touch(0o600)
        (tmp_path / "phrase").write_text(PHRASE)
        made = Site(tmp_path, simulation)
        said = made.run("secrets", "set", "net", piped=SECRETS["by-vault"], phrase=True)
        assert said.exit == 0, said.all
        yield made


CUT = ("isolate", "--segment", "ward", "--yes")


def _by_device(said: Said) -> dict[str, str]:
    return {each["device"]: each["cause"] for each in said.answer["unproven"]}


def test_what_stays_sealed_costs_its_own_devices_only(site: Site) -> None:
    """Nobody to ask, no file: everything else is cut at once."""
    said = site.run(*CUT, "--json")
    assert said.exit == 6
    assert _by_device(said) == {"by-vault": "open.secret-missing"}
    assert "give its passphrase" in said.answer["unproven"][0]["text"]
    assert "vault-needs-person" in site.run("plan", "level-5", "--json").out
    assert site.run(*CUT, "--json", phrase=True).exit == 0
    assert "vault-needs-person" not in site.run("plan", "level-5", "--json", phrase=True).out
    read = site.run("audit", "show", "--tag", "home:secret:read", "--json").answer["entries"]
    assert [entry["data"]["name"] for entry in read] == ["net"]


def test_a_person_types_the_passphrase_or_goes_on_without(site: Site) -> None:
    without = site.start(*CUT, terminal=True)
    without.until("Passphrase of the vault, for 1 devices")
    without.type("\n")
    said = without.end()
    assert said.exit == 6
    assert "The vault stays closed: 1 device is left out (by-vault)" in said.out
    within = site.start(*CUT, terminal=True)
    within.until("Passphrase of the vault")
    within.type("not this one\n")
    within.until("That is not the passphrase[^?]*Passphrase of the vault")
    within.type(PHRASE + "\n")
    said = within.end()
    assert said.exit == 0, said.all
    assert PHRASE not in said.all


def test_the_process_in_the_lead_is_lent_what_opens_the_vault(site: Site) -> None:
    """The leader was started without the passphrase; who hands it a cut has it."""
    site.simulation.fault("by-env", "hang", nth=1)
    leader = site.start(*CUT)
    leader.until("by-vault: .*cannot be had here")
    asking = site.run("isolate", "--segment", "lab", "--yes", "--json", phrase=True)
    assert asking.exit == 0, asking.all
    assert site.simulation.interface("by-vault", OTHER)["admin"] == "down"
    assert site.run("secrets", "open", phrase=True).exit == 0
    assert leader.end().exit == 6
    assert "nobody to open the vault for" in site.run("secrets", "open", phrase=True).err
    taken = site.run("audit", "show", "--tag", "home:lead:taken", "--json").answer["entries"]
    assert len(taken) == 3, (
        "the cut was the leader's doing: it alone took the lead, after the two of the vault"
    )
