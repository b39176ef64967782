"""Where workers come from: a process that has loaded what they need, once, and forks them when asked.

Started early it loads while the leader reads its plan; a worker that ended is made anew within milliseconds.
It never touches a device itself.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
"""What workers get of the environment: secrets may stand in the rest of it."""

PAYS_FROM = 100
"""Devices from which on processes of their own are worth their start."""

LEAVES = 1.0
"""Seconds the nursery has to end once nobody needs it."""

_log = logging.getLogger(__name__)


class Nursery:
    """``command`` starts the process, which gets the number of its line to here as the last argument;
    ``workers`` are wanted, none: sessions stay in this process. ``always``: however few the devices.
    ``lock`` is held by every worker. Safe to call from many threads; nothing is started yet."""

    def __init__(self, command: Sequence[str], workers: int, lock: Path | None, *, always: bool) -> None:
        self.workers = workers
        self._command = command
        self._acting = lock
        self._wanted = always and workers > 0
        self._mutex = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def wanted(self) -> bool:
        """Whether sessions belong into workers."""
        return self._wanted

    def expect(self, devices: int) -> None:
        """So many are about to be spoken to. Returns at once."""
        if self.workers > 0 and (self._wanted or devices >= PAYS_FROM):
            self._wanted = True
            with self._mutex, suppress(OSError):  # who needs a worker hears of it
                self._start()

    def worker(self) -> socket.socket:
        """The line to a new one. Raises OSError."""
        ours, theirs = socket.socketpair()
        lock = b":" + (os.fsencode(self._acting) if self._acting else b"")  # an empty message is no message
        try:
            with self._mutex:
                try:
                    socket.send_fds(self._start(), [lock], [theirs.fileno()])
                except (BrokenPipeError, ConnectionResetError):
                    self._stop()  # it was ended: another one
                    socket.send_fds(self._start(), [lock], [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def close(self) -> None:
        """Its workers do not end with it."""
        with self._mutex:
            self._stop()
            self._wanted = False

    def _start(self) -> socket.socket:
        if self._control is None:
            control, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self._process = subprocess.Popen(
                    [*self._command, str(line.fileno())],
                    env=_environ(),
                    pass_fds=(line.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except BaseException:
                control.close()
                raise
            finally:
                line.close()
            self._control = control
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(LEAVES)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environ() -> dict[str, str]:
    """With the place this very Cordon is loaded from."""
    here = str(Path(__file__).parents[3])
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONPATH": here}
