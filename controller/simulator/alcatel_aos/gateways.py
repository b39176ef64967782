"""IP and IPv6 interfaces of VLANs.

OmniSwitch AOS Release 8 CLI Reference Guide: "ip interface" (named, up to eight of a VLAN), "ipv6 interface"
(named by themselves: one of each kind may have the same name), "show ip interface". Network Configuration
Guide, "Configuring VLAN IP Interfaces": a VLAN is routed where it has such an interface and one of its ports
is active. How the configuration writes one that is disabled is not in them: here it is a line of its own.
"""

from __future__ import annotations

from dataclasses import replace

from controller.simulator.alcatel_aos.configuration import Gateway
from controller.simulator.alcatel_aos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.shell import Reply


def _made(shell: Shell, made: Gateway) -> None:
    running = shell.device.running
    if made.vlan not in running.vlans:
        raise Rejected(f"ERROR: Vlan {made.vlan} does not exist")
    running.gateways[made.family, made.name] = made


def _ip(shell: Shell, arguments: Arguments) -> None:
    name, address, mask = (arguments.text(index).strip('"') for index in range(3))
    _made(shell, Gateway("ip", name, arguments.number(3), (address, mask)))


def _ipv6(shell: Shell, arguments: Arguments) -> None:
    _made(shell, Gateway("ipv6", arguments.text().strip('"'), arguments.number(1)))


def _admin(family: str, *, shutdown: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        key = (family, arguments.text().strip('"'))
        found = shell.device.running.gateways.get(key)
        if found is None:
            raise Rejected(f"ERROR: Interface {key[1]} does not exist")
        shell.device.running.gateways[key] = replace(found, shutdown=shutdown)

    return handler


def _shown(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [" Flags (D=Directly-bound)", ""]
    lines.append(
        "            Name                 IP Address      Subnet Mask     Status Forward  Device   Flags"
    )
    lines.append(
        "--------------------------------+---------------+---------------+------+-------+---------+------"
    )
    rows = [("Loopback", ("127.0.0.1", "255.255.255.255"), True, "Loopback")]
    rows += [
        (each.name, each.address, device.routes(each), f"vlan {each.vlan}")
        for each in device.running.gateways.values()
        if each.family == "ip"
    ]
    for name, (address, mask), up, where in sorted(rows):
        status, forward = ("UP", "YES" if where != "Loopback" else "NO") if up else ("DOWN", "NO")
        lines.append(f"{name:<32} {address:<15} {mask:<15} {status:>6} {forward:>7} {where:<12}")
    return paged([f"Total {len(rows)} interfaces", *lines, ""])


def add_gateways(grammar: Grammar[Handler]) -> None:
    grammar.add("ip interface <word> address <ipv4> mask <ipv4> vlan <number:1-4094>", _ip)
    grammar.add("ipv6 interface <word> vlan <number:1-4094>", _ipv6)
    for family in ("ip", "ipv6"):
        for state, shutdown in (("enable", False), ("disable", True)):
            handler = _admin(family, shutdown=shutdown)
            grammar.add(f"{family} interface <word> admin-state {state}", handler)
    grammar.add("show ip interface", _shown)
