"""``python -m tests.lab.forked``: calls of ``cordon``, each in a process of its own, without its imports.

What a call imports costs it more time than what it does here. This process imports it once and forks for each
line of JSON on standard input: ``arguments``, ``environment``, and the files of what it reads and says;
it answers with the exit status, one call after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PRELOAD = (
    *("alembic.command", "alembic.config", "controller.catalog.site", "controller.drivers.netmiko_driver"),
    *("controller.drivers.prober", "controller.store.home", "controller.vault.secrets"),
    *("controller.workers.front", "controller.cli.application", "controller.cli.isolate"),
    *("controller.cli.restore", "controller.cli.runs", "controller.cli.status", "controller.cli.progress"),
    *("controller.telemetry.observer", "controller.evidence.keys", "controller.workers.notary"),
)


class Forks:
    """The server, started behind ``prefix``: the namespaces every call of its is made in."""

    def __init__(self, prefix: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.lab.forked"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(
        self, arguments: Sequence[str], environment: Mapping[str, str], typed: str = ""
    ) -> tuple[int, str, str]:
        """Exit status, standard output and standard error. ``typed`` is what standard input holds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            given = Path(folder, "in")
            given.write_text(typed)
            job = {"arguments": list(arguments), "environment": dict(environment)}
            files = {"in": str(given), "out": str(out), "err": str(err)}
            self._process.stdin.write(json.dumps({**job, **files}) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            if not answer:
                raise RuntimeError("the process that forks calls has ended")
            return int(answer), out.read_text(), err.read_text()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _carry_out(job: Mapping[str, Any]) -> None:
    """In the child; never returns."""
    status = 70
    try:
        os.environ.clear()
        os.environ.update(job["environment"])
        for descriptor, path in ((0, job["in"]), (1, job["out"]), (2, job["err"])):
            opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        sys.argv = ["cordon", *job["arguments"]]
        from controller.cli.main import main  # noqa: PLC0415 - in the child, as a command begins

        status = main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve() -> None:
    for name in _PRELOAD:
        import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _carry_out(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
