"""BGP and default routes of NX-OS.

Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Configuring Basic BGP": "feature bgp",
"router bgp", "neighbor", "remote-as", "shutdown" (the session ends, and all routes learnt by it go);
"Configuring Static Routing": "ip route". Unicast Routing Command Reference: "show ip bgp neighbors" (``Shut
(Admin)``: by command), "show ip route".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.bgp import Bgp, Default, Neighbor, gateway
from controller.simulator.cisco_nxos.configuration import VERSION, written_bgp
from controller.simulator.cisco_nxos.configuring import leave
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.cisco_nxos.showing import headed
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

ROUTER_MODES = ("config-router", "config-router-neighbor")


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    if "bgp" not in running.settings.features:
        raise invalid(arguments.tokens[1].start)
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f"ERROR: BGP is already running with AS {running.bgp.asn}")
    shell.enter("config-router")


def _neighbor(shell: Shell, arguments: Arguments) -> None:
    bgp = shell.device.running.bgp
    if bgp is None:
        raise invalid(0)
    if bgp.neighbor(arguments.text()) is None:
        shell.device.running.bgp = bgp.with_neighbor(arguments.text(), Neighbor(0, shutdown=False))
    shell.enter("config-router-neighbor", arguments.text())


def _change(shell: Shell, **values: object) -> None:
    bgp, address = shell.device.running.bgp, shell.selected[0]
    found = bgp.neighbor(address) if bgp else None
    if bgp is None or found is None:
        raise invalid(0)
    changed = replace(found, **values)  # type: ignore[arg-type]  # callers name its fields
    shell.device.running.bgp = bgp.with_neighbor(address, changed)


def _up(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("config-router")


def _default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    kept = tuple(each for each in running.defaults if each.via != arguments.text())
    distance = arguments.number(1) if len(arguments.values) > 1 else 1
    running.defaults = (*kept, Default(arguments.text(), distance))


def _no_default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.defaults = tuple(each for each in running.defaults if each.via != arguments.text())


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    block = written_bgp(bgp) if bgp else []
    text = "\n".join([f"version {VERSION} Bios:version 05.45 ", "feature bgp", "", *block])
    return headed(shell, "show running-config bgp", text)


def _neighbors(shell: Shell, arguments: Arguments) -> Reply | str:
    bgp = shell.device.running.bgp
    found = bgp.neighbor(arguments.text()) if bgp else None
    if bgp is None or found is None:
        return "No such neighbor"
    state = "Shut (Admin), down for 00:00:41" if found.shutdown else "Established, up for 00:20:06"
    version = "BGP version 4" if found.shutdown else f"BGP version 4, remote router ID {arguments.text()}"
    link = "ibgp" if found.remote_as == bgp.asn else "ebgp"
    read = "never" if found.shutdown else "00:00:41"
    return paged(
        [
            f"BGP neighbor is {arguments.text()},  remote AS {found.remote_as}, {link} link,  Peer index 3",
            f"  {version}",
            f"  BGP state = {state}",
            f"  Last read {read}, hold time = 180, keepalive interval is 60 seconds",
            f"  Last written {read}, keepalive timer not running",
            "  Connections established 1, dropped 0",
            "",
            "  For address family: IPv4 Unicast",
            "  BGP table version 9, neighbor version 9",
        ]
    )


def _route(shell: Shell, _arguments: Arguments) -> Reply:
    running = shell.device.running
    found = gateway(running.bgp, running.defaults)
    lines = [
        'IP Route Table for VRF "default"',
        "'*' denotes best ucast next-hop",
        "'**' denotes best mcast next-hop",
        "'[x/y]' denotes [preference/metric]",
        "'%<string>' in via output denotes VRF <string>",
        "",
    ]
    if found is None:
        return paged([*lines, "Route not found"])
    kind = "bgp-65010, external" if found.distance == 20 else "static"
    lines += ["0.0.0.0/0, ubest/mbest: 1/0", f"    *via {found.via}, [{found.distance}/0], 00:00:41, {kind}"]
    return paged([*lines, ""])


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    config, router, neighbor = grammars["config"], *(grammars[name] for name in ROUTER_MODES)
    config.add("router bgp <number:1-4294967295>", _bgp)
    config.add("ip route 0.0.0.0/0 <ipv4>", _default)
    config.add("ip route 0.0.0.0/0 <ipv4> <number:1-255>", _default)
    config.add("no ip route 0.0.0.0/0 <ipv4>", _no_default)
    router.add("exit", leave)
    for grammar in (router, neighbor):
        grammar.add("neighbor <ipv4>", _neighbor)
    neighbor.add("exit", _up)
    neighbor.add(
        "remote-as <number:1-4294967295>",
        lambda shell, arguments: _change(shell, remote_as=arguments.number()),
    )
    neighbor.add("shutdown", lambda shell, _arguments: _change(shell, shutdown=True))
    neighbor.add("no shutdown", lambda shell, _arguments: _change(shell, shutdown=False))
    grammars["exec"].add("show running-config bgp", _running)
    grammars["exec"].add("show ip bgp neighbors <ipv4>", _neighbors)
    grammars["exec"].add("show ip route 0.0.0.0/0", _route)
