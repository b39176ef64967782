"""Secrets typed by a person: on the terminal itself, never shown, never an argument."""

from __future__ import annotations

import os
import select
import sys
import termios
import time

LARGEST = 64 * 1024


def typed(question: str, seconds: float | None = None) -> str | None:
    """A line from the terminal of this process, its echo off; None where there is none, where it was closed,
    or after ``seconds`` without an answer."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(terminal)
        silent = [*before]
        silent[3] = before[3] & ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        try:
            os.write(terminal, f"{question} ".encode())
            return _line(terminal, None if seconds is None else time.monotonic() + seconds)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            os.write(terminal, b"\n")
    except (OSError, termios.error):
        return None
    finally:
        os.close(terminal)


def piped() -> str | None:
    """Standard input to its end, without one trailing line end; None where it is a terminal."""
    if sys.stdin.isatty():
        return None
    return sys.stdin.read(LARGEST + 1).removesuffix("\n").removesuffix("\r")


def _line(terminal: int, until: float | None) -> str | None:
    content = b""
    while not content.endswith(b"\n"):
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([terminal], [], [], left)[0]:
            return None
        part = os.read(terminal, LARGEST)
        if not part:
            return None
        content += part
    return content.decode(errors="replace").removesuffix("\n").removesuffix("\r")
