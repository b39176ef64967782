"""BGP and default routes of EOS.

Arista EOS User Manual, "Border Gateway Protocol (BGP)": "router bgp", "neighbor remote-as", "neighbor
shutdown" (the session and all routes learnt by it go), "distance bgp" (200 by default), "show ip bgp summary"
(``Estab`` once it is established). "IPv4": "ip route", "show ip route". "Command API Guide":
what that is behind ``| json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.arista_eos.configuring import leave
from controller.simulator.arista_eos.device import EBGP
from controller.simulator.arista_eos.shell import Handler, Modelled, Shell
from controller.simulator.bgp import Bgp, Default, Neighbor, gateway
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f"% BGP is already running with AS number {running.bgp.asn}")
    shell.enter("config-router")


def _remote_as(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    if running.bgp is not None:
        running.bgp = running.bgp.with_neighbor(arguments.text(), Neighbor(arguments.number(1)))


def _shut(shut: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        bgp = shell.device.running.bgp
        found = bgp.neighbor(arguments.text()) if bgp else None
        if bgp is None or found is None:
            raise invalid(arguments.starts[0])
        shell.device.running.bgp = bgp.with_neighbor(arguments.text(), replace(found, shutdown=shut))

    return handler


def _default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    kept = tuple(each for each in running.defaults if each.via != arguments.text())
    distance = arguments.number(1) if len(arguments.values) > 1 else 1
    running.defaults = (*kept, Default(arguments.text(), distance))


def _no_default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.defaults = tuple(each for each in running.defaults if each.via != arguments.text())


def _summary(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    if bgp is None:
        return Reply("% BGP inactive")
    lines = [
        "BGP summary information for VRF default",
        f"Router identifier 10.0.0.1, local AS number {bgp.asn}",
        "Neighbor Status Codes: m - Under maintenance",
        "  Neighbor         V  AS           MsgRcvd   MsgSent  InQ OutQ  Up/Down State       PfxRcd PfxAcc",
    ]
    for address, each in bgp.neighbors:
        state = "Idle(Admin)" if each.shutdown else "Estab       1      1"
        lines.append(f"  {address:<16} 4  {each.remote_as:<12}      26        27    0    0 00:20:06 {state}")
    return paged(lines)


def _route(shell: Shell, _arguments: Arguments) -> Modelled:
    running = shell.device.running
    found = gateway(running.bgp, running.defaults, EBGP)
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
        code, kind = ("B E", "eBGP") if found.distance == EBGP else ("S  ", "static")
        route = f" {code}      0.0.0.0/0 [{found.distance}/0] via {found.via}, Ethernet24"
        lines += ["Gateway of last resort:", route]
        via = {"nexthopAddr": found.via, "interface": "Ethernet24"}
        routes["0.0.0.0/0"] = {"routeType": kind, "preference": found.distance, "vias": [via]}
    state = "reachable" if found else "notSet"
    model = {"vrfs": {"default": {"routes": routes, "routingDisabled": False, "defaultRouteState": state}}}
    return Modelled("\n".join([*lines, ""]), paged=True, model=model)


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    config, router = grammars["config"], grammars["config-router"]
    config.add("router bgp <number:1-4294967295>", _bgp)
    config.add("ip route 0.0.0.0/0 <ipv4>", _default)
    config.add("ip route 0.0.0.0/0 <ipv4> <number:1-255>", _default)
    config.add("no ip route 0.0.0.0/0 <ipv4>", _no_default)
    router.add("exit", leave)
    router.add("neighbor <ipv4> remote-as <number:1-4294967295>", _remote_as)
    router.add("neighbor <ipv4> shutdown", _shut(True))
    router.add("no neighbor <ipv4> shutdown", _shut(False))
    for name in ("user", "exec"):
        grammars[name].add("show ip bgp summary", _summary)
        grammars[name].add("show ip route 0.0.0.0/0", _route)
