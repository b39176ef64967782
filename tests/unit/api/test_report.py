"""The report over the API: a PDF in the client's language, for who may read the whole log, and on record."""

from __future__ import annotations

import hashlib

from controller.domain.tags import Tag
from controller.engine.people.roles import Role
from tests.unit.api.house import House
from tests.unit.paper.pages import text


def test_an_auditor_gets_the_report_in_the_language_asked_for_and_that_is_on_record(at: House) -> None:
    at.as_role(Role.RESPONDER).post("/logbook", json={"text": "three stations dark"})
    client = at.as_role(Role.AUDITOR)
    for lang, title in (("fr", "Rapport d’incident"), ("en", "Report of an incident")):
        answer = client.get("/audit/report", headers={"Accept-Language": lang})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        assert answer.headers["content-disposition"] == f'attachment; filename="report.{lang}.pdf"'
        said = text(answer.content)
        assert title in said
        assert "three stations dark" in said
        *_, entry = at.office.log(tag=Tag.LOG_EXPORTED)
        assert entry.data["sha256"] == hashlib.sha256(answer.content).hexdigest()
        assert entry.actor == Role.AUDITOR.value


def test_who_may_not_read_the_whole_log_gets_none_and_a_time_with_nothing_is_refused(at: House) -> None:
    assert at.as_role(Role.RESPONDER).get("/audit/report").status_code == 403
    client = at.as_role(Role.AUDITOR)
    nothing = client.get("/audit/report", params={"until": "2000-01-01T00:00:00Z"})
    assert (nothing.status_code // 100, nothing.json()["code"]) == (4, "export-empty")
    unknown = client.get("/audit/report", params={"run": "20000101"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    nowhere = client.get("/audit/report", params={"since": "2026-03-01T03:00:00"})
    assert nowhere.status_code == 422
