"""The port of one device: when it is open, what it shows as its key, whom it admits.

A connection takes one of the device's lines; when none is free it is closed. Where the device is set up so,
it is quiet after too many failures: connections are dropped.
"""

from __future__ import annotations

import asyncio
import socket
import time
from functools import partial
from typing import Any

import asyncssh

from controller.simulator.device import Device
from controller.simulator.https import HttpsApi
from controller.simulator.login import Login
from controller.simulator.platform import Platform
from controller.simulator.session import Broken, Session
from controller.simulator.terminal import Terminal

_OLD = {
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes128-cbc", "aes256-cbc"],
    "mac_algs": ["hmac-sha1"],
}


class Server:
    """Listens for one device. ``port`` stays the device's own while the port is closed."""

    def __init__(
        self, device: Device[Any], platform: Platform, host_key: str, port: int, *, api: bool = False
    ) -> None:
        self.device, self.platform, self._kind = device, platform, host_key
        self._key = self._other_key = self._made_key()
        self._socket = self._bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions = 0
        self.failures: list[float] = []
        self.quiet_until = 0.0
        offered = api and platform.api is not None
        self.api = HttpsApi(device.name, platform.api_path, self.admits, self._asked) if offered else None
        device.on_power = lambda _up: self.refresh()

    @property
    def host_key(self) -> str:
        """The public key as clients pin it, without comment."""
        return " ".join(self._key.export_public_key().decode().split()[:2])

    def _made_key(self) -> asyncssh.SSHKey:
        if self._kind == "rsa":
            return asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        return asyncssh.generate_private_key("ssh-ed25519")

    @staticmethod
    def _bound(port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        made.setblocking(False)
        return made

    # --- the port --------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Opens or closes the port as the device's power and faults have it, and takes up a changed key."""
        if self.device.faults.get("changed_host_key") and self._other_key is self._key:
            self._other_key = self._made_key()
        closed = self.device.booting or self.device.faults.get("refuse") is not None
        if closed and self._accepting:
            self._accepting.cancel()
            self._accepting = None
            self._socket.close()
            self._socket = self._bound(self.port)
        elif not closed and not self._accepting:
            self._socket.listen(64)
            self._accepting = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _peer = await loop.sock_accept(self._socket)
            task = asyncio.create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        device = self.device
        if mute := device.faults.at("hang", "tcp"):
            device.log.add(device.name, "hung", at="tcp")
            await mute.wait(None)
        elif self.quiet:
            device.log.add(device.name, "refused", cause="quiet-mode")
        elif self.free_line() is None:
            device.log.add(device.name, "refused", cause="no-line")
        else:
            try:
                await asyncssh.run_server(connection, options=self._options())
            except (asyncssh.Error, OSError):
                device.log.add(device.name, "closed", cause="handshake")
            return
        connection.close()

    def _options(self) -> asyncssh.SSHServerConnectionOptions:
        changed = self.device.faults.get("changed_host_key")
        rekey = self.device.faults.get("rekey")
        return asyncssh.SSHServerConnectionOptions(
            server_factory=partial(Login, self),
            server_host_keys=[self._other_key if changed else self._key],
            server_version=self.platform.software,
            line_editor=False,
            window=32768,
            login_timeout=120,
            rekey_bytes=int(rekey.number("bytes", 1000)) if rekey else 1 << 30,
            public_key_auth=bool(self.device.public_keys),
            gss_host=None,
            encoding="iso-8859-1" if self.device.faults.get("latin_1") else "utf-8",
            errors="replace",
            **(_OLD if self._kind == "rsa" else {}),
        )

    @property
    def quiet(self) -> bool:
        return time.monotonic() < self.quiet_until

    # --- the API ---------------------------------------------------------------------------------------

    async def _asked(self, user: str, body: bytes) -> bytes:
        """A session of its own, as long as its request."""
        device = self.device
        if self.platform.api is None or device.booting or device.faults.get("refuse"):
            raise ConnectionResetError
        shell = self.platform.shell(device, user, 0)
        nowhere = Terminal(lambda _text: None, shell.more)
        session = Session(device, shell, nowhere, self.name_session(), lambda: None, lambda _stop: None)
        try:
            return await self.platform.api(device, shell, session.carry_out, body)
        except Broken:
            raise ConnectionResetError from None
        finally:
            shell.ended()

    # --- lines and log-ins -----------------------------------------------------------------------------

    def free_line(self) -> int | None:
        taken = self.device.lines.keys()
        total = self.device.access.lines
        if (full := self.device.faults.get("one_line_left")) and len(taken) >= full.number("free", 1):
            return None
        return next((number for number in range(total) if number not in taken), None)

    def name_session(self) -> str:
        self._sessions += 1
        return f"{self.device.name}#{self._sessions}"

    async def admits(self, user: str, password: str) -> bool:
        device = self.device
        if hang := device.faults.at("hang", "auth"):
            device.log.add(device.name, "hung", at="auth", user=user)
            await hang.wait(None)
        if slow := device.faults.get("slow_login"):
            await slow.wait(slow.number("seconds", 30))
        good = device.knows(user, password) and device.authorises(user)
        good = good and not device.faults.get("wrong_password")
        device.log.add(device.name, "login" if good else "login-failed", user=user)
        if not good:
            self._count_failure(user)
        return good

    def _count_failure(self, user: str) -> None:
        now = time.monotonic()
        seconds, attempts, within = self.device.access.block_for or (0, 0, 0)
        if fault := self.device.faults.get("auth_block"):
            seconds, attempts, within = (
                int(fault.number("seconds", 3600)),
                int(fault.number("attempts", 3)),
                3600,
            )
        if not attempts:
            return
        self.failures = [at for at in self.failures if now - at < within] + [now]
        if len(self.failures) >= attempts:
            self.failures, self.quiet_until = [], now + seconds
            self.device.went_quiet(user, within)
            self.device.log.add(self.device.name, "quiet-mode", seconds=seconds)

    def close(self) -> None:
        if self._accepting:
            self._accepting.cancel()
        self._socket.close()
        if self.api:
            self.api.close()
