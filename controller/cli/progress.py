"""A run as it goes: redrawn in place on a terminal, line by line anywhere else."""

from __future__ import annotations

import io
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from controller.cli.board import Board, Standing, standing
from controller.cli.output import Output, printable
from controller.cli.probation import event_text
from controller.domain.probation import ProbationState
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    ProbationMoved,
    RunStarted,
    StepResult,
    StepsSettled,
    WaveStarted,
)
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.workers.course import Milestone, Reach

if TYPE_CHECKING:
    from rich.text import Text

SHAPES = {
    Standing.PROVEN: ("█", "bold green"),
    Standing.CONFIRMED: ("▓", "green"),
    Standing.CLAIMED: ("▒", "cyan"),
    Standing.ACCEPTED: ("▒", "yellow"),
    Standing.SENT: ("░", "yellow"),
    Standing.UNKNOWN: ("?", "magenta"),
    Standing.FAILED: ("!", "bold red"),
    Standing.PENDING: ("·", "dim"),
}
"""A shape of its own for each standing: the bar reads without colour."""

SHOWN_DEVICES = 10


class Display(Protocol):
    """Shows a run. ``hear`` is called by the threads that act, the rest by the one that waits."""

    def hear(self, event: Event) -> None: ...

    def refresh(self) -> None: ...

    def say(self, line: str) -> None: ...

    def close(self) -> None: ...


def display(out: Output, words: Catalogue, board: Board) -> Display:
    return LiveDisplay(out, words, board) if out.live else LineDisplay(out, words, board)


def dropped_text(words: Catalogue, event: CredentialDropped) -> str:
    return words.text("run.credential-dropped", credential=event.credential, devices=", ".join(event.devices))


def tally(words: Catalogue, results: Sequence[StepResult]) -> str:
    """``12 confirmed, 1 unknown (no answer in time)``: the standings of one device's points."""
    counts = Counter(standing(result) for result in results)
    parts = [words.text(f"standing.{each}", count=counts[each]) for each in Standing if counts[each]]
    causes = dict.fromkeys(result.cause for result in results if result.cause and not result.satisfied)
    said = "; ".join(cause_text(words, cause) for cause in causes)
    return ", ".join(parts) + (f" ({said})" if said else "")


def course_parts(words: Catalogue, board: Board) -> list[str]:
    """``50 % after 3 s``, ``90 % in about 12 s``: what was reached of the run's points, and what is when."""
    return [_milestone(words, each) for each in board.course(datetime.now(UTC))]


def expected(words: Catalogue, board: Board) -> list[str]:
    """What is still to come, where it can be told when."""
    found = board.course(datetime.now(UTC))
    return [_milestone(words, each) for each in found if each.reach is Reach.EXPECTED]


def _milestone(words: Catalogue, each: Milestone) -> str:
    said = words.text(f"course.{each.reach}", duration=duration(words, each.seconds))
    return f"{each.percent} % {said}"


class LineDisplay:
    """A timestamped line for each device that answered, with the running count; no control characters."""

    def __init__(self, out: Output, words: Catalogue, board: Board) -> None:
        self._out = out
        self._words = words
        self._board = board

    def hear(self, event: Event) -> None:
        text = self._words.text
        match event:
            case RunStarted(run=run, joined=joined):
                self.say(text("run.joined" if joined else "run.started", run=run))
            case WaveStarted(wave=wave):
                plan = self._board.plan
                self.say(
                    text(
                        "run.wave",
                        wave=wave + 1,
                        waves=len(plan.waves) if plan else "?",
                        stage=plan.waves[wave].stage if plan else "",
                    )
                )
            case StepsSettled(device=device, results=results, detail=detail):
                count = text("run.count", known=self._board.known, total=self._board.total)
                shown = "; ".join((count, *expected(self._words, self._board)[:1]))
                self.say(f"{device}: {tally(self._words, results)}  [{shown}]")
                for tried in detail.split("; ") if detail else ():
                    self.say(f"    {device}: {tried}")
            case JournalDegraded(unrecorded=unrecorded):
                self.say(text("run.unrecorded" if unrecorded else "run.degraded"))
            case CredentialDropped():
                self.say(dropped_text(self._words, event))
            case ProbationMoved():
                self.say(event_text(event, self._words))
            case _:
                pass

    def refresh(self) -> None:
        pass

    def say(self, line: str) -> None:
        self._out.say(f"{datetime.now().astimezone():%Y-%m-%dT%H:%M:%S%z}  {line}")

    def close(self) -> None:
        pass


class LiveDisplay:
    """A bar of standings, and below it the devices that are not right; its last state stays on the screen."""

    def __init__(self, out: Output, words: Catalogue, board: Board) -> None:
        from rich.console import Console
        from rich.live import Live

        self._words = words
        self._board = board
        self._began = time.monotonic()
        console = Console(file=_Unbreakable(out), highlight=False, markup=False, emoji=False)
        self._live = Live(self._render(), console=console, auto_refresh=False)
        self._live.start()

    def hear(self, event: Event) -> None:
        """Nothing at once: the waiting thread redraws."""

    def refresh(self) -> None:
        self._live.update(self._render(), refresh=True)

    def say(self, line: str) -> None:
        self._live.console.print(printable(line))

    def close(self) -> None:
        self.refresh()
        self._live.stop()

    def _render(self) -> Text:
        from rich.text import Text

        board, text = self._board, self._words.text
        width = max(20, min(100, shutil.get_terminal_size().columns) - 2)
        shown = Text()
        counts = board.counts()
        for each, cells in _cells(counts, width).items():
            shape, style = SHAPES[each]
            shown.append(shape * cells, style=style)
        parts = [text(f"standing.{each}", count=number) for each, number in counts.items()]
        passed = duration(self._words, time.monotonic() - self._began)
        shown.append("\n" + ", ".join((*parts, passed)))
        if counts.get(Standing.PENDING):
            shown.append("\n" + " · ".join(course_parts(self._words, board)))
        if board.degraded:
            how = "run.unrecorded" if board.unrecorded else "run.degraded"
            shown.append("\n" + text(how), style="bold red")
        for moved in list(board.watched.values()):
            tripped = moved.probation.state in (ProbationState.TRIPPED, ProbationState.CUT_AGAIN)
            line = "\n" + printable(event_text(moved, self._words))
            shown.append(line, style="bold red" if tripped else "cyan")
        for dropped in board.dropped:
            shown.append("\n" + printable(dropped_text(self._words, dropped)), style="yellow")
        troubled = board.troubled()
        for device, results in list(troubled.items())[:SHOWN_DEVICES]:
            shown.append("\n" + printable(f"  {device}: {tally(self._words, results)}"))
        if len(troubled) > SHOWN_DEVICES:
            shown.append("\n  " + text("run.more-devices", count=len(troubled) - SHOWN_DEVICES))
        return shown


def _cells(counts: Any, width: int) -> dict[Standing, int]:
    """``width`` cells shared out by count; whatever occurs at all has one."""
    total = sum(counts.values())
    if not total:
        return {}
    cells = {each: max(1, number * width // total) for each, number in counts.items()}
    largest = max(cells, key=lambda each: cells[each])
    cells[largest] = max(1, cells[largest] + width - sum(cells.values()))
    return cells


class _Unbreakable(io.StringIO):
    """A stream for rich that outlives its reader."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._stream: TextIO = out.people

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            self._out.give_up(self._stream)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._out.give_up(self._stream)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # rich only reads it
        return self._stream.encoding
