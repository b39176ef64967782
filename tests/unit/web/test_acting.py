"""What forms of the console do, and do not."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyotp
import pytest

from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.text import Catalogue
from controller.workers.office import Cut
from tests.unit.api.house import PASSWORD, ROOT, House
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
