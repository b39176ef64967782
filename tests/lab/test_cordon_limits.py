"""Where a cut is not whole, or must not be: said, listed, refused; and what Cordon needs around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cordon import Answer, Cordon, Watch, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
OUT4, OUT6 = routes(("imaging", "internet"))


# --- IPv6 left open ----------------------------------------------------------------------------------


def _by_policy(lab: Lab, directory: Path) -> Cordon:
    cordon = Cordon(lab, directory)
    cordon.playbook("policy", {"select": {"segments": "imaging"}, "method": ["policy"]})
    return cordon


def _never_called_isolated(cordon: Cordon, answer: Answer) -> None:
    assert answer.lacking() == {"fw imaging": ("contradicted", "read-back-differs")}
    assert answer.data["points"] == {"wanted": 1, "satisfied": 0}
    assert cordon.states()["imaging"] in {"partial", "unknown"}


def test_ipv6_left_open_by_the_chain_is_never_called_isolated(lab: Lab, tmp_path: Path) -> None:
    fw = lab.devices["fw"]
    listed = fw.run("nft", "-a", "list", "chain", "inet", "killswitch", "arriving")
    for line in listed.splitlines():
        if "@cut6" in line:
            fw.run(
                *("nft", "delete", "rule", "inet", "killswitch", "arriving", "handle", line.split()[-1]),
            )
    lab.traffic.live([OUT4, OUT6], PROBED)
    cordon = _by_policy(lab, tmp_path)
    answer = cordon.act("isolate", "--playbook", "policy", code=6)
    lab.traffic.verdict([OUT6], [OUT4], PROBED)
    _never_called_isolated(cordon, answer)


def test_ipv6_left_open_by_the_device_is_never_called_isolated(lab: Lab, tmp_path: Path) -> None:
    lab.traffic.live([OUT4, OUT6], PROBED)
    cordon = _by_policy(lab, tmp_path)
    answer = cordon.act("isolate", "--playbook", "policy", deaf="cut6", code=6)
    assert answer.data["outcomes"]["accepted"] == 1
    lab.traffic.verdict([OUT6], [OUT4], PROBED)
    _never_called_isolated(cordon, answer)


def test_ipv6_the_inventory_forgot_is_never_called_isolated(lab: Lab, tmp_path: Path) -> None:
    """Unless it says ``ipv6: none``, a segment whose IPv6 networks are not written down may have some."""
    site = plain_site(lab)
    imaging = site["segments"]["imaging"]
    imaging["prefixes"] = [prefix for prefix in imaging["prefixes"] if ":" not in prefix]
    lab.traffic.live([OUT4, OUT6], PROBED)
    cordon = _by_policy(lab, tmp_path)
    cordon.site(site)
    answer = cordon.act("isolate", "--playbook", "policy", code=6)
    lab.traffic.verdict([OUT6], [OUT4], PROBED)
    _never_called_isolated(cordon, answer)


# --- devices out of reach ----------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["without power", "without its SSH"])
def test_what_is_out_of_reach_is_listed_with_its_commands_and_cut_once_back(
    lab: Lab, tmp_path: Path, lost: str
) -> None:
    before = lab.configuration()
    acc2 = lab.devices["acc2"]
    there = routes(("imaging", "laboratory"), ("laboratory", "servers"))
    elsewhere = routes(("maternity", "servers"))
    cordon = Cordon(lab, tmp_path)
    cordon.playbook("ports", {"select": {"segments": ["laboratory", "maternity"]}, "method": ["shutdown"]})
    lab.traffic.live([*there, *elsewhere], PROBED)
    if lost == "without power":
        acc2.power_off()
    else:
        acc2.stop_ssh()

    answer = cordon.act("isolate", "--playbook", "ports", code=6)
    # Without power nothing answers at all, unless the neighbour is found to be gone first.
    assert answer.lacking() in (
        {"acc2 laboratory": ("unknown", "open.unreachable")},
        {"acc2 laboratory": ("unknown", "open.timeout")},
    )
    (errand,) = answer.data["unproven"]
    assert (errand["building"], errand["rack"], errand["outcome"]) == ("C", "R4", "not_sent")
    assert errand["commands"] == ["sudo -n ovs-ofctl mod-port br0 laboratory down"]
    lab.traffic.verdict(routes(("samu", "servers")), elsewhere, PROBED)

    if lost == "without power":
        acc2.power_on()
    else:
        lab.traffic.live(there, PROBED)  # nothing was sent, and Cordon did not say otherwise
        acc2.start_ssh()
    again = cordon.act("isolate", "--playbook", "ports")
    assert again.proofs == {"confirmed": 2}
    lab.traffic.verdict(routes(("samu", "servers")), [*elsewhere, *there], PROBED)
    cordon.act("restore", "--all")
    lab.traffic.live([*there, *elsewhere], PROBED)
    assert not difference(before, lab.configuration())


# --- managed through the network it cuts -------------------------------------------------------------


def test_in_band_level_five_and_back_from_inside_the_network(inband_lab: Lab, tmp_path: Path) -> None:
    lab = inband_lab
    before = lab.configuration()
    kept = routes(("samu", "internet"))
    cut = routes(
        ("emergency1", "emergency2"), ("imaging", "servers"), ("servers", "internet"), ("vendor", "samu")
    )
    flows = lab.traffic.open([*kept, *cut])
    lab.traffic.live([*kept, *cut])
    cordon = Cordon(lab, tmp_path)
    assert cordon.act("isolate", "--level", "5").proofs == {"confirmed": 40}
    lab.traffic.verdict(kept, cut)
    assert cordon.act("restore", "--all").proofs == {"confirmed": 40}
    lab.traffic.live(cut)
    lab.traffic.verdict([*kept, *cut], [])
    assert not any(flow.broken for flow in flows)
    assert not difference(before, lab.configuration())


_UPLINKS = [("acc1", "uplink"), ("acc2", "uplink")]
# Without both uplinks the emergency call centre, on the first access switch, reaches nothing it lives by.
OWN_PATHS = {
    "its own port": ([("core", "noc")], {("own-path", "core noc")}),
    "the way to the access switches": (
        _UPLINKS,
        {("own-path", "acc1 uplink"), ("own-path", "acc2 uplink"), ("keep-alive-depends", "samu")},
    ),
}


@pytest.mark.parametrize(("ports", "hazards"), OWN_PATHS.values(), ids=OWN_PATHS.keys())
def test_a_cut_of_the_controllers_own_path_is_refused_before_anything_is_contacted(
    inband_lab: Lab, tmp_path: Path, ports: list[tuple[str, str]], hazards: set[tuple[str, str]]
) -> None:
    cordon = Cordon(inband_lab, tmp_path)
    site = plain_site(inband_lab)
    site["conduits"]["trunks"] = {
        "kind": "wan",
        "title": {"fr": "Liens", "en": "Trunks"},
        "points": [{"device": device, "interface": interface} for device, interface in ports],
    }
    cordon.site(site)
    cordon.playbook("suicide", {"select": {"conduits": "trunks"}, "method": ["shutdown"]})
    before = inband_lab.configuration()
    watch = Watch(inband_lab)
    answer = cordon.act("isolate", "--playbook", "suicide", code=3)
    assert watch.packets() == {22: 0, 53: 0}
    watch.close()
    assert {(each["code"], each["culprit"]) for each in answer.data["hazards"]} == hazards
    assert not difference(before, inband_lab.configuration())


# --- what must stay alive ----------------------------------------------------------------------------


def test_a_kept_segment_is_cut_alone_only_by_an_explicit_reasoned_override_and_the_code(
    lab: Lab, tmp_path: Path
) -> None:
    before = lab.configuration()
    kept = routes(("samu", "servers"))
    cordon = Cordon(lab, tmp_path)
    cordon.playbook("everyone", {"select": {"segments": "samu"}, "method": ["shutdown"]})
    watch = Watch(lab)
    refused = cordon.act("isolate", "--playbook", "everyone", code=3)
    assert ("keep-alive-selected", "samu") in {
        (each["code"], each["culprit"]) for each in refused.data["hazards"]
    }
    override = ("isolate", "--playbook", "everyone", "--override", "samu", "--yes")
    assert cordon(*override, code=2).data["error"] == "reason-needed"
    alone = (*override, "--reason", "the call centre itself is infected")
    assert cordon(*alone, code=2).data["error"] == "override-unsealed"
    assert watch.packets()[22] == 0
    watch.close()
    lab.traffic.live(kept, PROBED)

    sealed = cordon("user", "break-glass", "--print").data["code"]
    cordon(*alone, "--break-glass", typed=f"{sealed}\n")
    lab.traffic.verdict(routes(("printers", "servers")), kept, PROBED)
    cordon.act("restore", "--all")
    lab.traffic.live(kept, PROBED)
    assert not difference(before, lab.configuration())


# --- what Cordon needs of its surroundings -----------------------------------------------------------


def test_a_dry_run_of_everything_sends_nothing(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    watch = Watch(lab)
    answer = cordon("isolate", "--level", "5", "--dry-run")
    assert answer.data["dry_run"] is True
    assert answer.data["points"] == 40
    assert watch.packets() == {22: 0, 53: 0}
    assert not difference(before, lab.configuration())
    cordon.act("isolate", "--segment", "printers")
    assert watch.packets()[22], "the watch would have seen a log-in"
    watch.close()


@pytest.fixture
def nameless(lab: Lab, tmp_path: Path) -> list[str]:
    """A command prefix: names are looked up by DNS alone, at a server that never answers."""
    resolv, nsswitch = tmp_path / "resolv.conf", tmp_path / "nsswitch.conf"
    resolv.write_text("nameserver 10.255.0.1\noptions timeout:1 attempts:1\n")
    nsswitch.write_text("passwd: files\ngroup: files\nhosts: dns\n")
    mounts = f"mount --bind {resolv} /etc/resolv.conf; mount --bind {nsswitch} /etc/nsswitch.conf"
    return ["unshare", "--mount", "--", "sh", "-ec", f'{mounts}; exec "$@"', "-"]


def test_no_name_is_ever_looked_up(lab: Lab, tmp_path: Path, nameless: list[str]) -> None:
    cordon = Cordon(lab, tmp_path, nameless)
    watch = Watch(lab)
    cordon.act("isolate", "--segment", "imaging")
    lab.traffic.dead(routes(("imaging", "servers")), PROBED)
    cordon.act("restore", "--all")
    assert watch.packets()[22]
    assert watch.packets()[53] == 0
    lab.controller([*nameless, "getent", "hosts", "core.hospital.example"])
    assert watch.packets()[53], "the watch would have seen a question"
    watch.close()
