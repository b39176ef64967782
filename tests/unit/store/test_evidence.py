"""Evidence files: kept whole, never written over, and checked against the log."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.domain.facts import SYSTEM, EvidenceTaken
from controller.domain.profile.surroundings import TableKind
from controller.domain.tags import Tag
from controller.store.evidence import EvidenceDirectory
from controller.store.home import Home
from controller.store.places import Places
from tests.fakes.homes import new_home

TABLE = "10.0.0.7 dev eth0 lladdr 02:00:00:00:00:07 REACHABLE\n10.0.0.8 dev eth0 FAILED \udcff\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


@pytest.fixture
def file(home: Home) -> Path:
    """A file the log cites."""
    kept = EvidenceDirectory(Places(home.path)).keep("r-1", "acc-1", TableKind.ARP, TABLE)
    taken = EvidenceTaken(
        "r-1", "acc-1", TableKind.ARP, kept.file, kept.digest, kept.size, datetime(2026, 1, 5, tzinfo=UTC)
    )
    with home.lead() as lead:
        lead.journal.commit(Tag.EVIDENCE_TAKEN, [taken], SYSTEM)
    return home.path / "evidence" / kept.file


def test_what_a_device_said_is_kept_for_its_owner_alone(home: Home, file: Path) -> None:
    assert file == home.path / "evidence" / "r-1" / "acc-1-arp.txt"
    assert file.read_bytes() == TABLE.encode("utf-8", "backslashreplace")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_log_cites_the_digest_and_verifies(home: Home, file: Path) -> None:
    (cited,) = [fact for entry in home.entries() for fact in entry.facts if isinstance(fact, EvidenceTaken)]
    assert cited.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert cited.size == file.stat().st_size
    assert home.verify().sound


def test_a_second_reading_does_not_write_over_the_first(home: Home, file: Path) -> None:
    again = EvidenceDirectory(Places(home.path)).keep("r-1", "acc-1", TableKind.ARP, "other")
    assert again.file == "r-1/acc-1-arp-2.txt"
    assert file.read_bytes() == TABLE.encode("utf-8", "backslashreplace")


def test_no_name_leads_out_of_the_directory(home: Home) -> None:
    kept = EvidenceDirectory(Places(home.path)).keep("../../r", "../etc/x", TableKind.MAC, "")
    assert (home.path / "evidence" / kept.file).resolve().is_relative_to(home.path / "evidence")


def test_a_changed_file_is_found_and_named(home: Home, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"07", b"09"))
    assert [(each.entry, each.code, each.detail) for each in home.verify().faults] == [
        (None, "evidence-altered", "r-1/acc-1-arp.txt")
    ]


def test_a_file_that_is_gone_is_found_and_named(home: Home, file: Path) -> None:
    file.unlink()
    found = home.verify()
    assert [(each.entry, each.code, each.detail) for each in found.faults] == [
        (None, "evidence-missing", "r-1/acc-1-arp.txt")
    ]
    assert found.first_bad is None
