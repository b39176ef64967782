"""The logbook as a page: written, corrected, searched, in its rhythm, and verified."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from threading import Event

import pytest

from controller.domain.facts import Actor
from controller.domain.tags import Tag
from controller.engine.people.roles import Role
from controller.web import logbook
from controller.workers import verifying
from tests.unit.api.house import House
from tests.unit.web.console import Visitor, fields, words_on


def written(visitor: Visitor, text: str, **typed: str) -> str:
    shown = visitor.send(visitor.open("/logbook"), "/logbook", {"text": text, **typed})
    assert shown.status_code == 200
    return shown.text


def test_what_is_written_stands_on_top_and_its_correction_above_it(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    shown = written(visitor, "three <b>screens</b>\nin radiology", status="unconfirmed", by="Dr Martin")
    assert "three &lt;b&gt;screens&lt;/b&gt;\nin radiology" in shown
    said = words_on(visitor.open("/logbook"))
    assert "Dr Martin · unconfirmed" in said
    first = re.findall(r"/logbook\?corrects=(\d+)", shown)[0]
    page = visitor.open(f"/logbook?corrects={first}")
    assert f"Correction of entry {first}" in words_on(page)
    after = visitor.send(page, "/logbook", {"text": "one kiosk", "status": "established"})
    entries = re.findall(r'<li id="entry-(\d+)"( class="[^"]*")?', after.text)
    assert int(entries[0][0]) > int(first)
    assert dict(entries)[first] == ' class="written corrected"'
    assert f"corrects entry {first}" in words_on(after)
    assert f"/logbook?corrects={first}" not in after.text


def test_from_paper_with_both_times_and_handed_over(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    shown = written(visitor, "lifts out of order", at="2026-03-02T03:20", handed_to="day shift")
    assert "so at 2026-03-02 03:20:00, from paper" in shown
    assert "handed over to day shift" in shown
    page = visitor.open("/logbook")
    for typed in ({"text": "x", "at": "2999-01-01T00:00"}, {"text": "x", "at": "soon"}, {"text": " "}):
        assert visitor.send(page, "/logbook", typed).status_code == 422
        page = visitor.open("/logbook")


def test_a_form_sent_twice_counts_once(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    page = visitor.open("/logbook")
    for _ in range(2):
        visitor.send(page, "/logbook", {"text": "pharmacy on paper"})
    assert visitor.open("/logbook").text.count("pharmacy on paper") == 1


def test_searched_and_filtered(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    written(visitor, "Pharmacie sur papier")
    written(visitor, "laboratory on paper")
    found = visitor.open("/logbook?search=PHARMACIE")
    assert "Pharmacie sur papier" in found.text
    assert "laboratory on paper" not in found.text
    assert "No such entry" in visitor.open("/logbook?search=dialysis").text
    people, everything = visitor.open("/logbook?show=people"), visitor.open("/logbook?show=everything")
    count = {page: page.text.count('<li id="entry-') for page in (people, everything)}
    assert count[people] == 2
    assert count[everything] > 2


def test_page_by_page_down_to_the_first_entry(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "ROWS", 3)
    monkeypatch.setattr(logbook, "LOOKED_AT", 5)
    monkeypatch.setattr(logbook, "_WINDOW", 2)
    for number in range(9):
        at.office.write_log(f"note {number}", Actor("os:0"))
    head = at.office.log_head()
    assert head is not None
    visitor, address, seen = Visitor(at, Role.VIEWER), "/logbook?show=everything", []
    for _ in range(50):
        page = visitor.open(address)
        seen += [int(seq) for seq in re.findall(r'<li id="entry-(\d+)"', page.text)]
        older = re.findall(r'<a class="btn" href="(/logbook\?before=[^"]+)"', page.text)
        if not older:
            break
        address = older[0].replace("&amp;", "&")
    assert seen[0] >= head[0]
    assert seen == list(range(seen[0], 0, -1))


def test_a_rhythm_is_agreed_kept_and_ended(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    agreed = visitor.send(visitor.open("/logbook"), "/logbook/rhythm")
    assert "Something is written every 30 min." in words_on(agreed)
    said = visitor.client.post("/logbook", data={**_nothing(agreed.text)}, follow_redirects=True)
    assert "Nothing to report." in words_on(said)
    assert at.office.rhythm() is not None
    ended = visitor.send(said, "/logbook/rhythm")
    assert "Nobody agreed" in words_on(ended)
    assert at.office.rhythm() is None


def test_an_auditor_verifies_and_writes_nothing(at: House) -> None:
    auditor = Visitor(at, Role.AUDITOR)
    page = auditor.open("/logbook")
    assert '<form method="post" action="/logbook"' not in page.text
    assert 'href="/logbook/verify"' in page.text
    said = words_on(auditor.open("/logbook/verify"))
    assert "The log is whole" in said
    assert at.office.verify().head in said


def test_a_long_log_is_verified_beside_the_page_which_says_of_when_it_speaks(
    at: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor, verification = Visitor(at, Role.AUDITOR), at.office.verification
    monkeypatch.setattr(verifying, "AT_ONCE", 0)
    go_on = Event()
    monkeypatch.setattr(verification, "_verify", lambda: (go_on.wait(), at.office.verify())[1])
    waits = auditor.open("/logbook/verify")
    assert "being verified" in words_on(waits)
    assert "The log is whole" not in words_on(waits)
    assert waits.headers["refresh"] == "3"
    go_on.set()
    verification.wait()
    assert "The log is whole" in words_on(auditor.open("/logbook/verify"))
    at.office.write_log("written since", Actor("os:0"))
    later = auditor.open("/logbook/verify")
    assert re.search(r"\d+ entr(y was|ies were) written since", words_on(later))
    assert "refresh" not in later.headers
    assert "anew=yes" in later.text


def test_what_an_auditor_takes_away_is_on_record_and_nobody_else_gets_it(at: House) -> None:
    auditor = Visitor(at, Role.AUDITOR)
    form = fields(auditor.open("/logbook/verify"), "/logbook/export")
    log = auditor.client.post("/logbook/export", data=form | {"roles_only": "yes"})
    assert log.headers["content-disposition"] == 'attachment; filename="cordon-log.zip"'
    with zipfile.ZipFile(io.BytesIO(log.content)) as content:
        assert "verify.py" in content.namelist()
    report = auditor.client.post("/logbook/report", data=form)
    assert report.content.startswith(b"%PDF")
    taken = [each for each in at.office.log() if each.tag == Tag.LOG_EXPORTED]
    assert [each.actor for each in taken] == [Role.AUDITOR.value] * 2
    assert taken[0].data["sha256"] == hashlib.sha256(log.content).hexdigest()
    responder = Visitor(at, Role.RESPONDER)
    own = fields(responder.open("/logbook"), "/sign-out")
    assert responder.client.post("/logbook/export", data=own).status_code == 403


def _nothing(page: str) -> dict[str, str]:
    """The hidden fields of the button that says there is nothing to report."""
    for inside in re.findall(r'<form class="act"[^>]* action="/logbook">(.*?)</form>', page, re.DOTALL):
        return dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inside))
    raise AssertionError("no such button")
