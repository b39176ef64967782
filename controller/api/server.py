"""The server around the application: its socket, its certificate, its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from controller.api.door import Door
from controller.domain.errors import InvalidRequest

_PATIENCE = 5
"""Seconds requests under way have once the service is asked to end; runs have as long as they need."""


class _Server(uvicorn.Server):
    """Ends by SIGTERM and SIGINT, after telling ``ending``. Uvicorn's own way would raise the signal again
    and kill the process before it gave up the lead."""

    def __init__(
        self,
        config: uvicorn.Config,
        started: Callable[[], None],
        ending: Callable[[], None],
        acts: Callable[[], bool],
        behind: Callable[[str], int],
    ) -> None:
        super().__init__(config)
        self._started = started
        self._ending = ending
        self._acts = acts
        self._behind = behind
        self._doors: list[Door] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])  # they are listened to here
        for each in sockets or []:
            door = Door(each, self._protocol, self.config.ssl, self._acts, self._behind)
            door.open()
            self._doors.append(door)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in self._doors:
            each.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """As Uvicorn makes them for the sockets it listens to itself."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # its type names no arguments
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        del sig, frame
        self._ending()
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Raises InvalidRequest where nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise InvalidRequest("bind-failed", address=f"{host}:{port}", cause=str(error)) from None
    return listener


def serve(
    app: FastAPI,
    listener: socket.socket,
    certificate: Path,
    key: Path,
    started: Callable[[], None],
    ending: Callable[[], None],
    acts: Callable[[], bool] = lambda: False,
    behind: Callable[[str], int] = lambda _: 0,
) -> None:
    """Answers until the process is asked to end. ``ending`` is called from a signal handler; ``acts`` says
    whether a run does, ``behind`` how many attempts to sign in from a place led to nothing."""
    config = uvicorn.Config(
        app,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_PATIENCE,
    )
    _Server(config, started, ending, acts, behind).run(sockets=[listener])
