"""What somebody changed by hand, on the board and where a return is asked for: seen, decided, on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from httpx2 import Response

from controller.domain.drift import Drift, FieldDrift, PointDrift
from controller.domain.inventory import PointId
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.text import Catalogue
from controller.workers.office import Cut
from tests.unit.api.house import PASSWORD, ROOT, House, house
from tests.unit.web.console import Visitor, fields, words_on

EN = Catalogue("en")
POINT = PointId("modem", "lan", None)
CHANGED = PointDrift(POINT, ("office",), (FieldDrift("vlan", "70", "999", "77"),))
OURS = {"drift:modem": "ours"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[House]:
    """Offices are cut, and somebody was at their port since; what is read of it is made up."""
    with house(tmp_path) as made:
        office = made.office
        office.begin_cut(office.plan_cut(Cut(subjects=("office",))), "", ROOT)
        while office.under_way():
            pass
        vars(office)["drift"] = lambda _devices, _actor: Drift(1, (CHANGED,), ())
        yield made


def looked(visitor: Visitor) -> Response:
    """The page once somebody has looked."""
    shown = visitor.send(visitor.open("/restore/drift"), "/restore/drift/look")
    while EN.text("drift-page.looking") in words_on(shown):
        shown = visitor.open("/restore/drift")
    return shown


class Restorer(Visitor):
    """With an app, for the words that count."""

    def __init__(self, at: House) -> None:
        users, now = at.office.access().users, datetime.now(UTC)
        made = users.create("Zoé", (Grant(Role.RESTORER),), ROOT)
        factor = users.invited(made.token)
        assert factor is not None
        self.app = pyotp.TOTP(factor.secret)
        users.enrol(made.token, PASSWORD, self.app.at(now, counter_offset=-1))
        super().__init__(at)
        typed = {"name": "Zoé", "password": PASSWORD, "code": self.app.at(now)}
        self.send(self.open("/sign-in"), "/sign-in", typed)

    def proof(self) -> dict[str, str]:
        return {"password": PASSWORD, "code": self.app.at(datetime.now(UTC), counter_offset=1)}


def test_what_was_changed_is_shown_as_a_diff_and_only_to_decide_where_one_may(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    assert EN.text("drift-page.never") in words_on(visitor.open("/restore/drift"))
    assert EN.raw("drift-page.by-hand-short") not in words_on(visitor.open("/restore"))
    said = words_on(looked(visitor))
    assert EN.text("drift-page.found", count=1) in said
    assert "- vlan: 999" in said
    assert f"+ vlan: 77 ({EN.text('drift.before', value='70')})" in said
    assert EN.text("drift-page.decide") not in said
    board = words_on(visitor.open("/restore"))
    assert EN.text("drift-page.by-hand", point=POINT) in board
    assert "vlan: 999 → 77" in board
    viewer = Visitor(at, Role.VIEWER).open("/restore/drift")
    assert "- vlan: 999" in words_on(viewer)
    assert 'action="/restore/drift/look"' not in viewer.text


def test_nobody_looks_while_a_run_needs_the_devices(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    form = visitor.open("/restore/drift")
    vars(at.office)["under_way"] = lambda: ("20260101-000000-0000",)
    refused = visitor.send(form, "/restore/drift/look")
    assert refused.status_code == 409
    assert "20260101-000000-0000" in words_on(refused)
    del vars(at.office)["under_way"]
    assert EN.text("drift-page.never") in words_on(visitor.open("/restore/drift"))


def test_what_cannot_be_read_is_not_taken_for_unchanged(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    silent = PointDrift(POINT, ("office",), unread="open.timeout")
    vars(at.office)["drift"] = lambda _devices, _actor: Drift(1, (), (silent,), "journal-unavailable")
    said = words_on(looked(visitor))
    assert EN.text("drift-page.unsure") in said
    assert EN.text("drift-page.none") not in said
    assert EN.text("open.timeout") in said
    assert EN.text("drift.unrecorded") in said


def test_a_return_over_a_change_wants_a_decision_a_reason_and_oneself(at: House) -> None:
    visitor = Restorer(at)
    assert 'href="/restore/ask?subjects=office"' in looked(visitor).text
    undecided = visitor.open("/restore/ask?subjects=office")
    assert EN.text("drift-page.first") in words_on(undecided)
    assert 'name="typed"' not in undecided.text
    decided = visitor.client.get("/restore/ask", params={"subjects": "office", **OURS})
    form = fields(decided, "/restore/ask") | {"typed": "ch-exemple"}
    assert form["drift:modem"] == "ours"
    proof = visitor.proof()
    mute = visitor.client.post("/restore/ask", data=form | proof)
    assert EN.text("error.drift-reason") in words_on(mute)
    anybody = visitor.client.post("/restore/ask", data=form | proof | {"reason": "seen", "password": "x"})
    assert anybody.status_code == 401
    assert 'value="seen"' in anybody.text
    assert [run.action.value for run in at.office.runs()] == ["isolate"]
    done = visitor.client.post(
        "/restore/ask", data=form | proof | {"reason": "printer moved"}, follow_redirects=False
    )
    assert done.headers["location"].startswith("/runs/")
    [opened] = [each for each in at.office.log() if "drift-decided" in each.data]
    assert (opened.data["drift-decided"], opened.actor, opened.text) == ("modem", "Zoé", "printer moved")
    assert EN.text("drift-page.consent-ours", device="modem") in words_on(visitor.open("/logbook"))


def test_to_stop_sends_nothing_and_is_on_record(at: House) -> None:
    visitor = Restorer(at)
    looked(visitor)
    choice = {"subjects": "office", "drift:modem": "stop"}
    stopping = visitor.client.get("/restore/ask", params=choice)
    assert 'name="typed"' not in stopping.text
    typed = visitor.proof() | {"reason": "the police come first"}
    forged = fields(visitor.client.get("/restore/ask", params={"subjects": "office", **OURS}), "/restore/ask")
    kept = visitor.client.post("/restore/ask", data=forged | typed | {"typed": "ch-exemple", **choice})
    assert EN.text("error.drift-stops") in words_on(kept)
    stopped = visitor.send(stopping, "/restore/drift/stop", typed)
    assert EN.text("said.drift-stopped", devices="modem") in words_on(stopped)
    [line] = [each for each in at.office.log() if each.tag == "person:drift:stopped"]
    assert (line.data["devices"], line.actor, line.text) == ("modem", "Zoé", "the police come first")
    assert [run.action.value for run in at.office.runs()] == ["isolate"]


def test_what_is_no_longer_held_is_no_longer_asked_about(at: House) -> None:
    visitor = Restorer(at)
    looked(visitor)
    vars(at.office)["open_holds"] = lambda: ()
    assert "vlan: 999" not in words_on(visitor.open("/restore/drift"))
