"""Several files as one text, so that one revision stores them and one digest names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from controller.catalog.findings import Findings


def bundled(kind: str, files: Mapping[str, str], **more: str) -> str:
    """JSON in one form only. Texts stay to the letter, so canonical JSON, which normalises, will not do."""
    content = {"cordon": kind, "files": files, **more}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def unbundled(kind: str, text: str, name: str, findings: Findings) -> dict[str, str]:
    """Name → text of what :func:`bundled` wrote; empty after noting that it was not."""
    try:
        content = json.loads(text)
        files = {str(file): str(source) for file, source in content["files"].items()}
        written_as = content["cordon"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        written_as, files = None, {}
    if written_as != kind:
        findings.add(name, (0, 0), "bundle-invalid")
        return {}
    return files


def yaml_files(directory: Path, findings: Findings) -> list[Path]:
    """The ``*.yaml`` and ``*.yml`` of a directory by name; notes where it cannot be read."""
    try:
        return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})
    except FileNotFoundError:
        findings.add(str(directory), (0, 0), "file-missing")
    except OSError as error:
        findings.add(str(directory), (0, 0), "file-unreadable", cause=error.strerror or type(error).__name__)
    return []
