"""Controllers as processes that a test starts, kills, freezes and reads the answers of."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.faults.hooks import Hooks

KILLED = -signal.SIGKILL


class Controllers:
    """The server of ``tests.faults.runner`` and what it tells of its children."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._buffer = b""
        self._ended: dict[int, int] = {}
        self._stopped: set[int] = set()
        self._started: list[int] = []
        self._count: dict[Path, int] = defaultdict(int)
        self._ready: bool | None = None
        self._hear(lambda: self._ready, "the server", 60)

    def start(
        self, folder: Path, verb: str, environ: Mapping[str, str], hooks: Hooks | None = None, **given: Any
    ) -> Process:
        """``folder`` takes what the process says, one pair of files for each."""
        self._count[folder] += 1
        stem = folder / f"{self._count[folder]}-{verb}"
        job = {"verb": verb, "environ": dict(environ), "out": f"{stem}.out", "err": f"{stem}.err", **given}
        job["hooks"] = asdict(hooks) if hooks else None
        stdin = self._server.stdin
        if stdin is None:
            raise RuntimeError("no way to the server")
        stdin.write(json.dumps(job).encode() + b"\n")
        stdin.flush()
        self._hear(lambda: self._started or None, "a start", 10)
        return Process(self, self._started.pop(), Path(job["out"]), Path(job["err"]))

    def end_of(self, pid: int, seconds: float) -> int:
        """The exit status, negative for a signal. Raises TimeoutError."""
        return int(self._hear(lambda: self._ended.get(pid), f"the end of {pid}", seconds))

    def rest_of(self, pid: int, seconds: float) -> int | None:
        """Until it is frozen (None) or has ended (its status)."""
        self._hear(lambda: pid in self._stopped or pid in self._ended or None, f"{pid} to rest", seconds)
        return self._ended.get(pid)

    def _hear(self, found: Callable[[], Any], what: str, seconds: float) -> Any:
        until = time.monotonic() + seconds
        stdout = self._server.stdout
        if stdout is None:
            raise RuntimeError("no way from the server")
        while True:
            value = found()
            if value is not None:
                return value
            left = until - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                raise TimeoutError(f"waited {seconds} s for {what}")
            data = os.read(stdout.fileno(), 65536)
            if not data:
                raise RuntimeError("the server of controllers has ended")
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def _take(self, told: dict[str, Any]) -> None:
        match told:
            case {"started": pid}:
                # The number may have been that of an earlier one.
                self._ended.pop(pid, None)
                self._stopped.discard(pid)
                self._started.append(pid)
            case {"stopped": pid}:
                self._stopped.add(pid)
            case {"ended": pid, "status": status}:
                self._ended[pid] = status
            case _:
                self._ready = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server.stdin:
            self._server.stdin.close()
        self._server.wait(10)
        if self._server.stdout:
            self._server.stdout.close()


@dataclass(frozen=True)
class Process:
    controllers: Controllers
    pid: int
    out: Path
    err: Path

    def wait(self, seconds: float = 60) -> int:
        return self.controllers.end_of(self.pid, seconds)

    def rest(self, seconds: float = 60) -> int | None:
        return self.controllers.rest_of(self.pid, seconds)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def answer(self, seconds: float = 60) -> dict[str, Any]:
        """What it said once it has ended, whatever it is. Raises AssertionError where it is no answer."""
        status = self.wait(seconds)
        text = self.out.read_text()
        if not text.startswith("{"):
            raise AssertionError(f"exit status {status}: {text}{self.err.read_text()}")
        found: dict[str, Any] = json.loads(text)
        return found
