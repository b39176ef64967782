"""What it takes that a file is on disk, and stays there when the power goes."""

from __future__ import annotations

import os
from pathlib import Path


def sync_directory(path: Path) -> None:
    """A file made or renamed in ``path`` is found there again. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
