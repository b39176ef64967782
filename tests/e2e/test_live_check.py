"""``cordon check --live`` against simulated switches over real SSH, through the command itself.

The device is the oracle: the simulator keeps every character that came in on a session's channel."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.bootstrap import Composition
from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from controller.cli.main import main
from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.fakes.readings import readings
from tests.unit.simulator.console import PROMPT, Console

PROFILE = load_profiles([shipped_profiles()])["cisco_ios"]
USER, PASSWORD, ENABLE = "cordon", "loin-des-yeux", "sesame-ouvre-toi"
LOCAL, LOCAL_PASSWORD = "secours", "pres-du-coeur"
PORTS = ("GigabitEthernet1/0/1", "GigabitEthernet1/0/2")
UPLINK = "GigabitEthernet1/0/24"
NAMES = ("core-1", "acc-1", "acc-2", "acc-3")
CONNECT = 2.0
LATE = 1.5
"""Seconds beyond its deadlines within which everything is over, on a busy machine."""

CONFIG = (
    *("vlan 110", "vlan 999", "archive", "path flash:backup"),
    *("interface range Gi1/0/1 - 2", "switchport mode access", "switchport access vlan 110"),
)


def spec(name: str) -> DeviceSpec:
    users = {USER: Account(PASSWORD), LOCAL: Account(LOCAL_PASSWORD, 15)}
    return DeviceSpec(name, users=users, enable=ENABLE, config=CONFIG)


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    with simulate([spec(name) for name in NAMES]) as running:
        yield running


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)

    def device(self, name: str) -> Mapping[str, Any]:
        return next(each for each in self.object["devices"] if each["device"] == name)

    def codes(self, name: str) -> set[str]:
        found = self.device(name)
        return {each["code"] for each in (*found["obstacles"], *found["hazards"])}


@dataclass
class Site:
    simulation: Simulation
    directory: Path
    capture: pytest.CaptureFixture[str]

    @property
    def inventory(self) -> dict[str, Any]:
        devices = {
            name: {
                "platform": "cisco_ios",
                "role": "core" if name == "core-1" else "access",
                "paths": [{"ssh": "127.0.0.1", "port": str(self.simulation[name].port)}],
                "credentials": "net",
                "host_key": self.simulation[name].host_key,
            }
            for name in NAMES
        }
        points = [{"device": name, "interface": port, "vlan": "110"} for name in NAMES[1:] for port in PORTS]
        return {
            "format": "1",
            "site": "ch-essai",
            "credentials": {
                "net": {
                    "username": USER,
                    "password": {"env": "LIVE_NET"},
                    "enable": {"env": "LIVE_ENABLE"},
                    "fallback": "local",
                },
                "local": {"username": LOCAL, "password": {"env": "LIVE_LOCAL"}},
            },
            "devices": devices,
            "links": [
                {"ends": [["core-1", f"GigabitEthernet1/0/{number}"], [name, UPLINK]]}
                for number, name in enumerate(NAMES[1:], start=10)
            ],
            "segments": {
                "emergency": {
                    "title": {"fr": "Urgences", "en": "Emergency"},
                    "priority": "1",
                    "vlans": ["110"],
                    "prefixes": ["10.10.1.0/24"],
                    "ipv6": "none",
                    "points": points,
                }
            },
        }

    def write(self, inventory: Mapping[str, Any]) -> None:
        (self.directory / "inventory.yaml").write_text(yaml.safe_dump(dict(inventory), sort_keys=False))

    def __call__(self, *words: str, lang: str = "en") -> Said:
        code = main(["--lang", lang, *words])
        said = self.capture.readouterr()
        return Said(code, said.out, said.err)

    def live(self, *words: str) -> Said:
        return self("check", "--live", "--json", *words)

    def logins(self, name: str) -> list[str]:
        events = self.simulation.log(device=name)
        return [f"{each['event']} {each['user']}" for each in events if each["event"].startswith("login")]


@pytest.fixture
def site(
    _running: Simulation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    _running.reset()
    made = Site(_running, tmp_path, capsys)
    made.write(made.inventory)
    for name, value in {
        "LIVE_NET": PASSWORD,
        "LIVE_ENABLE": ENABLE,
        "LIVE_LOCAL": LOCAL_PASSWORD,
        "CORDON_INVENTORY": str(tmp_path / "inventory.yaml"),
        "CORDON_HOME": str(tmp_path / "home"),
        "CORDON_CONNECT_TIMEOUT": str(CONNECT),
        "CORDON_OPERATION_TIMEOUT": "4",
    }.items():
        monkeypatch.setenv(name, value)
    return made


# --- nothing is written ------------------------------------------------------------------------------


ALLOWED = readings(PROFILE, ("terminal width 511", "terminal length 0", "enable", ENABLE))
"""And what Netmiko prepares a session with."""


def test_not_a_byte_but_readings_reaches_a_device(site: Site) -> None:
    switches = site.simulation
    before = {name: (switches.running(name), switches.startup(name)) for name in NAMES}
    messages = {name: switches.request("messages", device=name) for name in NAMES}
    assert site.live().code == 0
    for name in NAMES:
        sessions = switches.heard(name)
        assert len(sessions) == 2, "one for the credential, one for its fallback"
        for text in sessions.values():
            assert [line for line in text.split("\n") if not ALLOWED.fullmatch(line)] == []
        read = [line for text in sessions.values() for line in text.split("\n") if line.startswith("show ")]
        assert len(read) == len(set(read)) > 5, "each question once"
        assert (switches.running(name), switches.startup(name)) == before[name]
        assert switches.request("messages", device=name) == messages[name]
        assert all(not record.get("changed") for record in switches.log(device=name))
    assert site.logins("acc-1") == [f"login {USER}", f"login {LOCAL}"], "one attempt each"


def test_the_oracle_hears_a_change(site: Site) -> None:
    """Were a cut sent, the same comparison would show it."""
    site("isolate", "--segment", "emergency", "--yes", "--reason", "test")
    heard = "\n".join(site.simulation.heard("acc-1").values()).split("\n")
    assert {"configure terminal", "shutdown"} <= {line for line in heard if not ALLOWED.fullmatch(line)}


# --- what is found -----------------------------------------------------------------------------------


def test_everything_ready_ends_0_and_says_in_how_long(site: Site) -> None:
    said = site("check", "--live")
    assert said.code == 0
    assert "4 other devices could be cut and give nothing to say." in said.out
    assert re.search(r"level 5: 6 of 6 points could be cut, in about [\d.]+ s$", said.out, re.MULTILINE)
    assert "Everything looked at could be cut." in said.out
    found = site.live().object
    assert found["ready"] is True
    assert [level["points"] for level in found["levels"]] == [0, 0, 0, 0, 6]
    assert 0 < found["levels"][4]["seconds"] < 10
    device = next(each for each in found["devices"] if each["device"] == "acc-1")
    assert (device["credential"], len(device["points"])) == ("net", 2)
    assert device["path"] == f"127.0.0.1:{site.simulation['acc-1'].port}"


SCHEDULED = {
    "en": "acc-1: a reload is scheduled, within 1 h 34 min.",
    "fr": "acc-1\u00a0: un redémarrage est programmé, d’ici 1 h 34 min.",
}
INSTEAD = {
    "en": "to take it away: reload cancel. Or leave it alone and cut it off at its neighbours "
    "(core-1 GigabitEthernet1/0/10): cordon isolate … --at-neighbour acc-1.",
    "fr": "pour l’annuler\u00a0: reload cancel. Ou n’y touchez pas et coupez-le chez ses voisins "
    "(core-1 GigabitEthernet1/0/10)\u00a0: cordon isolate … --at-neighbour acc-1.",
}


def test_a_pending_reload_is_named_with_its_hour_its_command_and_the_way_round(site: Site) -> None:
    schedule_reload(site, "acc-1")
    for lang in ("en", "fr"):
        said = site("check", "--live", "--device", "acc-1", lang=lang)
        assert said.code == 0, "it would be cut; that it would not stay cut is what is said"
        assert SCHEDULED[lang] in said.out
        assert INSTEAD[lang] in said.out
    assert "reload cancel" not in "".join(site.simulation.heard("acc-1").values())
    site("check", "--live")
    assert SCHEDULED["en"] in site("status").out, "kept in the home"
    assert SCHEDULED["en"] in site("isolate", "--segment", "emergency", "--dry-run").out
    assert SCHEDULED["en"] not in site("isolate", "--segment", "emergency", "--dry-run", lang="fr").out


def schedule_reload(site: Site, name: str) -> None:
    with Console(site.simulation[name], LOCAL, LOCAL_PASSWORD, enabled=False) as person:
        person.until(PROMPT)
        person.type("reload in 95")
        person.until("[confirm]")
        person.type("")
        person.until(PROMPT)


def test_a_rollback_timer_is_named(site: Site) -> None:
    with Console(site.simulation["acc-2"], LOCAL, LOCAL_PASSWORD, enabled=False) as person:
        person.until(PROMPT)
        person.ask("configure terminal revert timer 20")
        person.ask("end")
    (revert,) = site.live("--device", "acc-2").device("acc-2")["hazards"]
    assert revert["code"] == "revert-timer"
    assert revert["data"]["seconds"] == "1200"
    assert "within 20 min" in revert["text"]
    assert "configure confirm" in revert["text"]


def test_what_only_a_server_decides_and_what_is_not_saved_is_told(site: Site) -> None:
    line = "aaa authorization commands 15 default group TACACS"
    site.simulation.configure(
        "acc-3", "aaa new-model", "aaa authentication login default group T local", line
    )
    said = site.live("--device", "acc-3")
    assert said.codes("acc-3") == {"aaa-no-local", "startup-differs"}
    (aaa,) = [each for each in said.device("acc-3")["hazards"] if each["code"] == "aaa-no-local"]
    assert aaa["data"]["found"] == line


def test_no_fallback_and_a_manager_are_told(site: Site) -> None:
    inventory = site.inventory
    del inventory["credentials"]["net"]["fallback"]
    inventory["devices"]["acc-1"]["managed_by"] = "dna-center"
    site.write(inventory)
    said = site.live("--device", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, {"fallback-missing", "pushed-back"})
    assert "dna-center" in site("check", "--live", "-d", "acc-1").out


def test_a_device_that_pages_is_told(site: Site) -> None:
    site.simulation.fault("acc-1", "more", lines=5)
    said = site.live("--device", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, {"paged"})


def test_what_stands_cut_already_is_counted(site: Site) -> None:
    site.simulation.configure("acc-1", f"interface {PORTS[0]}", "shutdown")
    said = site("check", "--live", "-d", "acc-1")
    assert "1 point is already as a cut would leave it" in said.out


# --- what stands in the way --------------------------------------------------------------------------

FAULTS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "port closed": ("refuse", {}, "it answers on none", "ne répond à aucune"),
    "another host key": ("changed_host_key", {}, "its host key has changed", "a changé"),
    "no prompt": ("hang", {"at": "shell"}, "never gave a usable prompt", "invite"),
    "no line free": ("one_line_left", {"free": 0}, "closes every connection", "ferme"),
    "every password wrong": ("wrong_password", {}, "rejects our log-in", "refuse"),
    "refuses to show": (
        "reject",
        {"on": "^show interfaces"},
        "it refuses “show int",
        "il refuse «\u00a0show int",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_device_that_could_not_be_cut_is_named_with_why(site: Site, case: str) -> None:
    fault, params, english, french = FAULTS[case]
    site.simulation.fault("acc-1", fault, **params)
    said = site("check", "--live")
    assert said.code == 6
    assert "acc-1: could not be cut (2 points)" in said.out
    assert english in said.out
    assert "level 5: 4 of 6 points could be cut" in said.out
    assert "Not ready: acc-1." in said.out
    device = site("check", "--live", "--json", "-d", "acc-1", lang="fr").device("acc-1")
    assert (device["ready"], len(device["blocked"])) == (False, 2)
    assert french in device["obstacles"][0]["text"]


def test_where_the_password_is_wrong_the_fallback_opens_it_and_that_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVE_NET", "wrong")
    said = site.live("-d", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, {"login-by-fallback"})
    assert said.device("acc-1")["credential"] == "local"
    assert site.logins("acc-1") == [f"login-failed {USER}", f"login {LOCAL}"]


def test_a_fallback_that_does_not_work_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVE_LOCAL", "wrong")
    said = site.live("-d", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, {"fallback-fails"})
    assert site.logins("acc-1") == [f"login {USER}", f"login-failed {LOCAL}"]


def test_a_credential_that_devices_reject_is_offered_to_no_more_of_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVE_NET", "wrong")
    monkeypatch.setenv("LIVE_LOCAL", "wrong too")
    monkeypatch.setenv("CORDON_THREADS", "1")
    assert site.live().code == 6
    tried = [login for name in NAMES for login in site.logins(name)]
    assert sorted(tried) == sorted([f"login-failed {USER}"] * 3 + [f"login-failed {LOCAL}"] * 3)


def test_a_session_without_privileges_cannot_cut(site: Site) -> None:
    inventory = site.inventory
    profile = (shipped_profiles() / "cisco_ios.yaml").read_text("utf-8")
    (site.directory / "profiles").mkdir()
    (site.directory / "profiles" / "cisco_ios.yaml").write_text(
        profile.replace("enable: true", "enable: false")
    )
    site.write(inventory)
    said = site.live("--profiles", str(site.directory / "profiles"), "-d", "acc-1")
    assert said.code == 6
    assert "no-privilege" in said.codes("acc-1")


def test_a_hanging_device_takes_no_others_time_and_its_own_ends(site: Site) -> None:
    site.simulation.fault("acc-1", "hang", at="tcp")
    for name in ("acc-2", "core-1"):
        site.simulation.fault(name, "hang", on="^show privilege")
    began = time.monotonic()
    said = site.live()
    assert time.monotonic() - began < 2 * CONNECT + 2 + LATE
    assert said.code == 6
    assert [name for name in NAMES if not said.device(name)["ready"]] == ["core-1", "acc-1"]
    assert "no-answer" in said.codes("core-1"), "it has no points, and answered nothing at all"
    assert "not-seen" in said.codes("acc-2"), "its points were read before it fell silent"


def test_one_free_line_is_enough(site: Site) -> None:
    site.simulation.fault("acc-1", "one_line_left", free=1)
    said = site.live("-d", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, set())
    assert len(site.logins("acc-1")) == 2


def test_a_dead_address_before_one_that_works_is_told(site: Site) -> None:
    inventory = site.inventory
    inventory["devices"]["acc-1"]["paths"].insert(0, {"ssh": "127.0.0.1", "port": "1"})
    site.write(inventory)
    said = site.live("-d", "acc-1")
    assert (said.code, said.codes("acc-1")) == (0, {"path-dead"})


def test_only_some_points_of_a_device_may_be_out_of_reach(site: Site) -> None:
    inventory = site.inventory
    inventory["segments"]["emergency"]["points"][0]["interface"] = "GigabitEthernet1/0/99"
    site.write(inventory)
    said = site("check", "--live")
    assert said.code == 6
    assert "acc-1: 1 of 2 points could not be cut" in said.out
    assert "[GigabitEthernet1/0/99]" in said.out
    assert "level 5: 5 of 6 points could be cut" in said.out


# --- the command and its record ----------------------------------------------------------------------


def test_an_unknown_device_and_a_forgotten_option_are_refused(site: Site) -> None:
    assert site("check", "--live", "-d", "acc-9").code == 2
    said = site("check", "-d", "acc-1")
    assert said.code == 2
    assert "--device goes with --live" in said.err
    assert site.simulation.heard("acc-1") == {}


def test_the_log_tells_of_the_check_and_keeps_nothing_a_device_said(site: Site) -> None:
    assert "Never checked live" in site("check").out
    site.simulation.configure("acc-1", "aaa new-model", "aaa authentication login default group SECRETGROUP")
    site("check", "--live")
    (entry,) = [
        each for each in site("audit", "show", "--json").object["entries"] if "readiness" in each["tag"]
    ]
    assert (entry["data"]["devices"], entry["data"]["ready"], entry["data"]["blocked"]) == ("4", "4", "0")
    assert re.search(r"Last checked live .* ago: 4 of 4 devices ready", site("status").out)
    kept = Composition().home().history().revision("readiness", entry["data"]["digest"])
    assert "aaa-no-local" in kept
    assert "SECRETGROUP" not in kept
    assert site("audit", "verify").code == 0


def test_a_check_of_one_device_is_not_taken_for_one_of_all(site: Site) -> None:
    site("check", "--live", "-d", "acc-1")
    assert "Last checked live" not in site("status").out


def test_it_is_recorded_by_whoever_leads_and_takes_the_lead_from_nobody(site: Site) -> None:
    lead = (
        "from controller.bootstrap import Composition\n"
        "with Composition().home().lead():\n    print(flush=True)\n    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", lead], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()
        leader.send_signal(signal.SIGSTOP)
        try:
            said = site.live("-d", "acc-1")
            assert (said.code, said.object["unrecorded"]) == (0, "leader-elsewhere")
            assert leader.poll() is None
        finally:
            leader.send_signal(signal.SIGCONT)
            leader.communicate("\n")
    assert leader.returncode == 0
    assert site.live("-d", "acc-1").object["unrecorded"] is None


# --- what would undo a cut is taken away only when a person asks ---------------------------------------


def neutralise(site: Site, *words: str) -> Said:
    return site("check", "--live", "--neutralise", "acc-1", "--yes", *words)


def revert_entries(site: Site) -> list[Mapping[str, Any]]:
    return [each for each in site("audit", "show", "--json").object["entries"] if "revert" in each["tag"]]


def test_a_reload_is_taken_away_on_record_and_read_back(site: Site) -> None:
    schedule_reload(site, "acc-1")
    site.simulation.configure("acc-1", "interface Gi1/0/5", "description not saved")
    running = site.simulation.running("acc-1")
    said = neutralise(site, "--reason", "asked its owner")
    assert said.code == 0, said.err
    assert "“reload cancel” was sent, and nothing of it is pending any more." in said.out
    assert site.live("-d", "acc-1").codes("acc-1") == {"startup-differs"}
    assert site.simulation.running("acc-1") == running
    intended, settled = revert_entries(site)
    assert intended["tag"] == "engine:revert:intended"
    assert intended["text"] == "asked its owner"
    assert (settled["data"]["outcome"], settled["data"]["proof"]) == ("accepted", "confirmed")
    assert "> reload cancel" in settled["text"]


def test_without_a_reason_or_anything_pending_nothing_is_sent(site: Site) -> None:
    schedule_reload(site, "acc-1")
    assert neutralise(site).code == 2
    assert "reload cancel" not in "".join(site.simulation.heard("acc-1").values())
    site.simulation.reset()
    said = neutralise(site, "--reason", "x")
    assert (said.code, revert_entries(site)) == (2, [])
    assert "nothing is pending there" in said.err


def test_where_the_device_falls_silent_nobody_is_told_that_it_is_gone(site: Site) -> None:
    schedule_reload(site, "acc-1")
    site.simulation.fault("acc-1", "hang", on="^reload cancel")
    said = neutralise(site, "--reason", "x", "--json")
    assert said.code == 6
    (found,) = said.object["neutralised"]
    assert (found["outcome"], found["proof"]) == ("sent", "unknown")
    assert "Check it live again" in said.err
