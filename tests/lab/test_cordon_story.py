"""The whole hospital is cut and comes back wave by wave: by traffic, and as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cordon import Cordon
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.story import STORY, gist, tell, written
from tests.lab.traffic import Route, routes

pytestmark = pytest.mark.lab

KEPT = routes(("samu", "internet"))
BACK = [
    routes(("samu", "servers")),
    routes(("emergency1", "servers"), ("emergency1", "emergency2"), ("maternity", "servers")),
    routes(("imaging", "servers"), ("laboratory", "servers")),
    routes(("backup", "servers")),
    routes(("admin", "servers")),
    routes(("printers", "servers")),
    routes(("servers", "internet")),
    routes(("vendor", "servers")),
]
"""What each wave of the return revives: servers; emergency and maternity; imaging and laboratory; backup;
administration; printers; internet; remote maintenance."""


def test_level_five_and_the_return_wave_by_wave(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    every = [*KEPT, *(route for wave in BACK for route in wave)]
    flows = lab.traffic.open(every)
    lab.traffic.live(every)
    kept = [flow for flow in flows if flow.route in KEPT]
    for flow in kept:
        flow.forget_gaps()

    alive, silent, scenes = every, list[Route](), []
    waves = iter(BACK)
    for words, answer in tell(lab, Cordon(lab, tmp_path)):
        scenes.append((words, answer))
        if words[0] == "isolate":
            alive, silent = KEPT, every[len(KEPT) :]
        elif words[0] == "restore":
            back = next(waves)
            lab.traffic.live(back)
            alive, silent = [*alive, *back], [route for route in silent if route not in back]
        else:
            continue
        lab.traffic.verdict(alive, silent)

    assert not silent
    assert next(waves, None) is None
    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in flows)
    assert max(flow.longest_gap for flow in kept) < 1
    assert gist(written(scenes)) == gist(STORY.read_text("utf-8")), "python -m tests.lab.story writes it anew"
