"""The tables of a FortiGate's configuration and the options of their entries.

FortiOS CLI Reference, "config system interface", "config system zone", "config firewall policy", "config
firewall address", "config firewall address6", "config system global", "config system settings", "config
system admin", "config router bgp", "config vpn ipsec phase1-interface", "config vpn ipsec
phase2-interface": the options, those that must be set, and the defaults. FortiOS Administration Guide,
"Global and per-VDOM resources": interfaces, administrators and HA are global, what else is here each virtual
domain has for itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """``kind``: ``text``, ``choice``, ``choices``, ``number``, ``ip``, ``netmask``, ``network6`` or
    ``names``, of entries of ``tables``. ``default`` is what it is while it is not set."""

    kind: str = "text"
    choices: tuple[str, ...] = ()
    default: str = ""
    tables: tuple[str, ...] = ()
    many: bool = False

    @property
    def quoted(self) -> bool:
        return self.kind in ("text", "names")


@dataclass(frozen=True, slots=True)
class Table:
    """``single``: no table, but one object. ``numbered``: its keys are numbers, and their order counts.
    ``inside``: the object it is a part of, opened by a ``config`` of its own there. ``shared``: by all
    virtual domains, of which each has the others for itself."""

    options: dict[str, Option]
    needed: tuple[str, ...] = ()
    single: bool = False
    numbered: bool = False
    inside: str = ""
    shared: bool = False


def _one(*choices: str) -> Option:
    return Option("choice", choices, choices[0])


def _names(*tables: str, many: bool = True) -> Option:
    return Option("names", tables=tables, many=many)


_INTERFACES = _names("system interface", "system zone")
BUILT_IN = {
    "firewall service": ("ALL", "DNS", "HTTP", "HTTPS", "PING", "SSH"),
    "firewall schedule": ("always", "none"),
}

TABLES: dict[str, Table] = {
    "system global": Table(
        {
            "cfg-save": _one("automatic", "manual", "revert"),
            "hostname": Option(),
            "post-login-banner": _one("disable", "enable"),
            "vdom-mode": _one("no-vdom", "multi-vdom"),
        },
        single=True,
        shared=True,
    ),
    "system ha": Table(
        {"group-name": Option(), "mode": _one("standalone", "a-a", "a-p")}, single=True, shared=True
    ),
    "system central-management": Table(
        {"type": _one("none", "fortimanager", "fortiguard")}, single=True, shared=True
    ),
    "system admin": Table(
        {"accprofile": Option(), "vdom": _names("vdom"), "password": Option("word", many=True)},
        needed=("accprofile",),
        shared=True,
    ),
    "system interface": Table(
        {
            "vdom": _names("vdom", many=False),
            "ip": Option("ip"),
            "allowaccess": Option(
                "choices", ("ping", "https", "ssh", "snmp", "http", "fgfm", "fabric"), many=True
            ),
            "status": _one("up", "down"),
            "type": Option("choice", ("physical", "vlan", "aggregate", "loopback", "tunnel")),
            "member": _names("system interface"),
            "description": Option(),
            "alias": Option(),
            "role": _one("undefined", "lan", "wan", "dmz"),
            "interface": _names("system interface", many=False),
            "vlanid": Option("number"),
        },
        needed=("vdom",),
        shared=True,
    ),
    "system settings": Table({"opmode": _one("nat", "transparent")}, single=True),
    "system zone": Table(
        {"intrazone": _one("deny", "allow"), "interface": _names("system interface"), "description": Option()}
    ),
    "vpn ipsec phase1-interface": Table(
        {
            "interface": _names("system interface", many=False),
            "ike-version": _one("1", "2"),
            "remote-gw": Option("netmask"),
            "proposal": Option("word", many=True),
            "psksecret": Option("word", many=True),
        },
        needed=("interface",),
    ),
    "vpn ipsec phase2-interface": Table(
        {
            "phase1name": _names("vpn ipsec phase1-interface", many=False),
            "proposal": Option("word", many=True),
        },
        needed=("phase1name",),
    ),
    "router bgp": Table({"as": Option("word"), "router-id": Option("word")}, single=True),
    "router bgp neighbor": Table(
        {
            "shutdown": _one("disable", "enable"),
            "description": Option(),
            "remote-as": Option("word"),
        },
        needed=("remote-as",),
        inside="router bgp",
    ),
    "firewall address": Table({"subnet": Option("netmask")}),
    "firewall address6": Table({"ip6": Option("network6")}),
    "firewall policy": Table(
        {
            "status": _one("enable", "disable"),
            "name": Option(),
            "srcintf": _INTERFACES,
            "dstintf": _INTERFACES,
            "action": _one("deny", "accept"),
            "srcaddr": _names("firewall address"),
            "dstaddr": _names("firewall address"),
            "srcaddr6": _names("firewall address6"),
            "dstaddr6": _names("firewall address6"),
            "schedule": _names("firewall schedule", many=False),
            "service": _names("firewall service"),
            "logtraffic": _one("utm", "all", "disable"),
        },
        needed=("srcintf", "dstintf", "schedule"),
        numbered=True,
    ),
}
