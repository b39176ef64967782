"""A :class:`~tests.fakes.switch.Switch` reached by real SSH on the loopback, in a thread of the test.

It echoes, pages, prints noise and is slow as told, while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import asyncssh

from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path
from tests.fakes.switch import PLATFORM, CommandLine, Drops, Hangs, Switch

T = TypeVar("T")

USER = "cordon"
PASSWORD = "loin-des-yeux"


@dataclass
class Manners:
    """How the device talks. ``banner_pause`` seconds lie between the lines of ``banner``, ``page`` lines
    between page breaks (0: none). ``noise`` is printed before each answer, ``afterthought`` after each
    prompt, ``break_echo`` in the middle of each echo; lines matching ``slow`` are answered ``delay`` seconds
    late. With ``stops_reading`` nothing is read after the next prompt. ``prompt`` is what becomes of each
    prompt, ``spoil`` of whatever goes out. ``chatter`` is printed 30 times a second, come what may.
    ``takes``: bytes kept that nobody has read yet (0: all), what comes beyond is lost. ``line_end`` is what
    it takes for Return."""

    banner: bytes = b""
    banner_pause: float = 0.0
    noise: bytes = b""
    afterthought: bytes = b""
    break_echo: bytes = b""
    page: int = 0
    page_break: bytes = b" --More-- "
    erase: bytes = b"\b" * 10 + b" " * 10 + b"\b" * 10
    slow: str = ""
    delay: float = 0.0
    encoding: str = "utf-8"
    no_prompt: bool = False
    stops_reading: bool = False
    silent_login: bool = False
    enable_secret: str = ""
    echo: bool = True
    prompt: Callable[[str], str] = str
    spoil: Callable[[bytes], bytes] = bytes
    chatter: bytes = b""
    takes: int = 0
    line_end: bytes = b"\n"


@dataclass
class SshDevice:
    """Start with ``with``; ``logins`` are the (user, password) pairs offered, right or wrong;
    ``arrived`` is what came in, a packet each; ``speaks`` is the command line of one session;
    ``ciphers`` those it knows, the library's own where none is named."""

    switch: Switch
    manners: Manners = field(default_factory=Manners)
    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    window: int = 2 * 1024 * 1024
    ciphers: tuple[str, ...] = ()
    speaks: Callable[[Switch], CommandLine] = CommandLine
    logins: list[tuple[str, str]] = field(default_factory=list)
    arrived: list[bytes] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ssh-device", daemon=True)
        self._thread.start()
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._server = self._do(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def host_key(self) -> str:
        return " ".join(self._key.export_public_key().decode().split()[:2])

    def device(self, **changes: object) -> Device:
        values: dict[str, object] = {
            "name": self.switch.name,
            "platform": PLATFORM,
            "role": DeviceRole.ACCESS,
            "paths": (Path("127.0.0.1", self.port),),
            "credentials": "net-admin",
            "host_key": self.host_key,
        }
        return Device(**(values | changes))  # type: ignore[arg-type] # a test's own values

    def drop_all(self) -> None:
        """Closes every connection from the device's side."""
        for connection in set(self._connections):
            self._loop.call_soon_threadsafe(connection.abort)

    def _do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: _Server(self),
            "127.0.0.1",
            0,
            server_host_keys=[self._key],
            process_factory=self._serve,
            encoding=None,
            line_editor=False,
            window=self.window,
            encryption_algs=self.ciphers,
            allow_scp=False,
        )

    async def _stop(self) -> None:
        # asyncio trips over what it accepts in the moment of closing: let it take in first what waits.
        await _turns()
        self._server.close()
        while self._connections:
            connection = self._connections.pop()
            connection.abort()
            await connection.wait_closed()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await _turns()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        with contextlib.suppress(Drops, asyncssh.Error, BrokenPipeError):
            try:
                await _Shell(self, process).talk()
            except Hangs:
                await asyncio.Event().wait()
        process.close()


async def _turns() -> None:
    """Lets callbacks run that were put off to the loop's next turn, and what they put off in turn."""
    for _ in range(10):
        await asyncio.sleep(0)


class _Server(asyncssh.SSHServer):
    def __init__(self, device: SshDevice) -> None:
        self._device = device

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._device._connections.add(conn)  # noqa: SLF001 - of one module

    def connection_lost(self, exc: Exception | None) -> None:
        self._device._connections.discard(self._conn)  # noqa: SLF001 - of one module

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        self._device.logins.append((username, password))
        if self._device.manners.silent_login:
            await asyncio.Event().wait()
        return self._device.users.get(username) == password


class _Shell:
    def __init__(self, device: SshDevice, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._device = device
        self._manners = device.manners
        self._process = process
        self._command_line = device.speaks(device.switch)
        self._enabled = not device.manners.enable_secret
        self._read = b""

    async def talk(self) -> None:
        chatter = asyncio.create_task(self._chatter())
        try:
            await self._talk()
        finally:
            chatter.cancel()

    async def _chatter(self) -> None:
        while True:
            self._out(self._manners.chatter)
            await asyncio.sleep(1 / 30)

    async def _talk(self) -> None:
        for greeting in self._manners.banner.splitlines():
            self._out(b"\r\n" + greeting)
            await asyncio.sleep(self._manners.banner_pause)
        self._out(b"\r\n" if self._manners.banner else b"")
        if self._manners.no_prompt:
            raise Hangs
        while True:
            stops = self._manners.stops_reading  # who sees the prompt may say so at once
            self._out(self._prompt.encode() + self._manners.afterthought)
            if stops:
                raise Hangs
            line = await self._line()
            self._echo(line)
            if self._manners.slow and re.search(self._manners.slow, line):
                await asyncio.sleep(self._manners.delay)
            self._out(self._manners.noise)
            if line == "enable" and not self._enabled:
                await self._enable()
            else:
                await self._print(self._command_line.run(line))

    @property
    def _prompt(self) -> str:
        prompt = self._command_line.prompt
        return self._manners.prompt(prompt if self._enabled else prompt.replace("#", ">"))

    async def _enable(self) -> None:
        for _ in range(3):
            self._out(b"Password: ")
            self._enabled = await self._line() == self._manners.enable_secret
            self._out(b"\r\n")
            if self._enabled:
                return
        self._out(b"% Bad secrets\r\n")

    def _echo(self, line: str) -> None:
        if not self._manners.echo:
            return
        half = len(line) // 2
        if self._manners.break_echo and half:
            self._out(
                line[:half].encode() + b"\r\n" + self._manners.break_echo + line[half:].encode() + b"\r\n"
            )
        else:
            self._out(line.encode() + b"\r\n")

    async def _print(self, text: str) -> None:
        lines = text.splitlines()
        page = self._manners.page or len(lines) or 1
        for start in range(0, len(lines), page):
            if start:
                self._out(self._manners.page_break)
                await self._key()
                self._out(self._manners.erase)
            printed = "".join(line + "\r\n" for line in lines[start : start + page])
            self._out(printed.encode(self._manners.encoding))
            await self._process.stdout.drain()

    async def _line(self) -> str:
        while self._manners.line_end not in self._read:
            await self._more()
        line, self._read = self._read.split(self._manners.line_end, 1)
        return line.decode().strip("\r")

    async def _key(self) -> None:
        while not self._read:
            await self._more()
        self._read = self._read[1:]

    async def _more(self) -> None:
        data = await self._process.stdin.read(4096)
        if not data:
            raise Drops
        self._device.arrived.append(data)
        self._read += data
        if self._manners.takes:
            self._read = self._read[: self._manners.takes]

    def _out(self, data: bytes) -> None:
        if data:
            self._process.stdout.write(self._manners.spoil(data))
