"""BGP and default routes of NX-OS.

Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Configuring Basic BGP": "feature bgp",
"router bgp", "neighbor", "remote-as", "shutdown" (the session ends, and all routes learnt by it go);
"Configuring Static Routing": "ip route". Unicast Routing Command Reference: "show ip bgp neighbors" (``Shut
(Admin)``: by command), "show ip route".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.bgp import Neighbor, begun, gateway, no_static, put, static
from controller.simulator.cisco_nxos.configuration import VERSION, written_bgp
from controller.simulator.cisco_nxos.configuring import leave
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.cisco_nxos.showing import headed
from controller.simulator.grammar import Arguments, Grammar, invalid
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

ROUTER_MODES = ("config-router", "config-router-neighbor")


_begun = begun("config-router", "ERROR: BGP is already running with AS {}")


def _bgp(shell: Shell, arguments: Arguments) -> None:
    if "bgp" not in shell.device.running.settings.features:
        raise invalid(arguments.tokens[1].start)
    _begun(shell, arguments)


def _neighbor(shell: Shell, arguments: Arguments) -> None:
    bgp = shell.device.running.bgp
    if bgp is None:
        raise invalid(0)
    if bgp.neighbor(arguments.text()) is None:
        put(shell, arguments.text(), Neighbor(0))
    shell.enter("config-router-neighbor", arguments.text())


def _change(shell: Shell, **values: object) -> None:
    bgp, address = shell.device.running.bgp, shell.selected[0]
    found = bgp.neighbor(address) if bgp else None
    if bgp is None or found is None:
        raise invalid(0)
    changed = replace(found, **values)  # type: ignore[arg-type]  # callers name its fields
    put(shell, address, changed)


def _up(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("config-router")


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


def _route(version: int, to: str) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> Reply:
        found = gateway(shell.device.running, version)
        lines = [
            f'{"IP Route" if version == 4 else "IPv6 Routing"} Table for VRF "default"',
            "'*' denotes best ucast next-hop",
            "'**' denotes best mcast next-hop",
            "'[x/y]' denotes [preference/metric]",
            "'%<string>' in via output denotes VRF <string>",
            "",
        ]
        if found is None:
            return paged([*lines, "Route not found"])
        kind = "bgp-65010, external" if found.learnt else "static"
        via = "fe80::9, Eth1/24" if found.learnt and version == 6 else found.via
        lines += [f"{to}, ubest/mbest: 1/0", f"    *via {via}, [{found.distance}/0], 00:00:41, {kind}"]
        return paged([*lines, ""])

    return handler


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    config, router, neighbor = grammars["config"], *(grammars[name] for name in ROUTER_MODES)
    config.add("router bgp <number:1-4294967295>", _bgp)
    for route, via in (("ip route 0.0.0.0/0", "<ipv4>"), ("ipv6 route ::/0", "<address6>")):
        config.add(f"{route} {via}", static())
        config.add(f"{route} {via} <number:1-255>", static())
        config.add(f"no {route} {via}", no_static)
    router.add("exit", leave)
    for grammar in (router, neighbor):
        grammar.add("neighbor <address>", _neighbor)
    neighbor.add("exit", _up)
    neighbor.add(
        "remote-as <number:1-4294967295>",
        lambda shell, arguments: _change(shell, remote_as=arguments.number()),
    )
    neighbor.add("shutdown", lambda shell, _arguments: _change(shell, shutdown=True))
    neighbor.add("no shutdown", lambda shell, _arguments: _change(shell, shutdown=False))
    grammars["exec"].add("show running-config bgp", _running)
    grammars["exec"].add("show ip bgp neighbors <ipv4>", _neighbors)
    grammars["exec"].add("show bgp ipv6 unicast neighbors <address6>", _neighbors)
    grammars["exec"].add("show ip route 0.0.0.0/0", _route(4, "0.0.0.0/0"))
    grammars["exec"].add("show ipv6 route ::/0", _route(6, "::/0"))
