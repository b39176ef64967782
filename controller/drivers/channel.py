"""The channel of a session, guarded: a read past the deadline or on a closed channel raises.

Netmiko's own loops read without waiting and sleep; its stock channel answers "" to them for ever when the
connection is gone.
"""

from __future__ import annotations

import re
import time
from threading import Event

import paramiko
from netmiko.channel import SSHChannel

from controller.drivers.guard import DeadlinePassed, GuardedSocket, HungUp, SessionEnded
from controller.drivers.screen import decoder

_CHUNK = 65536
_PASSWORD = re.compile(r"assword", re.IGNORECASE)


class EnableRefused(SessionEnded):
    """The device asks for an enable secret we do not have, or a second time, or gives no privileges."""


class ClientRefused(SessionEnded):
    """The program in which the lines are typed is not there, or does not take the password."""


class NoPassword(Exception):
    """The login has a key only, and a password is asked for on the line."""


class NothingSent(SessionEnded):
    """The line certainly did not go out."""


class GuardedChannel(SSHChannel):
    """Serves Netmiko while the session is prepared (``read_*``, ``write_channel``) and blocks afterwards
    (``send``, ``receive``)."""

    def __init__(self, conn: paramiko.Channel, encoding: str, sock: GuardedSocket) -> None:
        super().__init__(conn, encoding)
        self._conn = conn
        self._sock = sock
        self._decoder = decoder()
        self._enabling: str | None = None
        # The guarded socket ends what waits too long; a second time-out would only cut it short.
        conn.settimeout(None)
        # Paramiko's own wait counts its time on the wall clock: set back by an hour, it would last that long.
        self._arrived = Event()
        conn.in_buffer.set_event(self._arrived)

    def watch_enabling(self, watch: bool) -> None:
        self._enabling = "" if watch else None

    # --- for Netmiko ---------------------------------------------------------------------------------

    def write_channel(self, out_data: str) -> None:
        try:
            self._conn.sendall(out_data.encode(self.encoding, "replace"))
        except (OSError, EOFError) as error:
            raise self._ended() from error

    def read_buffer(self) -> str:
        if time.monotonic() >= self._sock.deadline:
            raise DeadlinePassed
        if not self._conn.recv_ready():
            if self._conn.closed or self._conn.eof_received:
                raise self._ended()
            return ""
        data = self._conn.recv(_CHUNK)
        if not data:
            raise self._ended()
        text = self._decoder.decode(data)
        if self._enabling is not None:
            self._enabling += text
            if len(_PASSWORD.findall(self._enabling)) > 1:
                raise EnableRefused
        return text

    # --- for blocks ----------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Raises NothingSent where that is certain, another SessionEnded where it is not."""
        if not self.is_open:
            raise NothingSent
        sent = 0
        try:
            while sent < len(data):
                # Waits while the device takes nothing in; the guarded socket bounds it.
                sent += self._conn.send(data[sent:])
        except (OSError, EOFError, paramiko.SSHException) as error:
            # Paramiko raises OSError only before it has made a packet.
            raise NothingSent if sent == 0 and isinstance(error, OSError) else self._ended() from error

    def takes(self, size: int) -> bool:
        """Whether so many bytes go out without waiting for the device: it has room for them, and no keys are
        being renegotiated."""
        transport = self._conn.get_transport()
        if transport.packetizer.need_rekey() or not transport.clear_to_send.is_set():
            return False
        return bool(self._conn.out_window_size >= size)

    def receive(self, deadline: float) -> bytes:
        """What has come, waiting for the first byte. Raises DeadlinePassed or HungUp."""
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not self._arrived.wait(remaining):
            raise DeadlinePassed
        data: bytes = self._conn.recv(_CHUNK)
        if not data:
            raise self._ended()
        return data

    @property
    def waiting(self) -> bool:
        return bool(self._conn.recv_ready())

    @property
    def is_open(self) -> bool:
        return not (self._sock.ended or self._conn.closed or self._conn.eof_received)

    def _ended(self) -> SessionEnded:
        return DeadlinePassed() if self._sock.timed_out else HungUp()
