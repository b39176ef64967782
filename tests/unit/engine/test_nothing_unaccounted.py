"""A step nobody can account for is one without its proof, never one left out of the sum."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.execution.operation import OperationRun
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, by_point, device, documents, inventory, port, segment


@pytest.fixture
def _log_that_fails() -> Iterator[None]:
    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no log")

    engine, full = logging.getLogger("controller.engine"), Full()
    engine.addHandler(full)
    yield
    engine.removeHandler(full)


@pytest.mark.usefixtures("_log_that_fails")
@pytest.mark.parametrize("where", ["__init__", "_act", "_failed", "execute"])
def test_a_defect_that_cannot_even_be_logged_leaves_its_step_unproven(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    known = inventory(
        [device("a"), device("b")], [segment("one", [port("a", "p1")]), segment("two", [port("b", "p1")])]
    )
    site = Site(documents(known), [Board("a", {"p1": Port()}), Board("b", {"p1": Port()})])
    sound = {name: getattr(OperationRun, name) for name in ("__init__", "_act", "_failed", "execute")}

    def broken(self: OperationRun, *given: Any) -> Any:
        name = given[3].name if where == "__init__" else self._device.name
        if name == "a":
            raise ValueError(where)
        return sound[where](self, *given)

    def act(self: OperationRun) -> None:
        if self._device.name == "a":
            raise ValueError("also this")
        sound["_act"](self)

    if where == "_failed":
        monkeypatch.setattr(OperationRun, "_act", act)
    monkeypatch.setattr(OperationRun, where, broken)
    ended = site.cut("one", "two")
    results = by_point(ended)
    assert ended.state is RunState.FINISHED
    assert (results["a p1"].proof, results["a p1"].cause, results["a p1"].satisfied) == (
        Proof.UNKNOWN,
        "internal",
        False,
    )
    assert results["b p1"].proof is Proof.CONFIRMED
