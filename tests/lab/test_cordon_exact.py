"""A restore undoes what the cut changed, whatever was shut, others hold or others did; and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cordon import Cordon
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]


def test_what_was_shut_before_the_cut_is_shut_after_the_restore(lab: Lab, tmp_path: Path) -> None:
    acc1, core, vpn = (lab.devices[name] for name in ("acc1", "core", "vpn"))
    acc1.run("ovs-ofctl", "mod-port", "br0", "printers", "down")
    core.run("vtysh", "-c", "configure terminal", "-c", "interface vlan50", "-c", "shutdown")
    vpn.run("ip", "link", "set", "outside", "down")
    before = lab.configuration()
    open_, shut = (
        routes(("maternity", "servers"), ("laboratory", "servers")),
        routes(("printers", "servers"), ("admin", "servers"), ("vendor", "servers")),
    )
    lab.traffic.verdict(open_, shut, PROBED)

    cordon = Cordon(lab, tmp_path)
    cordon.playbook(
        "mixed",
        {"select": {"segments": ["printers", "maternity"]}, "method": ["shutdown"]},
        {"select": {"segments": ["admin", "laboratory"]}, "method": ["svi"]},
        {"select": {"conduits": "maintenance"}, "method": ["shutdown"]},
    )
    cut = cordon.act("isolate", "--playbook", "mixed")
    assert cut.proofs == {"confirmed": 5}
    assert cut.data["outcomes"]["not_attempted"] == 3
    lab.traffic.verdict(routes(("samu", "servers")), [*open_, *shut], PROBED)

    assert cordon.act("restore", "--all").proofs == {"confirmed": 5}
    lab.traffic.live(open_, PROBED)
    lab.traffic.verdict(open_, shut, PROBED)
    assert not difference(before, lab.configuration())


def test_an_svi_set_down_in_the_kernel_alone_is_not_called_restored(lab: Lab, tmp_path: Path) -> None:
    """FRR cannot take back its own ``shutdown`` without raising what somebody set down behind its back:
    Cordon leaves the point cut and says so."""
    core = lab.devices["core"]
    core.run("ip", "link", "set", "vlan70", "down")
    cordon = Cordon(lab, tmp_path)
    cordon.playbook("routed", {"select": {"segments": "printers"}, "method": ["svi"]})
    cordon.act("isolate", "--playbook", "routed")

    answer = cordon.act("restore", "--all", code=6)
    assert answer.lacking() == {"core-router vlan70": ("contradicted", "read-back-differs")}
    assert "vlan70" in core.run("ip", "-o", "link", "show", "dev", "vlan70")
    assert ",UP" not in core.run("ip", "-o", "link", "show", "dev", "vlan70")
    assert cordon.states()["printers"] != "connected"


def test_a_cut_undone_below_another_opens_nothing(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    first = routes(("backup", "servers"), ("servers", "internet"), ("vendor", "samu"))
    second = routes(("emergency1", "servers"), ("printers", "servers"))
    kept = routes(("samu", "internet"))
    cordon = Cordon(lab, tmp_path)
    lab.traffic.open([*kept, *first, *second])
    lab.traffic.live([*kept, *first, *second])

    cordon.act("isolate", "--level", "1")
    lab.traffic.verdict([*kept, *second], first)
    cordon.act("isolate", "--level", "5")
    lab.traffic.verdict(kept, [*first, *second])
    isolated = cordon.states()
    held = lab.configuration()

    answer = cordon.act("restore", "--level", "1")
    assert answer.data["points"]["wanted"] == 0
    lab.traffic.verdict(kept, [*first, *second])
    assert not difference(held, lab.configuration())
    assert cordon.states() == isolated
    assert {state for name, state in isolated.items() if name != "samu"} == {"isolated"}

    cordon.act("restore", "--all")
    lab.traffic.live([*first, *second])
    assert not difference(before, lab.configuration())


def test_what_someone_changed_meanwhile_is_shown_and_waits_for_a_decision(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    acc1 = lab.devices["acc1"]
    cordon = Cordon(lab, tmp_path)
    cordon.playbook("ports", {"select": {"segments": ["printers", "admin"]}, "method": ["vlan"]})
    cordon.act("isolate", "--playbook", "ports")
    acc1.run("ovs-vsctl", "set", "port", "printers", "tag=77")
    acc1.run("ovs-vsctl", "set", "port", "admin", "tag=78")
    asked = routes(("printers", "servers"))

    (theirs, ours) = cordon("drift", code=6).data["changed"]
    assert [each["object"] for each in (theirs, ours)] == ["admin", "printers"]
    (tag,) = (each for each in ours["fields"] if each["name"] == "tag")
    assert (tag["before"], tag["now"]) == ("70", "77")
    assert tag["left"] not in ("70", "77")

    answer = cordon.act("restore", "--segment", "printers", code=6)
    assert answer.lacking()["acc1 printers"] == ("contradicted", "drift")
    (errand,) = answer.data["unproven"]
    assert {"field": "tag", "found": "77", "wanted": ["70"]} in errand["differences"]
    lab.traffic.dead(asked, PROBED)

    refused = cordon("restore", "--segment", "printers", "--accept-drift", "acc1", "--yes", code=2)
    assert refused.data["error"] == "reason-needed"
    cordon.act("restore", "--segment", "printers", "--accept-drift", "acc1")
    lab.traffic.live(asked, PROBED)
    kept = cordon.act("restore", "--all", "--keep-theirs", "acc1")
    assert kept.data["outcomes"]["not_attempted"] == 1
    assert acc1.run("ovs-vsctl", "get", "port", "admin", "tag").strip() == "78"
    assert cordon.states()["admin"] == "connected"
    # Let go as it was: what the cut had set beside what they changed is theirs to undo.
    acc1.run("ovs-vsctl", "set", "port", "admin", "tag=50", "protected=false")
    assert not difference(before, lab.configuration())
