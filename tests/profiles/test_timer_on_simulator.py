"""A return on a device that holds its own timer, from the command line to a simulated switch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.profiles.wards import ENABLE, EOS, JUNOS, PASSWORD, Cordon, act, by_session, calling

ARCHIVE = ("archive", "path flash:before")
CONFIG = ("vlan 110", "vlan 999", "interface Gi1/0/1", "switchport mode access", "switchport access vlan 110")
PORT = "GigabitEthernet1/0/1"
PORTS = {
    "keeps": PORT,
    "hurries": PORT,
    "plain": PORT,
    "eos": "Ethernet1",
    "eos-hurries": "Ethernet1",
    "junos": "ge-0/0/1",
    "junos-hurries": "ge-0/0/1",
}


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    """One switch that keeps an archive, one more whose minutes are short, and one without an archive; two of
    those that have configuration sessions, and two that confirm commits, one whose minutes are short."""
    users = {"cordon": Account(PASSWORD)}
    kept = (*CONFIG, *ARCHIVE)
    specs = [
        DeviceSpec("keeps", users=users, enable=ENABLE, config=kept),
        DeviceSpec("hurries", users=users, enable=ENABLE, config=kept, minute_seconds=1.0),
        DeviceSpec("plain", users=users, enable=ENABLE, config=CONFIG),
        DeviceSpec("eos", platform="arista_eos", users=users, enable=ENABLE, config=EOS),
        DeviceSpec(
            "eos-hurries", platform="arista_eos", users=users, enable=ENABLE, config=EOS, minute_seconds=1.0
        ),
        DeviceSpec("junos", platform="juniper_junos", users=users, config=JUNOS),
        DeviceSpec("junos-hurries", platform="juniper_junos", users=users, config=JUNOS, minute_seconds=1.0),
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
    return calling(site, PORTS, tmp_path, capsys, monkeypatch)


def test_it_is_confirmed_through_a_new_log_in(site: Simulation, cordon: Cordon) -> None:
    before = site.running("keeps")
    act(cordon, "isolate", "--segment", "keeps-ward")
    code, _ = act(cordon, "restore", "--segment", "keeps-ward")
    lines = by_session(site, "keeps")
    assert code == 0
    assert lines["configure terminal revert timer 2"] == lines["no shutdown"] != lines["configure confirm"]
    assert site.running("keeps") == before
    assert not [each for each in site.log(device="keeps") if each["event"] == "revert"]
    assert cordon("status")[1]["timers"] == []


def test_a_session_is_committed_under_its_timer_and_confirmed_by_name(
    site: Simulation, cordon: Cordon
) -> None:
    before = site.running("eos")
    act(cordon, "isolate", "--segment", "eos-ward")
    code, _ = act(cordon, "restore", "--segment", "eos-ward")
    lines = by_session(site, "eos")
    (name,) = {line.split()[2] for line in lines if line.startswith("configure session ")}
    begun = lines[f"configure session {name}"]
    assert code == 0
    assert begun == lines["no shutdown"] == lines["commit timer 00:02:00"]
    assert begun != lines[f"configure session {name} commit"]
    assert site.running("eos") == before
    assert not [each for each in site.log(device="eos") if each["event"] == "revert"]
    assert cordon("status")[1]["timers"] == []


def test_a_confirmed_commit_is_confirmed_by_another_log_in(site: Simulation, cordon: Cordon) -> None:
    before = site.running("junos")
    act(cordon, "isolate", "--segment", "junos-ward")
    code, _ = act(cordon, "restore", "--segment", "junos-ward")
    lines = by_session(site, "junos")
    assert code == 0
    assert lines["commit confirmed 2 and-quit"] == lines["delete interfaces ge-0/0/1 disable"]
    assert lines["commit confirmed 2 and-quit"] != lines["commit"]
    assert site.running("junos") == before
    assert (site.state("junos")["unconfirmed"], site.state("junos")["editing"]) == (False, {})
    assert cordon("status")[1]["timers"] == []


def test_a_cut_takes_a_confirmed_commit_away_first(
    site: Simulation, cordon: Cordon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", "4")
    act(cordon, "isolate", "--segment", "junos-ward")
    site.fault("junos", "drop_after_change", on="^commit confirmed", times=1)
    site.fault("junos", "reject", on="^commit$")  # what would confirm it
    assert act(cordon, "restore", "--segment", "junos-ward")[0] == 6
    site.clear("junos")
    assert site.state("junos")["unconfirmed"] is True
    code, ended = act(cordon, "isolate", "--segment", "junos-ward")
    assert (code, ended["proofs"]["confirmed"]) == (0, 1)
    assert (site.state("junos")["unconfirmed"], site.state("junos")["editing"]) == (False, {})
    assert site.interface("junos", PORTS["junos"])["admin"] == "down"
    assert cordon("status")[1]["timers"] == []


def test_a_session_that_breaks_before_its_commit_opens_nothing(site: Simulation, cordon: Cordon) -> None:
    act(cordon, "isolate", "--segment", "eos-ward")
    site.fault("eos", "drop_mid_command", on="^commit timer", times=1)
    assert act(cordon, "restore", "--segment", "eos-ward")[0] == 6
    assert site.interface("eos", PORTS["eos"])["admin"] == "down"
    assert site.state("eos")["pending"] == [], "thrown away in the next log-in"


@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("hurries", "^no shutdown$"),
        ("eos-hurries", "^commit timer "),
        ("junos-hurries", "^commit confirmed 2 and-quit$"),
    ],
)
def test_with_the_management_link_lost_it_goes_back_by_itself(
    site: Simulation, cordon: Cordon, monkeypatch: pytest.MonkeyPatch, device: str, line: str
) -> None:
    segment = f"{device}-ward"
    act(cordon, "isolate", "--segment", segment)
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", "4")

    site.request("latency", device=device, ms=100)  # the way is cut before the last line is answered
    with ThreadPoolExecutor(1) as threads:
        returning = threads.submit(act, cordon, "restore", "--segment", segment)
        site.wait(device=device, line=line, timeout=20)
        site.fault(device, "refuse")
        code, ended = returning.result(30)
    assert code == 6
    assert (ended["proofs"]["unknown"], ended["unproven"][0]["cause"]) == (1, "open.unreachable")
    (timer,) = cordon("status")[1]["timers"]
    assert (timer["device"], timer["holder"], timer["state"]) == (device, "device", "running")
    site.wait(device=device, event="revert", timeout=20)
    assert site.interface(device, PORTS[device])["admin"] == "down"

    site.clear(device)
    site.request("latency", device=device, ms=0)
    since = len(site.log())
    code, ended = act(cordon, "isolate", "--segment", segment)
    assert (code, ended["proofs"]["confirmed"]) == (0, 1)
    cuts = {"shutdown", "set interfaces ge-0/0/1 disable"}
    assert not cuts & set(site.lines(device, since)), "it was cut already"
    assert cordon("status")[1]["timers"] == []


def test_without_an_archive_the_controller_holds_it(site: Simulation, cordon: Cordon) -> None:
    act(cordon, "isolate", "--segment", "plain-ward")
    assert act(cordon, "restore", "--segment", "plain-ward")[0] == 0
    lines = by_session(site, "plain")
    assert "configure terminal revert timer 2" not in lines
    assert site.interface("plain", PORT)["admin"] == "up"
    assert cordon("status")[1]["timers"] == []


BACK = """format: 1
title: back
stages:
  - name: back
    action: restore
    select: {segments: plain-ward}
    gate: {watch: 20s, counters: [{counter: packets, over: 100, within: 30s}]}
"""


def test_what_a_port_counts_is_a_tripwire(
    site: Simulation, cordon: Cordon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "back.yaml").write_text(BACK)
    monkeypatch.setenv("CORDON_PLAYBOOKS", str(tmp_path / "playbooks"))
    site.count("plain", PORT, packets=70_000)  # before: says nothing
    act(cordon, "isolate", "--segment", "plain-ward")
    with ThreadPoolExecutor(1) as threads:
        returning = threads.submit(act, cordon, "restore", "--playbook", "back")
        _until(lambda: _looks(site) > 4)
        site.count("plain", PORT, packets=70_101)
        _until(lambda: site.interface("plain", PORT)["admin"] == "down")
        code, ended = returning.result(30)
    assert (code, ended["cause"]) == (6, "tripwire")
    assert site.interface("plain", PORT)["admin"] == "down"


def _looks(site: Simulation) -> int:
    """How often the port was read since it was opened: by its return and its confirmation, then by the
    watch."""
    lines = site.lines("plain")
    opened = lines.index("no shutdown") if "no shutdown" in lines else len(lines)
    return lines[opened:].count(f"show interfaces {PORT}")


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)
