"""``python -m controller.simulator --site FILE --control SOCKET``: a site of simulated devices.

Prints one JSON line when every device answers: ``devices`` maps each name to ``address``, ``port`` and
``host_key``, and of its API, where it offers one, ``api``, the port, and ``certificate``. Ends on SIGTERM,
Ctrl-C, the control socket's ``stop`` and, with ``--attached``, when standard input ends: when the process
that started it is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

from cryptography.utils import CryptographyDeprecationWarning

from controller.simulator.commandlog import CommandLog
from controller.simulator.control import Control
from controller.simulator.server import Server
from controller.simulator.site import BadSite, DeviceSpec, Site


async def simulate(
    data: dict[str, Any], control: Path, port_base: int, log: Path | None, attached: bool
) -> None:
    site = Site(CommandLog(log))
    servers: dict[str, Server] = {}
    for index, each in enumerate(data["devices"]):
        spec = DeviceSpec.read(each)
        port = spec.port or (port_base + index if port_base else 0)
        made = Server(site.add(spec), site.platforms[spec.name], spec.host_key, port, api=spec.api)
        servers[spec.name] = made
    for one, other in data.get("links", ()):
        site.connect(tuple(one), tuple(other))
    for server in servers.values():
        server.refresh()
        if server.api:
            await server.api.open()
    face = Control(site, servers)
    listening = await face.listen(control)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, face.stopped.set)
    if attached:
        await loop.connect_read_pipe(lambda: _Parent(face.stopped), sys.stdin)
    devices = {
        name: {
            "address": "127.0.0.1",
            "port": server.port,
            "host_key": server.host_key,
            **({"api": server.api.port, "certificate": server.api.fingerprint} if server.api else {}),
        }
        for name, server in servers.items()
    }
    _say({"ready": True, "control": str(control), "devices": devices})
    await face.stopped.wait()
    listening.close()
    for server in servers.values():
        server.close()


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class _Parent(asyncio.Protocol):
    """Standard input, held open by the process that started this one."""

    def __init__(self, gone: asyncio.Event) -> None:
        self._gone = gone

    def connection_lost(self, _exc: Exception | None) -> None:
        self._gone.set()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m controller.simulator", description="Simulated devices.")
    parser.add_argument("--site", type=Path, required=True, help="the devices, as JSON")
    parser.add_argument("--control", type=Path, required=True, help="the control socket to make")
    parser.add_argument("--port-base", type=int, default=0, help="the first device's port; 0: any free ports")
    parser.add_argument("--log", type=Path, help="the command log, as JSON lines")
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    given = parser.parse_args()
    # Old switches' key exchange is old on purpose.
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        data = json.loads(given.site.read_text(encoding="utf-8"))
        asyncio.run(simulate(data, given.control, given.port_base, given.log, given.attached))
    except (BadSite, OSError, TypeError, KeyError, json.JSONDecodeError) as error:
        _say({"ready": False, "error": f"{type(error).__name__}: {error}"})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
