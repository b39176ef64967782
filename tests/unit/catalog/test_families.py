"""Reads of a BGP neighbour may belong to the family of its address."""

from __future__ import annotations

import pytest

from controller.catalog.profiles import profile_from_text
from controller.domain.inventory import PointKind
from tests.unit.catalog.sample import only_problem, planted

SECTION = """format: 1
platform: router
session: {netmiko: cisco_ios}
points:
  bgp_peer:
    config: [admin]
    observed: [session]
    read:
      - send: show config
        parse: [{regex: '(?P<admin>up|down)'}]
      - family: ipv4
        send: show peers
        parse: [{regex: '(?P<session>up|down)'}]
      - family: ipv6
        send: show ipv6 peers
        parse: [{regex: '(?P<session>up|down)'}]
    methods:
      bgp: {isolate: [x], isolated: {admin: down}, restore: [{send: [y]}]}
"""


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("192.0.2.9", ["show config", "show peers"]),
        ("2001:db8::9", ["show config", "show ipv6 peers"]),
        ("fe80::9%eth0", ["show config", "show ipv6 peers"]),
        ("eth0", ["show config"]),
    ],
)
def test_a_neighbour_is_read_as_the_family_of_its_address_is(name: str, sent: list[str]) -> None:
    spec = profile_from_text(SECTION, "router.yaml").spec(PointKind.BGP_PEER, False)
    assert spec is not None
    assert [str(read.send) for read in spec.reading(name).reads] == sent


def test_each_family_is_read_whole() -> None:
    text = SECTION.replace("observed: [session]", "observed: [¶session]").replace("ipv6\n", "ipv4\n")
    place = planted(text, "[¶session]", "[¶session]")
    assert only_problem(lambda: profile_from_text(place.text, "r.yaml"), place).code == "field-unread"


def test_only_an_address_has_a_family() -> None:
    text = SECTION.replace("bgp_peer:", "interface:").replace("      bgp: {", "      shutdown: {")
    text = text.replace("- family: ipv4\n        send", "- send")
    place = planted(text, "- family: ipv6", "- ¶family: ipv6")
    assert only_problem(lambda: profile_from_text(place.text, "r.yaml"), place).code == "family-not-for-kind"
