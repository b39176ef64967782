"""One candidate through NAPALM, whichever of its drivers: opened, loaded, compared, committed or thrown away.

NAPALM and what it rests on block as long as they like. So every step runs in a thread of its own; at the
deadline its connection is shut, which wakes most of them, and the thread is left to itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, Protocol, TypeVar

from controller.drivers.guard import DeadlinePassed, HungUp
from controller.engine.ports import Login


def quiet(library: str) -> None:
    """What of its log matters reaches us as an exception; the rest would be requests and whole answers."""
    noise = logging.getLogger(library)
    noise.addHandler(logging.NullHandler())
    noise.propagate = False


T = TypeVar("T")


class Failed(Exception):
    """The device refused. ``locked``: since somebody else has the configuration to himself."""

    def __init__(self, reason: str, *, locked: bool = False) -> None:
        super().__init__(reason)
        self.locked = locked


class NotEntered(Exception):
    """The device was not reached or did not let us in; the text says which. ``rejected``: it judged the
    login."""

    def __init__(self, reason: str, *, rejected: bool = False) -> None:
        super().__init__(reason)
        self.rejected = rejected


class Connection(Protocol):
    """One of NAPALM's drivers, and the way it speaks to its device. Its methods may raise anything.
    ``deadline``, monotonic, is moved before each step."""

    napalm: Any
    deadline: float

    @property
    def locks(self) -> tuple[type[Exception], ...]:
        """What it raises where somebody else has the configuration to himself."""
        ...

    @property
    def losses(self) -> tuple[type[Exception], ...]:
        """What it raises where the connection broke: what the device did with the last step is not known."""
        ...

    def enter(self, name: str, deadline: float) -> None:
        """Connects and logs in; what is loaded is called ``name``, where the device calls it anything.

        Raises NotEntered."""
        ...

    def end(self) -> None:
        """Shuts whatever is open, from any thread, without a word to the device; never blocks."""
        ...


class Candidate:
    """Its methods return what the device said; a failure of theirs is a :class:`Failed`, and SessionEnded is
    raised where the time was over or the connection broke: then what came of it is not known, and nothing
    more can be done."""

    def __init__(self, connection: Connection, login: Login) -> None:
        self._connection = connection
        self._login = login
        self._ended = False

    def open(self, name: str, deadline: float) -> None:
        trial = self._login.trial
        if trial is not None and not trial.may_begin():
            raise Failed(f"{self._login.username} not offered: rejected elsewhere")
        try:
            self._do(lambda: self._connection.enter(name, deadline), deadline)
        except NotEntered as reason:
            if reason.rejected and trial is not None:
                trial.ended(accepted=False)
            raise Failed(str(reason)) from None
        if trial is not None:
            trial.ended(accepted=True)

    def load(self, lines: Sequence[str], deadline: float) -> None:
        self._do(lambda: self._napalm.load_merge_candidate(config="\n".join(lines)), deadline)

    def compare(self, deadline: float) -> str:
        return str(self._do(self._napalm.compare_config, deadline))

    def commit(self, revert_in: int | None, deadline: float) -> None:
        """Under a timer of ``revert_in`` seconds; None where the platform has none, and its driver is kept
        from saving."""
        self._do(lambda: self._napalm.commit_config(revert_in=revert_in), deadline)

    def discard(self, deadline: float) -> None:
        self._do(self._napalm.discard_config, deadline)

    def end(self) -> None:
        self._ended = True
        self._connection.end()

    @property
    def _napalm(self) -> Any:
        return self._connection.napalm

    def _do(self, act: Callable[[], T], deadline: float) -> T:
        if self._ended:
            raise Failed("ended")
        self._connection.deadline = deadline
        done: Future[T] = Future()
        Thread(target=_fulfil, args=(done, act), name="napalm", daemon=True).start()
        try:
            return done.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            # One of the device's own, or ours.
            if done.done() and time.monotonic() < deadline:
                raise Failed("timed out") from None
            self.end()
            raise DeadlinePassed from None
        except (Failed, NotEntered):
            raise
        except self._connection.losses:
            self.end()
            raise HungUp from None
        except Exception as error:  # noqa: BLE001 - NAPALM and its libraries raise what they like; all mean refused
            raise Failed(_line(error), locked=isinstance(error, self._connection.locks)) from None


def _fulfil(done: Future[T], act: Callable[[], T]) -> None:
    try:
        done.set_result(act())
    except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
        done.set_exception(error)


def _line(error: BaseException) -> str:
    """One line of it: libraries put whole answers into their errors."""
    return " ".join(str(error).split()) or type(error).__name__
