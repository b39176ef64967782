"""Probes: proven takes an answer before, silence after, and a control that still answers."""

from __future__ import annotations

import pytest

from controller.domain.facts import ProbeAnswered
from controller.domain.probe import CONTROLLER, Probe, ProbeKind, ProbeTarget
from controller.domain.proof import Proof
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import Site, by_point, device, documents, inventory, port, segment

TARGET = ProbeTarget(ProbeKind.TCP, "10.1.0.1", 443)
OTHER = ProbeTarget(ProbeKind.TCP, "10.2.0.1", 443)
CONTROL = ProbeTarget(ProbeKind.TCP, "10.9.0.1", 22)


def ask(target: ProbeTarget) -> Probe:
    return Probe(target, CONTROLLER, CONTROL)


def site() -> Site:
    """Two segments with a probe each; ``shared`` is a port of both."""
    known = inventory(
        [device("a")],
        [
            segment("one", [port("a", "p1"), port("a", "shared")], probes=(ask(TARGET),)),
            segment("two", [port("a", "p2"), port("a", "shared")], probes=(ask(OTHER),)),
        ],
    )
    found = Site(documents(known), [Board("a", {name: Port() for name in ("p1", "p2", "shared")})])
    found.prober.alive = lambda target: not _silent(found, target)
    return found


def _silent(found: Site, target: str) -> bool:
    """As the network does: a segment's address answers while its own port is up."""
    ports = found.board("a").ports
    if target == str(TARGET):
        return ports["p1"].admin == "down"
    return target == str(OTHER) and ports["p2"].admin == "down"


def proofs(found: Site, *subjects: str) -> dict[str, Proof]:
    found.driver.at_open = lambda _name: _probed(found, len(subjects))
    return {name: result.proof for name, result in by_point(found.cut(*subjects)).items()}


def _probed(found: Site, count: int) -> None:
    """Sessions open only when the first round of probes has ended."""
    for _ in range(count):
        assert found.prober.asked.acquire(timeout=20)
    found.clock.pause(0.1)


def test_what_answered_and_no_longer_does_is_proven() -> None:
    found = site()
    assert set(proofs(found, "one", "two").values()) == {Proof.PROVEN}
    phases = [(fact.phase, fact.answered) for fact in found.facts() if isinstance(fact, ProbeAnswered)]
    assert sorted(phases) == [("after", False), ("after", False), ("before", True), ("before", True)]


def test_a_probe_that_still_answers_contradicts_every_point_of_its_segment() -> None:
    found = site()
    found.prober.alive = lambda _target: True
    assert set(proofs(found, "one", "two").values()) == {Proof.CONTRADICTED}


def test_where_two_segments_share_a_point_the_worse_verdict_counts() -> None:
    found = site()
    found.prober.alive = lambda target: target == str(OTHER) or not _silent(found, target)
    made = proofs(found, "one", "two")
    assert made == {"a p1": Proof.PROVEN, "a p2": Proof.CONTRADICTED, "a shared": Proof.CONTRADICTED}


def test_a_point_found_cut_is_contradicted_too_where_the_probe_still_answers() -> None:
    found = site()
    found.board("a").ports["p1"].admin = "down"
    found.prober.alive = lambda _target: True
    assert proofs(found, "one")["a p1"] is Proof.CONTRADICTED


@pytest.mark.parametrize("dead", [str(CONTROL), str(TARGET)])
def test_silence_alone_proves_nothing(dead: str) -> None:
    """Neither where the control is silent too, nor where nothing answered before."""
    found = site()
    found.prober.alive = lambda target: target != dead and not _silent(found, target)
    assert proofs(found, "one")["a p1"] is Proof.CONFIRMED


def test_one_point_unconfirmed_keeps_the_whole_segment_from_being_proven() -> None:
    found = site()
    found.board("a").strikes.append(Strike(Fault.REFUSE, "port shared"))
    made = proofs(found, "one")
    assert made["a shared"] is Proof.CONTRADICTED
    assert made["a p1"] is Proof.CONFIRMED
