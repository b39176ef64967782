"""The control socket: the true state of the devices, their faults and the command log, from outside SSH.

One JSON object per line asks, one answers: ``{"ok": true, "result": …}`` or ``{"ok": false, "error": "…"}``.

==============  ==========================================  ==================================================
``do``          with                                        result
==============  ==========================================  ==================================================
``state``       ``device``                                  what is true of it: its ``state()``
``passes``      ``device``, the fields of ``Place``         whether such traffic still goes through
``config``      ``device``                                  ``running`` and ``startup`` as text
``heard``       ``device``                                  every character that came in, by session, in order
``messages``    ``device``                                  the device's own log
``log``         ``since`` (0), ``device``                   records after that sequence number
``wait``        ``since``, ``device``, ``event``, ``line``  the first such record (``line`` is a regular
                (all optional), ``timeout`` (10)            expression), once there is one
``fault``       ``device``, ``name``, ``params``            the device's active faults
``clear``       ``device``, ``name`` (all without)          the device's active faults
``configure``   ``device``, ``lines``                       lines refused; as if typed at the console
``plug``        ``device``, ``port``, ``plugged``           pulls a cable or puts it back
``count``       ``device``, ``port``, ``packets``,          what has come in at the port, so far
                ``broadcasts``
``reload``      ``device``                                  reloads at once
``latency``     ``device``, ``ms``                          of every command
``reset``                                                   every device as at the start, the log empty
``stop``                                                    ends the process
==============  ==========================================  ==================================================
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from controller.simulator.commandlog import Record, differences
from controller.simulator.device import Device, Place
from controller.simulator.faults import UnknownFault
from controller.simulator.server import Server
from controller.simulator.session import by_itself
from controller.simulator.site import BadSite, Site

Request = dict[str, Any]


class Control:
    def __init__(self, site: Site, servers: dict[str, Server]) -> None:
        self.site, self.servers = site, servers
        self.stopped = asyncio.Event()

    async def listen(self, path: Path) -> asyncio.Server:
        return await asyncio.start_unix_server(self._converse, path, limit=1 << 24)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await reader.readline():
                writer.write(json.dumps(await self._answer(asked), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _answer(self, asked: bytes) -> dict[str, object]:
        try:
            request: Request = json.loads(asked)
            act = self._acts()[request["do"]]
            return {"ok": True, "result": await act(request)}
        except KeyError as missing:
            return {"ok": False, "error": f"unknown or missing: {missing}"}
        except (ValueError, TypeError, BadSite, UnknownFault, re.error) as error:
            return {"ok": False, "error": str(error)}

    def _acts(self) -> dict[str, Callable[[Request], Awaitable[object]]]:
        return {
            "state": self._state,
            "passes": self._passes,
            "config": self._config,
            "log": self._log,
            "wait": self._wait,
            "fault": self._fault,
            "clear": self._clear,
            "configure": self._configure,
            "plug": self._plug,
            "count": self._count,
            "reload": self._reload,
            "latency": self._latency,
            "heard": self._heard,
            "messages": self._messages,
            "reset": self._reset,
            "stop": self._stop,
        }

    def _device(self, request: Request) -> Device[Any]:
        return self.site.devices[request["device"]]

    async def _state(self, request: Request) -> object:
        return self._device(request).state()

    async def _passes(self, request: Request) -> object:
        given = {key: value for key, value in request.items() if key not in ("do", "device")}
        place = Place(**{**given, "prefixes": tuple(given.get("prefixes", ()))})
        return self._device(request).passes(place)

    async def _config(self, request: Request) -> object:
        device = self._device(request)
        return {
            "running": device.running.text(),
            "startup": device.startup.text() if device.startup is not None else None,
        }

    async def _heard(self, request: Request) -> object:
        return self._device(request).heard

    async def _messages(self, request: Request) -> object:
        return self._device(request).buffer

    async def _log(self, request: Request) -> object:
        return self.site.log.since(request.get("since", 0), request.get("device"))

    async def _wait(self, request: Request) -> object:
        """Raises ValueError when no such record came in time."""
        found: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        pattern = re.compile(request.get("line", ""))

        def offer(record: Record) -> None:
            fits = all(record.get(key) == request[key] for key in ("device", "event") if key in request)
            if fits and pattern.search(str(record.get("line", ""))) and not found.done():
                found.set_result(record)

        for record in self.site.log.since(request.get("since", 0)):
            offer(record)
        self.site.log.listeners.append(offer)
        try:
            return await asyncio.wait_for(found, request.get("timeout", 10))
        except TimeoutError:
            raise ValueError("no such record in time") from None
        finally:
            self.site.log.listeners.remove(offer)

    async def _fault(self, request: Request) -> object:
        device = self._device(request)
        fault = device.faults.set(request["name"], request.get("params", {}))
        fault.kept = device.kept()
        self.site.log.add(device.name, "fault", name=fault.name, params=dict(fault.params))
        if fault.name.endswith("_by_itself") and not {"on", "nth"} & fault.params.keys():
            by_itself(device, fault, device.running)
        self.servers[device.name].refresh()
        return device.faults.shown()

    async def _clear(self, request: Request) -> object:
        device = self._device(request)
        device.faults.clear(request.get("name"))
        server = self.servers[device.name]
        server.quiet_until, server.failures = 0.0, []
        self.site.log.add(device.name, "clear", name=request.get("name"))
        server.refresh()
        return device.faults.shown()

    async def _configure(self, request: Request) -> object:
        device = self._device(request)
        before = device.running.copy()
        refused = self.site.configure(device, request["lines"])
        changed = differences(before, device.running)
        self.site.log.add(device.name, "configured", lines=request["lines"], refused=refused, changed=changed)
        device.announce(before)
        return refused

    async def _plug(self, request: Request) -> object:
        self.site.plug(request["device"], request["port"], bool(request["plugged"]))
        return None

    async def _count(self, request: Request) -> object:
        packets, broadcasts = int(request["packets"]), int(request["broadcasts"])
        self._device(request).counted[str(request["port"])] = (packets, broadcasts)
        return None

    async def _reload(self, request: Request) -> object:
        self._device(request).reload("control")
        return None

    async def _latency(self, request: Request) -> object:
        self._device(request).latency = float(request["ms"]) / 1000
        return None

    async def _reset(self, _request: Request) -> object:
        for device in self.site.devices.values():
            device.faults.clear()
            device.cancel_timers()
            for line in list(device.lines.values()):
                line.drop()
            while device.booting or device.lines:  # noqa: ASYNC110 - both end within milliseconds
                await asyncio.sleep(0.005)
            self.site.restart(device)
            server = self.servers[device.name]
            server.quiet_until, server.failures = 0.0, []
            server.refresh()
        self.site.log.records.clear()
        return None

    async def _stop(self, _request: Request) -> object:
        asyncio.get_running_loop().call_soon(self.stopped.set)
        return None
