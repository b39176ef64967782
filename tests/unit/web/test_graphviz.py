"""Where Graphviz would put devices: what it is given, what of its answer counts, and doing without it."""

from __future__ import annotations

import itertools
import os
import shutil

import pytest

from controller.web import graphviz
from controller.web.graphviz import places
from controller.web.layout import laid_out, rings
from tests.unit.web.conftest import Script

NAMES = ["core", "acc-1", "acc-2", "a switch with quite a long name", "alone"]
LINKS = [("core", "acc-1"), ("acc-2", "core"), ("core", NAMES[3]), ("core", "acc-1"), ("acc-1", "acc-1")]


def plain(*spots: str) -> str:
    lines = [f"node n{index} {spot} 1 1 '' solid box black lightgrey" for index, spot in enumerate(spots)]
    return "/bin/cat <<'END'\n" + "\n".join(["graph 1 9 9", *lines, "edge n0 n1 2 0 0 1 1", "stop"]) + "\nEND"


def test_real_graphviz_gives_each_device_and_its_name_room_of_their_own() -> None:
    if shutil.which(graphviz.PROGRAM) is None:
        assert not os.environ.get("CORDON_LAB_REQUIRED"), "graphviz is not installed"
        pytest.skip("graphviz is not installed")
    found = places(NAMES, LINKS)
    assert found is not None
    assert sorted(found) == sorted(NAMES)
    for one, other in itertools.combinations(NAMES, 2):
        # As wide as the longer half of both names, as high as a spot with its name below.
        beside = abs(found[one][0] - found[other][0]) >= 8.6 * (len(one) + len(other)) / 2
        above = abs(found[one][1] - found[other][1]) >= 40
        assert beside or above, (one, other, found)
    layout = laid_out(NAMES, LINKS, "core")
    assert {name: (spot.x, spot.y) for name, spot in layout.spots.items()} == found
    assert [name for name in NAMES if not layout.spots[name].last] == ["core"]


def test_it_is_told_numbers_and_sizes_with_fixed_options_and_no_name(neato: Script) -> None:
    folder = neato(
        '/bin/cat > "${0%/*}/heard"; echo "$@" > "${0%/*}/options"; /usr/bin/env > "${0%/*}/environ"'
    )
    assert places(['"];', "evil\n}"], [('"];', "evil\n}")]) is None
    heard = (folder / "heard").read_text()
    assert "evil" not in heard
    assert "n0 -- n1" in heard
    assert (folder / "options").read_text().split() == ["-Gstart=1", "-Goverlap=prism", "-Gsep=+6", "-Tplain"]
    assert "CORDON" not in (folder / "environ").read_text()


def test_of_its_answer_positions_count_upside_down_and_in_units_of_the_drawing(neato: Script) -> None:
    neato(plain("0 0", "1 2.5"))
    assert places(["b", "a"], []) == {"a": (0.0, 0.0), "b": (72.0, -180.0)}


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "echo '<svg onload=\"alert(1)\"/>'",
        plain("0 0"),
        plain("0 0", "1 1", "2 2"),
        plain("0 0", "0.1 0.1"),
        plain("0 0", "nan 1"),
        plain("0 0", "1e9 1"),
        plain("0 0", "here 1"),
        plain("0 0", "1 1") + "\n" + plain("3 3"),
        plain("0 0", "1 1") + "\nexit 1",
    ],
)
def test_an_answer_that_is_not_one_is_none(neato: Script, script: str) -> None:
    neato(script)
    assert places(["a", "b"], [("a", "b")]) is None
    assert laid_out(["a", "b"], [("a", "b")], "b") == rings(["a", "b"], [("a", "b")], "b")


def test_who_does_not_answer_in_time_is_asked_once(neato: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphviz, "SECONDS", 0.2)
    folder = neato('echo asked >> "${0%/*}/asked"; exec /bin/sleep 60')
    for _ in range(3):
        assert places(["a", "b"], [("a", "b")]) is None
    assert (folder / "asked").read_text().split() == ["asked"]


def test_it_is_not_asked_about_a_large_site(neato: Script) -> None:
    folder = neato('echo asked > "${0%/*}/asked"')
    assert places([f"d{each}" for each in range(graphviz.MOST + 1)], []) is None
    assert not (folder / "asked").exists()
