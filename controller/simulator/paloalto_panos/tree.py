"""The configuration as the tree it is, and a part of it by its path.

PAN-OS CLI Quick Start, "Customize the CLI" (the default format of configuration output: nested, in curly
brackets), "Load a Partial Configuration" (paths as ``devices/entry[@name='localhost.localdomain']/…``,
without ``/config``).
"""

from __future__ import annotations

import re

from controller.simulator.paloalto_panos.configuration import Configuration, Entry, listed, quoted

Tree = dict[str, "Tree | str"]
"""An element by its name: what is below it, or its value."""

_STEP = re.compile(r"(?P<element>[a-z0-9-]+)(?:\[@name=(?P<quote>[\'\"])(?P<name>.+?)(?P=quote)\])?")


def tree(configuration: Configuration) -> Tree:
    """What of it is below the network of the device, and the rules of its virtual systems."""
    network: Tree = {}
    for name, entry in configuration.gateways.items():
        _put(network, ("ike", "gateway", name), entry)
    for name, entry in configuration.tunnels.items():
        _put(network, ("tunnel", "ipsec", name), entry)
    for name, entry in configuration.routers.items():
        _put(network, ("virtual-router", name), entry)
    for key, entry in configuration.peers.items():
        router, group, peer = key.split("\t")
        below = ("virtual-router", router, "protocol", "bgp", "peer-group", group, "peer", peer)
        _put(network, below, entry)
    systems: Tree = {}
    for key, entry in configuration.rules.items():
        system, _, name = key.rpartition("\t")
        _put(systems, (system or "vsys1", "rulebase", "security", "rules", name), entry)
    return {"devices": {"localhost.localdomain": {"network": network, "vsys": systems}}}


def _put(at: Tree, path: tuple[str, ...], entry: Entry) -> None:
    for key, values in entry.values:
        words = (*path, *key.split())
        # A tunnel may have several gateways: a list.
        words, value = ((*words, values[0]), "") if words[-1] == "ike-gateway" else (words, listed(values))
        below = at
        for word in words[:-1]:
            inner = below.get(word)
            if not isinstance(inner, dict):
                inner = below[word] = {}
            below = inner
        below[words[-1]] = value


def part(whole: Tree, path: str) -> tuple[str, Tree | str] | None:
    """The element at the end of the path, by its name, and what is below it. ``entry`` without a name is the
    only one."""
    name, rest = "", path
    at: Tree | str = whole
    while rest:
        step = _STEP.match(rest)
        if step is None or not isinstance(at, dict):
            return None
        wanted = step["name"] if step["element"] == "entry" else step["element"]
        if wanted is None:
            wanted = next(iter(at), "")
        if wanted not in at:
            return None
        name, at, rest = wanted, at[wanted], rest[step.end() :].removeprefix("/")
    return name, at


def nested(name: str, below: Tree | str, indent: str = "") -> list[str]:
    if not isinstance(below, dict):
        return [f"{indent}{quoted(name)} {below};" if below else f"{indent}{quoted(name)};"]
    inner = [line for word, each in below.items() for line in nested(word, each, f"{indent}  ")]
    return [f"{indent}{quoted(name)} {{", *inner, f"{indent}}}"]
