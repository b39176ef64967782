"""What a platform gives the simulator, and where it is found: the package of the platform's name beside this
module, as its ``PLATFORM``."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from controller.simulator.device import Device
from controller.simulator.shell import Shell

if TYPE_CHECKING:
    from controller.simulator.commandlog import CommandLog
    from controller.simulator.spec import DeviceSpec


class UnknownPlatform(ValueError):
    """There is no simulator of it."""


@dataclass(frozen=True, slots=True)
class Platform:
    """``device`` makes a device as ``spec`` has it, not yet configured. ``shell`` interprets one session:
    device, user, line; ``console`` is a shell that is ready to take lines of configuration, as the simulated
    site types them in, and ``settle`` what ends such lines (``commit`` where they are a candidate).
    ``api``, under ``api_path``, answers a request over HTTPS: device, its shell, what has a line carried out,
    the request's body; ``netconf``, with its ``capabilities``, an operation: shell, the same, the operation's
    element. ``receive`` takes a file sent by secure copy: shell, path, content; what it is refused with, or
    "". ``software`` is what its SSH server calls itself. ``faults`` are those only this platform has."""

    name: str
    device: Callable[[DeviceSpec, CommandLog], Device[Any]]
    shell: Callable[[Any, str, int], Shell[Any]]
    console: Callable[[Any], Shell[Any]]
    settle: tuple[str, ...] = ()
    software: str = "CORDON-SIMULATED"
    faults: frozenset[str] = frozenset()
    api: Callable[[Any, Any, Any, bytes], Awaitable[bytes]] | None = None
    api_path: str = ""
    netconf: Callable[[Any, Any, Element], Awaitable[str]] | None = None
    capabilities: tuple[str, ...] = ()
    receive: Callable[[Any, str, str], str] | None = None


def platform(name: str) -> Platform:
    """Raises UnknownPlatform."""
    package = f"{__package__}.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or importlib.util.find_spec(package) is None:
        raise UnknownPlatform(f"no simulated platform {name!r}")
    found = getattr(importlib.import_module(package), "PLATFORM", None)
    if not isinstance(found, Platform):
        raise UnknownPlatform(f"no simulated platform {name!r}")
    return found
