"""BGP of AOS-CX.

AOS-CX 10.06 IP Routing Guide, "router bgp", "neighbor remote-as", "neighbor shutdown": a session that is shut
ends at once, and its routes go.
"""

from __future__ import annotations

from dataclasses import replace

from controller.simulator.aruba_aoscx.configuration import Bgp, Neighbor
from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected


def _bgp(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.bgp = running.bgp or Bgp(arguments.number())
    if running.bgp.asn != arguments.number():
        raise Rejected(f"BGP is already running; AS is {running.bgp.asn}")
    shell.enter("config-bgp")


def _remote_as(shell: Shell, arguments: Arguments) -> None:
    _put(shell, arguments.text(), Neighbor(arguments.number(1)))


def _neighbor_shut(shut: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        bgp = shell.device.running.bgp
        found = bgp.neighbor(arguments.text()) if bgp else None
        if found is None:
            raise Rejected("Specify remote-as or peer-group commands first")
        _put(shell, arguments.text(), replace(found, shutdown=shut))

    return handler


def _put(shell: Shell, address: str, neighbor: Neighbor) -> None:
    bgp = shell.device.running.bgp
    if bgp is not None:
        shell.device.running.bgp = replace(
            bgp, neighbors=tuple({**dict(bgp.neighbors), address: neighbor}.items())
        )


def add_routing(config: Grammar[Handler], bgp: Grammar[Handler]) -> None:
    config.add("router bgp <number:1-4294967295>", _bgp)
    bgp.add("neighbor <word> remote-as <number:1-4294967295>", _remote_as)
    bgp.add("neighbor <word> shutdown", _neighbor_shut(True))
    bgp.add("no neighbor <word> shutdown", _neighbor_shut(False))
