"""Holds that outlive their points, at the console: what cannot be proven is refused, what ends takes two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from controller.api.access import COOKIE
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.text import Catalogue
from controller.workers.office import Cut
from tests.unit.api.house import PASSWORD, ROOT, House, house
from tests.unit.web.console import Visitor, words_on

EN = Catalogue("en")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[House]:
    """Offices are cut, at a box that only hands can reach."""
    with house(tmp_path) as made:
        office = made.office
        office.begin_cut(office.plan_cut(Cut(subjects=("office",))), "", ROOT)
        while office.under_way():
            pass
        yield made


class Somebody(Visitor):
    """With an app, for the words that count, each with the code of another half minute."""

    def __init__(self, at: House, name: str, role: Role) -> None:
        access, now = at.office.access(), datetime.now(UTC)
        made = access.users.create(name, (Grant(role),), ROOT)
        factor = access.users.invited(made.token)
        assert factor is not None
        self.app, self.offset = pyotp.TOTP(factor.secret), -1
        recovery = access.users.enrol(made.token, PASSWORD, self.app.at(now, counter_offset=-1))[0]
        opened = access.sign_in.authenticate(name, PASSWORD, recovery, "test", recovery=True)
        super().__init__(at)
        self.client.cookies.set(COOKIE, opened.token, domain="testserver.local", path="/")

    def proof(self) -> dict[str, str]:
        self.offset += 1
        return {"password": PASSWORD, "code": self.app.at(datetime.now(UTC), counter_offset=self.offset)}


TYPED = {"typed": "ch-exemple", "reason": "rebuilt in wing C"}


def test_what_is_held_is_listed_for_whoever_may_look_and_moved_by_whoever_may_restore(at: House) -> None:
    shown = Visitor(at, Role.VIEWER).open("/restore/holds")
    assert "modem" in words_on(shown)
    assert 'action="/restore/holds/transfer"' not in shown.text
    assert 'action="/restore/holds/transfer"' in Visitor(at, Role.RESTORER).open("/restore/holds").text
    assert Visitor(at, Role.VIEWER).open("/restore/holds/retire?subjects=office").status_code == 403
    assert '"/restore/holds"' in Visitor(at, Role.VIEWER).open("/restore").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("device=modem&to=modem&ports=lan%3Dwan", "modem lan is still a point of Offices"),
        ("device=nowhere&to=modem", "holds nothing cut at nowhere"),
        ("device=modem&to=modem&ports=lan", "“lan”"),
    ],
)
def test_what_cannot_move_says_why_and_offers_no_button(at: House, query: str, said: str) -> None:
    shown = Visitor(at, Role.RESTORER).open(f"/restore/holds/transfer?{query}")
    assert 'method="post" action="/restore/holds/transfer"' not in shown.text
    assert EN.text("holds-page.refused") in words_on(shown)
    assert said in words_on(shown)


def test_holds_end_once_another_consented_and_the_console_leads_back(at: House, tmp_path: Path) -> None:
    still = Visitor(at, Role.RESTORER).open("/restore/holds/retire?subjects=office")
    assert "modem lan is still a point of Offices" in words_on(still)
    assert 'action="/restore/holds/retire"' not in still.text
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("interface: lan}", "interface: lan-2}"))
    rita, anna = Somebody(at, "Rita", Role.RESTORER), Somebody(at, "Anna", Role.APPROVER)
    page = rita.open("/restore/holds/retire?subjects=office")
    assert "modem lan" in words_on(page)
    untyped = rita.send(page, "/restore/holds/retire", {**TYPED, "typed": "elsewhere"})
    assert untyped.status_code == 422
    asked = rita.send(page, "/restore/holds/retire", {**TYPED, **rita.proof()})
    assert EN.text("said.retire-asked") in words_on(asked)
    assert at.office.open_holds()

    [request] = at.office.access().approvals.requests()
    consent = anna.open(f"/approvals/{request.id}")
    anna.send(consent, f"/approvals/{request.id}/approve", anna.proof())
    waiting = rita.open(f"/approvals/{request.id}")
    again = waiting.text.partition('class="btn go" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert again.startswith("/restore/holds/retire?")
    done = rita.send(rita.open(again), "/restore/holds/retire", {**TYPED, **rita.proof()}, follow=False)
    assert done.headers["Location"].startswith("/runs/")
    while at.office.under_way():
        pass
    assert at.office.open_holds() == ()
