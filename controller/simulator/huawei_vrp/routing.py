"""BGP and static default routes of VRP.

S2720, S5700, and S6700 V200R019C10 Command Reference, IP Unicast Routing: "bgp", "peer as-number (BGP view)",
"peer ignore (BGP view)" (the session ends, and its routes go), "display bgp peer", "display bgp ipv6 peer",
"ip route-static", "ipv6 route-static"; Basic Configuration, "display current-configuration" (``configuration
bgp``). IPv6 addresses are printed in capitals. A peer carries the family of its address.
"""

from __future__ import annotations

from controller.simulator.bgp import Neighbor, begun, no_static, remote_as, shut, static
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.huawei_vrp.configuration import STATIC, written_bgp
from controller.simulator.huawei_vrp.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

_NO_PEER = "Error: The peer does not exist."


def _configured(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    return paged(["#", *(written_bgp(bgp) if bgp else []), "#", "return"])


def _verbose(shell: Shell, arguments: Arguments) -> Reply:
    bgp, address = shell.device.running.bgp, arguments.text()
    peer: Neighbor | None = bgp.neighbor(address) if bgp else None
    if bgp is None or peer is None:
        raise Rejected(_NO_PEER)
    up = not peer.shutdown and not shell.device.booting
    return paged(
        [
            "",
            f"         BGP Peer is {address.upper()},  remote AS {peer.remote_as}",
            f"         Type: {'IBGP' if bgp.asn == peer.remote_as else 'EBGP'} link",
            f"         BGP version 4, Remote router ID {'192.0.2.9' if up else '0.0.0.0'}",  # noqa: S104 - a router ID, no address to bind
            "         Update-group ID: 1",
            f"         BGP current state: {'Established, Up for 00h57m53s' if up else 'Idle'}",
            f"         BGP current event: {'RecvKeepalive' if up else 'Stop'}",
            f"         BGP last state: {'OpenConfirm' if up else 'Established'}",
            "         BGP Peer Up count: 1",
            "",
        ]
    )


def add_routing(system: Grammar[Handler], bgp: Grammar[Handler]) -> None:
    system.add("bgp <number:1-4294967295>", begun("bgp", "Error: BGP is already running in AS {}."))
    routes = (("ip route-static 0.0.0.0 0.0.0.0", "<ipv4>"), ("ipv6 route-static :: 0", "<address6>"))
    for route, via in routes:
        system.add(f"{route} {via}", static(STATIC))
        system.add(f"{route} {via} preference <number:1-255>", static(STATIC))
        system.add(f"undo {route} {via}", no_static)
    bgp.add("peer <address> as-number <number:1-4294967295>", remote_as)
    bgp.add("peer <address> ignore", shut(shutdown=True, refused=_NO_PEER))
    bgp.add("undo peer <address> ignore", shut(shutdown=False, refused=_NO_PEER))


def add_displays(display: Grammar[Handler]) -> None:
    display.add("display current-configuration configuration bgp", _configured)
    display.add("display bgp peer <ipv4> verbose", _verbose)
    display.add("display bgp ipv6 peer <address6> verbose", _verbose)
