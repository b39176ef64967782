"""Carrying out a run while watching it. A key pressed or a terminal lost never leaves a device half done:
the run is asked to stop where it safely can, and goes on where nobody watches."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from controller.cli.asked import Call
from controller.cli.board import Board
from controller.cli.person import account
from controller.cli.progress import Display, display
from controller.domain.errors import CordonError
from controller.domain.facts import Actor, Text
from controller.engine.events import Event, RunStarted, Watcher
from controller.workers.office import Execution

Result = TypeVar("Result")

_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Carried:
    """A run that came to its end. ``stopped``: at a person's Ctrl-C."""

    execution: Execution
    seconds: float
    stopped: bool


def actor() -> Actor:
    """The person at this terminal, by the operating system's account."""
    number, name = account()
    return Actor(number, Text(name))


@dataclass(frozen=True)
class Watched(Generic[Result]):
    """What was carried out; ``pressed``: a person asked to stop it."""

    result: Result
    seconds: float
    pressed: bool


def carry_out(call: Call, act: Callable[[Watcher], Execution]) -> Carried:
    """Runs ``act``, one run, to its end; raises as :func:`watch`."""
    watched = watch(call, act)
    aborted = watched.result.ended.state.value == "aborted"
    return Carried(watched.result, watched.seconds, stopped=watched.pressed and aborted)


def watch(call: Call, act: Callable[[Watcher], Result]) -> Watched[Result]:
    """Runs ``act`` to its end, showing what it tells. Raises what ``act`` raises, and KeyboardInterrupt when
    a person stops watching a run that somebody else began."""
    board = Board()
    shown = display(call.out, call.words, board)
    began = time.monotonic()
    acting = _Acting(act, lambda event: _hear(event, board, shown, call))
    try:
        with _interruptions() as pressed:
            acting.start()
            handled = 0
            while not acting.over.wait(_LOOK_EVERY):
                shown.refresh()
                if pressed.count > handled:
                    handled = _stop(call, board, shown, pressed.count, handled)
    finally:
        call.run.update(_known(board))
        shown.close()
    return Watched(acting.outcome(), time.monotonic() - began, pressed=bool(handled))


def _hear(event: Event, board: Board, shown: Display, call: Call) -> None:
    board.hear(event)
    shown.hear(event)
    if isinstance(event, RunStarted):
        call.run.update(_known(board))


def _known(board: Board) -> dict[str, Any]:
    if board.run is None:
        return {}
    return {"id": board.run, "known": board.known, "total": board.total}


def _stop(call: Call, board: Board, shown: Display, pressed: int, handled: int) -> int:
    """Answers Ctrl-C; returns how many presses are dealt with."""
    text = call.words.text
    if board.run is None:
        return handled  # asked again as soon as there is a run to stop
    if board.joined:
        shown.say(text("run.left", run=board.run))
        raise KeyboardInterrupt
    if handled:
        shown.say(text("run.still-stopping", run=board.run))
        return pressed
    shown.say(text("run.stopping", run=board.run))
    try:
        call.office.abort(board.run, actor(), call.asked.reason or "")
    except CordonError as error:
        from controller.text.sentences import sentence

        shown.say(sentence(error, call.words))
    return pressed


class _Acting(threading.Thread, Generic[Result]):
    """The office's work, apart from the thread that signals reach. A daemon: who leaves a joined run does not
    wait for its end."""

    def __init__(self, act: Callable[[Watcher], Result], watcher: Watcher) -> None:
        super().__init__(name="acting", daemon=True)
        self.over = threading.Event()
        self._act = act
        self._watcher = watcher
        self._outcome: Future[Result] = Future()

    def run(self) -> None:
        try:
            self._outcome.set_result(self._act(self._watcher))
        except BaseException as error:  # noqa: BLE001 - raised again where the run is waited for
            self._outcome.set_exception(error)
        finally:
            self.over.set()

    def outcome(self) -> Result:
        return self._outcome.result()


class _Pressed:
    count = 0


@contextlib.contextmanager
def _interruptions() -> Iterator[_Pressed]:
    """Counts Ctrl-C instead of raising, and lets the terminal hang up: a cut goes on without it."""
    pressed = _Pressed()
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def count(number: int, frame: object) -> None:
        del number, frame
        pressed.count += 1

    before = signal.signal(signal.SIGINT, count)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for good: what follows must still be said and returned
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
