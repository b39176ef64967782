"""A discovery worked into the text of an inventory: a diff that patches to a sound file, or comments."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from controller.catalog.inventory import inventory_from_text
from controller.catalog.profiles import load_profiles
from controller.catalog.proposal import proposal
from controller.domain.inventory import Inventory, Link, LinkKind, Port
from controller.engine.readiness.discovery import Comparison, LoosePort, Neighbour, WrongLink

PROFILES = load_profiles([Path(__file__).parents[3] / "device_profiles"])
HEAD = """format: 1
site: small
credentials: {net: {username: cordon, password: {env: SECRET}}}
devices:
  a: {platform: cisco_ios, role: access, paths: [{ssh: 192.0.2.1}], credentials: net}
  b: {platform: cisco_ios, role: access, paths: [{ssh: 192.0.2.2}], credentials: net}
# what follows is cut
segments:
  one: {title: One, priority: 1, ipv6: none, points: [{device: a, interface: Gi1/0/1}]}
"""
LINKS = "links:\n- {ends: [[a, Gi1/0/10], [b, Gi1/0/11]], kind: peer-link}   # old\n"
NEW = Link((Port("a", "GigabitEthernet1/0/24"), Port("b", "GigabitEthernet1/0/24")))


def found(
    links: Iterable[Link] = (),
    wrong: Iterable[WrongLink] = (),
    strangers: Iterable[Neighbour] = (),
    loose: Iterable[LoosePort] = (),
) -> Comparison:
    return Comparison(tuple(links), tuple(wrong), tuple(strangers), tuple(loose), (), ())


def patched(text: str, comparison: Comparison, folder: Path) -> tuple[str, Inventory]:
    diff = proposal(text, "/etc/cordon/inventory.yaml", PROFILES, comparison)
    assert diff.startswith("--- a/inventory.yaml\n+++ b/inventory.yaml\n")
    (folder / "inventory.yaml").write_text(text)
    (folder / "proposal.diff").write_text(diff)
    program = shutil.which("patch")
    assert program
    command = [program, "-p1", "-d", str(folder), "-i", str(folder / "proposal.diff")]
    subprocess.run(command, check=True, capture_output=True)
    result = (folder / "inventory.yaml").read_text()
    return result, inventory_from_text(result, "inventory.yaml", PROFILES)


def test_nothing_found_proposes_nothing() -> None:
    assert proposal(HEAD + LINKS, "inventory.yaml", PROFILES, found()) == ""


@pytest.mark.parametrize("text", [HEAD, HEAD + LINKS, LINKS + HEAD])
def test_a_link_joins_the_others_or_begins_the_section(text: str, tmp_path: Path) -> None:
    result, inventory = patched(text, found(links=[NEW]), tmp_path)
    assert NEW in inventory.links
    assert len(inventory.links) == text.count("peer-link") + 1
    assert [line for line in text.splitlines() if line not in result.splitlines()] == []


def test_a_wrong_link_is_mended_and_keeps_its_kind(tmp_path: Path) -> None:
    old = Link((Port("a", "GigabitEthernet1/0/10"), Port("b", "GigabitEthernet1/0/11")), LinkKind.PEER_LINK)
    wrong = WrongLink(0, old, old.ends[0], Port("b", "GigabitEthernet1/0/12"))
    _, inventory = patched(HEAD + LINKS, found(wrong=[wrong]), tmp_path)
    [link] = inventory.links
    assert link == Link((old.ends[0], Port("b", "GigabitEthernet1/0/12")), LinkKind.PEER_LINK)


def test_what_would_be_no_sound_inventory_is_proposed_as_a_comment(tmp_path: Path) -> None:
    """A link at a port that a canary has, say; or a file written in a way that takes no line."""
    flow = HEAD + "links: [{ends: [[a, Gi1/0/10], [b, Gi1/0/11]]}]\n"
    result, inventory = patched(flow, found(links=[NEW]), tmp_path)
    assert NEW not in inventory.links
    assert "# - {ends: [[a, GigabitEthernet1/0/24], [b, GigabitEthernet1/0/24]]}" in result


def test_what_only_a_person_can_decide_is_a_comment_that_ends_nowhere_early(tmp_path: Path) -> None:
    hostile = Neighbour(
        NEW.ends[0], "sw\nevil: {}", "Gi1\r\n- x", "10.0.0.9", "\x1b[2Jv\u2028w: 1\n" + "x" * 500
    )
    loose = LoosePort(Port("b", "GigabitEthernet1/0/7"), 3, (110, 120), ("one",))
    result, inventory = patched(HEAD + LINKS, found(strangers=[hostile], loose=[loose]), tmp_path)
    assert set(inventory.devices) == {"a", "b"}
    added = [line for line in result.splitlines() if line not in (HEAD + LINKS).splitlines()]
    assert len(added) == 4
    assert all(line.isprintable() for line in added)
    assert all(line.strip().startswith("#") for line in added)
    assert "addresses: 3, VLANs 110, 120; perhaps one" in result
