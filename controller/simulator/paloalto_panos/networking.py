"""IKE gateways, IPsec tunnels and BGP peers: how they are set, and what runs because of them.

PAN-OS Administrator's Guide, "Set Up Site-to-Site VPN" (gateway, tunnel, ``disabled``), "Configure BGP"
(``enable`` of the virtual router's BGP and of a peer); PAN-OS CLI Quick Start, "Modify the Configuration",
"CLI Cheat Sheet: Networking" (``show vpn``, ``clear vpn``, ``show routing protocol bgp``). What the tables
look like: Cloudflare, "Palo Alto Networks Next-Generation Firewall", and VyOS, "Route-based Site-to-Site VPN
IPsec between VyOS and Palo Alto" (``show vpn ike-sa``, ``show vpn ipsec-sa``); Semtech, "Use Case
Documentation" of AirLink with PAN-OS (what they say where there is none).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence

from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.paloalto_panos.configuration import Configuration, Entry, key_of
from controller.simulator.paloalto_panos.configuring import changes
from controller.simulator.paloalto_panos.device import PanFirewall
from controller.simulator.paloalto_panos.shell import Handler, Shell
from controller.simulator.shell import Reply

Named = Callable[[Arguments], tuple[str, int]]
"""The key of an entry, and how many parameters of the line it takes."""

YES_NO = ("yes", "no")


# --- what is set -----------------------------------------------------------------------------------------


def _own(arguments: Arguments) -> tuple[str, int]:
    return arguments.text(), 1


def _peer(arguments: Arguments) -> tuple[str, int]:
    return key_of(*(arguments.text(index) for index in range(3))), 3


def _value(key: str, text: str) -> str:
    if key in ("disabled", "enable", "protocol bgp enable") and text not in YES_NO:
        raise Rejected("Invalid syntax.")
    if key == "peer-address ip":
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise Rejected(f"Server error : '{text}' is invalid. Invalid ip address") from None
    return text


def _set(kind: str, key: str, named: Named) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        name, taken = named(arguments)
        entries: dict[str, Entry] = getattr(candidate, kind)
        entries[name] = entries.get(name, Entry()).having(key, [_value(key, arguments.text(taken))])

    return changes(act)


def _delete(kind: str, key: str, named: Named) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        name, _taken = named(arguments)
        entries: dict[str, Entry] = getattr(candidate, kind)
        if not entries.get(name, Entry()).get(key):
            raise Rejected("Object doesn't exist")
        entries[name] = entries[name].having(key, ())

    return changes(act)


# --- tunnels ---------------------------------------------------------------------------------------------


def _ike(shell: Shell, arguments: Arguments) -> Reply:
    device = shell.device
    device.talk()
    wanted = arguments.text() if arguments.values else ""
    gateways = [name for name in device.running.gateways if name in device.gateways and wanted in ("", name)]
    lines = ["", "There is no IKEv1 phase-1 SA found.", "", "There is no IKEv1 phase-2 SA found.", ""]
    if not gateways:
        return paged([*lines, "There is no IKEv2 SA found.", ""])
    associated = [each for each in _associated(device) if each[1] in gateways]
    lines += [
        "",
        "IKEv2 SAs",
        *_table(
            {"Gateway ID": 15, "Peer-Address": 22, "Gateway Name": 22, "Role": 4, "SN": 8, "ST": 11},
            [
                (str(index), _peer_of(device, each), each, "Init", "67", "Established")
                for index, each in enumerate(gateways, start=1)
            ],
        ),
        "",
        "IKEv2 IPsec Child SAs",
        *_table(
            {"Gateway Name": 22, "TnID": 8, "Tunnel": 25, "ID": 8, "SPI(in)": 8, "SPI(out)": 8, "ST": 6},
            [
                (gateway, str(index), tunnel, "322550", "FCAEE176", "1EF41BA9", "Mature")
                for index, (tunnel, gateway) in enumerate(associated, start=1)
            ],
        ),
        "",
        f"Show IKEv2 SA: Total {len(device.running.gateways)} gateways found. {len(gateways)} ike sa found.",
        "",
    ]
    return paged(lines)


def _table(columns: Mapping[str, int], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """``columns``: heading and width."""
    widths = columns.values()
    lines = [tuple(columns), tuple("-" * len(each) for each in columns), *rows]
    return [" ".join(f"{each:<{wide}}" for each, wide in zip(line, widths, strict=True)) for line in lines]


def _peer_of(device: PanFirewall, gateway: str) -> str:
    return device.running.gateways[gateway].get("peer-address ip")[0]


def _associated(device: PanFirewall) -> list[tuple[str, str]]:
    """The tunnels that have an association, each with its gateway."""
    return [
        (name, tunnel.get("auto-key ike-gateway")[0])
        for name, tunnel in device.running.tunnels.items()
        if name in device.associations
    ]


def _ipsec(shell: Shell, arguments: Arguments) -> Reply:
    device = shell.device
    device.talk()
    wanted = arguments.text() if arguments.values else ""
    found = [each for each in _associated(device) if wanted in ("", each[0])]
    if not found:
        return paged(["", "There is no IPSec SA found.", ""])
    columns = {"GwID/client IP": 15, "TnID": 6, "Peer-Address": 22, "Tunnel(Gateway)": 46, "Algorithm": 18}
    rows = [
        (str(index), str(index), _peer_of(device, gateway), f"{tunnel}({gateway})", "ESP/A256/SHA256", "3445")
        for index, (tunnel, gateway) in enumerate(found, start=1)
    ]
    total = f"Show IPSec SA: Total {len(found)} tunnels found. {len(found)} ipsec sa found."
    return paged(["", *_table({**columns, "remain-time(Sec)": 16}, rows), "", total, ""])


def _clear_ike(shell: Shell, arguments: Arguments) -> str:
    device, name = shell.device, arguments.text()
    device.talk()
    if name not in device.gateways:
        known = list(device.running.gateways)
        which = f"ID {known.index(name) + 1}" if name in known else name
        return f"\nIKE SA for gateway {which} not found.\n"
    device.gateways.discard(name)
    device.associations -= {tunnel for tunnel, gateway in _associated(device) if gateway == name}
    return "Delete IKEv2 SA: Total 1 gateways found. 1 SA deleted."


def _clear_ipsec(shell: Shell, arguments: Arguments) -> str:
    device, name = shell.device, arguments.text()
    device.talk()
    if name not in device.associations:
        return f"\nIPSec SA for tunnel {name} not found.\n"
    device.associations.discard(name)
    return "Delete IPSec SA: Total 1 tunnels found. 1 SA deleted."


# --- routes ----------------------------------------------------------------------------------------------


def _local_routes(shell: Shell, arguments: Arguments) -> Reply:
    """What BGP learnt, of one peer where it is named; a part for each virtual router that runs BGP."""
    device = shell.device
    wanted = arguments.text() if arguments.values else ""
    lines: list[str] = []
    for index, router in enumerate(device.speaking, start=1):
        found = [
            f"  *0.0.0.0/0          {entry.get('peer-address ip')[0]:<16} {name:<10} 0        100 igp"
            f"          0    0 {entry.get('peer-as')[0]}"
            for name, entry in device.neighbours(router)
            if wanted in ("", name)
        ]
        lines += [
            f"VIRTUAL ROUTER: {router} (id {index})",
            "  ==========",
            "  Prefix             Nexthop          Peer       Weight   LocPrf Org        MED flap AS-Path",
            *found,
            "",
            f"  total routes shown: {len(found)}",
            "",
        ]
    return paged(lines)


def add_networking(operational: Grammar[Handler], configuration: Grammar[Handler]) -> None:
    gateway, tunnel = "network ike gateway <name>", "network tunnel ipsec <name>"
    router = "network virtual-router <name>"
    peer = f"{router} protocol bgp peer-group <name> peer <name>"
    settings: tuple[tuple[str, str, Named, tuple[str, ...]], ...] = (
        ("gateways", gateway, _own, ("peer-address ip", "local-address interface", "disabled")),
        (
            "tunnels",
            tunnel,
            _own,
            ("auto-key ike-gateway", "auto-key ipsec-crypto-profile", "tunnel-interface", "disabled"),
        ),
        ("routers", router, _own, ("protocol bgp enable", "protocol bgp local-as", "protocol bgp router-id")),
        ("peers", peer, _peer, ("peer-as", "peer-address ip", "enable")),
    )
    for kind, place, named, keys in settings:
        for key in keys:
            configuration.add(f"set {place} {key} <name>", _set(kind, key, named))
            configuration.add(f"delete {place} {key}", _delete(kind, key, named))
    operational.add("show vpn ike-sa", _ike)
    operational.add("show vpn ike-sa gateway <name>", _ike)
    operational.add("show vpn ipsec-sa", _ipsec)
    operational.add("show vpn ipsec-sa tunnel <name>", _ipsec)
    operational.add("clear vpn ike-sa gateway <name>", _clear_ike)
    operational.add("clear vpn ipsec-sa tunnel <name>", _clear_ipsec)
    operational.add("show routing protocol bgp loc-rib", _local_routes)
    operational.add("show routing protocol bgp loc-rib peer <name>", _local_routes)
