"""Which modules a process imports in which thread, as one line each in a file.

Made the ``sitecustomize`` of a process, so it is there before everything else."""

from __future__ import annotations

from pathlib import Path

_SITE = """
import sys, threading

class Told:
    def find_spec(self, name, path=None, target=None):
        with open({told!r}, "a") as file:
            print(threading.current_thread().name, name, file=file)

if {command!r} in sys.orig_argv:
    sys.meta_path.insert(0, Told())
"""


class Imports:
    """Of processes with ``command`` among their arguments; ``path`` is to be the first of their
    ``PYTHONPATH``."""

    def __init__(self, folder: Path, command: str) -> None:
        self.path = folder / "site"
        self.path.mkdir()
        self._told = folder / "imports.txt"
        (self.path / "sitecustomize.py").write_text(_SITE.format(told=str(self._told), command=command))

    def elsewhere(self) -> set[str]:
        """Those that another than the main thread imported; codecs aside, which import nothing."""
        found = [line.rsplit(" ", 1) for line in self._told.read_text().splitlines()]
        assert any(thread == "MainThread" for thread, _ in found)
        return {name for thread, name in found if thread != "MainThread" and "encodings." not in name}
