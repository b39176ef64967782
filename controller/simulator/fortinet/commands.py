"""What FortiOS answers outside the configuration: ``get``, ``show``, ``diagnose``.

FortiOS CLI Reference, "get system status", "get system arp", "get system ha status"; FortiOS Administration
Guide, "HA" ("Configuration Status", "number of vcluster"), "Global and per-VDOM resources"; "Technical Tip:
Understanding diagnose netlink interface list".
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from controller.simulator.device import Host
from controller.simulator.fortinet.links import add_links
from controller.simulator.fortinet.sessions import clearing, filtering, listing, of_vdom, unfiltering
from controller.simulator.fortinet.tables import TABLES
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.shell import Reply

if TYPE_CHECKING:
    from controller.simulator.fortinet.shell import Shell


class Scope(Enum):
    """Where a session is: where there are no virtual domains; or above them, in what they share, where one is
    chosen, in one."""

    WHOLE = "whole"
    TOP = "top"
    GLOBAL = "global"
    VDOMS = "vdom"
    VDOM = "one"

    def holds(self, *, shared: bool) -> bool:
        """Whether the tables are there that all share, or those that each virtual domain has."""
        return self is Scope.WHOLE or self is (Scope.GLOBAL if shared else Scope.VDOM)


Handler = Callable[["Shell", Arguments], "Reply | str | None"]


def _paged(text: str) -> Reply:
    return Reply(text, paged=True)


# --- get -------------------------------------------------------------------------------------------------


def _status(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    mode, vdoms = device.running.one("system ha", "mode"), device.running.vdoms
    return _paged(
        f"Version: {device.model} v7.4.8,build2795,CORDON-SIMULATED (GA.M)\n"
        f"Serial-Number: {device.serial}\nBIOS version: 05000009\nLog hard disk: Not available\n"
        f"Hostname: {device.hostname}\nOperation Mode: NAT\nCurrent virtual domain: {shell.vdom}\n"
        f"Max number of virtual domains: 10\nVirtual domains status: {len(vdoms)} in NAT mode, 0 in TP mode\n"
        f"Virtual domain configuration: {'multiple' if device.running.divided else 'disable'}\n"
        "FIPS-CC mode: disable\n"
        f"Current HA mode: {mode if mode == 'standalone' else f'{mode}, primary'}\n"
        "Branch point: 2795\nRelease Version Information: GA.M\nFortiOS x86-64: Yes"
    )


def _cluster(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    mode = device.running.one("system ha", "mode")
    lines = [
        "HA Health Status: OK",
        f"Model: {device.model}",
        f"Mode: {'Standalone' if mode == 'standalone' else f'HA {mode.upper()}'}",
        f"Group Name: {device.running.one('system ha', 'group-name')}",
        "Group ID: 0",
        "Debug: 0",
        "Cluster Uptime: 0 days 3:12:47",
        "Cluster state change time: 2025-02-03 04:05:06",
        "ses_pickup: enable, ses_pickup_delay=disable",
        "override: disable",
    ]
    if mode != "standalone":
        lines += ["Configuration Status:"]
        lines += [f"    {each}(updated 2 seconds ago): in-sync" for each in (device.serial, "SIMPEER")]
    lines += ["System Usage stats:", f"    {device.serial}(updated 2 seconds ago):"]
    if mode != "standalone":
        lines += ["number of vcluster: 1", "vcluster 1: work 169.254.0.1"]
    return _paged("\n".join(lines))


def _object(table: str) -> Handler:
    def get(shell: Shell, _arguments: Arguments) -> Reply:
        running = shell.device.running
        return _paged("\n".join(f"{name:<20}: {running.one(table, name)}" for name in TABLES[table].options))

    return get


def _machines(shell: Shell, family: int) -> Iterator[tuple[Host, str, str]]:
    """Machines with an address of the family, their hardware addresses, and the interface they are behind."""
    device = shell.device
    for host in device.hosts:
        name = device.behind(host)
        if not host.address or ipaddress.ip_address(host.address).version != family or name is None:
            continue
        if device.up(name) and device.home(name) == shell.vdom:
            digits = "025056" + hashlib.sha256(host.name.encode()).hexdigest()[:6]
            yield host, ":".join(digits[at : at + 2] for at in range(0, 12, 2)), name


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["Address           Age(min)   Hardware Addr      Interface"]
    lines += [f"{host.address:<17} 0          {mac} {name}" for host, mac, name in _machines(shell, 4)]
    return _paged("\n".join(lines))


def _neighbours(shell: Shell, _arguments: Arguments) -> Reply:
    return _paged(
        "\n".join(
            f"ifindex=7 ifname={name} {host.address} {mac} state=00000002 use=31 confirm=1204 update=8 ref=1"
            for host, mac, name in _machines(shell, 6)
        )
    )


# --- show ------------------------------------------------------------------------------------------------


def _show(table: str, *, one: bool) -> Handler:
    def show(shell: Shell, arguments: Arguments) -> Reply:
        running, key = shell.device.running, arguments.text() if one else None
        if key is not None and key not in running.table(table, shell.vdom):
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        return _paged("\n".join(running.written(table, key, shell.vdom)))

    return show


def _show_all(shell: Shell, _arguments: Arguments) -> Reply:
    return _paged(shell.device.running.text())


# --- diagnose --------------------------------------------------------------------------------------------


def _netlink(shell: Shell, arguments: Arguments) -> Reply:
    device, name = shell.device, arguments.text()
    if name not in device.interfaces:
        return Reply()
    flags = [*(["up"] if device.enabled(name) else []), "broadcast", *(["run"] if device.up(name) else [])]
    return _paged(
        f"if={name} family=00 type=1 index=7 mtu=1500 link=0 master=0\n"
        f"ref=21 state=start present fw_flags=0 flags={' '.join(flags)} multicast\n"
        "Qdisc=mq hw_addr=02:50:56:00:00:07 broadcast_addr=ff:ff:ff:ff:ff:ff\n"
        "stat: rxp=61149 txp=81109 rxb=5839308 txb=52396373 rxe=0 txe=0 rxd=0 txd=0 mc=95 collision=0\n"
        "re: rxl=0 rxo=0 rxc=0 rxf=0 rxfi=0 rxm=0\nte: txa=0 txc=0 txfi=0 txh=0 txw=0\nmisc rxc=0 txc=0"
    )


def _exit(_shell: Shell, _arguments: Arguments) -> Reply:
    return Reply(close=True)


def _built(scope: Scope) -> Grammar[Handler]:
    commands: Grammar[Handler] = Grammar()
    commands.add("get system status", _status)
    for table, spec in TABLES.items():
        if spec.inside or not scope.holds(shared=spec.shared):
            continue
        if spec.single:
            commands.add(f"get {table}", _object(table))
        commands.add(f"show {table}", _show(table, one=False))
        if not spec.single:
            commands.add(f"show {table} <word>", _show(table, one=True))
    if scope.holds(shared=True):
        commands.add("get system ha status", _cluster)
        commands.add("diagnose netlink interface list <word>", _netlink)
    if scope.holds(shared=False):
        commands.add("get system arp", _arp)
        commands.add("diagnose ipv6 neighbor-cache list", _neighbours)
        _add_sessions(commands)
        add_links(commands)
    if scope is Scope.WHOLE:
        commands.add("show", _show_all)
    if scope in (Scope.WHOLE, Scope.TOP):
        commands.add("exit", _exit)
    return commands


def _add_sessions(commands: Grammar[Handler]) -> None:
    for family, word in ((4, "session"), (6, "session6")):
        commands.add(f"diagnose sys {word} filter", filtering(family))
        commands.add(f"diagnose sys {word} filter policy <number:0-4294967295>", filtering(family, "policy"))
        commands.add(
            f"diagnose sys {word} filter policy <number:0-4294967295> <number:0-4294967295>",
            filtering(family, "policy"),
        )
        commands.add(f"diagnose sys {word} filter src <word>", filtering(family, "src"))
        commands.add(f"diagnose sys {word} filter vd-name <word>", of_vdom(family))
        commands.add(f"diagnose sys {word} filter clear", unfiltering(family))
        commands.add(f"diagnose sys {word} clear", clearing(family))
        commands.add(f"diagnose sys {word} list", listing(family))


COMMANDS: Mapping[Scope, Grammar[Handler]] = {each: _built(each) for each in Scope}
