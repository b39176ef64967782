"""BGP and default routes of IOS.

Cisco IOS IP Routing: BGP Command Reference, "router bgp", "neighbor remote-as", "neighbor shutdown" (the
session ends and all routes learnt by it go), "show ip bgp summary" (``Idle (Admin)``: shut by command; a
number once it is established). IP Routing: Protocol-Independent Command Reference, "ip route", "show ip
route" (``Gateway of last resort``).
"""

from __future__ import annotations

from dataclasses import replace

from controller.simulator.bgp import Bgp, Default, Neighbor, gateway
from controller.simulator.cisco_ios.configmode import leave_submode
from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f"BGP is already running; AS is {running.bgp.asn}")
    shell.enter(Mode.ROUTER)


def _remote_as(shell: Shell, arguments: Arguments) -> None:
    _put(shell, arguments.text(), Neighbor(arguments.number(1)))


def _shut(shut: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        bgp = shell.device.running.bgp
        found = bgp.neighbor(arguments.text()) if bgp else None
        if found is None:
            raise Rejected("% Specify remote-as or peer-group commands first")
        _put(shell, arguments.text(), replace(found, shutdown=shut))

    return handler


def _put(shell: Shell, address: str, neighbor: Neighbor) -> None:
    if shell.device.running.bgp is not None:
        shell.device.running.bgp = shell.device.running.bgp.with_neighbor(address, neighbor)


def _default(shell: Shell, arguments: Arguments) -> None:
    distance = arguments.number(1) if len(arguments.values) > 1 else 1
    kept = [each for each in shell.device.running.defaults if each.via != arguments.text()]
    shell.device.running.defaults = (*kept, Default(arguments.text(), distance))


def _no_default(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.defaults = tuple(
        each for each in shell.device.running.defaults if each.via != arguments.text()
    )


def _summary(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    if bgp is None:
        return Reply("% BGP not active\n")
    lines = [
        f"BGP router identifier 10.0.0.1, local AS number {bgp.asn}",
        "BGP table version is 9, main routing table version 9",
        "1 network entries using 248 bytes of memory",
        "",
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for address, each in bgp.neighbors:
        up = "        1" if not each.shutdown else " Idle (Admin)"
        counts = "26      27        9" if not each.shutdown else " 0       0        1"
        lines.append(f"{address:<15} 4 {each.remote_as:>12}      {counts}    0    0 00:20:06{up}")
    return paged(lines)


def _routes(shell: Shell, _arguments: Arguments) -> Reply:
    running = shell.device.running
    default = gateway(running.bgp, running.defaults)
    said = f"{default.via} to network 0.0.0.0" if default else "not set"
    lines = [
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP",
        "       * - candidate default, U - per-user static route",
        "",
        f"Gateway of last resort is {said}",
        "",
    ]
    if default:
        code = "B*" if default.distance == 20 else "S*"
        lines.append(f"{code}    0.0.0.0/0 [{default.distance}/0] via {default.via}")
    return paged(lines)


def add_routing(grammars: dict[str, Grammar[Handler]]) -> None:
    config, router = grammars["config"], grammars["config-router"]
    config.add("router bgp <number:1-4294967295>", _bgp)
    config.add("ip route 0.0.0.0 0.0.0.0 <ipv4>", _default)
    config.add("ip route 0.0.0.0 0.0.0.0 <ipv4> <number:1-255>", _default)
    config.add("no ip route 0.0.0.0 0.0.0.0 <ipv4>", _no_default)
    router.add("exit", leave_submode)
    router.add("neighbor <ipv4> remote-as <number:1-4294967295>", _remote_as)
    router.add("neighbor <ipv4> shutdown", _shut(True))
    router.add("no neighbor <ipv4> shutdown", _shut(False))
    for name in ("user", "exec"):
        grammars[name].add("show ip bgp summary", _summary)
        grammars[name].add("show ip route", _routes)
