"""BGP of AOS-CX.

AOS-CX 10.06 IP Routing Guide, "router bgp", "neighbor remote-as", "neighbor shutdown": a session that is shut
ends at once, and its routes go.
"""

from __future__ import annotations

from controller.simulator.aruba_aoscx.shell import Handler
from controller.simulator.bgp import begun, remote_as, shut
from controller.simulator.grammar import Grammar


def add_routing(config: Grammar[Handler], bgp: Grammar[Handler]) -> None:
    config.add("router bgp <number:1-4294967295>", begun("config-bgp", "BGP is already running; AS is {}"))
    bgp.add("neighbor <address> remote-as <number:1-4294967295>", remote_as)
    unknown = "Specify remote-as or peer-group commands first"
    bgp.add("neighbor <address> shutdown", shut(shutdown=True, refused=unknown))
    bgp.add("no neighbor <address> shutdown", shut(shutdown=False, refused=unknown))
