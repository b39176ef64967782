"""What FortiOS answers outside the configuration: ``get``, ``show``, ``diagnose``.

FortiOS CLI Reference, "get system status", "get system arp", "get system ha status"; FortiOS Administration
Guide, "HA" ("Configuration Status"); "Technical Tip: Using filters to clear sessions on a FortiGate",
"Technical Tip: Understanding diagnose netlink interface list", "Technical Tip: diagnose sys session list".
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from controller.simulator.device import Host
from controller.simulator.fortinet.configuration import TABLES
from controller.simulator.fortinet.device import FortiGate, Session
from controller.simulator.fortinet.links import add_links
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.shell import Reply

if TYPE_CHECKING:
    from controller.simulator.fortinet.shell import Shell

Handler = Callable[["Shell", Arguments], "Reply | str | None"]


def _paged(text: str) -> Reply:
    return Reply(text, paged=True)


# --- get -------------------------------------------------------------------------------------------------


def _status(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    mode = device.running.one("system ha", "mode")
    return _paged(
        f"Version: {device.model} v7.4.8,build2795,CORDON-SIMULATED (GA.M)\n"
        f"Serial-Number: {device.serial}\nBIOS version: 05000009\nLog hard disk: Not available\n"
        f"Hostname: {device.hostname}\nOperation Mode: NAT\nCurrent virtual domain: root\n"
        "Max number of virtual domains: 10\nVirtual domains status: 1 in NAT mode, 0 in TP mode\n"
        "Virtual domain configuration: disable\nFIPS-CC mode: disable\n"
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
    return _paged("\n".join([*lines, "System Usage stats:", f"    {device.serial}(updated 2 seconds ago):"]))


def _object(table: str) -> Handler:
    def get(shell: Shell, _arguments: Arguments) -> Reply:
        running = shell.device.running
        return _paged("\n".join(f"{name:<20}: {running.one(table, name)}" for name in TABLES[table].options))

    return get


def _machines(device: FortiGate, family: int) -> Iterator[tuple[Host, str, str]]:
    """Machines with an address of the family, their hardware addresses, and the interface they are behind."""
    for host in device.hosts:
        if not host.address or ipaddress.ip_address(host.address).version != family:
            continue
        for name, entry in device.interfaces.items():
            here = name == host.port and not host.vlan
            tagged = entry.get("interface") == (host.port,) and entry.get("vlanid") == (str(host.vlan),)
            if (here or tagged) and device.up(name):
                digits = "025056" + hashlib.sha256(host.name.encode()).hexdigest()[:6]
                yield host, ":".join(digits[at : at + 2] for at in range(0, 12, 2)), name


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["Address           Age(min)   Hardware Addr      Interface"]
    lines += [f"{host.address:<17} 0          {mac} {name}" for host, mac, name in _machines(shell.device, 4)]
    return _paged("\n".join(lines))


def _neighbours(shell: Shell, _arguments: Arguments) -> Reply:
    return _paged(
        "\n".join(
            f"ifindex=7 ifname={name} {host.address} {mac} state=00000002 use=31 confirm=1204 update=8 ref=1"
            for host, mac, name in _machines(shell.device, 6)
        )
    )


# --- show ------------------------------------------------------------------------------------------------


def _show(table: str, *, one: bool) -> Handler:
    def show(shell: Shell, arguments: Arguments) -> Reply:
        running, key = shell.device.running, arguments.text() if one else None
        if key is not None and key not in running.tables[table]:
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        return _paged("\n".join(running.written(table, key)))

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


_CRITERIA = {
    "vd": "",
    "sintf": "",
    "dintf": "",
    "proto": "",
    "proto-state": "",
    "source ip": "src",
    "NAT'd source ip": "",
    "dest ip": "",
    "source port": "",
    "NAT'd source port": "",
    "dest port": "",
    "policy id": "policy",
    "expire": "",
    "duration": "",
}
"""As the filter is printed, and the criteria one may set here."""


def _filter(family: int, criterion: str = "") -> Handler:
    def answer(shell: Shell, arguments: Arguments) -> Reply | None:
        at = (family, shell.line)
        held = dict(shell.device.filters.get(at, {}))
        if criterion:
            if len(arguments.values) > 1 and arguments.text() != arguments.text(1):
                raise Rejected("Only one policy at a time is simulated.\nCommand fail. Return code -8")
            shell.device.filters[at] = {**held, criterion: arguments.text()}
            return None
        shown = {name: held.get(key, "") for name, key in _CRITERIA.items()}
        lines = [f"        {name}: {f'{value}-{value}' if value else 'any'}" for name, value in shown.items()]
        return _paged("\n".join([f"session{'' if family == 4 else '6'} filter:", *lines]))

    return answer


def _unfilter(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> None:
        shell.device.filters[family, shell.line] = {}

    return answer


def _clear(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> None:
        shell.device.talk()
        shell.device.clear(family, shell.device.filters.get((family, shell.line), {}))

    return answer


def _listed(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> Reply:
        device = shell.device
        filters = device.filters.get((family, shell.line), {})
        device.talk()
        found = sorted(
            (each for each in device.sessions if each.family == family and each.fits(filters)), key=str
        )
        others = 0 if filters else device.others[family]
        device.printed = max(device.printed, len(found) + others)
        lines = [line for each in found for line in _session(each)]
        return _paged("\n".join([*lines, f"total session {len(found) + others}"]))

    return answer


def _session(each: Session) -> list[str]:
    server = "198.51.100.7" if each.family == 4 else "2001:db8:ffff::7"
    return [
        "session info: proto=6 proto_state=01 duration=741 expire=3590 timeout=3600 flags=00000000 use=4",
        "ha_id=0 policy_dir=0 tunnel=/ vlan_cos=0/255",
        "state=log may_dirty",
        "statistic(bytes/packets/allow_err): org=9380/61/1 reply=3930/32/1 tuples=2",
        f"hook=pre dir=org act=noop {each.source}:59375->{server}:443(0.0.0.0:0)",
        f"misc=0 policy_id={each.policy} auth_info=0 chk_client_info=0 vd=0",
        "serial=00007c33 tos=ff/ff app_list=0 app=0 url_cat=0",
    ]


def _exit(_shell: Shell, _arguments: Arguments) -> Reply:
    return Reply(close=True)


def _built() -> Grammar[Handler]:
    commands: Grammar[Handler] = Grammar()
    commands.add("get system status", _status)
    commands.add("get system ha status", _cluster)
    commands.add("get system arp", _arp)
    commands.add("show", _show_all)
    for table, spec in TABLES.items():
        if spec.inside:
            continue
        if spec.single:
            commands.add(f"get {table}", _object(table))
        commands.add(f"show {table}", _show(table, one=False))
        if not spec.single:
            commands.add(f"show {table} <word>", _show(table, one=True))
    commands.add("diagnose ipv6 neighbor-cache list", _neighbours)
    commands.add("diagnose netlink interface list <word>", _netlink)
    for family, word in ((4, "session"), (6, "session6")):
        commands.add(f"diagnose sys {word} filter", _filter(family))
        commands.add(f"diagnose sys {word} filter policy <number:0-4294967295>", _filter(family, "policy"))
        commands.add(
            f"diagnose sys {word} filter policy <number:0-4294967295> <number:0-4294967295>",
            _filter(family, "policy"),
        )
        commands.add(f"diagnose sys {word} filter src <word>", _filter(family, "src"))
        commands.add(f"diagnose sys {word} filter clear", _unfilter(family))
        commands.add(f"diagnose sys {word} clear", _clear(family))
        commands.add(f"diagnose sys {word} list", _listed(family))
    add_links(commands)
    commands.add("exit", _exit)
    return commands


COMMANDS = _built()
