"""What is held stays held while somebody watches: a port opened by hand, a return nobody could confirm."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.bootstrap import Composition
from controller.domain.tags import Tag
from controller.domain.timer import TIMER, TimerState, timer_of
from controller.workers.resident import Resident, reside
from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
ONCE = """table inet once {
chain out {
type filter hook output priority 0;
ip daddr 10.255.0.21 tcp dport 22 tcp flags & (syn | ack) == syn limit rate over 1/hour burst 1 packets drop
ip6 daddr fd00:255::21 drop
}
}
"""
"""The management network lets one more connection through to the switch, then none."""


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def _states(office: Resident) -> list[TimerState]:
    return [timer_of(note).state for _, note in office.noted(TIMER)]


def test_what_was_opened_by_hand_or_not_confirmed_is_cut_again(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lab.configuration()
    cut = routes(("printers", "servers"))
    cordon = Cordon(lab, tmp_path)
    cordon.site(plain_site(lab))
    cordon.playbook("ports", {"select": {"segments": "printers"}, "method": ["shutdown"]})
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", "5")
    for name, value in {**lab.environment, **cordon.environment}.items():
        monkeypatch.setenv(name, value)
    switch = lab.devices["acc1"]

    def watched() -> None:
        with reside(Composition()) as office:
            cordon.act("isolate", "--playbook", "ports")
            switch.run("ovs-ofctl", "mod-port", "br0", "printers", "up")
            office.signal("a colleague", "acc1", "somebody was in the rack")
            _until(lambda: Tag.POINT_REOPENED in {entry.tag for entry in office.home.entries()})
            _until(lambda: _down(lab))
            lab.traffic.dead(cut, PROBED)

            lab.noc.run("nft", "-f", "-", stdin=ONCE)
            ended = cordon.act("restore", "--segment", "printers", code=6)
            lab.noc.run("ip", "link", "set", "acc1", "down")
            lab.noc.run("nft", "delete", "table", "inet", "once")
            assert [each["proof"] for each in ended.data["unproven"]] == ["unknown"]
            (timer,) = cordon("status").data["timers"]
            assert (timer["device"], timer["holder"]) == ("acc1", "controller")
            lab.traffic.live(cut, PROBED)
            lab.noc.run("ip", "link", "set", "acc1", "up")
            _until(lambda: _down(lab))
            lab.traffic.dead(cut, PROBED)
            _until(lambda: _states(office)[-1] is TimerState.OVER)
            assert _states(office) == [TimerState.RUNNING, TimerState.STRUCK, TimerState.OVER]

    lab.noc.do(watched)
    assert cordon.states()["printers"] == "isolated"
    monkeypatch.delenv("CORDON_OPERATION_TIMEOUT")
    cordon.act("restore", "--all")
    lab.traffic.live(cut, PROBED)
    assert not difference(before, lab.configuration())


def _down(lab: Lab) -> bool:
    described = lab.devices["acc1"].run("ovs-ofctl", "dump-ports-desc", "br0")
    return re.search(r"\(printers\):.*\n +config: +PORT_DOWN", described) is not None
