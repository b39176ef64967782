"""BGP and default routes of EOS.

Arista EOS User Manual, "Border Gateway Protocol (BGP)": "router bgp", "neighbor remote-as", "neighbor
shutdown" (the session and all routes learnt by it go), "distance bgp" (200 by default), "show ip bgp summary"
(``Estab`` once it is established). "IPv4": "ip route", "show ip route". "Command API Guide":
what that is behind ``| json``.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.simulator.arista_eos.configuring import leave
from controller.simulator.arista_eos.device import EBGP
from controller.simulator.arista_eos.shell import Handler, Modelled, Shell
from controller.simulator.bgp import begun, gateway, no_static, remote_as, shut, static
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

_COLUMNS = "  Neighbor         V  AS           MsgRcvd   MsgSent  InQ OutQ  Up/Down State       PfxRcd PfxAcc"


def _summary(version: int) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> Reply:
        bgp = shell.device.running.bgp
        if bgp is None:
            return Reply("% BGP inactive")
        lines = [
            "BGP summary information for VRF default",
            f"Router identifier 10.0.0.1, local AS number {bgp.asn}",
            "Neighbor Status Codes: m - Under maintenance",
            _COLUMNS,
        ]
        for address, each in bgp.of_family(version):
            state = "Idle(Admin)" if each.shutdown else "Estab       1      1"
            row = f"  {address:<16} 4  {each.remote_as:<12}      26        27    0    0 00:20:06 {state}"
            lines.append(row)
        return paged(lines)

    return handler


def _route(shell: Shell, _arguments: Arguments) -> Modelled:
    found = gateway(shell.device.running, distance=EBGP)
    lines = [
        "",
        "VRF: default",
        "Codes: C - connected, S - static, K - kernel,",
        "       O - OSPF, IA - OSPF inter area, B I - iBGP, B E - eBGP,",
        "       R - RIP, NG - Nexthop Group Static Route",
        "",
    ]
    routes: dict[str, object] = {}
    if found is None:
        lines.append("Gateway of last resort is not set")
    else:
        code, kind = ("B E", "eBGP") if found.learnt else ("S  ", "static")
        route = f" {code}      0.0.0.0/0 [{found.distance}/0] via {found.via}, Ethernet24"
        lines += ["Gateway of last resort:", route]
        via = {"nexthopAddr": found.via, "interface": "Ethernet24"}
        routes["0.0.0.0/0"] = {"routeType": kind, "preference": found.distance, "vias": [via]}
    state = "reachable" if found else "notSet"
    model = {"vrfs": {"default": {"routes": routes, "routingDisabled": False, "defaultRouteState": state}}}
    return Modelled("\n".join([*lines, ""]), paged=True, model=model)


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    config, router = grammars["config"], grammars["config-router"]
    running = "% BGP is already running with AS number {}"
    config.add("router bgp <number:1-4294967295>", begun("config-router", running))
    for route, via in (("ip route 0.0.0.0/0", "<ipv4>"), ("ipv6 route ::/0", "<address6>")):
        config.add(f"{route} {via}", static())
        config.add(f"{route} {via} <number:1-255>", static())
        config.add(f"no {route} {via}", no_static)
    router.add("exit", leave)
    router.add("neighbor <address> remote-as <number:1-4294967295>", remote_as)
    router.add("neighbor <address> shutdown", shut(shutdown=True))
    router.add("no neighbor <address> shutdown", shut(shutdown=False))
    for name in ("user", "exec"):
        grammars[name].add("show ip bgp summary", _summary(4))
        grammars[name].add("show ipv6 bgp summary", _summary(6))
        grammars[name].add("show ip route 0.0.0.0/0", _route)
