"""Operational mode: the session's own settings, the configuration, and what the system says of itself.

Junos OS CLI Reference: "set cli screen-length", "set cli screen-width", "set cli complete-on-space", "show
configuration", "show cli authorization", "show version", "show system commit"; Firewall Filters and BGP User
Guides, "show bgp summary", "show bgp neighbor".
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.simulator.grammar import Arguments, Grammar, incomplete, invalid
from controller.simulator.juniper_junos.configuration import NotUnderstood, located
from controller.simulator.juniper_junos.shell import (
    OPERATIONAL,
    Handler,
    JunosShell,
    Output,
    tokens,
)
from controller.simulator.juniper_junos.writing import below, braces, elements, inside, set_lines, xml_lines

VERSION = "21.4R3-S5.4"
_PERMISSIONS = {
    "super-user": (
        ("admin", "Can view user accounts"),
        ("admin-control", "Can modify user accounts"),
        ("clear", "Can clear learned network info"),
        ("configure", "Can enter configuration mode"),
        ("control", "Can modify any config"),
        ("interface", "Can view interface configuration"),
        ("interface-control", "Can modify interface configuration"),
        ("view", "Can view current values and statistics"),
    ),
    "operator": (
        ("clear", "Can clear learned network info"),
        ("view", "Can view current values and statistics"),
    ),
}


def _screen(shell: JunosShell, arguments: Arguments) -> str:
    what, number = arguments.tokens[2].text, arguments.number()
    if "screen-length".startswith(what):
        shell.screen.length = number
        return f"Screen length set to {number}"
    shell.screen.width = number
    return f"Screen width set to {number}"


def _configuration(shell: JunosShell, arguments: Arguments) -> Output:
    running = shell.device.running
    given = tokens(arguments.text(), arguments.starts[0]) if arguments.values else []
    try:
        path = located([word.text for word in given], whole=False).path
    except NotUnderstood as error:
        raise invalid(given[error.index].start) if error.index < len(given) else incomplete() from None
    found = elements(running.statements, running.inactive)
    shown, way = (inside(found, path), below(found, path)) if path else (found, found)

    def xml() -> Sequence[str]:
        at = 'junos:commit-seconds="1795334400" junos:commit-localtime="2026-11-22 08:00:00 UTC"'
        return [
            f'<configuration {at} junos:commit-user="cordon">',
            *xml_lines(way, " " * 8),
            "</configuration>",
        ]

    latest = f"## Last commit: 2026-11-22 08:00:00 UTC by {shell.user}"
    head = [] if path else [latest, f"version {VERSION};"]
    return Output([*head, *braces(shown)], xml=xml, sets=lambda: list(set_lines(way)))


def _authorization(shell: JunosShell, _arguments: Arguments) -> Output:
    group = shell.device.running.value("system", "login", "user", shell.user, "class")
    lines = [f"Current user: '{shell.user}' login: '{shell.user}' class '{group}'", "Permissions:"]
    lines += [f"    {name:<11} -- {text}" for name, text in _PERMISSIONS.get(group, ())]
    return Output([*lines, "Individual command authorization:", "    Allow regular expression: none"])


def _version(shell: JunosShell, _arguments: Arguments) -> Output:
    device = shell.device
    return Output(
        [
            "fpc0:",
            "-" * 74,
            f"Hostname: {device.hostname}",
            f"Model: {device.model}",
            f"Junos: {VERSION}",
            f"JUNOS OS Kernel 64-bit  [CORDON-SIMULATED-{VERSION}]",
            f"JUNOS EX  Software Suite [{VERSION}]",
        ]
    )


def _commits(shell: JunosShell, _arguments: Arguments) -> Output:
    device, lines = shell.device, list[str]()
    for number, each in enumerate(device.commits):
        way = f" commit confirmed, rollback in {each.minutes}mins" if each.minutes else ""
        lines.append(f"{number:<3} {each.at:%Y-%m-%d %H:%M:%S} UTC by {each.by} via {each.how}{way}")
        if number == 0 and device.unconfirmed is not None:
            lines.append("    rollback pending")
    return Output([*lines, f"{len(device.commits):<3} 2026-11-22 08:00:00 UTC by root via other"])


# --- BGP ---------------------------------------------------------------------------------------------------


def _peers(shell: JunosShell, _arguments: Arguments) -> Output | str:
    peers = list(shell.device.peers())
    if not shell.device.running.names("protocols", "bgp", "group"):
        return "BGP is not running"
    columns = "AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn State|#Active/Received/Accepted/Damped..."
    lines = ["Threading mode: BGP I/O", f"Groups: 1 Peers: {len(peers)} Down peers: 0"]
    lines.append(f"Peer                     {columns}")
    lines += [f"{name:<20} {_as(shell, name, group):>9} {4711:>10} {4712:>10}" for name, group in peers]
    return Output(
        [f"{line}       0       0     3:12:05 Establ" if at > 2 else line for at, line in enumerate(lines)]
    )


def _as(shell: JunosShell, name: str, group: str) -> str:
    running, here = shell.device.running, ("protocols", "bgp", "group", group)
    return running.value(*here, "neighbor", name, "peer-as") or running.value(*here, "peer-as")


def _peer(shell: JunosShell, arguments: Arguments) -> Output:
    found = [(name, group) for name, group in shell.device.peers() if name == arguments.text()]
    lines: list[str] = []
    for name, group in found:
        lines += [
            f"Peer: {name}+179 AS {_as(shell, name, group)} Local: 192.0.2.254+52100 AS 64500",
            f"  Group: {group}                  Routing-Instance: master",
            "  Type: External    State: Established    Flags: <Sync>",
            "  Last State: OpenConfirm   Last Event: RecvKeepAlive",
            "  Last Error: None",
        ]

    def xml() -> Sequence[str]:
        space = 'xmlns="http://xml.juniper.net/junos/21.4R0/junos-routing"'
        inner = [line for name, group in found for line in _peer_xml(shell, name, group)]
        return [f"<bgp-information {space}>", *inner, "</bgp-information>"]

    return Output(lines, xml=xml)


def _peer_xml(shell: JunosShell, name: str, group: str) -> list[str]:
    fields = {
        "peer-address": f"{name}+179",
        "peer-as": _as(shell, name, group),
        "local-address": "192.0.2.254+52100",
        "peer-group": group,
        "peer-type": "External",
        "peer-state": "Established",
        "last-state": "OpenConfirm",
        "last-event": "RecvKeepAlive",
    }
    lines = [f"        <{tag}>{value}</{tag}>" for tag, value in fields.items()]
    return ['    <bgp-peer junos:style="detail">', *lines, "    </bgp-peer>"]


def add_operating(grammars: dict[str, Grammar[Handler]]) -> None:
    grammar = grammars[OPERATIONAL]
    grammar.add("set cli screen-length <number:0-100000>", _screen)
    grammar.add("set cli screen-width <number:0-1024>", _screen)
    grammar.add("set cli complete-on-space off", lambda _shell, _arguments: "Disabling complete-on-space")
    grammar.add("set cli complete-on-space on", lambda _shell, _arguments: "Enabling complete-on-space")
    grammar.add("show configuration", _configuration)
    grammar.add("show configuration <line>", _configuration)
    grammar.add("show cli authorization", _authorization)
    grammar.add("show version", _version)
    grammar.add("show system commit", _commits)
    grammar.add("show bgp summary", _peers)
    grammar.add("show bgp neighbor <word>", _peer)
