"""The description of the API held against the API itself, as a stranger and as every role: no answer outside
its schema, none undocumented, no 5xx. Streams are left out: they do not end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from controller.engine.people.roles import Role
from tests.unit.api.house import House, house

pytestmark = pytest.mark.e2e

EXAMPLES = 3
"""Per operation and role: the suite is run with every change."""

LEFT_OUT = {"GET /api/v1/events", "DELETE /api/v1/sessions/current"}
"""The stream, and what would leave nobody signed in for the rest."""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("schema")
    with house(folder) as made:
        yield made


CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)


@pytest.mark.parametrize("who", [None, *Role], ids=str)
def test_answers_are_as_described(at: House, who: Role | None) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", at.app)
    headers = at.headers(who) if who else {}
    wrong: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.label in LEFT_OUT:
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(case=operation.as_strategy())
        def probe(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            probe()
        except (schemathesis.errors.SchemathesisError, BaseExceptionGroup, AssertionError) as error:
            wrong.append(f"{operation.label}: {_whole(error)}")
    assert wrong == []


def _whole(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_whole(each) for each in error.exceptions)
    return str(error)
