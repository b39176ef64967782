"""The lab itself: what every other test here rests on. Cuts are typed at consoles, not sent by Cordon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.hospital import DEVICES, HOSTS, SEGMENTS, management6
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import ALL, Kind, Route, routes

pytestmark = pytest.mark.lab

KEPT = routes(("samu", "servers"), ("samu", "internet"))


def test_every_host_reaches_its_servers_and_the_internet(lab: Lab) -> None:
    segments = [host.name for host in HOSTS.values() if host.segment not in {None, "servers"}]
    pairs = [(name, "servers") for name in segments] + [(name, "internet") for name in (*segments, "servers")]
    asked = routes(*pairs, ("vendor", "imaging"), ("emergency1", "emergency2"))
    lab.traffic.open(asked)
    lab.traffic.live(asked)


def test_the_firewall_lets_nothing_new_in_but_to_the_kept_segment(lab: Lab) -> None:
    lab.traffic.live(routes(("internet", "samu")), [Kind.NEW, Kind.PING])
    lab.traffic.verdict(routes(("internet", "samu")), routes(("internet", "servers")), [Kind.NEW, Kind.PING])


@dataclass(frozen=True)
class Cut:
    """``do`` and ``undo`` are typed at the console of ``device``; ``dead`` is what the cut must kill,
    ``alive`` what it must spare beside the kept segment."""

    device: str
    do: str
    undo: str
    dead: list[Route]
    alive: list[Route]


_EMERGENCY = SEGMENTS["emergency"]
_OUT = routes(("emergency1", "servers"), ("emergency1", "internet"))
_INSIDE = routes(("emergency1", "emergency2"))
_OTHER = routes(("maternity", "servers"), ("maternity", "internet"))
# One of each kind: what is routed, what is switched. Every other method is shown with Cordon itself.
CUTS = {
    "nft: prefixes": Cut(
        "fw",
        f"nft 'add element inet killswitch cut4 {{ {_EMERGENCY.prefix4} }}; "
        f"add element inet killswitch cut6 {{ {_EMERGENCY.prefix6} }}'",
        f"nft 'delete element inet killswitch cut4 {{ {_EMERGENCY.prefix4} }}; "
        f"delete element inet killswitch cut6 {{ {_EMERGENCY.prefix6} }}'",
        routes(("emergency1", "internet")),
        [*routes(("emergency1", "servers")), *_OTHER],
    ),
    "Open vSwitch: drop flow": Cut(
        "acc1",
        "ovs-ofctl add-flow br0 cookie=0xc07d,table=0,priority=65535,in_port=emergency1,actions=drop; "
        "ovs-ofctl mod-port br0 emergency1 no-forward",
        "ovs-ofctl del-flows br0 cookie=0xc07d/-1,in_port=emergency1; "
        "ovs-ofctl mod-port br0 emergency1 forward",
        [*_OUT, *_INSIDE],
        _OTHER,
    ),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
def test_a_cut_kills_new_and_established_flows_and_its_undoing_revives_them(lab: Lab, cut: Cut) -> None:
    before = lab.configuration()
    flows = lab.traffic.open([*cut.dead, *cut.alive, *KEPT])
    lab.traffic.live([flow.route for flow in flows])
    kept = [flow for flow in flows if flow.route in KEPT]
    for flow in kept:
        flow.forget_gaps()

    lab.devices[cut.device].run("sh", "-c", cut.do)
    lab.traffic.wait_dead([flow for flow in flows if flow.route in cut.dead])
    lab.traffic.verdict(alive=[*cut.alive, *KEPT], dead=cut.dead)
    assert difference(before, lab.configuration())

    lab.devices[cut.device].run("sh", "-c", cut.undo)
    lab.traffic.live([flow.route for flow in flows])
    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in flows)
    assert max(flow.longest_gap for flow in kept) < 1


def test_deleting_a_rule_leaves_established_flows_alive(lab: Lab) -> None:
    """Why the kill switch sits before connection tracking, and why verdicts ask about established flows."""
    asked = routes(("maternity", "internet"))
    lab.traffic.open(asked)
    lab.traffic.live(asked)
    fw = lab.devices["fw"]
    listing = fw.run("nft", "-a", "list", "chain", "inet", "filter", "forward")
    handle = next(line.rsplit(" ", 1)[1] for line in listing.splitlines() if 'iifname "lan" accept' in line)
    fw.run("nft", "delete", "rule", "inet", "filter", "forward", "handle", handle)
    lab.traffic.live(asked, [Kind.ESTABLISHED])
    lab.traffic.verdict(routes(("maternity", "servers")), asked, [Kind.NEW, Kind.PING])


def test_a_drop_flow_alone_still_lets_datagrams_in(lab: Lab) -> None:
    """Why the profile's drop_flow also stops what the switch forwards to the port."""
    acc1 = lab.devices["acc1"]
    lab.traffic.live(routes(("servers", "emergency1")), [Kind.PING])
    acc1.run("ovs-ofctl", "add-flow", "br0", "table=0,priority=65535,in_port=emergency1,actions=drop")
    assert lab.traffic.one_way("servers", "emergency1")
    acc1.run("ovs-ofctl", "mod-port", "br0", "emergency1", "no-forward")
    assert not lab.traffic.one_way("servers", "emergency1")
    assert lab.traffic.one_way("servers", "maternity")


def test_ports_in_quarantine_do_not_reach_one_another(lab: Lab) -> None:
    acc1, addresses = lab.devices["acc1"], {"emergency1": "192.0.2.1", "maternity": "192.0.2.2"}
    for name, address in addresses.items():
        acc1.run("ovs-vsctl", "set", "port", name, "tag=999", "protected=true")
        lab.hosts[name].run("ip", "address", "add", f"{address}/24", "dev", "eth0")

    def reached() -> bool:
        ping = ["ping", "-c", "8", "-i", "0.25", "-W", "1", addresses["maternity"]]
        command = [*lab.hosts["emergency1"].enter(), *ping]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    try:
        assert not reached()
        acc1.run("ovs-vsctl", "set", "port", "maternity", "protected=false")
        assert reached(), "the VLAN alone would not have kept them apart"
    finally:
        for name, address in addresses.items():
            lab.hosts[name].run("ip", "address", "del", f"{address}/24", "dev", "eth0")


def test_the_spare_link_takes_over_and_gives_back(lab: Lab) -> None:
    asked = routes(("emergency1", "servers"), ("samu", "internet"))
    lab.traffic.open(asked)
    lab.traffic.live(asked)
    acc1 = lab.devices["acc1"]
    acc1.run("ovs-ofctl", "mod-port", "br0", "uplink", "down")
    lab.traffic.live(asked)
    acc1.run("ovs-ofctl", "mod-port", "br0", "uplink", "up")
    lab.traffic.live(asked)


def _log_in(
    lab: Lab, user: str, address: str, command: str, patience: int = 5
) -> subprocess.CompletedProcess[str]:
    options = [
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        f"ConnectTimeout={patience}",
    ]
    options += ["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", str(lab.access.private_key)]
    return lab.controller(["ssh", "-F", "none", *options, f"{user}@{address}", command])


@pytest.mark.parametrize("inband", [False, True], ids=["out-of-band", "in-band"])
def test_every_device_answers_over_ssh_at_both_addresses(
    request: pytest.FixtureRequest, inband: bool
) -> None:
    lab: Lab = request.getfixturevalue("inband_lab" if inband else "lab")
    asked = {
        address: name
        for name, device in DEVICES.items()
        for address in (device.management[0], management6(device.management[0]))
    }
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = pool.map(lambda address: _log_in(lab, "cordon", address, "hostname").stdout, asked)
    assert dict(zip(asked, answers, strict=True)) == {address: f"{name}\n" for address, name in asked.items()}
    assert "FRRouting 8" in _log_in(lab, "router", DEVICES["core"].management[1], "show version").stdout


def test_the_user_may_do_what_its_profile_sends_and_nothing_else(lab: Lab) -> None:
    assert _log_in(lab, "cordon", "10.255.0.10", "sudo -n nft list table inet killswitch").returncode == 0
    for command in (
        "sudo -n nft flush ruleset",
        "sudo -n id",
        "sudo -n ip link delete lan",
        "nft list ruleset",
    ):
        assert _log_in(lab, "cordon", "10.255.0.10", command).returncode != 0, command


def test_out_of_band_management_outlives_the_data_network(lab: Lab) -> None:
    lab.devices["core"].run("ovs-ofctl", "mod-port", "br0", "acc1", "down")
    lab.devices["acc1"].run("ovs-ofctl", "mod-port", "br0", "cross", "down")
    assert _log_in(lab, "cordon", "10.255.0.21", "hostname").stdout == "acc1\n"


def test_in_band_management_dies_with_its_links(inband_lab: Lab) -> None:
    inband_lab.devices["core"].run("ovs-ofctl", "mod-port", "br0", "acc1", "down")
    inband_lab.devices["acc1"].run("ovs-ofctl", "mod-port", "br0", "cross", "down")
    assert _log_in(inband_lab, "cordon", "10.255.0.21", "hostname", patience=2).returncode == 255
    assert _log_in(inband_lab, "cordon", "10.255.0.22", "hostname").stdout == "acc2\n"


def test_sshd_dies_alone(lab: Lab) -> None:
    asked = routes(("emergency1", "servers"))
    lab.traffic.open(asked)
    lab.devices["acc1"].stop_ssh()
    assert _log_in(lab, "cordon", "10.255.0.21", "hostname").returncode == 255
    lab.traffic.live(asked)
    lab.devices["acc1"].start_ssh()
    assert _log_in(lab, "cordon", "10.255.0.21", "hostname").stdout == "acc1\n"


@pytest.mark.parametrize("name", ["acc2", "fw", "core"])
def test_a_device_without_power_carries_nothing_and_comes_back_as_configured(lab: Lab, name: str) -> None:
    through = {
        "acc2": ("laboratory", "imaging"),
        "fw": ("maternity", "internet"),
        "core": ("maternity", "servers"),
    }
    dead, alive = (
        routes(through[name]),
        routes(("vendor", "imaging") if name == "fw" else ("printers", "admin")),
    )
    before = lab.configuration()
    if name == "core":  # nothing is routed without it
        alive = []
    lab.traffic.open([*dead, *alive])
    lab.devices[name].power_off()
    lab.traffic.verdict(alive, dead)
    lab.devices[name].power_on()
    lab.traffic.live([*dead, *alive])
    assert not difference(before, lab.configuration())


def test_a_pulled_cable_and_a_port_shut_beforehand_are_seen_by_the_snapshot(lab: Lab) -> None:
    before = lab.configuration()
    lab.devices["acc1"].run("ovs-ofctl", "mod-port", "br0", "printers", "down")
    shut = lab.configuration()
    assert "port printers PORT_DOWN" in difference(before, shut)
    lab.unplug("admin")
    assert not difference(shut, lab.configuration()), "a cable is not configuration"
    lab.plug_in("admin")
    lab.traffic.live(routes(("admin", "servers")), [Kind.NEW, Kind.PING])


def test_a_broken_flow_is_never_revived_by_a_new_connection(lab: Lab) -> None:
    flow = lab.traffic.flow("admin", "servers", 4)
    lab.traffic.live([flow.route])
    lab.hosts["admin"].run("ss", "-K", "dst", HOSTS["servers"].address4)
    lab.traffic.verdict([], [flow.route], [Kind.ESTABLISHED])
    lab.traffic.verdict([flow.route], [], [Kind.NEW])
    assert flow.broken


def test_a_verdict_contradicted_by_the_network_fails(lab: Lab) -> None:
    asked = routes(("admin", "servers"))
    lab.traffic.open(asked)
    with pytest.raises(AssertionError, match="should be dead"):
        lab.traffic.dead(asked)
    lab.devices["acc1"].run("ovs-ofctl", "mod-port", "br0", "admin", "down")
    with pytest.raises(AssertionError, match="should live"):
        lab.traffic.live(asked, patience=0.5)
    for kind in ALL:
        with pytest.raises(AssertionError, match=kind):
            lab.traffic.verdict(alive=asked, dead=[], kinds=[kind], patience=0)


_OWNER = """
import sys, time
from tests.lab.network import Lab
lab = Lab()
print(*[device.pid for device in lab.devices.values()], flush=True)
time.sleep(600)
"""


def test_nothing_outlives_a_killed_owner_and_labs_live_side_by_side(lab: Lab) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER], cwd=root, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        namespaces = {Path(f"/proc/{pid}/ns/net").readlink() for pid in pids}
        assert len(pids) == len(DEVICES)
        lab.traffic.live(routes(("emergency1", "internet")), [Kind.NEW])
        killed = time.clock_gettime(time.CLOCK_BOOTTIME)
        os.kill(owner.pid, signal.SIGKILL)
    _eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    _eventually(lambda: not namespaces & _namespaces_in_use(killed))
    lab.traffic.live(routes(("emergency1", "internet")), [Kind.NEW])


def _namespaces_in_use(before: float) -> set[Path]:
    """Of processes that began ``before``, in seconds since boot: the name of a namespace that is gone is soon
    that of another laboratory's."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            namespace = (process / "ns/net").readlink()
            began = int((process / "stat").read_text().rpartition(")")[2].split()[19]) / ticks
        except OSError:
            continue
        if began < before:
            found.add(namespace)
    return found


def _eventually(holds: Callable[[], bool], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
