"""A border beside the hospital of the lab: a router that learns its way out by BGP, and a provider's.

    inside ── edge ══ provider ── beyond        edge: 10.255.0.40, reached from where the controller stands

Two sessions on one cable, one a family. Nothing of it touches how the lab itself routes.
"""

from __future__ import annotations

import errno
import shlex
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.device import Device
from tests.lab.hospital import management6
from tests.lab.namespace import Namespace, run
from tests.lab.network import Lab

PEER4, PEER6 = "192.0.2.1", "2001:db8:90::1"
"""The provider's addresses: the neighbours of the edge."""
BEYOND4, BEYOND6 = "192.0.2.129", "2001:db8:91::1"
"""What the world of the inside host ends at; nobody listens there, so that whoever arrives is refused."""
_EDGE4, _EDGE6 = "192.0.2.2", "2001:db8:90::2"
_MANAGEMENT, _NOBODY = "10.255.0.40", "10.255.0.41"
_PATIENCE = 30.0

# Without a policy a session between two systems carries nothing, unless told so (RFC 8212).
_EDGE = f"""\
log file /run/frr/bgpd.log
router bgp 64512
 bgp router-id {_EDGE4}
 no bgp ebgp-requires-policy
 neighbor {PEER4} remote-as 64496
 neighbor {PEER4} timers connect 1
 neighbor {PEER6} remote-as 64496
 neighbor {PEER6} timers connect 1
 address-family ipv4 unicast
  no neighbor {PEER6} activate
 exit-address-family
 address-family ipv6 unicast
  neighbor {PEER6} activate
 exit-address-family
exit
"""
_PROVIDER = f"""\
log file /run/frr/bgpd.log
router bgp 64496
 bgp router-id {PEER4}
 no bgp ebgp-requires-policy
 neighbor {_EDGE4} remote-as 64512
 neighbor {_EDGE4} timers connect 1
 neighbor {_EDGE6} remote-as 64512
 neighbor {_EDGE6} timers connect 1
 address-family ipv4 unicast
  neighbor {_EDGE4} default-originate
  no neighbor {_EDGE6} activate
 exit-address-family
 address-family ipv6 unicast
  neighbor {_EDGE6} activate
  neighbor {_EDGE6} default-originate
 exit-address-family
exit
"""


class BorderRouter(Device):
    """A router with BGP. ``addresses``: lines of ``ip -batch``; ``bgpd``: what its network engineer wrote."""

    def __init__(
        self, name: str, state: Path, lab: Lab, management: str, addresses: list[str], bgpd: str
    ) -> None:
        self._at = management
        self._addresses = addresses
        self._daemons = {"zebra": "log file /run/frr/zebra.log\n", "bgpd": bgpd}
        super().__init__(name, state, lab.access, inband=False)

    @property
    def routes(self) -> bool:
        return True

    @property
    def management(self) -> tuple[str, ...]:
        return (self._at,)

    def configuration(self) -> str:
        return self.run("vtysh", "-c", "show running-config")

    def _body(self) -> str:
        self._file("addresses", "\n".join(self._addresses) + "\n")
        self._file("frr/vtysh.conf", "")
        body = [f"ip -batch {shlex.quote(str(self._state / 'addresses'))}"]
        for daemon, text in self._daemons.items():
            self._file(f"frr/{daemon}.conf", text)
            body.append(f"/usr/lib/frr/{daemon} -d -u frr -g frr -f /etc/frr/{daemon}.conf")
        self._hand_to_router()
        return "\n".join(body)


class Border:
    """Boots on construction and is gone on :meth:`close`; ``lab`` is only the controller's place."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self._open = ExitStack()
        directory.chmod(0o755)  # the routers' unprivileged daemons pass through
        with ExitStack() as undone:
            self.inside = Namespace("inside")
            undone.callback(self.inside.close)
            ports = [f"link set {port} up" for port in ("lo", "mgmt0", "lan", "wan")]
            at = [
                *_addresses("mgmt0", f"{_MANAGEMENT}/24", f"{management6(_MANAGEMENT)}/64"),
                *_addresses("lan", "10.90.0.1/24", "2001:db8:92::1/64"),
                *_addresses("wan", f"{_EDGE4}/30", f"{_EDGE6}/64"),
            ]
            self.edge = BorderRouter("edge", directory / "edge", lab, _MANAGEMENT, [*ports, *at], _EDGE)
            undone.callback(self.edge.close)
            ports = [f"link set {port} up" for port in ("lo", "customer")]
            # Its administration is nobody's business here: sshd answers to itself alone.
            at = [
                *_addresses("lo", f"{_NOBODY}/32", f"{management6(_NOBODY)}/128"),
                *_addresses("lo", f"{BEYOND4}/32", f"{BEYOND6}/128"),
                *_addresses("customer", f"{PEER4}/30", f"{PEER6}/64"),
                f"route add 10.90.0.0/24 via {_EDGE4}",
                f"route add 2001:db8:92::/64 via {_EDGE6}",
            ]
            self.provider = BorderRouter(
                "provider", directory / "provider", lab, _NOBODY, [*ports, *at], _PROVIDER
            )
            undone.callback(self.provider.close)
            self._lay_cables(lab)
            for router in (self.edge, self.provider):
                router.start()
            for router in (self.edge, self.provider):
                router.wait()
            self._open = undone.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def site(self) -> dict[str, Any]:
        """An inventory of the edge alone: a way out by each family, cut at its neighbour."""
        login = {"username": "router", "password": {"env": "CORDON_LAB_PASSWORD"}}
        edge = {
            "platform": "frr",
            "role": "firewall",
            "paths": [{"ssh": _MANAGEMENT}, {"ssh": management6(_MANAGEMENT)}],
            "credentials": "border",
            "host_key": self.edge.host_key,
        }
        ways = {"internet4": PEER4, "internet6": PEER6}
        return {
            "format": "1",
            "site": "border",
            "credentials": {"border": login},
            "devices": {"edge": edge},
            "segments": {},
            "conduits": {
                name: {
                    "kind": "internet",
                    "title": {"fr": name, "en": name},
                    "priority": "1",
                    "points": [{"device": "edge", "bgp_peer": peer}],
                }
                for name, peer in ways.items()
            },
        }

    def lives(self, address: str) -> bool:
        """Whether a packet from inside arrives at ``address`` and its answer comes back."""

        def arrives() -> bool:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as out:
                out.settimeout(1)
                return out.connect_ex((address, 9)) in (0, errno.ECONNREFUSED)

        return self.inside.do(arrives)

    def await_life(self, *addresses: str) -> None:
        """Until packets reach every one of ``addresses``; fails if they do not in good time."""
        deadline = time.monotonic() + _PATIENCE
        while not all(map(self.lives, addresses)):
            if time.monotonic() > deadline:
                raise AssertionError(f"no way to {addresses}:\n{self.edge.configuration()}")
            time.sleep(0.05)

    def _lay_cables(self, lab: Lab) -> None:
        edge, noc = self.edge.namespace.path, lab.noc.path
        cables = [
            ("edge", noc, "mgmt0", edge),
            ("eth0", self.inside.path, "lan", edge),
            ("customer", self.provider.namespace.path, "wan", edge),
        ]
        run(
            ["ip", "-batch", "-"],
            "".join(
                f"link add {port} netns {at} type veth peer name {other} netns {there}\n"
                for port, at, other, there in cables
            ),
        )
        # Whoever has no way is told so at once, every time.
        self.edge.namespace.shell(
            ["echo 0 > /proc/sys/net/ipv4/icmp_ratelimit", "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit"]
        )
        lab.noc.shell(["ip link set edge master mgmt", "ip link set edge up"])
        self.inside.shell(
            [
                "ip link set lo up",
                "ip link set eth0 up",
                *(f"ip {line}" for line in _addresses("eth0", "10.90.0.2/24", "2001:db8:92::2/64")),
                "ip route add default via 10.90.0.1",
                "ip route add ::/0 via 2001:db8:92::1",
            ]
        )


def _addresses(port: str, *addresses: str) -> list[str]:
    return [f"address add {address} dev {port}{' nodad' if ':' in address else ''}" for address in addresses]
