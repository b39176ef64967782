"""A Palo Alto Networks firewall with PAN-OS 11.1 and several virtual systems: the one of the neighbouring
package with ``multi-vsys: on``.

PAN-OS Administrator's Guide, "Virtual Systems" (interfaces, virtual routers and tunnels are the firewall's,
zones and rules those of a virtual system); PAN-OS CLI Quick Start, "CLI Cheat Sheet: VSYS".
"""

from __future__ import annotations

from controller.simulator.paloalto_panos import firewall

PLATFORM = firewall("paloalto_panos_vsys", several=True)
