"""What several pages say alike."""

from __future__ import annotations

from controller.catalog.shipped import shipped_examples
from controller.domain.plan import Hazard, Severity
from controller.text import Catalogue
from controller.web.telling import hazards_told
from controller.workers.front import cordon_office

SITE = cordon_office(inventory=shipped_examples() / "demo" / "inventory.yaml").documents().inventory
FR, EN = Catalogue("fr"), Catalogue("en")


def _told(code: str, culprit: str, words: Catalogue = EN, **data: str) -> str:
    ((said, _),) = hazards_told([Hazard(code, Severity.WARN, culprit, tuple(data.items()))], words, SITE)
    return said


def test_a_page_says_the_titles_of_segments_and_conduits() -> None:
    said = _told("dies-later", "emergency", FR, needs="directory (10 h)")
    assert "Urgences" in said
    assert "Annuaire et RADIUS (10 h)" in said
    assert "emergency" not in said
    reached = _told("escalation-keep-alive", "acc-d1", detail="telephony → acc-d1 GigabitEthernet1/0/1")
    assert "Telephony → acc-d1 GigabitEthernet1/0/1" in reached


def test_a_command_to_type_keeps_the_names() -> None:
    said = _told("keep-alive-selected", "samu", stage="wards")
    assert said.startswith(f"“{EN.pick(SITE.segments['samu'].title)}”")
    assert "--override samu " in said
    typed = _told("keep-alive-on-point", "core-1 Vlan130", subject="emergency", some="samu, telephony")
    assert "(samu, telephony)" in typed


def test_a_device_or_a_part_of_a_name_is_no_segment() -> None:
    assert "directory-2, 10.directory" in _told("dies-later", "emergency", needs="directory-2, 10.directory")
    assert _told("manual-device", "acc-d1").count("acc-d1") == 1
