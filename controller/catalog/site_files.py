"""The files a site is read from, told apart without reading what they say.

Whoever kept what they said needs none of what checks them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from controller.catalog.bundle import yaml_files
from controller.catalog.findings import Findings


def files_digest(inventory: Path, profiles: Sequence[Path], playbooks: Sequence[Path]) -> str | None:
    """SHA-256 over every file :func:`controller.catalog.site.load_site` would read: the same digest, the same
    site. None where something cannot be read."""
    findings = Findings()
    digest = hashlib.sha256()
    paths = [inventory]
    for kind in (profiles, playbooks):
        for directory in kind:
            paths += yaml_files(directory, findings)
        paths.append(inventory)  # where one kind ends and the next begins
    try:
        for path in paths:
            content = path.read_bytes()
            digest.update(f"{path.name}\n{len(content)}\n".encode(errors="surrogateescape") + content)
    except (OSError, ValueError):
        return None
    return None if len(findings) else digest.hexdigest()
