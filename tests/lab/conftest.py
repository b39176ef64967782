"""The lab for tests: ``lab`` (out-of-band) and ``inband_lab``, each booted once and handed on untouched.

Without root or a tool every test here is skipped with the reason, which ``CORDON_LAB_REQUIRED=1`` makes a
failure (``tests/conftest.py``).
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.lab.network import Lab
from tests.lab.requirements import missing
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, summary

_CHECKS: pytest.StashKey[collections.Counter[tuple[Kind, bool]]] = pytest.StashKey()
_BOOTS: pytest.StashKey[list[float]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_CHECKS] = collections.Counter()
    config.stash[_BOOTS] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its counts to the process that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        checks = session.config.stash[_CHECKS]
        output["lab_checks"] = [(kind.value, alive, number) for (kind, alive), number in checks.items()]
        output["lab_boots"] = session.config.stash[_BOOTS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", {})
    for kind, alive, number in output.get("lab_checks", ()):
        node.config.stash[_CHECKS][Kind(kind), alive] += number
    node.config.stash[_BOOTS].extend(output.get("lab_boots", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    boots = config.stash[_BOOTS]
    if boots:
        terminalreporter.section("lab")
        checks = config.stash[_CHECKS]
        terminalreporter.write_line(summary(checks))
        terminalreporter.write_line(f"{len(boots)} boots, the slowest {max(boots):.2f} s")


@pytest.fixture(scope="session")
def _lab_possible() -> None:
    reasons = missing()
    if reasons:
        pytest.skip("; ".join(reasons))


class Keeper:
    """Boots a lab when one is asked for, and boots it anew after a test that left it changed."""

    def __init__(self, config: pytest.Config, inband: bool) -> None:
        self._config = config
        self._inband = inband
        self._lab: Lab | None = None

    def lend(self) -> Iterator[Lab]:
        if self._lab is None:
            self._lab = Lab(self._inband)
            self._config.stash[_BOOTS].append(self._lab.boot_seconds)
        lab = self._lab
        untouched = lab.configuration()
        try:
            yield lab
        finally:
            lab.traffic.hang_up()
            self._config.stash[_CHECKS].update(lab.traffic.checks)
            lab.traffic.checks.clear()
            if not lab.is_whole() or difference(untouched, lab.configuration()):
                self.close()

    def close(self) -> None:
        if self._lab is not None:
            self._lab.close()
            self._lab = None


@pytest.fixture(scope="session")
def _keeper(_lab_possible: None, pytestconfig: pytest.Config) -> Iterator[Keeper]:
    with closing(Keeper(pytestconfig, inband=False)) as keeper:
        yield keeper


@pytest.fixture(scope="session")
def _inband_keeper(_lab_possible: None, pytestconfig: pytest.Config) -> Iterator[Keeper]:
    with closing(Keeper(pytestconfig, inband=True)) as keeper:
        yield keeper


@pytest.fixture
def lab(_keeper: Keeper) -> Iterator[Lab]:
    """The hospital, everything on, nothing cut, managed out of band."""
    yield from _keeper.lend()


@pytest.fixture
def inband_lab(_inband_keeper: Keeper) -> Iterator[Lab]:
    """The same, managed through VLAN 5 of the data network."""
    yield from _inband_keeper.lend()
