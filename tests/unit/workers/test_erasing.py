"""Texts and files go for good, by two persons or by their age; what belongs to an open incident stays, the
log verifies, and what was exported before verifies alone."""

from __future__ import annotations

import hashlib
import io
import json
import random
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.domain.errors import InvalidRequest, NotFound, NotPermitted
from controller.domain.facts import (
    Actor,
    EvidenceTaken,
    Fact,
    HoldEnded,
    HoldOpened,
    Noted,
    OutcomeRecorded,
    RunOpened,
    Text,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.logbook import Attachment, LogDetails, logbook_facts
from controller.domain.playbook import Action
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Outcome
from controller.domain.retention import ERASED_FILE, PayloadKind, Selection, ranges, retention_from
from controller.domain.tags import Tag
from controller.drivers.clock import SystemClock
from controller.engine.people.accounts import Credentials, Grant
from controller.engine.people.roles import Role
from controller.store.home import Home, open_home
from controller.store.leader import Lead
from controller.store.writer import Patience
from controller.workers.erasable import erasable, waiting
from controller.workers.erasing import Eraser
from controller.workers.exporting import Extract
from controller.workers.front import cordon_office
from controller.workers.requests import Erase, ErasureAct
from controller.workers.retiring import retired
from tests.fakes.homes import new_home

NIGHT = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)
RUN = "20240301-030000-beef"
PASSWORD = "correct horse battery"
CONSOLE = Actor("os:7")
POINT = PointId("acc-1", "GigabitEthernet1/0/1", 110)
TABLE = "10.0.0.7 00:00:5e:00:53:af table-of-machines\n"
PHOTO = b"photo-of-a-screen"
EVERYTHING = dict.fromkeys(PayloadKind, 30)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def kept(home: Home, folder: str, name: str, content: bytes) -> tuple[str, str, int]:
    path = home.evidence / folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"{folder}/{name}", hashlib.sha256(content).hexdigest(), len(content)


def write(lead: Lead, home: Home, tag: Tag, *facts: Fact, name: str = "Wilhelmine") -> int:
    lead.journal.commit(tag, facts, Actor("os:7", Text(name)))
    return home.head()[0]


def night(home: Home, *, over: bool = True) -> dict[str, int]:
    """An incident two years ago with every kind of payload; the entries by kind."""
    found: dict[str, int] = {}
    with home.lead(clock=lambda: NIGHT) as lead:
        found["before"] = write(lead, home, Tag.LOG_WRITTEN, Noted("log", (), Text("text-before")))
        run = RunOpened(RUN, Action.ISOLATE, "p" * 64, "level-5", 5, "i", "q", Text("reason-of-the-run"))
        hold = HoldOpened(RUN, "lab", Point(POINT, PointKind.INTERFACE), Method.SHUTDOWN, Attribution.OURS)
        found["reasons"] = write(lead, home, Tag.RUN_OPENED, run, hold)
        answer = OutcomeRecorded(RUN, "acc-1", 1, Outcome.ACCEPTED, "", Text("answer-of-a-device"))
        found["transcripts"] = write(lead, home, Tag.OPERATION_SETTLED, answer)
        table = kept(home, RUN, "acc-1-arp.txt", TABLE.encode())
        taken = EvidenceTaken(RUN, "acc-1", TableKind.ARP, *table, NIGHT)
        found["tables"] = write(lead, home, Tag.EVIDENCE_TAKEN, taken)
        photo = Attachment(*kept(home, "logbook", "photo.jpg", PHOTO), Text("photo-by-bernard.jpg"))
        details = LogDetails(by="Bernardine", attachments=(photo,))
        found["logbook"] = write(lead, home, Tag.LOG_WRITTEN, *logbook_facts("words-of-bernardine", details))
        found["notes"] = write(lead, home, Tag.DRIFT_ACCEPTED, Noted("x", (), Text("any-other-words")))
        if over:
            write(lead, home, Tag.HOLD_ENDED, HoldEnded(RUN, "lab", POINT, Ending.RESTORE, RUN))
    return found


SAID = {
    "names": (b"Wilhelmine", b"Bernardine"),
    "reasons": (b"reason-of-the-run",),
    "logbook": (b"words-of-bernardine", b"text-before"),
    "notes": (b"any-other-words",),
    "attachments": (b"photo-by-bernard", PHOTO),
    "transcripts": (b"answer-of-a-device",),
    "tables": (b"table-of-machines",),
}


def on_disk(home: Home) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(home.path.rglob("*")) if path.is_file())


def eraser(home: Home, lead: Lead) -> Eraser:
    def nobody() -> Any:
        raise AssertionError("no person is asked")

    return Eraser(home, lead, nobody, lambda: "", SystemClock())


# --- by age ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PayloadKind)
def test_each_kind_goes_at_its_age_and_no_other(home: Home, kind: PayloadKind) -> None:
    night(home)
    with home.lead() as lead:
        assert eraser(home, lead).expire({kind: 30}).wiped
        found = on_disk(home)
    for other, words in SAID.items():
        for word in words:
            assert (word in found) is (other != kind), (other, word)
    assert home.verify().faults == ()


def test_what_is_younger_stays_and_a_second_look_finds_nothing(home: Home) -> None:
    night(home)
    with home.lead() as lead:
        write(lead, home, Tag.LOG_WRITTEN, Noted("log", (), Text("written-today")), name="Zacharias")
        first = eraser(home, lead).expire(EVERYTHING)
        assert (first.texts > 10, first.files) == (True, 2)
        assert b"written-today" in on_disk(home)
        assert b"Zacharias" in on_disk(home)
        again = eraser(home, lead).expire(EVERYTHING)
        assert (again.texts, again.files, again.entry) == (0, 0, None)
    told = list(home.entries(tag="home:payload:erased"))
    assert len(told) == 1
    said = dict(next(fact for fact in told[0].facts if isinstance(fact, Noted)).data)
    assert (told[0].actor.id, said["texts"], said["files"]) == ("system", str(first.texts), "2")
    assert "transcripts=30d" in said["retention"]


def test_bytes_are_gone_from_database_log_and_spool_while_the_home_is_led(tmp_path: Path) -> None:
    """Texts of all lengths, some of which went through the spool."""
    home = new_home(tmp_path / "home", Patience(database=0.5, spool=30.0, retry=0.05))
    chance = random.Random(7)
    words = [f"text-{number:05}-{'~' * chance.randrange(0, 9000)}" for number in range(120)]
    with home.lead(clock=lambda: NIGHT) as lead:
        for begin in range(0, 100, 20):
            facts = [Noted("log", (), Text(each)) for each in words[begin : begin + 20]]
            lead.journal.commit(Tag.LOG_WRITTEN, facts, Actor("os:7"))
        other = sqlite3.connect(home.path / "cordon.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        facts = [Noted("log", (), Text(each)) for each in words[100:]]
        assert lead.journal.commit(Tag.LOG_WRITTEN, facts, Actor("os:7")).degraded
        other.execute("ROLLBACK")
        other.close()
        until = time.monotonic() + 30
        while lead.journal.degraded and time.monotonic() < until:
            time.sleep(0.02)
        assert all(each[:10].encode() in on_disk(home) for each in words)
        assert (home.path / "cordon.db-wal").stat().st_size
        assert eraser(home, lead).expire({PayloadKind.LOGBOOK: 30}).wiped
        found = on_disk(home)
        assert [each for each in words if each[:10].encode() in found] == []
        assert b"~~~~" not in found
        assert not (home.path / "spool").read_bytes()[8192:].strip(b"\0")
    assert (home.verify().faults, home.verify().erased) == ((), 120)


def test_an_open_incident_keeps_all_it_has(home: Home) -> None:
    entries = night(home, over=False)
    with home.lead() as lead:
        assert eraser(home, lead).expire(EVERYTHING).texts == 2  # all before the run
        found = on_disk(home)
        assert b"text-before" not in found
        for word in (b"reason-of-the-run", b"answer-of-a-device", b"table-of-machines", PHOTO):
            assert word in found
        write(lead, home, Tag.HOLD_ENDED, HoldEnded(RUN, "lab", POINT, Ending.RESTORE, RUN))
        assert erasable(home, Selection((entries["reasons"],)), home.head()[0]).spared is None
        eraser(home, lead).expire(EVERYTHING)
        assert b"reason-of-the-run" not in on_disk(home)


def test_a_file_two_entries_cite_goes_with_the_last_of_them(home: Home) -> None:
    night(home)
    with home.lead() as lead:
        photo = Attachment(*kept(home, "logbook", "photo.jpg", PHOTO), Text("the same again"))
        write(lead, home, Tag.LOG_WRITTEN, *logbook_facts("today", LogDetails(attachments=(photo,))))
        assert eraser(home, lead).expire({PayloadKind.ATTACHMENTS: 30}).files == 0
        assert (home.evidence / "logbook" / "photo.jpg").exists()


def test_a_file_left_behind_by_a_crash_goes_with_the_next_erasure_unless_cited_anew(home: Home) -> None:
    night(home)
    paths = [f"{RUN}/acc-1-arp.txt", "logbook/photo.jpg"]
    with home.lead() as lead:
        notes = [Noted(ERASED_FILE, (("file", path), ("sha256", ""))) for path in paths]
        lead.journal.erase([], Text(""), Actor("system"), files=notes)
        photo = Attachment(*kept(home, "logbook", "photo.jpg", PHOTO), Text("kept again"))
        write(lead, home, Tag.LOG_WRITTEN, *logbook_facts("today", LogDetails(attachments=(photo,))))
        assert all((home.evidence / path).exists() for path in paths)
        eraser(home, lead).expire({PayloadKind.NOTES: 30})
    assert [(home.evidence / path).exists() for path in paths] == [False, True]
    assert home.verify().faults == ()
    (home.evidence / paths[1]).unlink()
    (fault,) = home.verify().faults
    assert (fault.code, fault.detail) == ("evidence-missing", paths[1])


def test_only_an_erasure_excuses_a_file_that_is_gone(home: Home, tmp_path: Path) -> None:
    night(home)
    path = f"{RUN}/acc-1-arp.txt"
    with home.lead() as lead:
        write(lead, home, Tag.LOG_WRITTEN, Noted(ERASED_FILE, (("file", path), ("sha256", ""))))
    (home.evidence / path).unlink()
    (fault,) = home.verify().faults
    assert (fault.code, fault.detail) == ("evidence-missing", path)
    cordon_office(home=home.path).export(tmp_path / "log.zip", Extract())
    code, told = verified(tmp_path / "log.zip")
    assert (code, "erased, on record" in told) == (0, False)
    assert f"not in this export: {path}" in told


def test_nothing_is_erased_while_the_database_takes_nothing(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", Patience(database=0.2, spool=30.0, retry=0.05))
    night(home)
    with home.lead() as lead:
        other = sqlite3.connect(home.path / "cordon.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log")], Actor("os:7"))
        with pytest.raises(InvalidRequest, match="erase-degraded"):
            eraser(home, lead).expire(EVERYTHING)
        other.execute("ROLLBACK")
        other.close()
    assert b"answer-of-a-device" in on_disk(home)


def test_what_a_reader_still_sees_is_told_and_goes_with_the_next_erasure(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.store.database._ATTEMPTS", 2)
    night(home)
    with home.lead() as lead:
        ours = eraser(home, lead)
        reader = sqlite3.connect(home.path / "cordon.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM payload").fetchone()
        write(lead, home, Tag.LOG_WRITTEN, Noted("log", (), Text("goes on")))
        assert not ours.expire({PayloadKind.NOTES: 30}).wiped
        with pytest.raises(InvalidRequest, match="erase-not-wiped"):
            ours.perform(Erase(ErasureAct.EXPIRE, Actor("os:7"), retention="reasons=30d"))
        reader.execute("ROLLBACK")
        reader.close()
        assert ours.expire({PayloadKind.NOTES: 30}).wiped
        found = on_disk(home)
        assert not any(word in found for word in (*SAID["notes"], *SAID["reasons"]))


def test_the_service_looks_by_itself_and_says_when_the_setting_makes_no_sense(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("controller.workers.retiring._FIRST", 0.01)
    night(home)
    with home.lead() as lead:
        with retired(Composition(home=home.path, retention="soon"), eraser(home, lead)):
            assert "nothing is erased by age" in caplog.text
        with retired(Composition(home=home.path, retention="transcripts=365d"), eraser(home, lead)):
            until = time.monotonic() + 30
            while b"answer-of-a-device" in on_disk(home) and time.monotonic() < until:
                time.sleep(0.02)
        assert b"answer-of-a-device" not in on_disk(home)
        assert b"table-of-machines" in on_disk(home)


def test_no_retention_is_shorter_than_a_month_or_of_something_else() -> None:
    assert retention_from(" transcripts=1095d, tables=30d ") == {
        PayloadKind.TRANSCRIPTS: 1095,
        PayloadKind.TABLES: 30,
    }
    assert retention_from("") == {}
    for wrong in ("transcripts=29d", "transcripts=0d", "entries=90d", "transcripts", "tables=1y"):
        with pytest.raises(InvalidRequest, match="retention-invalid"):
            retention_from(wrong)


def test_numbers_are_read_as_ranges() -> None:
    assert ranges([5, 9, 10, 10, 11, 14]) == "5, 9–11, 14"
    assert ranges([]) == ""


# --- by two persons ----------------------------------------------------------------------------------


@pytest.fixture
def cordon(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    for name, value in {"ARGON2_MEMORY_KIB": "8", "ARGON2_PASSES": "1", "LANG": "en"}.items():
        monkeypatch.setenv(f"CORDON_{name}", value)

    def run(*arguments: str, code: int = 0, typed: str = "") -> dict[str, Any]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        done = main(["--home", str(home.path), "--json", *arguments])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert done == code, found
        return found

    return run


class Persons:
    """Who they are, and what each shows."""

    def __init__(self, home: Home) -> None:
        self.office = cordon_office(home=home.path)
        self._codes: dict[str, Iterator[str]] = {}

    def add(self, name: str, role: Role) -> None:
        given = {"name": name, "grants": (Grant(role),), "password": PASSWORD, "actor": CONSOLE}
        self._codes[name] = iter(self.office.ask_accounts("add", **given).codes)

    def code(self, name: str) -> str:
        return next(self._codes[name])

    def credentials(self, name: str) -> Credentials:
        return Credentials(name, PASSWORD, self.code(name), recovery=True)

    def ask(self, name: str, *entries: int, **selection: Any) -> str:
        """The digest of what was asked for."""
        wanted = Selection(entries, **selection)
        self.office.erasing().ask(wanted, "article 17", CONSOLE, self.credentials(name))
        return self.office.erasing().preview(wanted).digest

    def approve(self, name: str, request: str) -> None:
        self.office.erasing().approve(request, CONSOLE, self.credentials(name))

    def deny(self, name: str, request: str) -> None:
        self.office.erasing().deny(request, CONSOLE, self.credentials(name))


@pytest.fixture
def persons(home: Home, monkeypatch: pytest.MonkeyPatch) -> Persons:
    for name, value in {"ARGON2_MEMORY_KIB": "8", "ARGON2_PASSES": "1"}.items():
        monkeypatch.setenv(f"CORDON_{name}", value)
    found = Persons(home)
    for who, role in (("Ada", Role.ADMINISTRATOR), ("Ben", Role.APPROVER), ("Cleo", Role.RESPONDER)):
        found.add(who, role)
    return found


def verified(path: Path) -> tuple[int, str]:
    """By the program in the export, on a bare Python."""
    with zipfile.ZipFile(path) as archive:
        archive.extract("verify.py", path.parent)
    done = subprocess.run(
        [sys.executable, "-I", path.parent / "verify.py", path, "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_one_asks_another_consents_and_it_is_gone_while_both_archives_verify_alone(
    home: Home, cordon: Callable[..., dict[str, Any]], persons: Persons, tmp_path: Path
) -> None:
    entries = night(home)
    persons.office.seal().checkpoint(CONSOLE, now=True)
    persons.office.export(tmp_path / "before.zip", Extract())
    wanted = [str(entries["logbook"]), str(entries["transcripts"])]
    by_ada = ("--reason", "article 17", "--as", "Ada")
    typed = f"{PASSWORD}\n{persons.code('Ada')}\n"
    asked = cordon("audit", "erase", *wanted, *by_ada, typed=typed, code=4)
    assert asked["kinds"] == {"names": 3, "logbook": 1, "attachments": 2, "transcripts": 1}
    assert b"words-of-bernardine" in on_disk(home)
    (waits,) = cordon("audit", "erase")["requests"]
    assert (waits["request"], waits["reason"]) == (asked["request"], "article 17")
    typed = f"{PASSWORD}\n{persons.code('Ben')}\n"
    done = cordon("audit", "erase", "--approve", asked["request"][:12], "--as", "Ben", typed=typed)
    found = on_disk(home)
    for word in (*SAID["transcripts"], *SAID["attachments"], b"words-of-bernardine", b"Bernardine"):
        assert word not in found
    assert b"reason-of-the-run" in found
    assert persons.office.erasing().waiting() == ()
    (record,) = home.entries(tag="home:payload:erased")
    note = next(fact for fact in record.facts if isinstance(fact, Noted))
    said = dict(note.data)
    assert (record.entry.seq, record.actor.name, note.text) == (done["entry"], "Ben", "article 17")
    assert (said["requester"], said["request"], said["left"]) == ("user:1", asked["request"], "0")
    verdict = cordon("audit", "verify")
    assert verdict["whole"]
    assert verdict["erased_in"] == sorted([entries["logbook"], entries["transcripts"]])
    assert (verdict["erased_files"], verdict["erasures"]) == (["logbook/photo.jpg"], [done["entry"]])
    persons.office.export(tmp_path / "after.zip", Extract())
    assert verified(tmp_path / "before.zip")[0] == 0
    code, told = verified(tmp_path / "after.zip")
    assert code == 0
    where = f"{entries['transcripts']}, {entries['logbook']}"
    assert f"Texts erased, on record: 6, of the entries {where}" in told
    assert "Evidence files erased, on record: logbook/photo.jpg" in told
    assert "not in this export" not in told


def test_what_an_open_incident_has_is_refused_whoever_asks(home: Home, persons: Persons) -> None:
    entries = night(home, over=False)
    with pytest.raises(InvalidRequest, match="erase-incident-open") as refused:
        persons.ask("Ada", entries["logbook"])
    assert refused.value.data["run"] == RUN
    with pytest.raises(InvalidRequest, match="erase-incident-open"):
        persons.ask("Ada", before=datetime(2025, 1, 1, tzinfo=UTC))
    persons.approve("Ben", persons.ask("Ada", entries["before"]))
    assert b"text-before" not in on_disk(home)


def test_consent_is_to_what_was_asked_by_somebody_who_is_still_there(home: Home, persons: Persons) -> None:
    wanted = night(home)["notes"]
    persons.add("Dora", Role.ADMINISTRATOR)
    for name in ("Cleo", "Ben"):
        with pytest.raises(NotPermitted):
            persons.ask(name, wanted)
    first = persons.ask("Dora", wanted)
    assert [each.digest for each in waiting(home, datetime.now(UTC) + timedelta(days=6))] == [first]
    assert waiting(home, datetime.now(UTC) + timedelta(days=8)) == ()
    with pytest.raises(InvalidRequest, match="erase-asked"):
        persons.ask("Ada", wanted)
    with pytest.raises(InvalidRequest, match="own-request"):
        persons.approve("Dora", first)
    with pytest.raises(NotPermitted):
        persons.approve("Cleo", first)
    persons.office.ask_accounts("disable", user="Dora", actor=CONSOLE)
    with pytest.raises(InvalidRequest, match="erase-requester"):
        persons.approve("Ben", first)
    persons.deny("Ben", first)
    with pytest.raises(NotFound):
        persons.approve("Ben", first)
    assert b"any-other-words" in on_disk(home)
    kinds = (PayloadKind.NOTES,)
    second = persons.ask("Ada", before=NIGHT + timedelta(days=1), kinds=kinds)
    with home.lead(clock=lambda: NIGHT) as lead:
        write(lead, home, Tag.LOG_WRITTEN, Noted("x", (), Text("a note that came later")))
    persons.approve("Ben", second[:8])
    assert b"any-other-words" not in on_disk(home)
    assert b"a note that came later" in on_disk(home)


def test_a_mistake_erases_nothing(cordon: Callable[..., dict[str, Any]]) -> None:
    for arguments, error in (
        (("--kind", "transcripts"), "erase-unbounded"),
        (("--before", "7"), "erase-before"),
        (("1", "--expired"), "choose-one"),
        (("1",), "erase-nothing"),
        (("--expired",), "retention-none"),
    ):
        assert cordon("audit", "erase", *arguments, code=2)["error"] == error


def test_by_hand_what_is_old_goes_as_the_settings_say(
    home: Home, cordon: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    night(home)
    monkeypatch.setenv("CORDON_RETENTION", "transcripts=365d")
    assert cordon("audit", "erase", "--expired", "--dry-run")["kinds"] == {"transcripts": 1}
    assert b"answer-of-a-device" in on_disk(home)
    assert cordon("audit", "erase", "--expired")["kinds"] == {"transcripts": 1}
    assert b"answer-of-a-device" not in on_disk(home)
    assert open_home(home.path).verify().sound
