"""On a real terminal, in a process of its own: what is asked, what is drawn, what Ctrl-C and hang-up do."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.office import RUN

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0


class Terminal:
    """``cordon`` with a terminal of its own."""

    def __init__(self, calls: Path, *arguments: str, **environ: str) -> None:
        self.calls = calls
        self.master, slave = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cli.office", "--lang", "en", *arguments],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**_environ(calls), "TERM": "xterm", "TEST_TERMINAL": "1", **environ},
        )
        os.close(slave)

    def until(self, wanted: str) -> str:
        """What was shown up to and with ``wanted``, since the last call."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.seen:
            assert time.monotonic() < deadline, f"never saw {wanted!r} in {self.seen!r}"
            self._read(0.2)
        at = self.seen.index(wanted) + len(wanted)
        shown, self.seen = self.seen[:at], self.seen[at:]
        return shown

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def interrupted(self) -> int:
        """Ctrl-C, again where Python lost it between the prompt it wrote and the answer it waits for."""
        for _ in range(5):
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
                break
        return self.end()

    def end(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.wait()

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)

    def _read(self, seconds: float) -> bool:
        if self.master < 0:
            time.sleep(seconds)
            return False
        ready, _, _ = select.select([self.master], [], [], seconds)
        try:
            text = os.read(self.master, 65536).decode() if ready else ""
        except OSError:
            text = ""
        self.seen += text
        return bool(text)


def _environ(calls: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LC_ALL", "LANG")}
    return {**kept, "TEST_CALLS": str(calls), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def asked(calls: Path) -> list[list[str]]:
    return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


def wait_for(calls: Path, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while what not in {call[0] for call in asked(calls)}:
        assert time.monotonic() < deadline, asked(calls)
        time.sleep(0.02)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def test_a_cut_is_confirmed_by_the_sites_name(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5")
    terminals.append(terminal)
    shown = terminal.until("Reason (Enter to skip):")
    assert "14 monitors → 14 carers" in shown
    assert asked(calls) == []
    terminal.type("ransom notes\n")
    terminal.until("Type the site's name (Hôpital Test) to confirm:")
    assert asked(calls) == []
    terminal.type("hôpital test\n")
    terminal.until("4 of 4 points confirmed cut in")
    assert terminal.end() == 0
    assert asked(calls)[0][:2] == ["isolate", "ransom notes"]


@pytest.mark.parametrize("typed", ["yes\n", "\n", "\x04"])
def test_anything_else_typed_does_nothing(calls: Path, terminals: list[Terminal], typed: str) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--reason", "x")
    terminals.append(terminal)
    terminal.until("to confirm:")
    terminal.type(typed)
    assert terminal.end() == 2
    assert "Nothing was done" in terminal.seen
    assert asked(calls) == []


def test_ctrl_c_before_the_answer_does_nothing(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--reason", "x")
    terminals.append(terminal)
    terminal.until("to confirm:")
    assert terminal.interrupted() == 130
    assert asked(calls) == []


def test_a_reason_that_is_needed_is_asked_for(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--segment", "samu", "--override", "samu")
    terminals.append(terminal)
    terminal.until("Reason (needed):")
    terminal.type("\n")
    assert terminal.end() == 2
    assert asked(calls) == []


def test_with_json_people_are_asked_beside_the_object(
    calls: Path, terminals: list[Terminal], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    master, slave = pty.openpty()
    with out.open("w") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cli.office", "isolate", "--level", "5", "--json"],
            cwd=ROOT,
            stdin=slave,
            stdout=stdout,
            stderr=slave,
            env=_environ(calls),
        )
    os.close(slave)
    os.write(master, "\nHôpital Test\n".encode())
    assert process.wait(PATIENCE) == 0
    os.close(master)
    assert json.loads(out.read_text())["points"] == {"wanted": 4, "satisfied": 4}


def test_the_bar_is_drawn_in_place_and_reads_without_colour(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--yes", TEST_SCRIPT="watched", TEST_SICK="acc-2")
    terminals.append(terminal)
    shown = terminal.until("acc-2: 1 unknown (it answers on none")
    assert "▓" in shown
    assert "?" in shown
    assert "\x1b[" in shown
    terminal.until("3 of 4 points confirmed cut in")
    assert terminal.end() == 6


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_plain_terminal_gets_no_control_characters(
    calls: Path, terminals: list[Terminal], environ: dict[str, str]
) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--yes", **environ)
    terminals.append(terminal)
    assert terminal.end() == 0
    assert "acc-1: 2 confirmed  [2 of 4]" in terminal.seen
    assert "\x1b" not in terminal.seen


def test_ctrl_c_asks_the_run_to_stop_and_waits_for_its_end(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--yes", TEST_SCRIPT="slow")
    terminals.append(terminal)
    wait_for(calls, "waiting")
    terminal.type("\x03")
    terminal.until("Asked to stop")
    terminal.until("2 of 4 points confirmed cut in")
    terminal.until("Aborted early: someone asked to stop.")
    assert terminal.end() == 130
    assert ["abort", RUN] in asked(calls)
    assert asked(calls)[-1] == ["ended", "aborted"]


def test_ctrl_c_leaves_a_run_that_is_somebody_elses(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--yes", TEST_SCRIPT="joined")
    terminals.append(terminal)
    wait_for(calls, "waiting")
    terminal.type("\x03")
    terminal.until("goes on without you")
    assert terminal.end() == 130
    assert "abort" not in {call[0] for call in asked(calls)}


def test_a_terminal_that_hangs_up_does_not_end_a_cut(calls: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal(calls, "isolate", "--level", "5", "--yes", TEST_SCRIPT="watched")
    terminals.append(terminal)
    wait_for(calls, "isolate")
    terminal.until("confirmed")
    terminal.hang_up()
    assert terminal.end() == 0
    assert asked(calls)[-1] == ["ended", "finished"]


def test_a_reader_that_goes_away_does_not_end_a_cut(calls: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.cli.office", "isolate", "--level", "5", "--yes"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**_environ(calls), "TEST_SCRIPT": "watched"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stderr.close()
    assert asked(calls)[-1] == ["ended", "finished"]


def test_a_signal_to_hang_up_is_ignored_while_a_run_goes_on(calls: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.cli.office", "isolate", "--level", "5", "--yes", "--json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**_environ(calls), "TEST_SCRIPT": "slow"},
    )
    wait_for(calls, "waiting")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    found = json.loads(out)
    assert found["state"] == "aborted"
    assert found["exit"] == 130
    assert found["points"] == {"wanted": 4, "satisfied": 2}
