"""``python -m tests.faults.home_defect …``: ``cordon`` with defects of its own, told of in tracebacks.

``CORDON_FAULTS_DEFECT`` says where: ``session`` (an error whose text holds the log-in), ``operation`` (in the
middle of one device's work) or ``command`` (after everything, in the command itself).
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import controller.cli.verdict
import controller.drivers.session
import controller.engine.execution.operation
from controller.cli.main import main

WHERE = "CORDON_FAULTS_DEFECT"


def _session(self: Any, _deadline: float) -> NoReturn:
    login = self._sock and sys._getframe(2).f_locals["attempt"].login  # noqa: SLF001 - the worst that can happen
    raise RuntimeError(f"{login.password} {login.enable} {login.key}")


def _operation(*_: object) -> NoReturn:
    raise RuntimeError("a defect in an operation")


def _command(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("a defect in a command")


if __name__ == "__main__":
    match os.environ[WHERE]:
        case "session":
            controller.drivers.session.NetmikoSession.make_ready = _session  # type: ignore[assignment, method-assign]  # the defect is put in on purpose
        case "operation":
            controller.engine.execution.operation.change_block = _operation  # type: ignore[assignment, attr-defined]  # the defect is put in on purpose
        case _:
            controller.cli.verdict.report = _command
    sys.exit(main())
