from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from controller.settings import Settings


def test_the_environment_sets_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORDON_HOME", "/srv/cordon")
    monkeypatch.setenv("CORDON_PROFILES", "/etc/cordon/site:/etc/cordon/group")
    monkeypatch.setenv("CORDON_THREADS", "8")
    monkeypatch.setenv("CORDON_SPOOL_AFTER_MS", "100")
    settings = Settings(spool_after_ms=500)
    assert settings.home == Path("/srv/cordon")
    assert settings.profiles == (Path("/etc/cordon/site"), Path("/etc/cordon/group"))
    assert settings.threads == 8
    assert settings.spool_after_ms == 500  # what a command was given goes before


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    monkeypatch.setenv("CORDON_HOME", "")
    monkeypatch.setenv("CORDON_INVENTORY", "")
    settings = Settings()
    assert settings.home == Path("/srv/data/cordon")
    assert settings.inventory is None


@pytest.mark.parametrize(
    ("name", "value"), [("THREADS", "0"), ("SPOOL_AFTER_MS", "-1"), ("CONNECT_TIMEOUT", "soon")]
)
def test_a_value_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CORDON_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
