"""BGP and static default routes of Comware.

Comware 7 Layer 3 - IP Routing Command Reference: "bgp", "peer as-number", "peer ignore" (the session ends,
and its routes go), "display bgp peer", "ip route-static". Fundamentals Command Reference, "display
current-configuration" (``configuration bgp``).
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.simulator.bgp import begun, no_static, remote_as, shut, static
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.hp_comware.configuration import STATIC, written_bgp
from controller.simulator.hp_comware.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


def _configured(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    return paged(["#", *(written_bgp(bgp) if bgp else []), "#", "return"])


def _peers(version: int) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> Reply:
        bgp = shell.device.running.bgp
        if bgp is None:
            return paged([])
        peers = bgp.of_family(version)
        up = sum(not each.shutdown for _address, each in peers)
        lines = [
            "",
            " BGP local router ID: 10.0.0.1",
            f" Local AS number: {bgp.asn}",
            f" Total number of peers: {len(peers)}                 Peers in established state: {up}",
            "",
            "  * - Dynamically created peer",
            "  Peer                    AS  MsgRcvd  MsgSent OutQ PrefRcv Up/Down  State",
            "",
        ]
        for address, each in peers:
            prefixes, state = (0, "Idle") if each.shutdown else (1, "Established")
            rest = f"{each.remote_as:>6}       26       27    0 {prefixes:>7} 00:20:06 {state}"
            lines.append(f"  {address.upper():<19} {rest}")
        return paged(lines)

    return handler


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    system, bgp = grammars["system"], grammars["bgp"]
    system.add("bgp <number:1-4294967295>", begun("bgp", " % BGP is already running in AS {}."))
    for route, via in (("ip route-static 0.0.0.0 0", "<ipv4>"), ("ipv6 route-static :: 0", "<address6>")):
        system.add(f"{route} {via}", static(STATIC))
        system.add(f"{route} {via} preference <number:1-255>", static(STATIC))
        system.add(f"undo {route} {via}", no_static)
    bgp.add("peer <address> as-number <number:1-4294967295>", remote_as)
    unknown = " % The peer does not exist."
    bgp.add("peer <address> ignore", shut(shutdown=True, refused=unknown))
    bgp.add("undo peer <address> ignore", shut(shutdown=False, refused=unknown))
    for view in ("user", "display"):
        grammars[view].add("display current-configuration configuration bgp", _configured)
        grammars[view].add("display bgp peer ipv4", _peers(4))
        grammars[view].add("display bgp peer ipv6", _peers(6))
