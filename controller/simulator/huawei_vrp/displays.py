"""``display`` commands about interfaces and the configuration; those about what is forwarded where are in
``forwarding``.

S2720, S5700, and S6700 V200R019C10 Command Reference: Interface Management ("display interface", "display
interface brief"); Basic Configuration ("display version", "display current-configuration", "display
saved-configuration"); Ethernet Switching ("display eth-trunk").
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.huawei_vrp.device import VrpSwitch
from controller.simulator.huawei_vrp.forwarding import SHOWN, hardware_address
from controller.simulator.huawei_vrp.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

_RULED = "-" * 80
_AT = "2026-11-20 03:12:40+01:00"


# --- interfaces ------------------------------------------------------------------------------------------


def _detail(device: VrpSwitch, each: Interface) -> list[str]:
    status = device.status(each)
    state = "Administratively DOWN" if each.shutdown else "UP" if status.link else "DOWN"
    mac = hardware_address(device.name + each.name)
    lines = [
        f"{each.name} current state : {state}",
        f"Line protocol current state : {'UP' if status.protocol else 'DOWN'}",
    ]
    sent = f"IP Sending Frames' Format is PKTFMT_ETHNT_2, Hardware address is {mac}"
    if each.is_svi:
        address = f"Internet Address is {each.address[0]}/24" if each.address else ""
        return [
            *lines,
            f"Description:{each.description}",
            "Route Port,The Maximum Transmit Unit is 1500",
            address or "Internet protocol processing : disabled",
            sent,
            f"Current system time: {_AT}",
            "    Input bandwidth utilization  : --",
            "    Output bandwidth utilization : --",
            "",
        ]
    trunk = device.is_trunk(each)
    configured = "negotiated" if each.mode == "auto" else "configured"
    pvid = each.native_vlan if trunk else each.access_vlan
    lines += [
        f"Description:{each.description}",
        f"Switch Port, Link-type : {'trunk' if trunk else 'access'}({configured}),",
    ]
    if each.is_aggregate:
        lines.append(
            f"PVID : {pvid:>4}, Hash arithmetic : According to SIP-XOR-DIP,Maximal BW: 2G, Current BW: 2G,"
            " The Maximum Frame Length is 9216"
        )
    else:
        lines.append(f"PVID : {pvid:>4}, TPID : 8100(Hex), The Maximum Frame Length is 9216")
    received = device.counted.get(each.name, (0, 0))
    lines += [
        sent,
        f"Current system time: {_AT}",
        "Last 300 seconds input rate 0 bits/sec, 0 packets/sec",
        "Last 300 seconds output rate 0 bits/sec, 0 packets/sec",
        "",
        f"Input:  {received[0]} packets, {received[0] * 64} bytes",
        f"  Unicast:             {received[0] - received[1]:>14},  Multicast:                           0",
        f"  Broadcast:           {received[1]:>14},  Jumbo:                               0",
        "",
        "Output:  0 packets, 0 bytes",
        "  Unicast:                          0,  Multicast:                           0",
        "  Broadcast:                        0,  Jumbo:                               0",
        "",
        "    Input bandwidth utilization  :    0%",
        "    Output bandwidth utilization :    0%",
    ]
    if each.is_aggregate:
        lines += ["-" * 53, "PortName                      Status      Weight", "-" * 53]
        members = device.members(each.number)
        words = {member.name: "UP" if device.bundled(member) else "DOWN" for member in members}
        lines += [f"{name:<30}{word:<12}1" for name, word in words.items()]
        lines += ["-" * 53, f"The Number of Ports in Trunk : {len(members)}"]
        lines.append(f"The Number of UP Ports in Trunk : {list(words.values()).count('UP')}")
    return [*lines, ""]


def _brief(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [
        "PHY: Physical",
        "*down: administratively down",
        "(l): loopback",
        "(s): spoofing",
        "(E): E-Trunk down",
        "(b): BFD down",
        "(e): ETHOAM down",
        "(dl): DLDP down",
        "(d): Dampening Suppressed",
        "InUti/OutUti: input utility/output utility",
        "Interface                   PHY   Protocol  InUti OutUti   inErrors  outErrors",
    ]
    for each in device.ordered():
        status = device.status(each)
        physical = "*down" if each.shutdown else "up" if status.link else "down"
        protocol = "up" if status.protocol else "down"
        lines.append(f"{each.name:<28}{physical:<6}{protocol:<10}   0%     0%          0          0")
    return paged(lines)


def _interfaces(shell: Shell, _arguments: Arguments) -> Reply:
    return paged([line for each in shell.device.ordered() for line in _detail(shell.device, each)])


def _interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged(_detail(shell.device, shell.interface(arguments)))


def _eth_trunk(shell: Shell, arguments: Arguments) -> Reply:
    device, trunk = shell.device, shell.device.aggregate(arguments.number())
    if trunk is None:
        raise Rejected("Error: The Eth-Trunk does not exist.")
    up = "up" if device.status(trunk).link else "down"
    members = device.members(trunk.number)
    count = sum(device.bundled(each) for each in members)
    lines = [
        f"Eth-Trunk{trunk.number}'s state information is:",
        "WorkingMode: NORMAL         Hash arithmetic: According to SIP-XOR-DIP",
        "Least Active-linknumber: 1  Max Bandwidth-affected-linknumber: 8",
        f"Operate status: {up:<12}Number Of Up Port In Trunk: {count}",
        _RULED,
        "PortName                      Status      Weight",
    ]
    lines += [f"{each.name:<30}{'Up' if device.bundled(each) else 'Down':<12}1" for each in members]
    return paged([*lines, ""])


# --- the configuration -----------------------------------------------------------------------------------


def _current(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(shell.device.running.text())


def _current_interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged(["#", *shell.device.running.written(shell.interface(arguments)), "#", "return"])


def _saved(shell: Shell, _arguments: Arguments) -> Reply:
    if shell.device.startup is None:
        return Reply("Error: The system has no saved-configuration.", result="rejected")
    return paged(shell.device.startup.text())


def _version(shell: Shell, _arguments: Arguments) -> Reply:
    release = (
        "8.180 (CE6881 CORDON-SIMULATED)" if shell.device.two_stage else "5.170 (S5720 CORDON-SIMULATED)"
    )
    return paged(
        [
            "Huawei Versatile Routing Platform Software",
            f"VRP (R) software, Version {release}",
            "A simulated device: no software of Huawei runs here.",
            f"HUAWEI {shell.device.model} Routing Switch uptime is 0 week, 0 day, 1 hour, 5 minutes",
            "",
        ]
    )


# --- all of them -----------------------------------------------------------------------------------------


def add_displays(display: Grammar[Handler]) -> None:
    shown: dict[str, Callable[[Shell, Arguments], Reply]] = {
        "interface": _interfaces,
        "interface brief": _brief,
        "interface <interface>": _interface,
        "eth-trunk <number:0-127>": _eth_trunk,
        "current-configuration": _current,
        "current-configuration interface <interface>": _current_interface,
        "saved-configuration": _saved,
        "version": _version,
    }
    for words, handler in {**shown, **SHOWN}.items():
        display.add(f"display {words}", handler)
    for word in (
        "acl",
        "clock",
        "cpu-usage",
        "device",
        "logbuffer",
        "startup",
        "stp",
        "traffic-applied",
        "users",
    ):
        display.add(f"display {word}", None)
