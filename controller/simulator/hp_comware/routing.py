"""BGP and static default routes of Comware.

Comware 7 Layer 3 - IP Routing Command Reference: "bgp", "peer as-number", "peer ignore" (the session ends,
and its routes go), "display bgp peer", "ip route-static". Fundamentals Command Reference, "display
current-configuration" (``configuration bgp``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.bgp import Bgp, Default, Neighbor
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.hp_comware.configuration import STATIC, written_bgp
from controller.simulator.hp_comware.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f" % BGP is already running in AS {running.bgp.asn}.")
    shell.enter("bgp")


def _as_number(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    if running.bgp is not None:
        running.bgp = running.bgp.with_neighbor(arguments.text(), Neighbor(arguments.number(1)))


def _ignore(*, ignored: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        bgp = shell.device.running.bgp
        found = bgp.neighbor(arguments.text()) if bgp else None
        if bgp is None or found is None:
            raise Rejected(" % The peer does not exist.")
        shell.device.running.bgp = bgp.with_neighbor(arguments.text(), replace(found, shutdown=ignored))

    return handler


def _default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    kept = tuple(each for each in running.defaults if each.via != arguments.text())
    preference = arguments.number(1) if len(arguments.values) > 1 else STATIC
    running.defaults = (*kept, Default(arguments.text(), preference))


def _no_default(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.defaults = tuple(each for each in running.defaults if each.via != arguments.text())


def _configured(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    return paged(["#", *(written_bgp(bgp) if bgp else []), "#", "return"])


def _peers(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    if bgp is None:
        return paged([])
    up = sum(not each.shutdown for _address, each in bgp.neighbors)
    lines = [
        "",
        " BGP local router ID: 10.0.0.1",
        f" Local AS number: {bgp.asn}",
        f" Total number of peers: {len(bgp.neighbors)}                 Peers in established state: {up}",
        "",
        "  * - Dynamically created peer",
        "  Peer                    AS  MsgRcvd  MsgSent OutQ PrefRcv Up/Down  State",
        "",
    ]
    for address, each in bgp.neighbors:
        prefixes, state = (0, "Idle") if each.shutdown else (1, "Established")
        row = f"  {address:<19} {each.remote_as:>6}       26       27    0 {prefixes:>7} 00:20:06 {state}"
        lines.append(row)
    return paged(lines)


def add_routing(grammars: Mapping[str, Grammar[Handler]]) -> None:
    system, bgp = grammars["system"], grammars["bgp"]
    system.add("bgp <number:1-4294967295>", _bgp)
    system.add("ip route-static 0.0.0.0 0 <ipv4>", _default)
    system.add("ip route-static 0.0.0.0 0 <ipv4> preference <number:1-255>", _default)
    system.add("undo ip route-static 0.0.0.0 0 <ipv4>", _no_default)
    bgp.add("peer <ipv4> as-number <number:1-4294967295>", _as_number)
    bgp.add("peer <ipv4> ignore", _ignore(ignored=True))
    bgp.add("undo peer <ipv4> ignore", _ignore(ignored=False))
    for view in ("user", "display"):
        grammars[view].add("display current-configuration configuration bgp", _configured)
        grammars[view].add("display bgp peer ipv4", _peers)
