"""A program on a terminal of its own, and what stands on that terminal's screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


def recorded(command: Sequence[str], environ: Mapping[str, str], columns: int) -> tuple[str, int]:
    """Runs ``command`` on a terminal of ``columns``; everything written there, and the exit code."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=dict(environ)) as process:
        os.close(slave)
        written = bytearray()
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:  # Linux reports the other side's end as an I/O error
                break
            if not read:
                break
            written += read
    os.close(master)
    return written.decode(), process.returncode


def screen(written: str) -> list[str]:
    """The lines as they stand at the end, colours kept: what was redrawn is there once, as last drawn.

    Knows what rich's live display uses: line feed, carriage return, cursor up, erase line, cursor on and off.
    """
    lines, row, at = [""], 0, 0
    while at < len(written):
        control = _CONTROL.match(written, at)
        if control:
            at = control.end()
            kind = control[2]
            if kind == "A":
                row = max(0, row - int(control[1] or 1))
            elif kind == "K":
                lines[row] = ""
            elif kind == "m":
                lines[row] += control[0]
            elif kind not in "hl":
                raise ValueError(f"unknown control sequence {control[0]!r}")
            continue
        character = written[at]
        at += 1
        if character == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif character != "\r":
            lines[row] += character
    return lines
