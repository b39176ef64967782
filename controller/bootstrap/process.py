"""What a process of Cordon allows itself, and the processes it forks that speak to devices."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from controller.domain.codec import to_plain

if TYPE_CHECKING:
    from controller.domain.facts import Fact
    from controller.domain.tags import Tag
    from controller.engine.ports import Driver, Secrets


def as_many_files_as_allowed() -> None:
    """Every device takes some: the usual soft limit would do for a few hundred."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def no_core_dumps() -> None:
    """From now on there are device secrets in memory."""
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_LAYERS = (
    "telemetry",
    "drivers",
    "catalog",
    "store",
    "vault",
    "identity",
    "evidence",
    "notify",
    "paper",
    "engine",
)


def import_everything() -> None:
    """Now, for a process with many threads to come. Two that import modules which import each other may find
    one of them half made."""
    from importlib import import_module
    from pkgutil import walk_packages

    for layer in _LAYERS:
        package = import_module(f"controller.{layer}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if "_migrations" not in module.name and ".migrations" not in module.name:
                import_module(module.name)
    import_module("ntc_templates")


def nurse_workers(line: int) -> None:
    """What the process does that worker processes are forked from: ``line`` leads to who started it."""
    import socket
    from contextlib import nullcontext

    from controller.drivers.shards.worker import nurse
    from controller.store.locks import acting

    no_core_dumps()
    as_many_files_as_allowed()
    import controller.drivers.napalm_driver  # noqa: F401 - every worker has it then

    with socket.socket(fileno=line) as control:
        nurse(control, devices, lambda path: acting(Path(path)) if path else nullcontext())


def devices(secrets: Secrets) -> Driver:
    """Real devices, from this very process."""
    from controller.drivers.napalm_driver import NapalmDriver

    return NapalmDriver(secrets)


def tell_unrecorded(tag: Tag, facts: Sequence[Fact]) -> None:
    """What no disk took goes to standard error, one JSON object a fact: a terminal or a service's log may
    still keep it. Where nobody reads that either, the cut goes on."""
    for fact in facts:
        line = {"unrecorded": tag.value, "fact": type(fact).__name__, **to_plain(fact)}
        with suppress(OSError, ValueError):
            sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stderr.flush()
