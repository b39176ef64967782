"""Log lines in one form, with their context, without secrets."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from controller.engine.execution.logcontext import bound
from controller.telemetry.logs import REDACTED, LogForm, configure

SECRET = "Hirondelle-42"


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    root, before = logging.getLogger(), structlog.get_config()
    level, own = root.level, logging.getLogger("controller").level
    yield tmp_path / "log"
    for handler in [each for each in root.handlers if each.name == "cordon"]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("controller").setLevel(own)
    logging.raiseExceptions = True
    structlog.configure(**before)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_ours_and_a_librarys_lines_are_alike_and_know_where_they_belong(lines: Path) -> None:
    configure(LogForm.JSON, None, lines)

    def work() -> None:
        with bound(run="r1", device="acc-1"):
            logging.getLogger("controller.engine").info("reading", extra={"point": "acc-1 Gi1"})
            logging.getLogger("some.library").warning("slow %s", "answer", extra={"colour": "red"})
            structlog.get_logger("controller.run").info("wave started", wave=1)
        logging.getLogger("controller.engine").info("after")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    ours, theirs, told, after = written(lines)
    assert {"run": "r1", "device": "acc-1", "point": "acc-1 Gi1", "level": "info"}.items() <= ours.items()
    assert {
        "run": "r1",
        "device": "acc-1",
        "event": "slow answer",
        "level": "warning",
    }.items() <= theirs.items()
    assert "colour" not in theirs
    assert {"run": "r1", "device": "acc-1", "wave": 1}.items() <= told.items()
    assert "run" not in after
    assert lines.stat().st_mode & 0o777 == 0o600


def test_what_is_called_a_secret_never_leaves_and_locals_are_not_shown(lines: Path) -> None:
    configure(LogForm.JSON, "debug", lines)
    log = structlog.get_logger("controller.drivers")
    log.debug("login", username="cordon", password=SECRET, api_token=SECRET)

    def fails(hidden: str) -> None:
        raise ValueError(len(hidden))

    try:
        fails(SECRET)
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed too")
    text = lines.read_text()
    assert SECRET not in text
    first, second, third = written(lines)
    assert (first["password"], first["api_token"], first["username"]) == (REDACTED, REDACTED, "cordon")
    assert all("ValueError: 13" in each["exception"] for each in (second, third))


def test_levels(lines: Path) -> None:
    configure(LogForm.TEXT, None, lines)
    structlog.get_logger("controller.engine").info("quiet")
    logging.getLogger("controller.store").info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger("controller.engine").warning("loud", device="acc-1")
    (line,) = lines.read_text().splitlines()
    assert "event=loud" in line
    assert "device=acc-1" in line


def test_it_may_be_configured_again_and_writes_each_line_once(lines: Path) -> None:
    for _ in range(3):
        configure(LogForm.JSON, None, lines)
    structlog.get_logger("controller.engine").info("once")
    assert len(written(lines)) == 1


def test_a_closed_standard_error_stops_nothing() -> None:
    program = (
        "import os, structlog; from controller.telemetry.logs import *\n"
        "configure(LogForm.JSON); os.close(2)\n"
        "structlog.get_logger('controller.x').warning('nobody hears')\n"
        "print('went on')"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.stdout == "went on\n"
