"""The command line as a person starts it: processes whose words a test follows, signals and starves."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import resource
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds after which a test gives up on something that should have happened long before."""

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What an ended command left: its exit code (negative: a signal), what it wrote."""

    exit: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def answer(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Command:
    """A running ``cordon``. ``streams`` are our sides of where it writes: two pipes, or its terminal."""

    def __init__(self, process: subprocess.Popen[bytes], streams: Mapping[str, int]) -> None:
        self._process = process
        self._streams = dict(streams)
        self._heard = {"out": b"", "err": b""}
        self._open = len(streams)
        self._deaf = threading.Event()
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._listen, args=each) for each in streams.items()]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def until(self, pattern: str, seconds: float = PATIENCE) -> None:
        """Until it has said something that fits the regular expression."""
        wanted = re.compile(pattern)
        with self._changed:
            self._changed.wait_for(lambda: wanted.search(self._said) or not self._open, seconds)
            assert wanted.search(self._said), f"not said: {pattern}\n{self._said}"

    def end(self, seconds: float = PATIENCE) -> Said:
        code = self._process.wait(seconds)
        for thread in self._threads:
            thread.join(seconds)
        return Said(code, self._heard["out"].decode(), self._heard["err"].decode())

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def type(self, text: str) -> None:
        """At its terminal."""
        os.write(self._streams["out"], text.encode())

    def limit(self, kind: int, most: int) -> None:
        """A resource limit, lowered while it runs."""
        _, hard = resource.prlimit(self.pid, kind)
        resource.prlimit(self.pid, kind, (most, hard))

    def leave(self) -> None:
        """Nobody reads what it writes any more: its pipes break, its terminal hangs up."""
        self._deaf.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.leave()

    @property
    def _said(self) -> str:
        return b"".join(self._heard.values()).decode(errors="replace")

    def _listen(self, name: str, descriptor: int) -> None:
        while not self._deaf.is_set():
            if not select.select([descriptor], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(descriptor, 65536)
            except OSError:  # a terminal whose other side ended
                break
            if not data:
                break
            with self._changed:
                self._heard[name] += data
                self._changed.notify_all()
        os.close(descriptor)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()


def start(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    terminal: bool = False,
    limits: Mapping[int, int] | None = None,
    module: str = "controller.cli.main",
    piped: str = "",
) -> Command:
    """``python -m module`` in a session of its own: on a terminal, or with pipes and nobody to ask; then
    ``piped`` is its input."""
    given = {**environ, "PYTHONPATH": str(_ROOT)}
    if terminal:
        ours, theirs = pty.openpty()
        streams, given_streams = {"out": ours}, (theirs, theirs, theirs)
    else:
        out, err = os.pipe(), os.pipe()
        reading, writing = os.pipe()
        os.write(writing, piped.encode())
        os.close(writing)
        streams, given_streams = {"out": out[0], "err": err[0]}, (reading, out[1], err[1])
    stdin, stdout, stderr = given_streams
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=given,
        cwd=_ROOT,
        start_new_session=True,
        # It makes system calls only, which wait for no lock that a thread of ours may hold.
        preexec_fn=lambda: _prepare(terminal=terminal, limits=limits or {}),  # noqa: PLW1509 - see above
    )
    for descriptor in {stdin, stdout, stderr}:
        os.close(descriptor)
    return Command(process, streams)


def _prepare(*, terminal: bool, limits: Mapping[int, int]) -> None:
    """In the child."""
    if terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def wait_for(found: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true value of ``found``, looked for every few milliseconds."""
    until = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.01)
    return value
