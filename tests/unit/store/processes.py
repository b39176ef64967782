"""Other processes of a test: leaders, workers and whoever holds the database's lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from controller.store.home import Home

ROOT = Path(__file__).parents[3]

LEADER = """
import sys
from pathlib import Path
from controller.store.home import open_home
home = open_home(Path(sys.argv[1]), create=False)
with home.lead() as lead:
    {body}
    print("ready", lead.epoch, flush=True)
    sys.stdin.read()
"""

WORKER = """
import sys
from pathlib import Path
from controller.store.home import open_home
with open_home(Path(sys.argv[1]), create=False).acting():
    print("ready", flush=True)
    sys.stdin.read()
"""

LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1] + "/cordon.db", isolation_level=None, timeout=10)
database.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.read()
"""


class Other:
    def __init__(self, process: subprocess.Popen[str], said: str) -> None:
        self.process = process
        self.said = said

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self) -> int:
        """Ends it the polite way; its return code."""
        if self.process.stdin:
            self.process.stdin.close()
        return self.process.wait(30)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)


@contextmanager
def other(home: Home, script: str) -> Iterator[Other]:
    """Runs ``script`` until it said ``ready``; it ends when its standard input does, or is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("ready"), said
        yield Other(process, said.strip())
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def leader(home: Home, body: str = "pass") -> AbstractContextManager[Other]:
    return other(home, LEADER.format(body=body))
