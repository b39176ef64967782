"""What forms of the console do, and do not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pyotp
import pytest

from controller.bootstrap import Composition
from controller.domain.playbook import STANDING
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.engine.people.statements import Statement
from controller.engine.planning.plans import Return
from controller.text import Catalogue
from controller.workers.office import Cut
from controller.workers.resident import reside
from tests.fakes.homes import new_home
from tests.unit.api.house import INVENTORY, PASSWORD, ROOT, House
from tests.unit.web.console import Visitor, fields, words_on

EN = Catalogue("en")
OFFICE = "/isolate?subjects=office"


def over(at: House) -> None:
    """Devices that nobody reaches by machine are done with at once."""
    while at.office.under_way():
        pass


def test_a_cut_by_page_counts_once_however_often_the_form_is_sent(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    form = fields(visitor.open(OFFICE), "/isolate") | {"typed": "CH-Exemple ", "reason": "ransom note"}
    first = visitor.client.post("/isolate", data=form, follow_redirects=False)
    over(at)
    again = visitor.client.post("/isolate", data=form, follow_redirects=False)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    [run] = at.office.runs()
    assert first.headers["location"] == f"/runs/{run.run}"
    shown = words_on(visitor.open("/situation"))
    assert "ransom note" in shown
    assert EN.text("situation.cut", count=1, since="")[:10] in shown


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"typed": "other"}, 422, EN.text("error.wrong-site", site="ch-exemple")),
        ({"typed": "ch-exemple", "plan": "0" * 64}, 409, EN.raw("hazard.plan-changed")[:25]),
    ],
)
def test_a_cut_that_is_not_what_was_shown_is_not_made(
    at: House, changed: dict[str, str], status: int, said: str
) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    form = fields(visitor.open(OFFICE), "/isolate") | {"reason": "ransom note", **changed}
    answer = visitor.client.post("/isolate", data=form)
    assert answer.status_code == status
    assert said in words_on(answer)
    assert 'value="ransom note"' in answer.text
    assert at.office.runs() == ()


def test_a_word_on_the_walk_list_is_kept_and_taken_back(at: House) -> None:
    at.office.begin_cut(at.office.plan_cut(Cut(subjects=("office",))), "", ROOT)
    over(at)
    visitor = Visitor(at, Role.RESPONDER)
    listed = visitor.open("/walk-list")
    [code] = re.findall(r'<b class="code">(\w+)</b>', listed.text)
    action = f"/walk-list/{code}/claim"
    done = visitor.send(listed, action, {"by": "Zoé", "reason": "unplugged"})
    assert EN.text("said.claimed", code=code, by="Zoé") in words_on(done)
    assert EN.text("walking.claimed", count=1) in words_on(done)
    back = visitor.send(visitor.open("/walk-list"), action, {"by": "Zoé"})
    assert EN.text("said.withdrawn", code=code, by="Zoé") in words_on(back)
    assert EN.text("walking.left", count=1) in words_on(back)


def test_a_word_that_counts_wants_password_and_code_once_more(at: House) -> None:
    """A statement, as a consent: an unlocked screen gives none."""
    at.office.begin_cut(at.office.plan_cut(Cut(subjects=("office",))), "", ROOT)
    over(at)
    users = at.office.access().users
    made = users.create("Zoé", (Grant(Role.RESTORER),), ROOT)
    factor = users.invited(made.token)
    assert factor is not None
    app, now = pyotp.TOTP(factor.secret), datetime.now(UTC)
    users.enrol(made.token, PASSWORD, app.at(now, counter_offset=-1))
    visitor = Visitor(at)
    typed = {"name": "Zoé", "password": PASSWORD, "code": app.at(now)}
    home = visitor.send(visitor.open("/sign-in"), "/sign-in", typed)
    form = {"csrf": fields(home, "/sign-out")["csrf"], "statement": "edr-clean", "password": PASSWORD}
    address = "/restore/segments/office/attest"
    used = visitor.client.post(address, data=form | {"code": app.at(now)}, follow_redirects=False)
    assert used.status_code == 401
    fresh = form | {"code": app.at(now, counter_offset=1)}
    said = visitor.client.post(address, data=fresh, follow_redirects=False)
    assert said.status_code == 303
    stated = [line for line in at.office.log() if "statement" in line.data]
    assert [(line.data["statement"], line.actor) for line in stated] == [("edr-clean", "Zoé")]


GATED = """
format: 1
title: {fr: Retour, en: Return}
stages:
  - {name: back, action: restore, select: {segments: all}, gate: {approvals: 1, attest: [edr-clean]}}
"""


def test_a_return_that_waits_for_others_says_for_what_and_asks_them(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / f"{STANDING}.yaml").write_text(GATED)
    new_home(tmp_path / "home")
    composition = Composition(
        home=tmp_path / "home",
        inventory=tmp_path / "inventory.yaml",
        playbooks=(str(tmp_path / "playbooks"),),
        argon2_memory_kib=8,
        argon2_passes=1,
    )
    with reside(composition) as office:
        at = House(office)
        office.begin_cut(office.plan_cut(Cut(subjects=("office",))), "", ROOT)
        over(at)
        visitor = Visitor(at, Role.RESTORER)
        assert EN.text("restore-page.missing", count=2) in words_on(visitor.open("/restore"))
        typed = {"typed": "ch-exemple"}
        early = visitor.send(visitor.open("/restore/ask"), "/restore/ask", typed)
        assert early.status_code == 409
        assert "edr-clean" in words_on(early)
        stating = office.access().sign_in.session(at.session(Role.ENGINEER))
        assert stating is not None
        office.access().statements.attest(Statement("office", "edr-clean"), "ch-exemple", stating)
        asked = visitor.send(early, "/restore/ask", typed)
        assert asked.url.path == "/restore"
        assert EN.text("said.asked") in words_on(asked)
        [request] = office.access().approvals.requests()
        address = f"/approvals/{request.id}"
        board = visitor.open("/restore")
        assert f'href="{address}"' in board.text
        assert EN.text("to-do.return-of", title="Offices") in words_on(board)
        assert EN.text("restore-page.own") in words_on(visitor.open(address))
        other = Visitor(at, Role.APPROVER).open(address)
        assert fields(other, f"{address}/approve")["plan"] == request.plan
        assert [run.action.value for run in office.runs()] == ["isolate"]


def test_what_a_restore_brought_back_is_one_press_from_being_cut_again(at: House) -> None:
    at.office.begin_cut(at.office.plan_cut(Cut(subjects=("office",))), "", ROOT)
    over(at)
    wanted = Return(subjects=("office",))
    run = at.office.begin_return(wanted, at.office.plan_return(wanted).hash, "", ROOT, ()).run
    over(at)
    visitor = Visitor(at, Role.RESPONDER)
    [address] = re.findall(r'href="(/isolate\?[^"]+)"', visitor.open(f"/runs/{run}").text)
    form = fields(visitor.open(address), "/isolate") | {"typed": "ch-exemple", "reason": "it came back ill"}
    assert form["subjects"] == "office"
    assert visitor.client.post("/isolate", data=form, follow_redirects=False).status_code == 303
    over(at)
    assert {each.subject.name: each.held for each in at.office.situation().subjects}["office"] == 1
    assert "/isolate?" not in Visitor(at, Role.AUDITOR).open(f"/runs/{run}").text


def test_a_part_is_asked_for_shown_and_brought_back_and_the_board_says_so(at: House, tmp_path: Path) -> None:
    at.office.begin_cut(at.office.plan_cut(Cut(subjects=("internet",))), "", ROOT)
    over(at)
    visitor = Visitor(at, Role.RESTORER)
    whole = visitor.open("/restore/ask")
    wanted = fields(whole, "/restore/ask#in-part")
    assert wanted == {"subjects": "internet"}
    wrong = visitor.open(f"/restore/ask?{urlencode(wanted | {'points': 'modem lan'})}")
    assert "box-4g wan, modem wan" in words_on(wrong)
    part = visitor.open(f"/restore/ask?{urlencode(wanted | {'points': 'modem wan , ', 'towards': ''})}")
    count = {"culprit": "internet", "count": 1, "total": 2}
    assert EN.text("hazard.partial-points", **count) in words_on(part)
    asked = visitor.send(part, "/restore/ask", {"typed": "ch-exemple"}, follow=False)
    assert asked.status_code == 303, words_on(asked)
    over(at)
    assert {each.key.point.device for each in at.office.open_holds()} == {"box-4g"}
    for page in ("/restore", "/situation"):
        assert EN.text("status.back", back=1, total=2) in words_on(visitor.open(page))
    assert EN.text("map.point-back") in words_on(visitor.open("/map/devices/modem"))
    unheld = visitor.open(f"/restore/ask?{urlencode(wanted | {'towards': '192.0.2.7'})}")
    assert EN.text("isolate.refused") in words_on(unheld)
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("priority: 3", "priority: late"))
    mistaken = visitor.open("/restore/ask")
    assert re.findall(r'<li data-line="(\d+)"', mistaken.text) == ["10"]
