"""A Telnet connection that looks like the channel of an SSH session.

Options are refused but for those every device uses: it echoes, and does not wait for go-ahead (RFC 854, 855,
857, 858).
"""

from __future__ import annotations

import threading

from paramiko.buffered_pipe import BufferedPipe

from controller.drivers.guard import GuardedSocket

_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE = 255, 254, 253, 252, 251, 250, 240
_ECHO, _GO_AHEAD_OFF = 1, 3
_WANTED = frozenset({_ECHO, _GO_AHEAD_OFF})
_CHUNK = 65536
_POLL = 0.1


class Negotiation:
    """Takes commands out of what comes; :meth:`take` gives the text and what must be answered."""

    def __init__(self) -> None:
        self._rest = b""
        self._theirs: set[int] = set()
        self._ours: set[int] = set()

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        data = self._rest + data
        text, answers = bytearray(), bytearray()
        at = 0
        while at < len(data):
            if data[at] != _IAC:
                text.append(data[at])
                at += 1
                continue
            length = self._length(data, at)
            if length is None:
                break
            if data[at + 1] == _IAC:
                text.append(_IAC)
            elif length == 3 and data[at + 1] != _SB:
                answers += self._answer(data[at + 1], data[at + 2])
            at += length
        self._rest = data[at:]
        # A carriage return sent for itself is followed by NUL.
        return bytes(text).replace(b"\r\0", b"\r"), bytes(answers)

    @staticmethod
    def _length(data: bytes, at: int) -> int | None:
        """Of the command that begins there; None where its end has not come yet."""
        if at + 1 >= len(data):
            return None
        if data[at + 1] == _SB:
            end = data.find(bytes((_IAC, _SE)), at + 2)
            return None if end < 0 else end + 2 - at
        if data[at + 1] in (_WILL, _WONT, _DO, _DONT):
            return 3 if at + 2 < len(data) else None
        return 2

    def _answer(self, verb: int, option: int) -> bytes:
        """Only where something changes: two sides that confirm each other's confirmations never end."""
        if verb == _WILL:
            if option not in _WANTED:
                return bytes((_IAC, _DONT, option))
            known, said, reply = self._theirs, True, _DO
        elif verb == _WONT:
            known, said, reply = self._theirs, False, _DONT
        elif verb == _DO:
            if option != _GO_AHEAD_OFF:
                return bytes((_IAC, _WONT, option))
            known, said, reply = self._ours, True, _WILL
        else:
            known, said, reply = self._ours, False, _WONT
        if (option in known) == said:
            return b""
        if said:
            known.add(option)
        else:
            known.discard(option)
        return bytes((_IAC, reply, option))


class TelnetLine:
    """What Netmiko and the guarded channel take for Paramiko's channel."""

    def __init__(self, sock: GuardedSocket) -> None:
        self._sock = sock
        self._negotiation = Negotiation()
        self._sending = threading.Lock()
        self.in_buffer = BufferedPipe()
        self.closed = False
        self.eof_received = False
        sock.settimeout(_POLL)
        threading.Thread(target=self._read, daemon=True, name="telnet").start()

    def _read(self) -> None:
        try:
            while True:
                try:
                    data = self._sock.recv(_CHUNK)
                except TimeoutError:
                    continue
                if not data:
                    break
                text, answers = self._negotiation.take(data)
                if answers:
                    self._send(answers)
                if text:
                    self.in_buffer.feed(text)
        except (OSError, EOFError):
            pass
        finally:
            self.closed = self.eof_received = True
            self.in_buffer.close()
            self._sock.close()

    def _send(self, data: bytes) -> None:
        with self._sending:
            while data:
                try:
                    data = data[self._sock.send(data) :]
                except TimeoutError:
                    continue

    # --- a channel -----------------------------------------------------------------------------------

    def settimeout(self, seconds: float | None) -> None:
        """The guarded socket ends what waits too long."""

    def recv_ready(self) -> bool:
        return bool(self.in_buffer.read_ready())

    def recv(self, size: int) -> bytes:
        data: bytes = self.in_buffer.read(size)
        return data

    def send(self, data: bytes) -> int:
        """All of it. Raises OSError where the connection is gone."""
        if self.closed:
            raise OSError("Socket is closed")
        self._send(data.replace(b"\xff", b"\xff\xff"))
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.send(data)

    def close(self) -> None:
        self._sock.end()
