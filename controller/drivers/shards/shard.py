"""The leader's end of one worker process: orders out, reports back, and what is left when it is gone."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

from controller.domain.path import Credential
from controller.domain.profile import DeviceProfile
from controller.drivers.shards import wire
from controller.engine.ports import Login, OpenCause, OpenFailed, Secrets, Trial

BIRTH = 5.0
"""Seconds a worker has to say that it is there."""

TAKES = 2.0
"""Seconds a worker may take nothing in: what reads there does nothing else."""

PROFILES = 64
"""A worker knows at the same time: more than there are platforms, with those of before a change."""

_log = logging.getLogger(__name__)


class WorkerGone(Exception):
    """The process ended, or was ended. ``told``: whether the order may have reached it."""

    def __init__(self, *, told: bool) -> None:
        super().__init__("told" if told else "not told")
        self.told = told


class WorkerFailed(Exception):
    """A defect in the worker: what became of the order is not known."""


class OpeningFailed(Exception):
    """No session; the driver's cause and detail."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Order:
    """One that was given."""

    _answer: Future[Any]
    _forget: Callable[[], None]

    def result(self, until: float) -> Any:
        """As :meth:`Shard.order`."""
        try:
            return self._answer.result(max(0.0, until - time.monotonic()))
        finally:
            self._forget()


class Shard:
    """Safe to call from many threads. ``sock`` leads to the worker, which says first who it is; ``secrets``
    and ``callers`` serve what it asks. Raises WorkerGone where it never says so."""

    def __init__(self, sock: socket.socket, secrets: Secrets | None, callers: ThreadPoolExecutor) -> None:
        self._sock = sock
        self._secrets = secrets
        self._callers = callers
        self._speaking = Lock()
        self._lock = Lock()
        self._numbers = count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._trials: dict[int, Trial] = {}
        self._credentials: dict[str, Credential] = {}
        self._profiling = Lock()
        self._profiles: dict[int, tuple[DeviceProfile, int]] = {}
        self._process = -1
        self._born = Event()
        self._gone = Event()
        self._unanswered = 0
        Thread(target=self._listen, name="worker-reports", daemon=True).start()
        if not self._born.wait(BIRTH) or self.gone:
            self.end()
            raise WorkerGone(told=False)

    @property
    def gone(self) -> bool:
        return self._gone.is_set()

    def number(self) -> int:
        """One that no order, session or trial of this worker has."""
        return next(self._numbers)

    def order(self, kind: str, *given: Any, until: float) -> Any:
        """What the worker reports of it. Raises WorkerGone, WorkerFailed, OpeningFailed, and TimeoutError
        where nothing is reported by ``until`` (monotonic)."""
        return self.begin(kind, *given).result(until)

    def begin(self, kind: str, *given: Any) -> Order:
        """The same, not waited for yet. Raises WorkerGone."""
        number = self.number()
        answer: Future[Any] = Future()
        with self._lock:
            self._waiting[number] = answer
        order = Order(answer, lambda: self._forget(number))
        try:
            self._send(wire.order(kind, number, *given))
        except BaseException:
            self._forget(number)
            raise
        return order

    def profile(self, profile: DeviceProfile) -> int:
        """The number by which the worker knows it from now on."""
        with self._profiling:
            known = self._profiles.get(id(profile))
            if known is None:
                number = next(self._numbers) % PROFILES
                for old in [key for key, (_, each) in self._profiles.items() if each == number]:
                    del self._profiles[old]
                # Sent before anybody else can name it.
                self._send(wire.order("profile", 0, number, profile))
                known = self._profiles[id(profile)] = (profile, number)
        return known[1]

    def _forget(self, number: int) -> None:
        with self._lock:
            self._waiting.pop(number, None)

    def post(self, kind: str, *given: Any) -> None:
        """An order of which nothing is reported."""
        with suppress(WorkerGone):
            self._send(wire.order(kind, 0, *given))

    def lend(self, logins: Sequence[Login], credentials: Sequence[Credential]) -> dict[int, Trial]:
        """From now on the worker may ask about the trials, by the numbers returned, until they are taken
        back; and for the secrets of ``credentials``."""
        lent = {self.number(): login.trial for login in logins if login.trial is not None}
        with self._lock:
            self._trials.update(lent)
            self._credentials.update((each.name, each) for each in credentials)
        return lent

    def take_back(self, lent: Sequence[int]) -> None:
        with self._lock:
            for number in lent:
                self._trials.pop(number, None)

    def look(self, most: int) -> None:
        """Ends a worker that has left so many looks unanswered while something was ordered of it."""
        with self._lock:
            waits = bool(self._waiting)
        self._unanswered = self._unanswered + 1 if waits else 0
        if self._unanswered > most:
            _log.warning("a worker process does not answer and is ended")
            self.end()
        elif waits:
            with suppress(WorkerGone):
                self._send(wire.order("ping", 0))

    def dismiss(self) -> None:
        """What was ordered is done, then it ends. Nothing waits."""
        self.post("leave")

    def wait(self, seconds: float) -> None:
        """For its end; then it is made to."""
        with self._lock:
            process = os.dup(self._process) if self._process >= 0 else -1
        if process >= 0:
            ended = select.poll()
            ended.register(process, select.POLLIN)
            ended.poll(seconds * 1000)
            os.close(process)
        self.end()

    def end(self) -> None:
        """At once."""
        with self._lock:
            if self._process >= 0:
                with suppress(OSError):
                    signal.pidfd_send_signal(self._process, signal.SIGKILL)
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    # --- the line ------------------------------------------------------------------------------------

    def _send(self, content: bytes) -> None:
        """Raises WorkerGone: a message that did not go out whole is no order."""
        if self.gone:
            raise WorkerGone(told=False)
        if not self._speaking.acquire(timeout=TAKES):
            self.end()
            raise WorkerGone(told=False)
        try:
            left = memoryview(content)
            while left:
                try:
                    left = left[self._sock.send(left, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    ready = select.poll()
                    ready.register(self._sock, select.POLLOUT)
                    if not ready.poll(TAKES * 1000):
                        self.end()
                        raise WorkerGone(told=False) from None
        except (OSError, ValueError):  # a closed socket has no number to wait for
            raise WorkerGone(told=False) from None
        finally:
            self._speaking.release()

    def _listen(self) -> None:
        try:
            for frame in wire.frames(self._sock):
                self._unanswered = 0
                self._hear(*wire.reported(frame))
        except (ValueError, TypeError, OSError):
            _log.warning("a worker process reports what cannot be understood, and is ended")
            self.end()
        finally:
            self._over()

    def _hear(self, kind: str, number: int, *said: Any) -> None:
        if kind == "hello":
            self._process = os.pidfd_open(int(said[0]))
            self._born.set()
            return
        if kind == "ask":
            what, *given = said
            if what == "may":  # never waits for anything
                self._told(number, self._may_begin(*given))
            else:
                with suppress(RuntimeError):  # nobody answers any more: the worker is about to end
                    self._callers.submit(self._answer, number, what, given)
            return
        with self._lock:
            waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        match kind:
            case "done":
                waiting.set_result(said[0])
            case "failed":
                waiting.set_exception(OpeningFailed(str(said[0]), str(said[1])))
            case _:
                waiting.set_exception(WorkerFailed(str(said[0])))

    def _over(self) -> None:
        self._gone.set()
        self._born.set()
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for each in waiting:
            if not each.done():
                each.set_exception(WorkerGone(told=True))
        self.end()
        with self._lock:
            process, self._process = self._process, -1
        if process >= 0:
            os.close(process)
        self._sock.close()

    # --- what it asks --------------------------------------------------------------------------------

    def _answer(self, number: int, what: str, given: Sequence[Any]) -> None:
        answer: Login | tuple[str, str] | None = None
        try:
            if what == "ended":
                self._ended(*given)
            else:
                answer = self._login(str(given[0]))
        except Exception as error:  # noqa: BLE001 - a defect here must not leave the worker waiting for ever
            _log.warning("a worker process asked in vain: %s", type(error).__name__)
            answer = OpenCause.NOT_READY.value, type(error).__name__
        self._told(number, answer)

    def _may_begin(self, trial: int) -> bool:
        with self._lock:
            found = self._trials.get(trial)
        return found is not None and found.may_begin()

    def _ended(self, trial: int, accepted: bool) -> None:
        with self._lock:
            found = self._trials.get(trial)
        if found is not None:
            found.ended(accepted=accepted)

    def _login(self, credential: str) -> Login | tuple[str, str]:
        """The secrets, or why there are none."""
        with self._lock:
            known = self._credentials.get(credential)
        if known is None or self._secrets is None:
            return "secret-missing", credential
        try:
            return self._secrets.login(known)
        except OpenFailed as failure:
            return failure.cause.value, str(failure.data.get("detail", ""))

    def _told(self, number: int, value: Any) -> None:
        with suppress(WorkerGone):
            self._send(wire.order("told", number, value))
