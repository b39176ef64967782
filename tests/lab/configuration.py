"""The startup configuration of each device: what a network engineer of the hospital wrote. Text only."""

from __future__ import annotations

from tests.lab.hospital import (
    DEVICES,
    HOSTS,
    KEEP_ALIVE,
    MANAGEMENT_VLAN,
    SEGMENTS,
    SWITCHES,
    VLANS,
    management6,
)

SITE4, SITE6 = "10.10.0.0/16", "2001:db8:10::/48"
_KEPT = SEGMENTS[KEEP_ALIVE]

KILL_SWITCH = f"""\
flush ruleset

# The kill switch is provisioned in peace time and empty: a cut only ever adds elements. It hooks before
# connection tracking (-200), hence before any "established accept": flows already open die with it.
table inet killswitch {{
	set cut_interfaces {{ type ifname; }}
	set cut4 {{ type ipv4_addr; flags interval; }}
	set cut6 {{ type ipv6_addr; flags interval; }}
	set kept4 {{ type ipv4_addr; flags interval; elements = {{ {_KEPT.prefix4} }} }}
	set kept6 {{ type ipv6_addr; flags interval; elements = {{ {_KEPT.prefix6} }} }}
	set limited4 {{ type ipv4_addr; flags interval; }}
	set limited6 {{ type ipv6_addr; flags interval; }}
	set allowed4 {{ type ipv4_addr . ipv4_addr; flags interval; }}
	set allowed6 {{ type ipv6_addr . ipv6_addr; flags interval; }}
	set limited_interfaces {{ type ifname; }}
	set through4 {{ type ifname . ipv4_addr; flags interval; }}
	set through6 {{ type ifname . ipv6_addr; flags interval; }}

	chain arriving {{
		type filter hook prerouting priority -350; policy accept;
		ip saddr @cut4 drop
		ip daddr @cut4 drop
		ip6 saddr @cut6 drop
		ip6 daddr @cut6 drop
		icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} ip6 hoplimit 255 accept
		ip saddr @limited4 ip saddr . ip daddr != @allowed4 drop
		ip daddr @limited4 ip daddr . ip saddr != @allowed4 drop
		ip6 saddr @limited6 ip6 saddr . ip6 daddr != @allowed6 drop
		ip6 daddr @limited6 ip6 daddr . ip6 saddr != @allowed6 drop
		ip saddr @kept4 accept
		ip daddr @kept4 accept
		ip6 saddr @kept6 accept
		ip6 daddr @kept6 accept
		icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} ip6 hoplimit 255 accept
		iifname @cut_interfaces drop
		iifname @limited_interfaces iifname . ip saddr != @through4 drop
		iifname @limited_interfaces iifname . ip6 saddr != @through6 drop
	}}

	chain leaving {{
		type filter hook postrouting priority -350; policy accept;
		ip saddr @kept4 accept
		ip daddr @kept4 accept
		ip6 saddr @kept6 accept
		ip6 daddr @kept6 accept
		icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} ip6 hoplimit 255 accept
		oifname @cut_interfaces drop
		oifname @limited_interfaces oifname . ip daddr != @through4 drop
		oifname @limited_interfaces oifname . ip6 daddr != @through6 drop
	}}
}}
"""

FIREWALL = f"""\
{KILL_SWITCH}
table inet filter {{
	chain forward {{
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname "lan" accept
		iifname "wan" ip daddr {_KEPT.prefix4} accept
		iifname "wan" ip6 daddr {_KEPT.prefix6} accept
		icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept
	}}
}}
"""

ROUTER = "\n".join(
    [
        "hostname core",
        "log file /run/frr/zebra.log",
        *(
            f"interface vlan{segment.vlan}\n"
            f" description {segment.name}\n"
            f" ip address {segment.address4(1)}/24\n"
            f" ipv6 address {segment.address6(1)}/64\n"
            "exit"
            for segment in SEGMENTS.values()
        ),
        "",
    ]
)


def switch(name: str, inband: bool) -> list[str]:
    """The arguments of one ``ovs-vsctl`` transaction that makes the switch ``name``."""
    root = "4096" if name == "core" else "32768"
    words = ["--", "add-br", "br0"]
    words += ["--", "set", "bridge", "br0", "datapath_type=netdev", "rstp_enable=true"]
    words += [f"other_config:rstp-priority={root}"]
    for port in SWITCHES[name]:
        carried = ",".join(map(str, (MANAGEMENT_VLAN, *VLANS) if inband else VLANS))
        # The cross link is the spare: its cost keeps it blocked until an uplink is gone.
        cost = 2000 if port == "cross" else 20
        words += ["--", "add-port", "br0", port, f"trunks={carried}", f"other_config:rstp-path-cost={cost}"]
    for host in HOSTS.values():
        if host.device == name and host.vlan is not None:
            words += [
                "--",
                "add-port",
                "br0",
                host.port,
                f"tag={host.vlan}",
                "other_config:rstp-enable=false",
            ]
    if name == "core":
        for vlan in VLANS:
            words += ["--", "add-port", "br0", f"vlan{vlan}", f"tag={vlan}"]
            words += ["--", "set", "interface", f"vlan{vlan}", "type=internal"]
    if inband:
        words += ["--", "add-port", "br0", "mgmt0", f"tag={MANAGEMENT_VLAN}"]
        words += ["--", "set", "interface", "mgmt0", "type=internal"]
        if name == "core":
            words += [
                "--",
                "add-port",
                "br0",
                "noc",
                f"tag={MANAGEMENT_VLAN}",
                "other_config:rstp-enable=false",
            ]
    return words


def addresses(name: str, inband: bool) -> list[str]:
    """Lines of ``ip -batch``: the kernel's own addresses and routes, once the links are there."""
    lines = ["link set lo up"]
    carrier = "lo" if inband and name not in SWITCHES else "mgmt0"
    bits4, bits6 = ("32", "128") if carrier == "lo" else ("24", "64")
    lines += [f"link set {carrier} up"]
    for address in DEVICES[name].management:
        lines += [f"address add {address}/{bits4} dev {carrier}"]
        lines += [f"address add {management6(address)}/{bits6} dev {carrier} nodad"]
    if name == "fw":
        lines += _link("lan", "10.254.0.1/30", "2001:db8:254::1/64")
        lines += _link("wan", "203.0.113.1/24", "2001:db8:ff::1/64")
        lines += _routes(("10.254.0.0/16", "198.51.100.0/24", SITE4), "10.254.0.2")
        lines += _routes(("2001:db8:fe::/64", "2001:db8:254:1::/64", SITE6), "2001:db8:254::2")
    if name == "vpn":
        lines += _link("inside", "10.254.0.5/30", "2001:db8:254:2::1/64")
        lines += _link("outside", "198.51.100.1/24", "2001:db8:fe::1/64")
        lines += _routes(("10.254.0.0/16", SITE4), "10.254.0.6")
        lines += _routes((SITE6,), "2001:db8:254:2::2")
    if name in {"fw", "vpn"} and inband:
        lines += _routes(("10.255.0.0/24",), "10.254.0.2" if name == "fw" else "10.254.0.6")
        lines += _routes(("fd00:255::/64",), "2001:db8:254::2" if name == "fw" else "2001:db8:254:2::2")
    if name == "core":
        lines += _link("fw0", "10.254.0.2/30", "2001:db8:254::2/64")
        lines += _link("vpn0", "10.254.0.6/30", "2001:db8:254:2::2/64")
        lines += _routes(("default",), "10.254.0.1") + _routes(("198.51.100.0/24",), "10.254.0.5")
        lines += ["route add ::/0 via 2001:db8:254::1"]
        lines += _routes(("2001:db8:fe::/64",), "2001:db8:254:2::1")
        # Without these a packet for a shut SVI would follow the default route and loop with the firewall.
        lines += [f"route add blackhole {SITE4}", f"route add blackhole {SITE6}"]
        if inband:
            for device, address4, address6 in (
                ("fw", "10.254.0.1", "2001:db8:254::1"),
                ("vpn", "10.254.0.5", "2001:db8:254:2::1"),
            ):
                for address in DEVICES[device].management:
                    lines += _routes((f"{address}/32",), address4)
                    lines += _routes((f"{management6(address)}/128",), address6)
        else:
            lines += _link("probe0", "10.254.0.9/30", "2001:db8:254:1::1/64")
    if name in SWITCHES:
        lines += [f"link set {port} up" for port in SWITCHES[name]]
        lines += [f"link set {host.port} up" for host in HOSTS.values() if host.device == name]
        lines += ["link set noc up"] if inband and name == "core" else []
    return lines


def _link(interface: str, address4: str, address6: str) -> list[str]:
    return [
        f"link set {interface} up",
        f"address add {address4} dev {interface}",
        f"address add {address6} dev {interface} nodad",
    ]


def _routes(prefixes: tuple[str, ...], gateway: str) -> list[str]:
    return [f"route add {prefix} via {gateway}" for prefix in prefixes]
