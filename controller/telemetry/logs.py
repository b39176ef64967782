"""Log lines: of our own events and of every library's, in one form, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from controller.engine.execution.logcontext import log_context

REDACTED = "[redacted]"

_OURS = "cordon"

_EXTRA = ("run", "device", "point", "why")
"""What a line may say by ``extra``: libraries put things there that are for nobody to read."""

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|authorization|cookie|credential|enable|private|data_key|totp",
    re.IGNORECASE,
)


class LogForm(StrEnum):
    TEXT = "text"
    JSON = "json"


def configure(form: LogForm = LogForm.TEXT, level: str | None = None, file: Path | None = None) -> None:
    """From now on lines of ``level`` (by default warnings as text, everything of a run as JSON) go to
    ``file``, appended and closed to others, else to standard error.

    Context bound with the engine's ``logcontext`` (``run``, ``device``, ``point``) is on every line of its
    thread. Exceptions come without the values of local variables, where secrets are. Raises OSError for the
    file."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.ExtraAdder(_EXTRA),
        _with_context,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    rendered: structlog.typing.Processor
    if form is LogForm.JSON:
        rendered = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        rendered = structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"))
    handler = logging.StreamHandler(sys.stderr) if file is None else _to_file(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendered],
        )
    )
    root = logging.getLogger()
    for former in [each for each in root.handlers if each.name == _OURS]:
        root.removeHandler(former)
        former.close()
    handler.set_name(_OURS)
    # A log that cannot be written is no reason to print about it in the middle of a cut.
    logging.raiseExceptions = False
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # libraries; ours say more when asked to
    level = level or ("info" if form is LogForm.JSON else "warning")
    logging.getLogger("controller").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _with_context(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in log_context().items():
        line.setdefault(name, value)
    return line


def without_secrets(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A value under a name that says it is a secret never leaves, whoever logged it."""
    for name in line:
        if _SECRET_NAME.search(name):
            line[name] = REDACTED
    return line


def _to_file(file: Path) -> logging.FileHandler:
    file.touch(0o600)
    return logging.FileHandler(file, encoding="utf-8")
