"""Proofs over the API, held against the RFC's arithmetic and not against who made them."""

from __future__ import annotations

import base64

from controller.domain.checkpoint import checkpoint_from, open_note
from controller.domain.merkle import consistent, includes
from controller.engine.people.roles import Role
from tests.unit.api.house import ROOT, House


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def test_an_entry_is_shown_to_be_under_the_checkpoint_that_was_signed(at: House) -> None:
    client = at.as_role(Role.AUDITOR)
    seq = at.as_role(Role.RESPONDER).post("/logbook", json={"text": "radiology is hit"}).json()["seq"]
    at.office.seal().checkpoint(ROOT, now=True)
    signed = client.get("/audit/checkpoint").json()
    found = client.get(f"/audit/proof/{seq}").json()
    assert found["note"] == signed["note"]
    said = checkpoint_from(open_note(signed["note"])[0])
    assert (said.size, said.root) == (found["size"], _bytes(found["root"])) == (signed["size"], said.root)
    path = [_bytes(each) for each in found["proof"]]
    assert includes(_bytes(found["leaf"]), seq - 1, said.size, path, said.root)
    assert client.get(f"/audit/proof/{10**6}").json()["code"] == "no-such-entry"


def test_the_log_is_shown_to_have_only_grown(at: House) -> None:
    client = at.as_role(Role.AUDITOR)
    at.office.seal().checkpoint(ROOT, now=True)
    before = client.get("/audit/checkpoint").json()
    at.as_role(Role.RESPONDER).post("/logbook", json={"nothing": True})
    at.office.seal().checkpoint(ROOT, now=True)
    after = client.get("/audit/checkpoint").json()
    found = client.get("/audit/proof", params={"old": before["size"], "new": after["size"]}).json()
    assert (found["old_root"], found["new_root"]) == (before["root"], after["root"])
    path = [_bytes(each) for each in found["proof"]]
    assert consistent(before["size"], _bytes(before["root"]), after["size"], _bytes(after["root"]), path)
    backwards = client.get("/audit/proof", params={"old": after["size"], "new": before["size"]})
    assert backwards.json()["code"] == "no-such-growth"
