"""A connection to a device: its log-in, the line it holds, and the channel its session runs on: password and
keyboard-interactive authentication, three retries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import asyncssh

from controller.simulator.device import Device
from controller.simulator.netconf import Messages
from controller.simulator.platform import Platform
from controller.simulator.scp import Sink
from controller.simulator.session import Broken, Session
from controller.simulator.terminal import Terminal

_RETRIES = 3
TermSize = tuple[int, int, int, int]
TermModes = Mapping[int, int]
KbdIntChallenge = bool | tuple[str, str, str, Sequence[tuple[str, bool]]]
KbdIntResponse = Sequence[str]


class Gate(Protocol):
    """What a connection needs of the server that took it."""

    device: Device[Any]
    platform: Platform

    @property
    def quiet(self) -> bool: ...

    def free_line(self) -> int | None: ...

    def name_session(self) -> str: ...

    async def admits(self, user: str, password: str) -> bool: ...


class Login(asyncssh.SSHServer):
    """One connection: it holds a line of the device from its first byte to its last."""

    def __init__(self, server: Gate) -> None:
        self.server, self.device = server, server.device
        self.number = -1
        self.user = ""
        self.tries = 0
        self.channel: Channel | None = None
        self.connection: asyncssh.SSHServerConnection | None = None

    @property
    def monitor(self) -> bool:
        return self.channel is not None and self.channel.shell.monitor

    def notify(self, message: str) -> None:
        if self.channel is not None:
            self.channel.terminal.write(f"\n{message}\n")

    def drop(self) -> None:
        if self.channel is not None:
            self.channel.terminal.break_off()
        if self.connection is not None:
            self.connection.abort()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn
        number = self.server.free_line()
        if number is None:
            conn.abort()
            return
        self.number = number
        self.device.lines[number] = self

    def connection_lost(self, _exc: Exception | None) -> None:
        if self.device.lines.get(self.number) is self:
            del self.device.lines[self.number]
            self.device.log.add(self.device.name, "closed", user=self.user)
        if self.channel:
            self.channel.terminal.break_off()

    def begin_auth(self, username: str) -> bool:
        self.user = username
        banner, _ = self.device.welcome()
        if banner and self.connection:
            self.connection.send_auth_banner(banner.strip().replace("\n", "\r\n") + "\r\n")
        return True

    def public_key_auth_supported(self) -> bool:
        return bool(self.device.public_keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        shown = key.export_public_key().decode().split()[:2]
        good = self.device.public_keys.get(username, "").split()[:2] == shown
        if good:
            self.device.log.add(self.device.name, "login", user=username, by="key")
        return good

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        return await self._check(username, password)

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, _username: str, _lang: str, _submethods: str) -> KbdIntChallenge:
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: KbdIntResponse) -> bool:
        return len(responses) == 1 and await self._check(username, responses[0])

    async def _check(self, username: str, password: str) -> bool:
        good = await self.server.admits(username, password)
        self.tries += not good
        if not good and (self.tries >= _RETRIES or self.server.quiet):
            self.drop()
        return good

    def session_requested(self) -> Channel:
        self.channel = Channel(self)
        return self.channel


class Channel(asyncssh.SSHServerSession[str]):
    """The session's channel: a shell, or one command and its answer."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.shell = login.server.platform.shell(login.device, login.user, login.number)
        self.terminal = Terminal(self._send, self.shell.more)
        self.name = login.server.name_session()
        self.command: str | None = None
        self.messages: Messages | None = None
        self.sink: Sink | None = None
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        self.channel = chan

    def _send(self, text: str) -> None:
        if not self.channel.is_closing():
            self.channel.write(text)

    def pty_requested(self, _term_type: str | None, _term_size: TermSize, _term_modes: TermModes) -> bool:
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self.command = command
        if Sink.wanted(command) and self.login.server.platform.receive is not None:
            self.sink = Sink(self._send, command, self._received)
        return True

    def _received(self, path: str, content: str) -> str:
        receive, device = self.login.server.platform.receive, self.login.device
        refused = receive(self.shell, path, content) if receive else "not simulated"
        device.log.add(device.name, "file", user=self.login.user, path=path, refused=refused)
        return refused

    def subsystem_requested(self, subsystem: str) -> bool:
        platform = self.login.server.platform
        if subsystem != "netconf" or platform.netconf is None:
            return False
        number = 7000 + self.login.number
        self.messages = Messages(self._send, number, platform.capabilities)
        return True

    def session_started(self) -> None:
        self.task = asyncio.create_task(self._run())

    def data_received(self, data: str, _datatype: asyncssh.DataType) -> None:
        self.login.device.heard.append((self.name, data))
        if self.messages is not None:
            self.messages.feed(data)
        elif self.sink is not None:
            self.sink.feed(data)
        else:
            self.terminal.feed(data)

    def eof_received(self) -> bool:
        self._hang_up()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        self.terminal.break_off()
        self._hang_up()

    def _hang_up(self) -> None:
        self.terminal.hang_up()
        if self.messages is not None:
            self.messages.hang_up()
        if self.sink is not None:
            self.sink.hang_up()

    async def _run(self) -> None:
        session = Session(
            self.login.device,
            self.shell,
            self.terminal,
            self.name,
            self.login.drop,
            lambda stop: self.channel.pause_reading() if stop else self.channel.resume_reading(),
        )
        if self.messages is not None:
            await self._converse(self.messages, session)
        elif self.sink is not None:
            await self.sink.serve()
        elif self.command is not None:
            await session.one(self.command)
        else:
            await session.run()
        if not self.channel.is_closing():
            self.channel.exit(0)
        if self.login.connection:
            self.login.connection.close()

    async def _converse(self, messages: Messages, session: Session) -> None:
        netconf = self.login.server.platform.netconf
        if netconf is None:
            return
        try:
            await messages.serve(partial(netconf, self.shell, session.carry_out))
        except Broken:
            self.login.drop()
        finally:
            self.shell.ended()
