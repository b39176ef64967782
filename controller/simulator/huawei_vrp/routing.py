"""BGP of VRP.

S2720, S5700, and S6700 V200R019C10 Command Reference, IP Unicast Routing: "bgp", "peer as-number (BGP view)",
"peer ignore (BGP view)" (the session ends, and its routes go), "display bgp peer"; Basic Configuration,
"display current-configuration" (``configuration bgp``).
"""

from __future__ import annotations

from dataclasses import replace

from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.huawei_vrp.configuration import Bgp, Peer
from controller.simulator.huawei_vrp.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

_NO_PEER = "Error: The peer does not exist."


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f"Error: BGP is already running in AS {running.bgp.asn}.")
    shell.enter("bgp")


def _remote_as(shell: Shell, arguments: Arguments) -> None:
    _put(shell, arguments.text(), Peer(arguments.number(1)))


def _ignore(*, ignored: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        _put(shell, arguments.text(), replace(_peer(shell, arguments), ignored=ignored))

    return handler


def _peer(shell: Shell, arguments: Arguments) -> Peer:
    bgp = shell.device.running.bgp
    found = dict(bgp.peers).get(arguments.text()) if bgp else None
    if found is None:
        raise Rejected(_NO_PEER)
    return found


def _put(shell: Shell, address: str, peer: Peer) -> None:
    bgp = shell.device.running.bgp
    if bgp is not None:
        peers = tuple({**dict(bgp.peers), address: peer}.items())
        shell.device.running.bgp = replace(bgp, peers=peers)


def _configured(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    return paged(["#", *(bgp.lines() if bgp else []), "#", "return"])


def _verbose(shell: Shell, arguments: Arguments) -> Reply:
    peer, bgp = _peer(shell, arguments), shell.device.running.bgp
    up = shell.device.established(arguments.text())
    internal = bgp is not None and bgp.asn == peer.remote_as
    return paged(
        [
            "",
            f"         BGP Peer is {arguments.text()},  remote AS {peer.remote_as}",
            f"         Type: {'IBGP' if internal else 'EBGP'} link",
            f"         BGP version 4, Remote router ID {arguments.text() if up else '0.0.0.0'}",  # noqa: S104 - a router ID, no address to bind
            "         Update-group ID: 1",
            f"         BGP current state: {'Established, Up for 00h57m53s' if up else 'Idle'}",
            f"         BGP current event: {'RecvKeepalive' if up else 'Stop'}",
            f"         BGP last state: {'OpenConfirm' if up else 'Established'}",
            "         BGP Peer Up count: 1",
            "",
        ]
    )


def add_routing(system: Grammar[Handler], bgp: Grammar[Handler]) -> None:
    system.add("bgp <number:1-4294967295>", _bgp)
    bgp.add("peer <ipv4> as-number <number:1-4294967295>", _remote_as)
    bgp.add("peer <ipv4> ignore", _ignore(ignored=True))
    bgp.add("undo peer <ipv4> ignore", _ignore(ignored=False))


def add_displays(display: Grammar[Handler]) -> None:
    display.add("display current-configuration configuration bgp", _configured)
    display.add("display bgp peer <ipv4> verbose", _verbose)
