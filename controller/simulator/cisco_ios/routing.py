"""BGP and default routes of IOS.

Cisco IOS IP Routing: BGP Command Reference, "router bgp", "neighbor remote-as", "neighbor shutdown" (the
session ends and all routes learnt by it go), "show ip bgp summary" (``Idle (Admin)``: shut by command; a
number once it is established). IP Routing: Protocol-Independent Command Reference, "ip route", "show ip
route" (``Gateway of last resort``). IPv6 Command Reference, "ipv6 route", "show bgp ipv6 neighbors"; IPv6
addresses are printed in capitals. Address families are not here: a neighbour carries that of its address.
"""

from __future__ import annotations

from controller.simulator.bgp import begun, gateway, no_static, remote_as, shut, static
from controller.simulator.cisco_ios.configmode import leave_submode
from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


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
    for address, each in bgp.of_family(4):
        up = "        1" if not each.shutdown else " Idle (Admin)"
        counts = "26      27        9" if not each.shutdown else " 0       0        1"
        lines.append(f"{address:<15} 4 {each.remote_as:>12}      {counts}    0    0 00:20:06{up}")
    return paged(lines)


def _neighbor6(shell: Shell, arguments: Arguments) -> Reply:
    bgp, address = shell.device.running.bgp, arguments.text()
    found = bgp.neighbor(address) if bgp else None
    if bgp is None or found is None:
        return Reply("% No such neighbor or address family\n")
    link = "internal" if found.remote_as == bgp.asn else "external"
    head = f"BGP neighbor is {address.upper()},  remote AS {found.remote_as}, {link} link"
    if found.shutdown:
        lines = [
            head,
            " Administratively shut down",
            "  BGP version 4, remote router ID 0.0.0.0",
            "  BGP state = Idle, down for 00:00:41",
            "  Neighbor sessions:",
            "    0 active, is not multisession capable (disabled)",
        ]
    else:
        lines = [
            head,
            "  BGP version 4, remote router ID 192.0.2.9",
            "  BGP state = Established, up for 00:20:06",
            "  Last read 00:00:09, hold time is 180, keepalive interval is 60 seconds",
            "  Neighbor sessions:",
            "    1 active, is not multisession capable (disabled)",
        ]
    return paged([*lines, "", " For address family: IPv6 Unicast", "  Connections established 1; dropped 0"])


def _routes(shell: Shell, _arguments: Arguments) -> Reply:
    default = gateway(shell.device.running)
    said = f"{default.via} to network 0.0.0.0" if default else "not set"
    lines = [
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP",
        "       * - candidate default, U - per-user static route",
        "",
        f"Gateway of last resort is {said}",
        "",
    ]
    if default:
        code = "B*" if default.learnt else "S*"
        lines.append(f"{code}    0.0.0.0/0 [{default.distance}/0] via {default.via}")
    return paged(lines)


def add_routing(grammars: dict[str, Grammar[Handler]]) -> None:
    config, router = grammars["config"], grammars["config-router"]
    config.add("router bgp <number:1-4294967295>", begun(Mode.ROUTER, "BGP is already running; AS is {}"))
    for route, via in (("ip route 0.0.0.0 0.0.0.0", "<ipv4>"), ("ipv6 route ::/0", "<address6>")):
        config.add(f"{route} {via}", static())
        config.add(f"{route} {via} <number:1-255>", static())
        config.add(f"no {route} {via}", no_static)
    router.add("exit", leave_submode)
    router.add("neighbor <address> remote-as <number:1-4294967295>", remote_as)
    unknown = "% Specify remote-as or peer-group commands first"
    router.add("neighbor <address> shutdown", shut(shutdown=True, refused=unknown))
    router.add("no neighbor <address> shutdown", shut(shutdown=False, refused=unknown))
    for name in ("user", "exec"):
        grammars[name].add("show ip bgp summary", _summary)
        grammars[name].add("show bgp ipv6 unicast neighbors <address6>", _neighbor6)
        grammars[name].add("show ip route", _routes)
