"""A return through NAPALM, from the command line to a simulated switch."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from controller.catalog.profiles import load_profiles
from controller.cli.main import main
from controller.domain.path import Path as Where
from controller.drivers import napalm_eos, napalm_ios, napalm_junos, napalm_nxos
from controller.drivers.candidate import Candidate, Failed
from controller.drivers.guard import SessionEnded
from controller.drivers.ssh import HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login
from controller.simulator.process import Address, Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.profiles.wards import (
    ENABLE,
    EOS,
    JUNOS,
    PASSWORD,
    Cordon,
    act,
    by_session,
    calling,
    platform,
    point,
)

IOS = (
    *("vlan 110", "vlan 999"),
    *("interface range GigabitEthernet1/0/1 - 2", "switchport mode access", "switchport access vlan 110"),
    *("archive", "path flash:kept", "exit", "file prompt quiet", "ip scp server enable"),
)
NXOS = ("vlan 110", "vlan 999", "interface Ethernet1/1-2", "switchport access vlan 110")
PORTS = {
    "eos": "Ethernet1",
    "eos-hurries": "Ethernet1",
    "ios": "GigabitEthernet1/0/1",
    "ios-hurries": "GigabitEthernet1/0/1",
    "junos": "ge-0/0/1",
    "junos-hurries": "ge-0/0/1",
    "nxos": "Ethernet1/1",
}
CONFIG = {"eos": EOS, "ios": IOS, "junos": JUNOS, "nxos": NXOS}
FIRST = {"on": "^ *no shutdown$", "times": 1}
PROFILES = load_profiles([Path(__file__).parents[2] / "device_profiles"])


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    users = {"cordon": Account(PASSWORD, privilege=15)}
    specs = [
        DeviceSpec(
            name,
            platform=platform(name),
            users=users,
            enable=ENABLE if name.startswith(("eos", "ios")) else "",
            config=CONFIG[name.partition("-")[0]],
            minute_seconds=0.5 if name.endswith("hurries") else 60.0,
            api=name.startswith("eos"),
        )
        for name in PORTS
    ]
    with simulate(specs) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    _running.reset()
    return _running


@pytest.fixture
def cordon(
    site: Simulation, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cordon:
    def more(name: str) -> str:
        return f"    napalm: {_access(name, site[name])}\n"

    return calling(site, PORTS, tmp_path, capsys, monkeypatch, points=_points, more=more)


def _points(name: str) -> str:
    ports = [PORTS[name]]
    if name in ("ios", "nxos"):
        ports.append(PORTS[name][:-1] + "2")
    return ", ".join(point(name, port) for port in ports)


def _access(name: str, at: Address) -> str:
    """Where the way is that of every other session, nothing is said of it."""
    if at.api:
        return f"{{port: {at.api}, certificate: '{at.certificate}'}}"
    return f"{{port: {at.port}}}" if name.startswith("junos") else "{}"


def _kept(tmp_path: Path) -> str:
    """Every text of the log."""
    with closing(sqlite3.connect(tmp_path / "home" / "cordon.db")) as home:
        found = home.execute("SELECT content FROM payload WHERE content IS NOT NULL")
        return "\n".join(content.decode() for (content,) in found)


@pytest.mark.parametrize(
    ("device", "committed", "confirmed", "change"),
    [
        (
            "eos",
            "configure session {name} commit timer 00:02:00",
            "configure session {name} commit",
            "\n-   shutdown\n",
        ),
        ("ios", "configure terminal revert timer 2", "configure confirm", "\n- no shutdown\n"),
        ("junos", "commit confirmed 2", "commit", "\n-    disable;\n"),
    ],
)
def test_it_is_committed_under_a_timer_and_confirmed_over_the_command_line(
    site: Simulation,
    cordon: Cordon,
    tmp_path: Path,
    device: str,
    committed: str,
    confirmed: str,
    change: str,
) -> None:
    before, saved = site.running(device), site.startup(device)
    assert act(cordon, "isolate", "--segment", f"{device}-ward")[0] == 0
    since = len(site.log())
    plan = json.dumps(cordon("restore", "--segment", f"{device}-ward", "--dry-run")[1])
    assert "napalm commit_config revert_in=120" in plan
    code, ended = act(cordon, "restore", "--segment", f"{device}-ward")
    lines = by_session(site, device)
    name = next((line.split()[2] for line in lines if line.startswith("configure session ")), "")
    assert (code, ended["proofs"]["confirmed"]) == (0, _points(device).count("device:"))
    assert lines[committed.format(name=name)] != lines[confirmed.format(name=name)]
    assert site.running(device) == before
    assert site.startup(device) == saved
    assert not {"write memory", "write mem"} & set(site.lines(device, since)), "only a playbook saves"
    state = site.state(device)
    assert (state["pending"], state.get("editing", {}), state.get("unconfirmed", False)) == ([], {}, False)
    assert state.get("files", []) == []
    assert cordon("status")[1]["timers"] == []
    kept = _kept(tmp_path)
    assert "> napalm compare_config\n" in kept
    assert change in kept, "what the candidate changes is evidence"
    assert PASSWORD not in kept
    assert ENABLE not in kept


@pytest.mark.parametrize(
    ("device", "fault", "params"),
    [
        ("eos", "reject", {"on": "^no shutdown$"}),
        ("eos", "reject", {"on": "^configure session .* commit timer "}),
        ("junos", "commit_fails", {}),
        # One of two ports opens; NAPALM itself takes only "Invalid input" and "Invalid command" for failures.
        ("ios", "reject", FIRST),
        ("nxos", "reject", FIRST),
    ],
)
def test_what_is_refused_leaves_no_candidate(
    site: Simulation, cordon: Cordon, device: str, fault: str, params: dict[str, Any]
) -> None:
    act(cordon, "isolate", "--segment", f"{device}-ward")
    before, saved = site.running(device), site.startup(device)
    site.fault(device, fault, **params)
    code, ended = act(cordon, "restore", "--segment", f"{device}-ward")
    assert (code, ended["unproven"][0]["cause"]) == (6, "commit-failed")
    assert (site.running(device), site.startup(device)) == (before, saved), "nothing by half, nothing saved"
    state = site.state(device)
    assert (state["pending"], state.get("editing", {}), state["lines"]) == ([], {}, [])
    assert (state.get("files", []), state.get("reverts", False)) == ([], False)
    lines = [each for each in site.log(device=device) if each["event"] == "line"]
    typed = {each["session"] for each in lines if each["line"].startswith("show interface")}
    thrown = [each for each in lines if re.search(" abort$|^rollback |^delete /force ", each["line"])]
    assert thrown[0]["session"] not in typed, "at once, not by the next log-in"


@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("eos", "^configure session .* commit timer "),
        ("ios", "^copy flash:/cordon-"),
        ("junos", "^commit confirmed 2$"),
    ],
)
def test_a_commit_whose_answer_is_lost_is_looked_at_by_the_next_log_in(
    site: Simulation, cordon: Cordon, device: str, line: str
) -> None:
    act(cordon, "isolate", "--segment", f"{device}-ward")
    site.fault(device, "drop_after_change", on=line, times=1)
    code, ended = act(cordon, "restore", "--segment", f"{device}-ward")
    points = _points(device).count("device:")
    assert (code, ended["outcomes"]["sent"], ended["proofs"]["confirmed"]) == (0, points, points)
    assert site.interface(device, PORTS[device])["admin"] == "up"
    assert cordon("status")[1]["timers"] == []
    assert site.state(device).get("files", []) == []


def test_without_a_timer_of_the_devices_a_checkpoint_stands_behind_it(
    site: Simulation, cordon: Cordon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, saved = site.running("nxos"), site.startup("nxos")
    assert act(cordon, "isolate", "--segment", "nxos-ward")[0] == 0
    since = len(site.log())
    plan = json.dumps(cordon("restore", "--segment", "nxos-ward", "--dry-run")[1])
    assert '"napalm open cordon"' in plan
    assert '"napalm commit_config"' in plan
    where = ["--home", str(tmp_path / "home"), "--inventory", str(tmp_path / "inventory.yaml")]
    assert main(["--lang", "en", *where, "restore", "--segment", "nxos-ward", "--dry-run"]) == 0
    assert "nxos: no timer on the device." in capsys.readouterr().out
    code, ended = act(cordon, "restore", "--segment", "nxos-ward")
    assert (code, ended["proofs"]["confirmed"]) == (0, 2)
    assert (site.running("nxos"), site.startup("nxos")) == (before, saved)
    lines = site.lines("nxos", since)
    assert "checkpoint file bootflash:cordon-rollback.cfg" in lines
    assert not [line for line in lines if line.startswith("copy ")], "only a playbook saves"
    assert site.state("nxos")["files"] == []
    assert "> napalm compare_config\ninterface Ethernet1/1\n  no shutdown\n" in _kept(tmp_path)
    assert cordon("status")[1]["timers"] == []


def test_a_checkpoint_that_could_not_be_gone_back_to_is_kept_and_named(
    site: Simulation, cordon: Cordon, tmp_path: Path
) -> None:
    act(cordon, "isolate", "--segment", "nxos-ward")
    site.fault("nxos", "reject", **FIRST)
    site.fault("nxos", "rollback_fails")
    assert act(cordon, "restore", "--segment", "nxos-ward")[0] == 6
    assert site.state("nxos")["files"] == ["cordon-rollback.cfg"]
    assert "not taken back, the checkpoint is bootflash:cordon-rollback.cfg" in _kept(tmp_path)


def test_a_checkpoint_that_is_not_written_lets_nothing_be_sent(site: Simulation) -> None:
    before, deadline = site.running("nxos"), time.monotonic() + 20
    candidate = _candidate(site["nxos"], "nxos")
    candidate.open("cordon", deadline)
    candidate.load(("interface Ethernet1/1", "shutdown"), deadline)
    site.fault("nxos", "reject", on="^checkpoint file ")
    with pytest.raises(Failed, match="no checkpoint could be written"):
        candidate.commit(None, deadline)
    candidate.end()
    assert site.running("nxos") == before
    assert "  shutdown" not in site.lines("nxos")


def test_a_checkpoint_of_before_is_never_gone_back_to(site: Simulation) -> None:
    site.configure("nxos", "checkpoint file cordon-rollback.cfg", "interface Ethernet1/3", "shutdown")
    before, deadline = site.running("nxos"), time.monotonic() + 20
    candidate = _candidate(site["nxos"], "nxos")
    candidate.open("cordon", deadline)
    candidate.load(("interface Ethernet1/1", "shutdown", "nonsense"), deadline)
    site.fault("nxos", "reject", on="^delete ")
    with pytest.raises(Failed, match="of before could not be removed: nothing was sent"):
        candidate.commit(None, deadline)
    site.clear("nxos", "reject")
    with pytest.raises(Failed, match="automatic rollback attempted"):
        candidate.commit(None, deadline)
    candidate.end()
    assert site.running("nxos") == before


def test_a_session_that_breaks_between_two_lines_leaves_no_checkpoint(
    site: Simulation, cordon: Cordon
) -> None:
    act(cordon, "isolate", "--segment", "nxos-ward")
    site.fault("nxos", "drop_after_change", **FIRST)
    code, ended = act(cordon, "restore", "--segment", "nxos-ward")
    assert (code, ended["proofs"]["confirmed"], ended["proofs"]["contradicted"]) == (6, 1, 1)
    assert site.state("nxos")["files"] == []


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ("archive; no path", "not in its configuration: “archive” with a “path”"),
        ("no file prompt quiet", "not in its configuration: “file prompt quiet”"),
        ("no ip scp server enable", "not in its configuration: “ip scp server enable”"),
        ("username cordon privilege 1 secret let-me-in", "cordon has no privilege 15 at log-in"),
    ],
)
def test_what_ios_needs_is_asked_for_before_anything_is_sent(
    site: Simulation, without: str, told: str
) -> None:
    site.configure("ios", *without.split("; "))
    since = len(site.log())
    candidate = _candidate(site["ios"], "ios")
    with pytest.raises(Failed, match=told):
        candidate.open("cordon-1", time.monotonic() + 20)
    candidate.end()
    assert not [each for each in site.log(since, "ios") if each["event"] == "line" and each["changed"]]


def test_a_transfer_that_the_device_refuses_leaves_nothing(site: Simulation) -> None:
    deadline = time.monotonic() + 20
    candidate = _candidate(site["ios"], "ios")
    candidate.open("cordon-1", deadline)
    site.configure("ios", "no ip scp server enable")
    with pytest.raises(Failed, match="SCP file transfers are not enabled"):
        candidate.load(("interface GigabitEthernet1/0/1", "shutdown"), deadline)
    candidate.discard(deadline)
    candidate.end()
    assert site.state("ios")["files"] == []


@pytest.mark.parametrize("device", ["ios", "nxos"])
def test_another_host_key_is_offered_no_login(site: Simulation, device: str) -> None:
    since = len(site.log())
    candidate = _candidate(replace(site[device], host_key=site["junos"].host_key), device)
    with pytest.raises(Failed, match="host key differs: SHA256:"):
        candidate.open("cordon-1", time.monotonic() + 20)
    assert not [each for each in site.log(since, device) if each["event"].startswith("login")]


def test_the_connection_a_file_goes_by_wants_the_pinned_key_too(site: Simulation) -> None:
    deadline = time.monotonic() + 20
    candidate = _candidate(site["ios"], "ios")
    candidate.open("cordon-1", deadline)
    site.fault("ios", "changed_host_key")
    since = len(site.log())
    with pytest.raises(Failed):
        candidate.load(("interface GigabitEthernet1/0/1", "shutdown"), deadline)
    candidate.end()
    later = {each["event"] for each in site.log(since, "ios")}
    assert not later & {"login", "login-failed", "file"}


def test_who_has_the_configuration_to_himself_is_not_disturbed(site: Simulation, cordon: Cordon) -> None:
    act(cordon, "isolate", "--segment", "junos-ward")
    with _at_the_console(site["junos"], "configure exclusive"):
        code, ended = act(cordon, "restore", "--segment", "junos-ward")
        assert (code, ended["unproven"][0]["cause"]) == (6, "config-locked")
        assert list(site.state("junos")["editing"].values()) == ["exclusive"]
    assert site.interface("junos", PORTS["junos"])["admin"] == "down"


def test_on_ios_neither(site: Simulation) -> None:
    site.configure("ios", "configuration mode exclusive manual")
    deadline = time.monotonic() + 20
    candidate = _candidate(site["ios"], "ios")
    candidate.open("cordon-1", deadline)
    candidate.load(("interface GigabitEthernet1/0/1", "shutdown"), deadline)
    with _at_the_console(site["ios"], "configure terminal lock"):
        with pytest.raises(Failed, match="locked exclusively by user 'cordon'") as failed:
            candidate.commit(120, deadline)
        assert failed.value.locked
        assert list(site.state("ios")["editing"].values()) == ["exclusive"]
    candidate.discard(deadline)
    candidate.end()
    state = site.state("ios")
    assert (state["files"], state["reverts"], state["interfaces"][PORTS["ios"]]["admin"]) == ([], False, "up")


@contextmanager
def _at_the_console(at: Address, line: str) -> Iterator[None]:
    """Somebody who has the configuration to himself."""
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[{at.address}]:{at.port}", "ssh-ed25519", _key(at))
    client.connect(at.address, at.port, "cordon", PASSWORD, allow_agent=False, look_for_keys=False)
    try:
        channel = client.invoke_shell()
        channel.settimeout(20)
        channel.sendall(f"{line}\n".encode())
        said = b""
        while not re.search(rb"\(config\)#|\[edit\]\r\n.*# ", said):
            said += channel.recv(4096)
        yield
    finally:
        client.close()


def _key(at: Address) -> paramiko.PKey:
    return paramiko.Ed25519Key(data=base64.b64decode(at.host_key.split()[1]))


@pytest.mark.parametrize(
    ("device", "lines"),
    [
        ("eos-hurries", ("interface Ethernet1", "shutdown")),
        ("ios-hurries", ("interface GigabitEthernet1/0/1", "shutdown")),
        ("junos-hurries", ("set interfaces ge-0/0/1 disable",)),
    ],
)
def test_what_nobody_confirms_goes_back_by_itself(
    site: Simulation, device: str, lines: tuple[str, ...]
) -> None:
    before, deadline = site.running(device), time.monotonic() + 20
    candidate = _candidate(site[device], device)
    candidate.open("cordon-1", deadline)
    candidate.load(lines, deadline)
    candidate.commit(120, deadline)
    candidate.end()  # NAPALM's own end would take the commit back at once
    assert site.interface(device, PORTS[device])["admin"] == "down", (
        "the end of the connection undoes nothing"
    )
    site.wait(device=device, event="revert", timeout=20)
    assert site.running(device) == before


@pytest.mark.parametrize("device", ["eos", "ios", "junos", "nxos"])
def test_a_device_that_never_answers_holds_nobody_up(site: Simulation, device: str) -> None:
    candidate = _candidate(site[device], device)
    candidate.open("cordon-1", time.monotonic() + 20)
    shut = f"set interfaces {PORTS[device]} disable", f"interface {PORTS[device]}\nshutdown"
    candidate.load(shut[:1] if device == "junos" else shut[1:], time.monotonic() + 20)
    site.fault(device, "hang", on="^show ")
    begun = time.monotonic()
    with pytest.raises(SessionEnded):
        candidate.compare(begun + 0.3)
    assert time.monotonic() - begun < 5
    with pytest.raises(Failed):
        candidate.compare(time.monotonic() + 20)


def test_a_live_check_tells_in_peace_time_that_it_is_not_let_in(
    site: Simulation, cordon: Cordon, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace(site["eos"].certificate, "0" * 64))
    _, found = cordon("check", "--live", "--yes")
    hazards = (each for device in found["devices"] for each in device["hazards"])
    unready = {each["culprit"]: each["text"] for each in hazards if each["code"] == "napalm-unready"}
    assert list(unready) == ["eos"], "and all others are let in"
    assert f"certificate differs: SHA-256 {site['eos'].certificate}" in unready["eos"]
    assert not [each for each in site.log() if each["event"] == "line" and each["changed"]]


def test_who_shows_another_certificate_is_offered_no_login(site: Simulation) -> None:
    since = len(site.log())
    candidate = _candidate(replace(site["eos"], certificate="0" * 64), "eos")
    with pytest.raises(Failed, match=f"certificate differs: SHA-256 {site['eos'].certificate}"):
        candidate.open("cordon-1", time.monotonic() + 20)
    assert not [each for each in site.log(since, "eos") if each["event"].startswith("login")]


@dataclass
class Noted:
    """A trial, and what the devices said in it."""

    may: bool
    said: list[bool] = field(default_factory=list)

    def may_begin(self) -> bool:
        return self.may

    def ended(self, *, accepted: bool) -> None:
        self.said.append(accepted)


@pytest.mark.parametrize("device", ["eos", "ios", "junos", "nxos"])
def test_a_login_that_is_rejected_counts_as_one_and_is_offered_no_more(site: Simulation, device: str) -> None:
    once, never = Noted(may=True), Noted(may=False)
    deadline = time.monotonic() + 20
    with pytest.raises(Failed, match="rejected"):
        _candidate(site[device], device, Login("cordon", "wrong", trial=once)).open("one", deadline)
    since = len(site.log())
    with pytest.raises(Failed, match="not offered"):
        _candidate(site[device], device, Login("cordon", "wrong", trial=never)).open("one", deadline)
    assert (once.said, never.said) == ([False], [])
    assert not [each for each in site.log(since, device) if each["event"].startswith("login")]


RIGHT = Login("cordon", PASSWORD, enable=ENABLE)


def _candidate(at: Address, device: str, login: Login = RIGHT) -> Candidate:
    """Not yet opened."""
    path = Where(at.address, at.api or at.port)
    if at.api:
        return Candidate(napalm_eos.connection(path, login, Waypoints(None), at.certificate), login)
    key, kind = HostKey.parse(at.host_key), device.partition("-")[0]
    if kind == "junos":
        return Candidate(napalm_junos.connection(path, login, Waypoints(None), key, legacy=False), login)
    profile = PROFILES[platform(kind)]
    typed = {"ios": napalm_ios.connection, "nxos": napalm_nxos.connection}[kind]
    return Candidate(typed(path, login, Waypoints(None), key, legacy=False, profile=profile), login)


def test_another_certificate_than_the_pinned_one_is_told_nothing(
    site: Simulation, cordon: Cordon, tmp_path: Path
) -> None:
    act(cordon, "isolate", "--segment", "eos-ward")
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace(site["eos"].certificate, "0" * 64))
    since = len(site.log())
    code, ended = act(cordon, "restore", "--segment", "eos-ward")
    assert (code, ended["unproven"][0]["cause"]) == (6, "napalm-not-entered")
    assert not [each for each in site.log(since, "eos") if each["event"] == "line" and each["changed"]]
    assert f"certificate differs: SHA-256 {site['eos'].certificate}" in _kept(tmp_path)
