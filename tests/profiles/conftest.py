"""What is tried on simulated devices comes platform by platform: each is started once, not for every test."""

from __future__ import annotations

import pytest


def _platform(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    return str(call.params.get("name", "")) if call else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = [index for index, item in enumerate(items) if item.path.name == "test_on_simulators.py"]
    ordered = sorted((items[index] for index in places), key=_platform)
    for index, item in zip(places, ordered, strict=True):
        items[index] = item
