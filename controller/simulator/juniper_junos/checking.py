"""What a commit refuses.

Junos OS CLI User Guide, "Verifying a Configuration" (the statement in question, then ``error: configuration
check-out failed``); Firewall Filters User Guide (a filter that is applied must be defined, and have a term);
Ethernet Switching User Guide (an access interface is in one VLAN; a VLAN named as a member must be there).
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.simulator.juniper_junos.configuration import Configuration
from controller.simulator.juniper_junos.switched import ETHERNET

_FAMILIES = ("inet", "inet6", "ethernet-switching")


def problems(configuration: Configuration) -> list[str]:
    """The lines that a commit of it prints; none where it may be committed."""
    found = [*_filters(configuration), *_members(configuration)]
    return [*found, "error: configuration check-out failed"] if found else []


def _filters(configuration: Configuration) -> Iterator[str]:
    for interface in configuration.names("interfaces"):
        for unit in configuration.names("interfaces", interface, "unit"):
            for family in _FAMILIES:
                here = ("interfaces", interface, "unit", unit, "family", family, "filter")
                for way in ("input", "output"):
                    name = configuration.value(*here, way)
                    terms = configuration.names("firewall", "family", family, "filter", name, "term")
                    if name and not terms:
                        at = f"[edit {' '.join(here)}]\n  '{way}'"
                        yield f"{at}\n    Referenced filter '{name}' is not defined"


def _members(configuration: Configuration) -> Iterator[str]:
    known = {"all", "default", *configuration.names("vlans")}
    for interface in configuration.names("interfaces"):
        here = ("interfaces", interface, *ETHERNET)
        members = configuration.values(*here, "vlan", "members")
        at = f"[edit {' '.join(here)} vlan]\n  'members'\n"
        for each in members:
            if not each[0].isdigit() and each not in known:
                yield f"{at}    vlan {each} is not defined"
        if len(members) > 1 and configuration.value(*here, "interface-mode") != "trunk":
            yield f"{at}    Access interface {interface}.0 has more than one vlan member"
