"""The logbook over the API: what people write with all that belongs to it, files, and its rhythm."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from controller.domain.tags import Tag
from controller.engine.people.roles import Role
from tests.unit.api.house import House

NOTE = b"your files are ours"
DIGEST = hashlib.sha256(NOTE).hexdigest()


def test_an_entry_says_how_sure_by_whom_when_and_what_it_corrects(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    first = client.post("/logbook", json={"text": "radiology is hit", "status": "hypothesis"}).json()["seq"]
    paper = {
        "text": "it was one kiosk",
        "status": "established",
        "by": "Dr Martin",
        "happened_at": "2026-03-01T03:20:00+01:00",
        "corrects": first,
        "handed_to": "Mme Durand",
    }
    second = client.post("/logbook", json=paper).json()["seq"]
    before, entry = client.get("/logbook", params={"tag": Tag.LOG_WRITTEN}).json()["items"]
    assert (entry["text"], entry["seq"]) == ("it was one kiosk", second)
    assert entry["data"] == {
        "status": "established",
        "happened": "2026-03-01T02:20:00+00:00",
        "corrects": str(first),
        "by": "Dr Martin",
        "handed_to": "Mme Durand",
    }
    assert entry["at"] > "2026-03-02"  # when it was typed, which is another thing
    assert (before["seq"], before["text"]) == (first, "radiology is hit")  # as it was


def test_what_makes_no_entry_is_refused_whole(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for body, code in (
        ({"text": " "}, "nothing-written"),
        ({"text": "x", "corrects": 1}, "not-found"),  # the home's own first entry
        ({"text": "x", "happened_at": tomorrow}, "time-to-come"),
        ({"text": "x", "attachments": [{"sha256": "0" * 64, "name": "a"}]}, "attachment-unknown"),
        ({"text": "x", "status": "sure"}, "request-invalid"),
        ({"text": "x", "happened_at": "2026-03-01T03:20:00"}, "request-invalid"),  # where was that?
    ):
        refused = client.post("/logbook", json=body)
        assert (refused.status_code // 100, refused.json()["code"]) == (4, code), refused.text
    assert not list(at.office.log(tag=Tag.LOG_WRITTEN))
    assert client.post("/logbook", json={"nothing": True}).status_code == 201


def test_a_file_is_sent_first_and_cited_by_its_digest(at: House) -> None:
    client = at.as_role(Role.RESPONDER)
    sent = client.post("/logbook/attachments", params={"name": "note of Bernard.TXT"}, content=NOTE)
    assert sent.status_code == 201, sent.text
    assert sent.json() == {
        "sha256": DIGEST,
        "name": "note of Bernard.TXT",
        "size": len(NOTE),
        "file": f"logbook/{DIGEST}.txt",
    }
    cited = {"text": "found on screens", "attachments": [{"sha256": DIGEST, "name": "note.txt"}]}
    seq = client.post("/logbook", json=cited).json()["seq"]
    [entry] = [
        each for each in client.get("/logbook", params={"limit": 500}).json()["items"] if each["seq"] == seq
    ]
    assert entry["data"] == {f"attachment logbook/{DIGEST}.txt": "note.txt"}
    kept = at.office.home.evidence / "logbook" / f"{DIGEST}.txt"
    try:
        kept.write_bytes(b"another")  # who alters it is told by name
        assert client.post("/logbook", json=cited).json()["code"] == "attachment-unknown"
        verdict = at.as_role(Role.AUDITOR).get("/audit/verify").json()
        assert (verdict["problem"], verdict["detail"]) == ("evidence-altered", f"logbook/{DIGEST}.txt")
    finally:
        kept.write_bytes(NOTE)
    assert at.as_role(Role.VIEWER).post("/logbook/attachments?name=x", content=b"x").status_code == 403
    assert client.post("/logbook/attachments", params={"name": "../x"}, content=b"x").status_code == 422
    large = client.post("/logbook/attachments", params={"name": "x"}, content=b"x" * (8 * 1024 * 1024 + 1))
    assert large.status_code == 413


def test_a_rhythm_is_agreed_kept_and_given_up(at: House) -> None:
    client, viewer = at.as_role(Role.RESPONDER), at.as_role(Role.VIEWER)
    assert client.put("/logbook/rhythm", json={"minutes": 30}).status_code == 200
    found = viewer.get("/logbook/rhythm").json()
    due = datetime.fromisoformat(found["due_at"]) - datetime.fromisoformat(found["last"])
    assert (found["minutes"], found["due"], due) == (30, False, timedelta(minutes=30))
    assert viewer.put("/logbook/rhythm", json={"minutes": 5}).status_code == 403
    assert client.put("/logbook/rhythm", json={"minutes": 24 * 60 + 1}).status_code == 422
    client.post("/logbook", json={"nothing": True})
    assert viewer.get("/logbook/rhythm").json()["last"] > found["last"]
    client.put("/logbook/rhythm", json={"minutes": 0})
    assert viewer.get("/logbook/rhythm").json() == {"minutes": 0, "last": None, "due_at": None, "due": False}


def test_the_service_tells_when_it_started(at: House) -> None:
    [started] = at.office.log(tag=Tag.SERVICE_STARTED)
    assert started.data["subject"] == "service"
    assert not list(at.office.log(tag=Tag.SERVICE_STOPPED))
