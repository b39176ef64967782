"""A network namespace held by an open file of this process: it cannot outlive us, not even after SIGKILL."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

CLONE_NEWNET = 0x40000000
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")
"""A command prefix: the kernel kills the program when the thread that started it ends."""

_libc = ctypes.CDLL(None, use_errno=True)  # Python 3.11 has no os.setns
T = TypeVar("T")


class Namespace:
    """One network namespace. ``path`` names it to ``ip`` and ``nsenter``, as long as this process lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._fd = _in_thread(_new_network)
        self.path = f"/proc/{os.getpid()}/fd/{self._fd}"
        self.do(_no_duplicate_address_detection)

    def enter(self) -> list[str]:
        """The command prefix that runs a program in here."""
        return ["nsenter", f"--net={self.path}", "--"]

    def run(self, *command: str, stdin: str | None = None) -> str:
        """Runs ``command`` in here and returns what it printed; raises with its complaint if it fails."""
        return run([*self.enter(), *command], stdin)

    def shell(self, lines: Sequence[str]) -> None:
        self.run("sh", "-e", "-s", stdin="\n".join(lines) + "\n")

    def do(self, call: Callable[[], T]) -> T:
        """``call()`` on a thread moved in here: sockets it makes stay in here for good, whoever uses them."""

        def moved() -> T:
            if _libc.setns(self._fd, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {self.name}")
            return call()

        return _in_thread(moved)

    def close(self) -> None:
        os.close(self._fd)


def run(command: Sequence[str], stdin: str | None = None) -> str:
    done = subprocess.run(command, check=False, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} exited {done.returncode}: {done.stderr or done.stdout}\n{stdin or ''}"
        )
    return done.stdout


def _new_network() -> int:
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    return os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _no_duplicate_address_detection() -> None:
    """Before there is any interface: addresses serve at once, not a second later."""
    for interfaces in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{interfaces}/accept_dad").write_text("0")


def _in_thread(call: Callable[[], T]) -> T:
    """Namespaces belong to threads: a thread of its own leaves every other where it was."""
    result: list[T] = []
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            result.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            failure.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return result[0]
