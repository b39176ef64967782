"""The map: where devices stand in the drawing, and what it says of devices and links."""

from __future__ import annotations

import itertools
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.facts import Actor, HoldEnded, PointRead
from controller.domain.hold import Ending
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.people.roles import Role
from controller.web.layout import rings
from controller.workers.office import Cut
from tests.unit.api import house as built
from tests.unit.web.conftest import Script
from tests.unit.web.console import Visitor, words_on

LINKED = """
links:
  - {ends: [[box-4g, lan], [modem, wan]]}
controller:
  attached_to: [box-4g, mgmt]
"""


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]], str | None]:
    names = [f"d{number}" for number in range(draw(st.integers(1, 25)))]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    return names, draw(st.lists(pairs, max_size=40)), draw(st.sampled_from([None, *names]))


@given(networks())
def test_each_device_stands_alone_as_far_out_as_it_is_hops_away(
    network: tuple[list[str], list[tuple[str, str]], str | None],
) -> None:
    names, links, root = network
    found = rings(names, links, root)
    assert sorted(found.spots) == sorted(names)
    for spot, beside in itertools.combinations(found.spots.values(), 2):
        assert math.dist((spot.x, spot.y), (beside.x, beside.y)) > 10
    far = {name: math.hypot(spot.x, spot.y) for name, spot in found.spots.items()}
    middle = min(names, key=far.__getitem__)
    assert far[middle] == 0
    assert root in (None, middle)
    # Hops by relaxing every link as often as there are devices.
    hops = dict.fromkeys(names, math.inf) | {middle: 0.0}
    for _ in names:
        for one, other in links:
            hops[one], hops[other] = min(hops[one], hops[other] + 1), min(hops[other], hops[one] + 1)
    for one, other in itertools.combinations(names, 2):
        if hops[one] < hops[other]:
            assert far[one] < far[other]
        elif hops[one] == hops[other]:
            assert far[one] == pytest.approx(far[other], abs=0.2)


def test_no_device_no_spot() -> None:
    assert rings([], [], None).spots == {}


def test_devices_and_links_as_they_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neato: Script
) -> None:
    """As Graphviz would place them, and on rings once it is gone."""
    neato("echo 'node n0 0 0 1 1'; echo 'node n1 5 0 1 1'")
    monkeypatch.setattr(built, "INVENTORY", built.INVENTORY + LINKED)
    with built.house(tmp_path) as at:
        visitor = Visitor(at, Role.VIEWER)
        drawn = visitor.open("/map")
        before = words_on(drawn)
        assert "translate(360.0 0.0)" in drawn.text
        assert "in rings" not in drawn.text
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "2 devices with nothing cut" in before
        assert "1 link open" in before
        office = at.office
        cut = Cut(subjects=("internet",))
        office.isolate(cut, office.plan_cut(cut), "test", Actor("os:0"), lambda _: None)
        drawn = visitor.open("/map")
        assert "translate(360" not in drawn.text
        assert "in rings around" in drawn.text
        after = words_on(drawn)
        # Nobody has read these devices: the cut is held and not known.
        assert "2 devices whose cuts are not known" in after
        assert "1 link cut, but not known" in after
        assert "box-4g lan – modem wan: cut, but not known" in after
        device = visitor.open("/map/devices/modem")
        said = words_on(device)
        assert "wan" in said
        assert "cut, but not known" in said
        assert "Offices" in said
        [run] = [record.run for record in office.runs()]
        assert f'href="/runs/{run}"' in device.text
        assert visitor.open("/map/devices/none").status_code == 404
        chosen = visitor.open("/map?subject=office")
        assert "Offices: cut at 1 device." in words_on(chosen)
        assert re.findall(r'class="node [^"]*beside[^"]*" href="([^"]*)"', chosen.text) == [
            "/map/devices/box-4g"
        ]
        assert "/map/devices/box-4g" not in chosen.text.split('id="devices"')[1]


def test_each_look_shows_what_is_so_by_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is kept from one look for the next."""
    monkeypatch.setenv("PATH", str(tmp_path))
    inband = built.INVENTORY.replace("role: wan", "role: wan, management: inband")
    monkeypatch.setattr(built, "INVENTORY", inband + LINKED)
    with built.house(tmp_path) as at:
        visitor, french = Visitor(at, Role.VIEWER), Visitor(at, Role.VIEWER, "fr")
        office = at.office

        def drawn(who: Visitor = visitor, address: str = "/map") -> dict[str, tuple[str, str]]:
            shown = who.open(address).text
            return {
                name: (state, label)
                for state, name, label in re.findall(
                    r'class="node ([^"]*)" href="/map/devices/([^"]*)" aria-label="([^"]*)"', shown
                )
            }

        def read(proof: Proof) -> None:
            now = datetime.now(UTC)
            found = [
                PointRead(
                    "watch",
                    hold.key.point,
                    Action.ISOLATE,
                    hold.method,
                    Outcome.NOT_ATTEMPTED,
                    proof,
                    {},
                    now,
                )
                for hold in office.open_holds()
                if hold.key.point.device == "modem"
            ]
            office.journal.commit(Tag.POINT_WATCHED, found, Actor("os:0"))

        assert drawn()["modem"] == ("connected", "modem: nothing cut here")
        cut = Cut(subjects=("internet",))
        office.isolate(cut, office.plan_cut(cut), "test", Actor("os:0"), lambda _: None)
        assert drawn()["modem"][0] == "unknown lost"
        read(Proof.CONFIRMED)
        assert drawn()["modem"] == ("isolated lost", "modem: cut here, read back")
        assert drawn(french)["modem"] == ("isolated lost", "modem: coupé ici, relu")
        assert drawn(address="/map?subject=office")["box-4g"][0] == "unknown beside"
        assert drawn()["box-4g"][0] == "unknown"
        read(Proof.CONTRADICTED)
        assert drawn()["modem"][0] == "unknown lost"
        key = next(hold.key for hold in office.open_holds() if hold.key.point.device == "modem")
        ended = HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, "run-back")
        office.journal.commit(Tag.HOLD_ENDED, [ended], Actor("os:0"))
        shown = visitor.open("/map")
        assert drawn()["modem"][0] == "connected"
        assert 'class="open own"' in shown.text
        path = office.composition.inventory_path()
        path.write_text(path.read_text("utf-8").replace("attached_to: [box-4g, mgmt]", "{}"), "utf-8")
        assert 'class="open own"' not in visitor.open("/map").text
