"""Disks and databases that fail, made to fail."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.home_house import House

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a disk of one's own needs root")


@contextmanager
def disk(house: House, *options: str) -> Iterator[Path]:
    """The home on a small disk of its own; ``options`` are its mount's once the home is on it."""
    place = house.home.parent / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", place], check=True)
    try:
        house.home = shutil.copytree(house.home, place / "home")
        if options:
            subprocess.run(["mount", "-o", ",".join(("remount", *options)), place], check=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path) -> None:
    """To the last byte."""
    with (place / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """One file; root would write it whatever its mode."""
    subprocess.run(["mount", "--bind", file, file], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", file], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", file], check=True)


@contextmanager
def lock(home: Path, *, reading: bool = False) -> Iterator[None]:
    """Another process's lock on the database: against writing, with ``reading`` against all (possible while
    nobody else has it open)."""
    connection = sqlite3.connect(home / "cordon.db", isolation_level=None)
    try:
        if reading:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


@contextmanager
def locked(house: House, *, reading: bool = False) -> Iterator[None]:
    """:func:`lock` on a house."""
    with lock(house.home, reading=reading):
        yield
