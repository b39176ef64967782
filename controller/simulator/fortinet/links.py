"""What FortiOS answers about its IPsec tunnels and its BGP neighbours.

"Troubleshooting Tip: IPsec VPNs tunnels" (``get vpn ipsec tunnel summary``, ``diagnose vpn ike gateway
list``); "Technical Tip: BGP Neighbor Adjacency States" (``set shutdown``); CLI Reference, "get router info6
routing-table". How a shut neighbour is marked is that of other routers (``Idle (Admin)``); a tunnel that is
shut has no gateway in the second list.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.shell import Reply

if TYPE_CHECKING:
    from controller.simulator.fortinet.commands import Handler
    from controller.simulator.fortinet.shell import Shell


def _paged(text: str) -> Reply:
    return Reply(text, paged=True)


def _tunnels(shell: Shell, _arguments: Arguments) -> Reply:
    device, lines = shell.device, []
    for name, entry in device.running.table("vpn ipsec phase1-interface", shell.vdom).items():
        second = device.running.table("vpn ipsec phase2-interface", shell.vdom).values()
        total = sum(each.get("phase1name") == (name,) for each in second)
        gateway = next(iter(entry.get("remote-gw")), "0.0.0.0")  # noqa: S104 - as it is printed
        lines.append(
            f"'{name}' {gateway}:0  selectors(total,up): {total}/{total if device.up(name) else 0}  "
            "rx(pkt,err): 1921/0  tx(pkt,err): 69/2"
        )
    return _paged("\n".join(lines))


def _gateway(shell: Shell, arguments: Arguments) -> Reply:
    device, name = shell.device, arguments.text()
    entry = device.running.table("vpn ipsec phase1-interface", shell.vdom).get(name)
    if entry is None or not device.up(name):
        return Reply()
    gateway = next(iter(entry.get("remote-gw")), "0.0.0.0")  # noqa: S104 - as it is printed
    vd = list(device.running.vdoms).index(shell.vdom)
    version = device.running.one("vpn ipsec phase1-interface", "ike-version", name, shell.vdom)
    return _paged(
        f"\nvd: {shell.vdom}/{vd}\nname: {name}\nversion: {version}\n"
        f"interface: {' '.join(entry.get('interface'))} 7\naddr: 203.0.113.2:500 -> {gateway}:500\n"
        "created: 1805s ago\nIKE SA: created 1/1  established 1/1  time 10/10/10 ms\n"
        "IPsec SA: created 1/1  established 1/1  time 10/10/10 ms\n\n"
        "  id/spi: 19576 a83334b3c66f871b/5c1e0f0b7a9d4e21\n  direction: initiator\n"
        "  status: established 1805-1805s ago = 10ms\n  proposal: aes256-sha256\n"
    )


def _neighbour(shell: Shell, arguments: Arguments) -> Reply:
    device, name = shell.device, arguments.text()
    entry = device.running.table("router bgp neighbor", shell.vdom).get(name)
    if entry is None:
        return Reply()
    up = device.established(name, shell.vdom)
    state = "Established, up for 01:02:11" if up else "Idle (Admin)"
    lines = [
        "VRF 0 neighbor table:",
        f"BGP neighbor is {name}, remote AS {entry.get('remote-as')[0]}, local AS 65001, external link",
        "  BGP version 4, remote router ID 198.51.100.1",
        f"  BGP state = {state}",
        "  Last read 00:00:11, hold time is 180, keepalive interval is 60 seconds",
        "  Received 66 messages, 0 notifications, 0 in queue",
        "  Sent 70 messages, 1 notifications, 0 in queue",
        " For address family: IPv4 Unicast",
        f"  {2 if up else 0} accepted prefixes, {2 if up else 0} prefixes in rib",
        "",
    ]
    return _paged("\n".join(lines))


def _learnt(version: int) -> Handler:
    """Of the neighbours of a family; IPv6 as the neighbour's own address is the next hop."""

    def answer(shell: Shell, _arguments: Arguments) -> Reply:
        device = shell.device
        default, network = ("0.0.0.0/0", "192.0.2.0/24") if version == 4 else ("::/0", "2001:db8:99::/48")
        lines = ["Routing table for VRF=0"] if version == 4 else ["IPv6 Routing Table"]
        for name in device.running.table("router bgp neighbor", shell.vdom):
            if ip_address(name).version == version and device.established(name, shell.vdom):
                way = f"[20/0] via {name} (recursive is directly connected, port1), 01:02:11"
                lines += [f"B*      {default} {way}", f"B       {network} {way}"]
        return _paged("\n".join([*lines, ""]))

    return answer


def add_links(commands: Grammar[Handler]) -> None:
    commands.add("get vpn ipsec tunnel summary", _tunnels)
    commands.add("diagnose vpn ike gateway list name <word>", _gateway)
    commands.add("get router info bgp neighbors <word>", _neighbour)
    commands.add("get router info routing-table bgp", _learnt(4))
    commands.add("get router info6 routing-table bgp", _learnt(6))
