"""What vendors print in their own documents, asked of the simulated devices at a terminal: answered to the
letter, with no profile anywhere near.

A file of ``cited/`` is one platform's: ``device``, what its documents' examples presuppose (fields of a
DeviceSpec); ``log_in``, lines typed before each, with the prompt each leads to; and ``cited``, each with its
``source``, ``given`` (lines typed before, with their prompts) and ``said``: a line as it is typed, the
``answer`` the document shows and the ``prompt`` behind it. Spaces at the end of a line are nobody's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.unit.simulator.console import ENABLE, PASSWORD, USER, Console

FILES = sorted((Path(__file__).parent / "cited").glob("*.yaml"))
CITED: Mapping[str, Mapping[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FILES
}
CASES = [
    pytest.param(name, case, id=f"{name}-{number}")
    for name, known in CITED.items()
    for number, case in enumerate(known["cited"], start=1)
]
SIMULATED = frozenset(
    path.parent.name
    for path in (Path(__file__).parents[3] / "controller" / "simulator").glob("*/__init__.py")
)


def test_every_simulated_platform_is_asked() -> None:
    assert CITED.keys() == SIMULATED
    for name, known in CITED.items():
        assert len({case["source"] for case in known["cited"]}) > 1, name


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    with simulate([_spec(name, known) for name, known in CITED.items()]) as simulation:
        yield simulation


def _spec(name: str, known: Mapping[str, Any]) -> DeviceSpec:
    given = {"enable": ENABLE, **known.get("device", {})}
    made = DeviceSpec.read({"name": name, "platform": name, **given})
    return replace(made, users={USER: Account(PASSWORD), **made.users})


@pytest.mark.parametrize(("name", "case"), CASES)
def test_it_answers_as_its_documents_print_it(
    running: Simulation, name: str, case: Mapping[str, Any]
) -> None:
    running.reset()
    with Console(running[name], enabled=False) as console:
        for each in (*CITED[name].get("log_in", ()), *case.get("given", ())):
            said(console, each)
        for each in case["said"]:
            assert said(console, each) == "\n".join(
                line.rstrip() for line in each.get("answer", "").removesuffix("\n").split("\n")
            ), case["source"]


def said(console: Console, exchange: Mapping[str, str]) -> str:
    """Types the line, where there is one; what came between its echo and the prompt wanted."""
    line, prompt = exchange.get("type"), exchange["prompt"]
    if line is None:
        return console.until(prompt)
    console.type(ENABLE if line == "(enable secret)" else line)
    text = console.until(f"\n{prompt}").removesuffix(f"\n{prompt}")
    _, _, answer = text.partition("\n")
    return "\n".join(each.rstrip() for each in answer.split("\n"))
