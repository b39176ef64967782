"""What each device is configured to do, as text to compare: read at its console, never through Cordon."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.lab.device import Device
from tests.lab.hospital import SWITCHES

Snapshot = Mapping[str, str]
"""Device to its configuration. Counters, timers, states and neighbours are left out."""

_FLOW_NOISE = re.compile(r"(duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*, ?")


def snapshot(devices: Iterable[Device]) -> Snapshot:
    devices = [*devices]
    with ThreadPoolExecutor(len(devices)) as pool:
        return dict(zip([device.name for device in devices], pool.map(_read, devices), strict=True))


def difference(before: Snapshot, after: Snapshot) -> str:
    """A unified diff over all devices; empty when nothing differs."""
    lines: list[str] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines += difflib.unified_diff(old, new, f"{name} before", f"{name} after", lineterm="", n=2)
    return "\n".join(lines)


def _read(device: Device) -> str:
    parts = [_links(device)]
    if device.name in SWITCHES:
        parts.append(_switch(device))
    if device.name == "core":
        parts.append(device.run("vtysh", "-c", "show running-config"))
    parts.append(device.run("nft", "list", "ruleset"))
    return "\n".join(parts)


def _links(device: Device) -> str:
    """Administrative state, addresses and routes as the kernel has them."""
    links = json.loads(device.run("ip", "-j", "address", "show"))
    lines = []
    for link in links:
        addresses = [f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] != "link"]
        admin = "up" if "UP" in link["flags"] else "down"
        lines.append(f"link {link['ifname']} {admin} {' '.join(sorted(addresses))}")
    for family in ("-4", "-6"):
        routes = json.loads(device.run("ip", "-j", family, "route", "show"))
        lines += [
            " ".join(["route", family, *(route.get(key, "") for key in ("dst", "type", "gateway", "dev"))])
            for route in routes
            if not route["dst"].startswith("fe80")
        ]
    return "\n".join(sorted(lines))


def _switch(device: Device) -> str:
    """The ports' settings in the database, the flows, and the administrative bits of each port."""
    columns = "name,tag,trunks,vlan_mode,protected,other_config,fake_bridge,bond_mode"
    ports = device.run("ovs-vsctl", "--format=csv", f"--columns={columns}", "list", "port")
    flows = [
        _FLOW_NOISE.sub("", line)
        for line in device.run("ovs-ofctl", "--names", "dump-flows", "br0").splitlines()
        if "_FLOW reply" not in line and "FST_FLOW" not in line
    ]
    described = device.run("ovs-ofctl", "dump-ports-desc", "br0")
    bits = re.findall(r"^ \w+\((\S+)\):.*\n     config: +(.+)$", described, re.MULTILINE)
    lines = (
        sorted(ports.splitlines()) + sorted(flows) + sorted(f"port {name} {config}" for name, config in bits)
    )
    return "\n".join(lines)
