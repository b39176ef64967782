"""What holds for every test: nobody's real home or settings are touched, and CI skips no laboratory test."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

LAB_REQUIRED = "CORDON_LAB_REQUIRED"

UNHURRIED_MS = "10000"

# On shared, slow machines a case that takes long is no bug.
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)


def pytest_configure() -> None:
    # Hypothesis's own "ci" draws the same cases each time: a change is judged by what it changed.
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "explore")


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test that forgets to name a home gets one of its own, and no setting of the user's reaches it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CORDON_") and name != LAB_REQUIRED]:
            patch.delenv(name)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        # A shared disk that takes a second for once makes no degraded log in a test about something else.
        patch.setenv("CORDON_SPOOL_AFTER_MS", UNHURRIED_MS)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("lab") and _required():
        report.outcome = "failed"
        report.longrepr = f"{LAB_REQUIRED} is set, yet this was skipped: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and _required() and Path(__file__).parent / "lab" in collector.path.parents:
        report.outcome = "failed"
        report.longrepr = f"{LAB_REQUIRED} is set, yet this was skipped: {_reason(report.longrepr)}"
    return report


def _required() -> bool:
    return os.environ.get(LAB_REQUIRED, "") not in {"", "0"}


def _reason(longrepr: object) -> str:
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
