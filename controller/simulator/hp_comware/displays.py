"""``display`` commands.

Comware 7 command references: Interface ("display interface", "display interface brief"); Fundamentals
("display version", "display current-configuration", "display saved-configuration"); Layer 2 - LAN Switching
("display vlan brief", "display link-aggregation verbose", "display mac-address"); Layer 3 - IP Services
("display arp").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from controller.simulator.device import Host
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.hp_comware.configuration import written
from controller.simulator.hp_comware.device import ComwareSwitch
from controller.simulator.hp_comware.names import short_name
from controller.simulator.hp_comware.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import hardware_address as dotted
from controller.simulator.switching import Interface
from controller.simulator.vlans import vlan_spans


def hardware_address(name: str) -> str:
    """The same for the same name: ``70f9-6dab-cdef``."""
    return dotted(name, vendor="70f96d").replace(".", "-")


# --- interfaces ------------------------------------------------------------------------------------------


def _detail(device: ComwareSwitch, each: Interface) -> list[str]:
    status = device.status(each)
    state = "Administratively DOWN" if each.shutdown else "UP" if status.link else "DOWN"
    mac = hardware_address(device.name + each.name)
    lines = [
        each.name,
        f"Current state: {state}",
        f"Line protocol state: {'UP' if status.protocol else 'DOWN'}",
    ]
    about = f"Description: {each.description or each.name + ' Interface'}"
    if each.is_svi:
        address = f"{each.address[0]} {each.address[1]} (Primary)" if each.address else ""
        return [
            *lines,
            about,
            "Bandwidth: 1000000 kbps",
            "Maximum transmission unit: 1500",
            f"Internet address: {address}" if address else "Internet protocol processing: Disabled",
            f"IP packet frame type: Ethernet II, hardware address: {mac}",
            f"IPv6 packet frame type: Ethernet II, hardware address: {mac}",
            "Last clearing of counters: Never",
            "",
        ]
    lines += [
        f"IP packet frame type: Ethernet II, hardware address: {mac}",
        about,
        "Bandwidth: 1000000 kbps",
    ]
    speed = (
        "1000Mbps-speed mode, full-duplex mode" if status.link else "Unknown-speed mode, unknown-duplex mode"
    )
    lines += [speed, "Link speed type is autonegotiation, link duplex type is autonegotiation"]
    lines += [] if each.is_aggregate else ["Flow-control is not enabled", "Maximum frame length: 10000"]
    trunk = device.is_trunk(each)
    lines.append(f"PVID: {each.native_vlan if trunk else each.access_vlan}")
    lines += [] if each.is_aggregate else ["MDI type: Automdix"]
    lines.append(f"Port link-type: {'Trunk' if trunk else 'Access'}")
    if trunk:
        passing = each.allowed & device.running.vlans.keys()
        lines.append(f" VLAN Passing:   {_listed(passing, each.native_vlan)}")
        lines.append(f" VLAN permitted: {_listed(each.allowed, each.native_vlan)}")
        lines.append(" Trunk port encapsulation: IEEE 802.1q")
    else:
        lines += [" Tagged VLANs:   None", f" Untagged VLANs: {each.access_vlan}"]
    lines += (
        [] if each.is_aggregate else ["Port priority: 0", "Last link flapping: 0 hours 5 minutes 2 seconds"]
    )
    received = device.counted.get(each.name, (0, 0))
    return [
        *lines,
        "Last clearing of counters: Never",
        "Last 300 seconds input: 0 packets/sec 0 bytes/sec 0%",
        "Last 300 seconds output: 0 packets/sec 0 bytes/sec 0%",
        f"Input (total):  {received[0]} packets, {received[0] * 64} bytes",
        f"        {received[0] - received[1]} unicasts, {received[1]} broadcasts, 0 multicasts, 0 pauses",
        "Output (total): 0 packets, 0 bytes",
        "        0 unicasts, 0 broadcasts, 0 multicasts, 0 pauses",
        "",
    ]


def _listed(vlans: Iterable[int], native: int) -> str:
    """``1(default vlan), 2-5``; ``None`` where there is none. The default VLAN stands by itself."""
    found = set(vlans)
    first = [f"{native}(default vlan)"] if native in found else []
    return ", ".join([*first, *vlan_spans(found - {native}, 2)]) or "None"


def _brief(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [
        "Brief information on interfaces in bridge mode:",
        "Link: ADM - administratively down; Stby - standby",
        "Speed: (a) - auto",
        "Duplex: (a)/A - auto; H - half; F - full",
        "Type: A - access; T - trunk; H - hybrid",
        "Interface            Link Speed   Duplex Type PVID Description",
    ]
    for each in device.ordered():
        if each.is_svi:
            continue
        link = "ADM" if each.shutdown else "UP" if device.status(each).link else "DOWN"
        trunk = device.is_trunk(each)
        pvid = each.native_vlan if trunk else each.access_vlan
        lines.append(
            f"{short_name(each.name):<20} {link:<4} 1G(a)   F(a)   {'T' if trunk else 'A':<4} {pvid:<4} "
            f"{each.description}".rstrip()
        )
    return paged(lines)


def _interfaces(shell: Shell, _arguments: Arguments) -> Reply:
    return paged([line for each in shell.device.ordered() for line in _detail(shell.device, each)])


def _interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged(_detail(shell.device, shell.interface(arguments)))


def _aggregate(shell: Shell, arguments: Arguments) -> Reply:
    device, each = shell.device, shell.interface(arguments)
    lines = [
        "Loadsharing Type: Shar -- Loadsharing, NonS -- Non-Loadsharing",
        "Port Status: S -- Selected, U -- Unselected, I -- Individual",
        "Port: A -- Auto port, M -- Management port, R -- Reference port",
        "Flags:  A -- LACP_Activity, B -- LACP_Timeout, C -- Aggregation,",
        "        D -- Synchronization, E -- Collecting, F -- Distributing,",
        "        G -- Defaulted, H -- Expired",
        "",
        f"Aggregate Interface: {each.name}",
        "Creation Mode: Manual",
        "Aggregation Mode: Static",
        "Loadsharing Type: Shar",
        "Management VLANs: None",
        "  Port             Status  Priority Oper-Key",
    ]
    for member in device.members(each.number):
        word = "S" if device.bundled(member) else "U"
        lines.append(f"  {short_name(member.name):<16} {word:<7} 32768    1")
    return paged([*lines, ""])


# --- the configuration -----------------------------------------------------------------------------------


def _current(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(shell.device.running.text())


def _current_interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged(["#", *written(shell.interface(arguments)), "#", "return"])


def _saved(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(shell.device.startup.text() if shell.device.startup else "")


def _version(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    return paged(
        [
            "H3C Comware Software, Version 7.1.070, Release CORDON-SIMULATED",
            "A simulated device: no software of H3C or HPE runs here.",
            f"H3C {device.model} uptime is 0 weeks, 0 days, 1 hour, 5 minutes",
            "Last reboot reason : User reboot",
            "",
            "Boot image: flash:/cordon-simulated-boot.bin",
            "",
        ]
    )


def _vlans(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [
        "Brief information about all VLANs:",
        "Supported Minimum VLAN ID: 1",
        "Supported Maximum VLAN ID: 4094",
    ]
    lines += ["Default VLAN ID: 1", "VLAN ID   Name                             Port"]
    for vlan, name in sorted(device.running.vlans.items()):
        switched = [each for each in device.ordered() if not each.is_svi]
        ports = [short_name(each.name) for each in switched if device.carries(each, vlan)]
        lines.append(f"{vlan:<9} {name:<32} {'  '.join(ports)}".rstrip())
    return paged(lines)


# --- who is there ----------------------------------------------------------------------------------------


def _hosts(device: ComwareSwitch) -> Iterator[tuple[Host, Interface, int]]:
    """Machines at ports that forward for them, with the VLAN they are in."""
    for host in device.hosts:
        interface = device.running.interfaces[host.port]
        vlan = host.vlan or interface.access_vlan
        if device.carries(interface, vlan):
            yield host, interface, vlan


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["MAC Address      VLAN ID    State            Port/Nickname            Aging"]
    for host, each, vlan in _hosts(shell.device):
        lines.append(
            f"{hardware_address(host.name)}   {vlan:<10} Learned          {short_name(each.name):<24} Y"
        )
    return paged(lines)


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["  Type: S-Static   D-Dynamic   O-Openflow   R-Rule   M-Multiport  I-Invalid"]
    lines.append("IP address      MAC address    VLAN/VSI   Interface                Aging Type")
    for host, each, vlan in _hosts(shell.device):
        if host.address and f"Vlan-interface{vlan}" in shell.device.running.interfaces:
            mac = hardware_address(host.name)
            lines.append(f"{host.address:<15} {mac} {vlan:<10} {short_name(each.name):<24} 1140  D")
    return paged(lines)


def add_displays(display: Grammar[Handler]) -> None:
    shown: dict[str, Callable[[Shell, Arguments], Reply]] = {
        "interface": _interfaces,
        "interface brief": _brief,
        "interface <interface>": _interface,
        "link-aggregation verbose <interface>": _aggregate,
        "current-configuration": _current,
        "current-configuration interface <interface>": _current_interface,
        "saved-configuration": _saved,
        "version": _version,
        "vlan brief": _vlans,
        "mac-address": _macs,
        "arp": _arp,
    }
    for words, handler in shown.items():
        display.add(f"display {words}", handler)
    for word in (
        "acl",
        "clock",
        "cpu",
        "device",
        "irf",
        "lldp",
        "local-user",
        "logbuffer",
        "memory",
        "packet-filter",
        "users",
    ):
        display.add(f"display {word}", None)
