"""What Serverd does, command by command.

CLI Serverd Commands Reference Guide (v4), the page of each command's name; what a page leaves out (the
words of a refusal, how a rule that is off is marked in XML, ``rulename`` there and in the list of gateways)
is filled in as its neighbours have it. DelityLuss, python-SNS-API, tests/fixtures (answers of version
4.8.15): rules in XML, the code of an unknown command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import quoteattr

from controller.simulator.stormshield_sns.answers import OK, begun, format_error, refused
from controller.simulator.stormshield_sns.arguments import Act, Arguments, Command
from controller.simulator.stormshield_sns.configuration import MODULES, Section
from controller.simulator.stormshield_sns.device import SnsFirewall
from controller.simulator.stormshield_sns.system import (
    activating,
    cancel_all,
    cluster,
    make_cluster,
    network,
    properties,
    ssh,
)

_OF_INTERFACES = {
    "name": "Name",
    "state": "State",
    "protected": "Protected",
    "comment": "comment",
    "color": "Color",
    "physical": "Physical",
    "tag": "Tag",
}
_OF_RULES = ("state", "action", "srctarget", "dsttarget", "loglevel", "comment", "rulename")
_OF_GATEWAYS = ("state", "local", "remote", "peer", "conf", "proto", "keepalive", "comment", "rulename")


# --- interfaces ------------------------------------------------------------------------------------------


def _interfaces(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("useclone", "ifname", "filter")
    shown = device.clone if arguments.chosen("useclone", "1", "0") == "1" else device.running
    names = [arguments.values["ifname"]] if "ifname" in arguments.values else list(shown.interfaces)
    lines: list[str] = []
    for name in names:
        if name not in shown.interfaces:
            raise refused("Interface not found", code="00600400")
        lines.append(f"[{name}]")
        lines += [f'{key}="{value}"' for key, value in shown.interfaces[name].values]
    return begun("section", lines)


def _update_interface(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("ifname", *_OF_INTERFACES)
    name = arguments.text("ifname")
    if name not in device.clone.interfaces:
        raise refused("Interface not found", code="00600400")
    if arguments.values.get("state", "0") not in ("0", "1"):
        raise format_error()
    given = {_OF_INTERFACES[key]: value for key, value in arguments.values.items() if key != "ifname"}
    changed = device.clone.copy()
    changed.interfaces[name] = changed.interfaces[name].having(given)
    device.change(changed)
    return OK


def _create_interface(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("ifname", *_OF_INTERFACES)
    name = arguments.text("ifname")
    if not name.startswith("vlan") or name in device.clone.interfaces:
        raise format_error()
    given = {_OF_INTERFACES[key]: value for key, value in arguments.values.items() if key != "ifname"}
    changed = device.clone.copy()
    changed.interfaces[name] = Section.of(State="1").having(given)
    device.change(changed)
    return OK


def _aggregate(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("ifname", "laggmode")
    name = arguments.text("ifname")
    changed = device.clone.copy()
    if name not in changed.interfaces:
        raise refused("Interface not found", code="00600400")
    number = sum(each.startswith("agg") for each in changed.interfaces)
    changed.interfaces[f"agg{number}"] = Section.of(Name=f"agg{number}", State="1")
    changed.interfaces[name] = changed.interfaces[name].having({"Agg": f"agg{number}"})
    device.change(changed)
    return OK


def _monitor_interfaces(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("name")
    lines = []
    for name, section in device.running.interfaces.items():
        if arguments.values.get("name", section.get("Name")) != section.get("Name"):
            continue
        up = device.up(name)
        plugged = device.partner_up(name) if name.startswith("ethernet") else up
        kind = "vlan" if name.startswith("vlan") else "agg" if name.startswith("agg") else "ethernet"
        lines.append(
            f"name={section.get('Name')},{name} type={kind} addr=10.0.0.1/255.255.255.0 color=A040FF "
            f"throughput=00:0d:b4:1c:40:01,1203,88120,1000000000 throughput_out=00:0d:b4:1c:40:01,950,70210,"
            f"1000000000 packet=120,3,0,90,28,2 byte=88100,70000,18000,100 byte_out=44000,40000,3900,100 "
            f"tcpconn=12 udpconn=4 tcpconncount=2 udpconncount=1 state={int(up)} plugged={int(plugged)} "
            f"protected={section.get('Protected', '0')} fullduplex=1"
        )
    return begun("section_line", ["[Result]", *lines])


# --- filter rules ----------------------------------------------------------------------------------------


def _rules(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("index", "type", "output", "useclone", "global")
    shown = device.clone if arguments.chosen("useclone", "1", "0") == "1" else device.running
    rules = shown.filters.get(arguments.number("index"), ())
    if arguments.chosen("type", "filter") and arguments.chosen("output", "plain", "xml") == "xml":
        body = [f'<data format="xml"><filters total_lines="{len(rules)}">']
        body += [_as_xml(position, rule) for position, rule in enumerate(rules, start=1)]
        return begun("xml", [*body, "</filters>", "</data>"])
    lines = [_as_text(position, rule) for position, rule in enumerate(rules, start=1)]
    return begun("list", ["[Filter]", *lines])


def _as_xml(position: int, rule: Section) -> str:
    status = "active" if rule.get("state") == "on" else "inactive"
    source, target = rule.get("srctarget"), rule.get("dsttarget")
    return (
        f'<filter position="{position}" index="{position}" type="local_filter_slot" '
        f'action="{rule.get("action")}" status="{status}" rulename={quoteattr(rule.get("rulename"))} '
        f'comment={quoteattr(rule.get("comment"))}><noconnlog disk="0" syslog="0" ipfix="0" />'
        f'<from><target value="{source}" type="{_type_of(source)}" /></from>'
        f'<to><target value="{target}" type="{_type_of(target)}" /></to></filter>'
    )


def _type_of(target: str) -> str:
    return "any" if target == "any" else "network"


def _as_text(position: int, rule: Section) -> str:
    off = "" if rule.get("state") == "on" else "off "
    comment = f" # {rule.get('comment')}" if rule.get("comment") else ""
    return (
        f"position={position}; usage=0 match=0 ruleid={position}: {off}{rule.get('action')} "
        f"from {rule.get('srctarget')} to {rule.get('dsttarget')}{comment}"
    )


def _inserting(kind: str, slot: str, known: tuple[str, ...]) -> Act:
    def act(device: SnsFirewall, arguments: Arguments) -> str:
        arguments.only(slot, "type", "global", "position", *known)
        number = arguments.number(slot)
        given = {key: arguments.values[key] for key in known if key in arguments.values}
        changed = device.clone.copy()
        rules = list(changed.rules(kind).get(number, ()))
        at = int(arguments.text("position", str(len(rules) + 1))) - 1
        rules.insert(at, Section.of(state="on").having(given))
        changed.rules(kind)[number] = tuple(rules)
        device.change(changed)
        return OK

    return act


def _updating(kind: str, slot: str, known: tuple[str, ...]) -> Act:
    """By its name or its position; what is not named stays."""

    def act(device: SnsFirewall, arguments: Arguments) -> str:
        arguments.only(slot, "type", "global", "position", "name", *known)
        if arguments.values.get("state", "on") not in ("on", "off"):
            raise format_error()
        number = arguments.number(slot)
        changed = device.clone.copy()
        rules = list(changed.rules(kind).get(number, ()))
        at = _found(rules, arguments)
        given = {key: arguments.values[key] for key in known if key in arguments.values}
        rules[at] = rules[at].having(given)
        changed.rules(kind)[number] = tuple(rules)
        device.change(changed)
        return OK

    return act


def _found(rules: list[Section], arguments: Arguments) -> int:
    if "name" in arguments.values:
        names = [each.get("rulename") for each in rules]
        if arguments.values["name"] not in names:
            raise refused("Rule not found", code="00800400")
        return names.index(arguments.values["name"])
    text = arguments.text("position")
    if not text.isdigit() or not 1 <= int(text) <= len(rules):
        raise refused("Rule not found", code="00800400")
    return int(text) - 1


def _slot(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("type", "global")
    kind = arguments.chosen("type", "filter", "vpn")
    return begun("section", ["[Result]", f"active={device.running.slots[kind]:02}", "sync=1"])


def _activate_slot(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("type", "slot", "global")
    kind = arguments.chosen("type", "filter", "vpn")
    changed = device.clone.copy()
    changed.slots[kind] = arguments.number("slot")
    device.change(changed)
    device.activate("FILTER")
    return OK


def _connections(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("rulename")
    device.talk()
    wanted = arguments.values.get("rulename")
    lines = [
        f'time="2026-03-02 08:14:03" id=00000{index} parentid=0 proto=tcp src={source} srcname={source} '
        f"srcport=50112 srcportname=ephemeral_fw dst=198.51.100.7 dstname=198.51.100.7 dstport=443 "
        f"dstportname=https srcif=in dstif=out sent=8120 rcvd=40112 duration=61 lastuse=1 slotlevel=2 "
        f'ruleid=1 rulename="{rule}" state=data'
        for index, (rule, source) in enumerate(sorted(device.connections))
        if wanted in (None, rule)
    ]
    return begun("section_line", ["[Result]", *lines])


# --- tunnels ---------------------------------------------------------------------------------------------


def _gateways(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("slot", "useclone", "global")
    shown = device.clone if arguments.chosen("useclone", "1", "0") == "1" else device.running
    lines = [
        f"position={position} " + " ".join(f'{key}="{value}"' for key, value in rule.values)
        for position, rule in enumerate(shown.gateways.get(arguments.number("slot"), ()), start=1)
    ]
    return begun("section_line", ["[Result]", *lines])


def _associations(device: SnsFirewall, arguments: Arguments) -> str:
    arguments.only("global", "list")
    return begun("section_line", ["[Result]", *_children(device)])


def _children(device: SnsFirewall) -> Iterator[str]:
    for number, rule in enumerate(device.tunnels(), start=1):
        yield (
            f'id={number} rulename="{rule.get("rulename")}" ikeid=1 ikerulename="{rule.get("peer")}" '
            f"src=192.0.2.1 srcname=Firewall_out dst=198.51.100.{number} dstname=gw_{number} "
            f'type="esp" mode="tunnel" encap=0 esn=0 reqid={number} spiin=3485712767 spiout=3439867777 '
            f'enc="aes/256" auth="hmac_sha256" state=installed bytesin=0 bytesout=864 packetsin=0 '
            f"packetsout=8 lifetime=134 maxlifetime=3600"
        )


COMMANDS: Mapping[str, Command] = {
    "SYSTEM PROPERTY": Command(properties),
    "CONFIG NETWORK INTERFACE SHOW": Command(_interfaces),
    "CONFIG NETWORK INTERFACE UPDATE": Command(_update_interface, True),
    "CONFIG NETWORK INTERFACE CREATE": Command(_create_interface, True),
    "CONFIG NETWORK INTERFACE AGGREGATE": Command(_aggregate, True),
    "CONFIG OBJECT NETWORK NEW": Command(network, True),
    "CONFIG FILTER EXPLICIT": Command(_rules),
    "CONFIG FILTER RULE INSERT": Command(_inserting("filter", "index", _OF_RULES), True),
    "CONFIG FILTER RULE UPDATE": Command(_updating("filter", "index", _OF_RULES), True),
    "CONFIG SLOT STATE": Command(_slot),
    "CONFIG SLOT ACTIVATE": Command(_activate_slot, True),
    "CONFIG IPSEC POLICY GATEWAY LIST": Command(_gateways),
    "CONFIG IPSEC POLICY GATEWAY ADD": Command(_inserting("vpn", "slot", _OF_GATEWAYS), True),
    "CONFIG IPSEC POLICY GATEWAY UPDATE": Command(_updating("vpn", "slot", _OF_GATEWAYS), True),
    "CONFIG HA SHOW": Command(cluster),
    "CONFIG HA CREATE": Command(make_cluster, True),
    "CONFIG SSH UPDATE": Command(ssh, True),
    "CONFIG CANCELALL": Command(cancel_all, True),
    **{f"CONFIG {module} ACTIVATE": Command(activating(module), True) for module in MODULES},
    "MONITOR INTERFACE": Command(_monitor_interfaces),
    "MONITOR CONNECTION": Command(_connections),
    "MONITOR GETSA": Command(_associations),
}
