"""Tunnel interfaces that IPsec protects, and the security associations of their peers.

Cisco IOS Interface and Hardware Component Command Reference, "tunnel source", "tunnel destination", "tunnel
mode"; Security Command Reference, "tunnel protection", "show crypto session", "clear crypto session" (deletes
the IKE and the IPsec associations of a peer). Configuring Security for VPNs with IPsec, "IPsec VPN
Monitoring": ``UP-ACTIVE`` with both associations, ``UP-IDLE`` with that of IKE alone, ``DOWN`` with none. A
tunnel that is shut loses its IPsec associations; that of IKE is its peer's and lasts until it is cleared. The
other end is always there.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.cisco_ios.configuration import TUNNEL
from controller.simulator.cisco_ios.device import IosSwitch
from controller.simulator.cisco_ios.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, invalid
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface


def tunnel_detail(interface: Interface) -> list[str]:
    """What ``show interfaces`` tells of it below its first line."""
    source, destination = interface.setting("tunnel source"), interface.setting("tunnel destination")
    mode = "IPSEC/IP" if interface.setting("tunnel mode") else "GRE/IP"
    profile = interface.setting("tunnel protection").rpartition(" ")[2]
    return [
        "  Hardware is Tunnel",
        *([f"  Description: {interface.description}"] if interface.description else []),
        "  MTU 9938 bytes, BW 100 Kbit/sec, DLY 50000 usec,",
        "     reliability 255/255, txload 1/255, rxload 1/255",
        "  Encapsulation TUNNEL, loopback not set",
        f"  Tunnel source {source}, destination {destination}",
        f"  Tunnel protocol/transport {mode}",
        *([f'  Tunnel protection via IPSec (profile "{profile}")'] if profile else []),
        "     0 packets input, 0 bytes, 0 no buffer",
    ]


def _set(which: str, value: Callable[[Arguments], str]) -> Handler:
    """``value`` "" takes the line away."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        for name in shell.selected:
            interface = shell.device.running.interfaces[name]
            if not interface.is_tunnel:
                raise invalid(arguments.tokens[0].start)
            shell.device.running.interfaces[name] = interface.with_extra(which, value(arguments))

    return handler


def _session(name: str, status: str, peer: str, flows: bool) -> list[str]:
    lines = [
        f"Interface: {name}",
        f"Session status: {status}     ",
        f"Peer: {peer} port 500 ",
        "  Session ID: 3  ",
        f"  IKEv2 SA: local 192.0.2.1/500 remote {peer}/500 Active ",
    ]
    if flows:
        lines += [
            "  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 ",
            "        Active SAs: 2, origin: crypto map",
        ]
    return [*lines, ""]


def _sessions(shell: Shell, wanted: Callable[[str, str], bool]) -> Reply:
    """``wanted``: by interface and peer."""
    device: IosSwitch = shell.device
    lines = ["Crypto session current status", ""]
    busy = set()
    for each in device.running.ordered_interfaces():
        peer = each.setting("tunnel destination")
        if device.protected(each):
            busy.add(peer)
            lines += _session(each.name, "UP-ACTIVE", peer, flows=True) if wanted(each.name, peer) else []
    for peer in sorted(device.idle_peers - busy):
        lines += _session("(unknown)", "UP-IDLE", peer, flows=False) if wanted("", peer) else []
    return paged(lines)


def _of_all(shell: Shell, _arguments: Arguments) -> Reply:
    return _sessions(shell, lambda _name, _peer: True)


def _of_interface(shell: Shell, arguments: Arguments) -> Reply:
    wanted = shell.interface(arguments).name
    return _sessions(shell, lambda name, _peer: name == wanted)


def _of_peer(shell: Shell, arguments: Arguments) -> Reply:
    return _sessions(shell, lambda _name, peer: peer == arguments.text())


def _clear(shell: Shell, arguments: Arguments) -> None:
    """Associations that a tunnel needs are there again at once."""
    gone = {arguments.text()} if arguments.values else shell.device.idle_peers
    shell.device.idle_peers = shell.device.idle_peers - gone


def add_tunnels(grammars: dict[str, Grammar[Handler]]) -> None:
    interface = grammars["config-if"]
    for pattern in ("tunnel source <interface>", "tunnel source <ipv4>", "tunnel destination <ipv4>"):
        interface.add(pattern, _set(" ".join(pattern.split()[:2]), Arguments.text))
    interface.add("tunnel mode ipsec ipv4", _set("tunnel mode", lambda _a: "ipsec ipv4"))
    interface.add(
        "tunnel protection ipsec profile <word>",
        _set("tunnel protection", lambda arguments: f"ipsec profile {arguments.text()}"),
    )
    for line in TUNNEL:
        interface.add(f"no {line}", _set(line, lambda _a: ""))
    for name in ("user", "exec"):
        grammars[name].add("show crypto session", _of_all)
        grammars[name].add("show crypto session interface <interface>", _of_interface)
        grammars[name].add("show crypto session remote <ipv4>", _of_peer)
    grammars["exec"].add("clear crypto session", _clear)
    grammars["exec"].add("clear crypto session remote <ipv4>", _clear)
