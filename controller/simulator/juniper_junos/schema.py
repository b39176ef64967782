"""The statements of a Junos configuration that the simulated switch knows.

Junos OS CLI User Guide, "Understanding the Junos OS Configuration Hierarchy"; Ethernet Switching User Guide
(ELS), statements ``interface-mode``, ``members``, ``l3-interface``; Interfaces User Guide for Switches,
``disable``, ``802.3ad``, ``lacp``; Routing Policies, Firewall Filters, and Traffic Policers User Guide,
``filter (Applying to an Interface)``, ``term``; BGP User Guide, ``group``, ``neighbor``; Protocol-Independent
Routing Properties User Guide, ``static``, ``rib``, ``qualified-next-hop``; Junos XML API Configuration
Developer Reference for the names of the tags.

Below, two spaces are one level down. ``word <type>`` takes one value, ``<type>*`` any number, ``<type>[]`` is
an object of that name with statements of its own (sorted; ``[!]``: in the order they were entered). ``word/``
is written on the line of what is in it; ``word+`` stays when nothing is left in it. Behind ``=``: its tag, or
that of each of a list's objects; ``>``: the tag its value has inside of it. ``|`` after a word: it stands for
the others of its level that have one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from controller.simulator.juniper_junos.names import device_name

_STATEMENTS = """
system
  host-name <host>
  root-authentication
    encrypted-password <text>
  login
    user <word>[]
      class <class>
      authentication
        encrypted-password <text>
  services
    ssh+
    netconf
      ssh+
interfaces
  <interface>[]=interface
    description <text>
    disable
    native-vlan-id <vlan-id>
    ether-options
      802.3ad <ae>=ieee-802.3ad>bundle
    aggregated-ether-options
      lacp
        active
        passive
    unit <unit>[]
      description <text>
      disable
      family/
        inet+
          filter
            input <word>>filter-name
            output <word>>filter-name
          address <ipv4>[]
        inet6+
          filter
            input <word>>filter-name
            output <word>>filter-name
          address <ipv6>[]
        ethernet-switching+
          interface-mode <mode>
          vlan
            members <member>*
          filter
            input <word>>filter-name
            output <word>>filter-name
routing-options
  rib <word>[]
    static
      route <network>[]
        next-hop <address>*
        qualified-next-hop <address>[]
          preference <number>
        preference <number>
  static
    route <network>[]
      next-hop <address>*
      qualified-next-hop <address>[]
        preference <number>
      preference <number>
  router-id <address>
  autonomous-system <number>=>as-number
protocols
  bgp
    group <word>[]
      type <peering>
      peer-as <number>
      neighbor <address>[]
        description <text>
        peer-as <number>
        shutdown
  lldp
    interface <word>[]
firewall
  family/
    inet
      filter <word>[]
        interface-specific
        term <word>[!]
          from
            source-address <ipv4>[]
            destination-address <ipv4>[]
            protocol <word>*
            destination-port <word>*
          then
            count <word>
            log
            accept|
            discard+|
            reject+|
    inet6
      filter <word>[]
        interface-specific
        term <word>[!]
          from
            source-address <ipv6>[]
            destination-address <ipv6>[]
            next-header <word>*
            destination-port <word>*
          then
            count <word>
            log
            accept|
            discard+|
            reject+|
    ethernet-switching
      filter <word>[]
        term <word>[!]
          from
            user-vlan-id <vlan-id>*
            ether-type <word>*
          then
            count <word>
            accept|
            discard|
vlans
  <word>[]=vlan
    description <text>
    vlan-id <vlan-id>
    l3-interface <logical>
"""


class Kind(StrEnum):
    """``container`` and ``object`` have statements in them; a ``flag`` is there or not."""

    CONTAINER = "container"
    OBJECT = "object"
    FLAG = "flag"
    VALUE = "value"
    VALUES = "values"


@dataclass(slots=True, eq=False)
class Statement:
    """``name`` "": an object of which only its own name is written. ``lasting``: stays when it is empty;
    ``inline``: written on the line of what is in it; ``ordered``: as entered; ``choice``: one of those that
    have it."""

    name: str
    kind: Kind
    type: str = ""
    tag: str = ""
    inner: str = ""
    lasting: bool = False
    inline: bool = False
    ordered: bool = False
    choice: bool = False
    children: dict[str, Statement] = field(default_factory=dict)


_LINE = re.compile(
    r"(?P<name>[\w.-]*)(?P<marks>[/+|]*)(?: ?<(?P<type>[\w-]+)>(?P<many>\*|\[!?\])?)?"
    r"(?:=(?P<tag>[\w.-]*))?(?:>(?P<inner>[\w-]+))?"
)


@cache
def root() -> Statement:
    top = Statement("", Kind.CONTAINER)
    above: list[Statement] = [top]
    for line in _STATEMENTS.strip("\n").split("\n"):
        depth = (len(line) - len(line.lstrip())) // 2
        made = _statement(line.strip())
        del above[depth + 1 :]
        above[depth].children[made.name] = made
        if above[depth].kind is Kind.FLAG:
            above[depth].kind = Kind.CONTAINER
        above.append(made)
    return top


def _statement(text: str) -> Statement:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    many, marks = found["many"] or "", found["marks"] or ""
    kind = Kind.VALUE if found["type"] else Kind.FLAG
    if many:
        kind = Kind.VALUES if many == "*" else Kind.OBJECT
    return Statement(
        found["name"],
        kind,
        found["type"] or "",
        found["tag"] or found["name"],
        found["inner"] or "",
        lasting="+" in marks,
        inline="/" in marks,
        ordered="!" in many,
        choice="|" in marks,
    )


# --- what a value may be --------------------------------------------------------------------------------


def _number(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: text.isdigit() and low <= int(text) <= high


def _network(text: str, kind: Callable[[str], object]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _member(text: str) -> bool:
    """A name, a number, or two numbers with a dash between them."""
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if found is None:
        return re.fullmatch(r"[A-Za-z][\w-]*", text) is not None
    return 1 <= int(found[1]) <= int(found[2] or found[1]) <= 4094


TYPES: dict[str, Callable[[str], bool]] = {
    "host": lambda text: re.fullmatch(r"[\w.-]{1,255}", text) is not None,
    "word": lambda text: re.fullmatch(r"[\w.:/-]{1,255}", text) is not None,
    "text": lambda _text: True,
    "class": lambda text: text in ("operator", "read-only", "super-user", "unauthorized"),
    "peering": lambda text: text in ("external", "internal"),
    "mode": lambda text: text in ("access", "trunk"),
    "interface": lambda text: device_name(text) is not None,
    "logical": lambda text: re.fullmatch(r"irb\.\d+", text) is not None,
    "ae": lambda text: re.fullmatch(r"ae\d+", text) is not None,
    "unit": _number(0, 16384),
    "vlan-id": _number(1, 4094),
    "number": _number(1, 4294967295),
    "member": _member,
    "address": lambda text: _network(text, ipaddress.ip_address),
    "network": lambda text: "/" in text and _network(text, ipaddress.ip_network),
    "ipv4": lambda text: "/" in text and _network(text, ipaddress.IPv4Interface),
    "ipv6": lambda text: "/" in text and _network(text, ipaddress.IPv6Interface),
}


def statements(top: Statement | None = None) -> Iterator[Statement]:
    """All of them, from the top."""
    for each in (top or root()).children.values():
        yield each
        yield from statements(each)
