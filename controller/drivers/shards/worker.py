"""What a worker process does: opens sessions, writes and collects as the leader orders, and ends with it."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from itertools import count
from queue import SimpleQueue
from threading import Lock
from typing import Any, NoReturn

from controller.domain.inventory import Device
from controller.domain.path import Credential
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers.shards import wire
from controller.engine.ports import Block, Driver, Login, OpenCause, OpenFailed, Secrets, Session

MOST_THREADS = 512
"""Sessions that are opened, written to or read from at the same time; a thread is made when it is needed."""

MakeDriver = Callable[[Secrets], Driver]

_UNHEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A worker ends when its leader does, not when somebody stops them all at once: the leader first comes to
where it may stop."""


def nurse(
    control: socket.socket, driver: MakeDriver, acting: Callable[[str], AbstractContextManager[None]]
) -> NoReturn:
    """Makes a worker of each connection that comes by ``control``, until that ends; what all of them need is
    loaded already, once. Each has a ``driver`` of its own and, for as long as it lives, holds the lock of the
    path that comes with its connection, by ``acting``; "" for none."""
    for number in _UNHEARD:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)
    gc.collect()
    gc.freeze()  # pages that no collection writes to stay shared
    while True:
        lock, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not descriptors:
            os._exit(0)
        if os.fork():
            os.close(descriptors[0])
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        _mute()
        with socket.socket(fileno=descriptors[0]) as leader, acting(os.fsdecode(lock[1:])):
            Worker(leader, driver).serve()


def _mute() -> None:
    """A worker that outlives its leader must not hold what reads the leader's words."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _reap(*_: object) -> None:
    """What ended workers used is counted with what this process used."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


class Worker:
    """Everything that one connection to the leader orders."""

    def __init__(self, leader: socket.socket, driver: MakeDriver) -> None:
        self._leader = leader
        self._speaking = Lock()
        self._driver = driver(LentSecrets(self.ask))
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="device")
        self._numbers = count(1)
        self._asked: dict[int, SimpleQueue[Any]] = {}
        self._lock = Lock()
        self._profiles: dict[int, DeviceProfile] = {}
        self._sessions: dict[int, _Held] = {}
        self._unwanted: set[int] = set()
        self._acts: dict[str, Callable[..., Any]] = {
            "open": self._open,
            "write": self._write,
            "collect": self._collect,
            "fire": self._fire,
            "alive": self._alive,
            "ping": lambda: None,
            "close": self._close,
        }

    def serve(self) -> NoReturn:
        """Until the leader is gone: then at once, whatever is under way. This thread only listens: if both
        ends did more, each might wait for the other to listen."""
        self._tell("hello", 0, os.getpid())
        for frame in wire.frames(self._leader):
            kind, number, *given = wire.ordered(frame)
            if kind == "told":
                self._asked.pop(number).put(given[0])
            elif kind == "profile":
                self._profiles[given[0]] = given[1]
            elif kind == "leave":
                self._pool.shutdown()
                break
            else:
                self._pool.submit(self._work, kind, number, given)
        os._exit(0)

    def ask(self, what: str, *given: Any) -> Any:
        """Something only the leader knows, or has to hear before this goes on."""
        with self._lock:
            number = next(self._numbers)
            answer = self._asked[number] = SimpleQueue()
        self._tell("ask", number, what, *given)
        return answer.get()

    def _work(self, kind: str, number: int, given: Sequence[Any]) -> None:
        try:
            done = self._acts[kind](*given)
        except OpenFailed as failure:
            self._tell("failed", number, failure.cause.value, str(failure.data.get("detail", "")))
        except Exception as error:  # noqa: BLE001 - a defect in one session must not end the others'
            self._tell("broke", number, type(error).__name__)
        else:
            self._tell("done", number, done)

    def _tell(self, *parts: Any) -> None:
        content = wire.report(*parts)
        try:
            with self._speaking:
                self._leader.sendall(content)
        except OSError:
            os._exit(0)

    # --- what is ordered -----------------------------------------------------------------------------

    def _open(
        self,
        number: int,
        device: Device,
        profile: int,
        logins: Sequence[tuple[Login, int | None]],
        deadline: float,
    ) -> None:
        on_trial = [self._on_trial(login, trial) for login, trial in logins]
        session = self._driver.open(device, self._profiles[profile], on_trial, deadline)
        with self._lock:
            wanted = number not in self._unwanted
            self._unwanted.discard(number)
            if wanted:
                self._sessions[number] = _Held(session)
        if not wanted:
            session.close()

    def _on_trial(self, login: Login, number: int | None) -> Login:
        """``number``: by which the leader knows the trial, where there is one."""
        return login if number is None else replace(login, trial=LentTrial(self.ask, number))

    def _write(self, number: int, block: Block) -> str:
        return self._begun(number, self._sessions[number].session.write(block))

    def _fire(self, volley: Sequence[tuple[int, Block]]) -> list[str]:
        """One that was closed meanwhile keeps no other back."""
        there = [(number, self._sessions.get(number), block) for number, block in volley]
        shots = [(held.session, block) for _, held, block in there if held is not None]
        fired = iter(self._driver.fire(shots))
        outcomes = [next(fired) if held is not None else Outcome.NOT_SENT for _, held, _ in there]
        return [self._begun(number, each) for (number, _, _), each in zip(there, outcomes, strict=True)]

    def _begun(self, number: int, outcome: Outcome) -> str:
        held = self._sessions.get(number)
        if outcome is not Outcome.NOT_SENT and held is not None:
            held.uncollected = True
        return outcome.value

    def _collect(self, number: int, deadline: float) -> tuple[list[list[Any]], bool]:
        held = self._sessions[number]
        answers = held.session.collect(deadline)
        with self._lock:
            held.uncollected = False
            if held.closed:
                self._sessions.pop(number, None)
        said = [[getattr(answer, name) for name in wire.ANSWER] for answer in answers]
        return said, held.session.is_open

    def _alive(self, number: int) -> bool:
        held = self._sessions.get(number)
        return held is not None and held.session.is_open

    def _close(self, number: int) -> None:
        with self._lock:
            held = self._sessions.get(number)
            if held is None:
                self._unwanted.add(number)
                return
            held.closed = True
            if not held.uncollected:  # else how far it got is still asked for
                del self._sessions[number]
        held.session.close()


@dataclass(slots=True)
class _Held:
    """``uncollected``: a block was begun, and its answers were not asked for yet."""

    session: Session
    uncollected: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class LentTrial:
    """Implements Trial: the leader's, by its number."""

    ask: Callable[..., Any]
    number: int

    def may_begin(self) -> bool:
        return bool(self.ask("may", self.number))

    def ended(self, *, accepted: bool) -> None:
        self.ask("ended", self.number, accepted)


@dataclass(frozen=True, slots=True)
class LentSecrets:
    """Implements Secrets: the leader resolves them, those of the waypoints of devices that it gave."""

    ask: Callable[..., Any]

    def login(self, credential: Credential) -> Login:
        found = self.ask("login", credential.name)
        if isinstance(found, Login):
            return found
        cause, detail = found
        raise OpenFailed("", OpenCause(cause), detail)
