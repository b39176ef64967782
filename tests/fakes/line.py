"""A :class:`~tests.fakes.switch.Switch` that asks for name and password on the line itself: by Telnet, and on
the serial port of a console server, where its session outlives every connection."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import asyncssh

from controller.domain.path import Waypoint
from tests.fakes.ssh_device import PASSWORD, USER
from tests.fakes.switch import CommandLine, Switch

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
ECHO, GO_AHEAD_OFF, TYPE, SIZE = 1, 3, 24, 31


class Terminal:
    """What stands at the far end of a line; :meth:`typed` gives what it prints. ``logins`` are the pairs it
    was offered. ``guarded``: whether it asks who comes."""

    def __init__(self, switch: Switch, *, console: bool, guarded: bool = True) -> None:
        self.switch = switch
        self.logins: list[tuple[str, str]] = []
        self.entered = ""
        """Who is logged in."""

        self._console = console
        self._guarded = guarded
        self._name: str | None = None
        self._asleep = console
        self._line = ""
        self.command_line = CommandLine(switch)

    def greeting(self) -> str:
        return "" if self._console else f"\r\n#### {self.switch.name}: keep out ####\r\n\r\nUsername: "

    def typed(self, text: str) -> str:
        shown = ""
        for character in text:
            if character == "\n":
                continue
            if character != "\r":
                self._line += character
                shown += "" if self._name is not None and not self.entered else character
                continue
            line, self._line = self._line, ""
            shown += "\r\n" + self._answered(line)
        return shown

    def _answered(self, line: str) -> str:
        if self._asleep:
            self._asleep = False
            if self._guarded:
                return "User Access Verification\r\n\r\nUsername: "
            self.entered = "nobody"
            return self.command_line.prompt
        if not self.entered:
            return self._login(line)
        if line == "exit" and "(" not in self.command_line.prompt:
            self.entered, self._name, self._asleep = "", None, True
            self.command_line = CommandLine(self.switch)
            return f"\r\n{self.switch.name} con0 is now available\r\n\r\nPress RETURN to get started.\r\n"
        printed = self.command_line.run(line).replace("\n", "\r\n") if line else ""
        return printed + self.command_line.prompt

    def _login(self, line: str) -> str:
        if self._name is None:
            self._name = line or None
            return "Password: " if line else "Username: "
        self.logins.append((self._name, line))
        if (self._name, line) == (USER, PASSWORD):
            self.entered, self._name = self._name, None
            return self.command_line.prompt
        self._name = None
        return "% Login invalid\r\n\r\nUsername: "


@dataclass
class Served:
    """A server in a thread of the test."""

    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self._server: Any = self._do(self.listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def listen(self) -> Any:
        raise NotImplementedError

    async def _stop(self) -> None:
        self._server.close()
        await self.drop()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for _ in range(10):
            await asyncio.sleep(0)

    async def drop(self) -> None:
        """Ends every connection."""


@dataclass
class TelnetDevice(Served):
    """``heard`` are the option commands the other side sent, ``users`` nothing but what came."""

    switch: Switch = field(default_factory=lambda: Switch.with_ports("old-1", ["p1"]))
    heard: list[tuple[int, int]] = field(default_factory=list)
    terminals: list[Terminal] = field(default_factory=list)

    async def listen(self) -> asyncio.Server:
        self._writers: set[asyncio.StreamWriter] = set()
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def drop(self) -> None:
        for writer in set(self._writers):
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        terminal = Terminal(self.switch, console=False)
        self.terminals.append(terminal)
        offers = [(WILL, ECHO), (WILL, GO_AHEAD_OFF), (DO, TYPE), (DO, SIZE)]
        for verb, option in offers:
            writer.write(bytes((IAC, verb, option)))
        writer.write(bytes((IAC, SB, TYPE, 1, IAC, SE)) + terminal.greeting().encode())
        with contextlib.suppress(OSError):
            while data := await reader.read(1):
                if data[0] == IAC:
                    verb, option = await reader.readexactly(2)
                    self.heard.append((verb, option))
                    if (verb, option) == (DO, ECHO):  # some confirm what was confirmed
                        writer.write(bytes((IAC, WILL, ECHO)))
                    continue
                shown = terminal.typed(data.decode("latin-1"))
                writer.write(shown.encode("utf-8").replace(b"\xff", b"\xff\xff"))
        self._writers.discard(writer)
        writer.close()


@dataclass
class ConsoleServer(Served):
    """Serial ports by name. ``logins`` are the user names as they were offered; ``arrived`` is what came for
    any port, a packet each."""

    ports: dict[str, Terminal] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    arrived: list[bytes] = field(default_factory=list)
    password: str = "porte-des-serveurs"

    async def listen(self) -> asyncssh.SSHAcceptor:
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._connections: set[asyncssh.SSHServerConnection] = set()
        return await asyncssh.create_server(
            lambda: _Entrance(self),
            "127.0.0.1",
            0,
            server_host_keys=[self._key],
            process_factory=self._serve,
            encoding=None,
            line_editor=False,
        )

    @property
    def host_key(self) -> str:
        return " ".join(self._key.export_public_key().decode().split()[:2])

    def waypoint(self, **changes: object) -> Waypoint:
        values: dict[str, object] = {
            "name": "cs-a",
            "address": "127.0.0.1",
            "port": self.port,
            "credentials": (),
            "host_key": self.host_key,
        }
        return Waypoint(**(values | changes))  # type: ignore[arg-type] # a test's own values

    async def drop(self) -> None:
        while self._connections:
            connection = self._connections.pop()
            connection.abort()
            await connection.wait_closed()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        terminal = self.ports[process.get_extra_info("username").partition(":")[2]]
        with contextlib.suppress(asyncssh.Error, BrokenPipeError):
            while data := await process.stdin.read(4096):
                self.arrived.append(data)
                process.stdout.write(terminal.typed(data.decode()).encode())
        process.close()


class _Entrance(asyncssh.SSHServer):
    def __init__(self, server: ConsoleServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._server._connections.add(conn)  # noqa: SLF001 - of one module

    def connection_lost(self, exc: Exception | None) -> None:
        self._server._connections.discard(self._conn)  # noqa: SLF001 - of one module

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.logins.append(username)
        return password == self._server.password and username.partition(":")[2] in self._server.ports
