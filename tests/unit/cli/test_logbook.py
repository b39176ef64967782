"""``cordon log`` in a home on disk: what a crisis cell writes, corrects, hands over and finds again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main

Cordon = Callable[..., dict[str, Any]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def cordon(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cordon:
    monkeypatch.setenv("CORDON_HOME", str(home))

    def run(*arguments: str) -> dict[str, Any]:
        main([*arguments, "--json", "--lang", "en"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, lang: str = "en") -> str:
    assert main(["log", "show", *arguments, "--lang", lang]) == 0
    return capsys.readouterr().out


def test_an_entry_keeps_its_words_who_said_them_how_sure_and_when(
    cordon: Cordon, capsys: pytest.CaptureFixture[str]
) -> None:
    written = cordon(
        "log",
        "files unreadable",
        "--status",
        "unconfirmed",
        "--by",
        "Dr Martin",
        "--at",
        "2026-03-01T03:20:00Z",
    )
    [entry] = cordon("log", "show")["entries"]
    assert entry["seq"] == written["seq"]
    assert entry["text"] == "files unreadable"
    assert entry["data"] == {
        "status": "unconfirmed",
        "happened": "2026-03-01T03:20:00+00:00",
        "by": "Dr Martin",
    }
    assert entry["at"] > "2026-03-02"  # when it was typed, which is another thing
    said = shown(capsys)
    assert "UNCONFIRMED" in said
    assert "Dr Martin (typed by " in said
    assert "À CONFIRMER" in shown(capsys, lang="fr")


def test_a_correction_is_a_new_entry_and_the_old_one_stays(
    cordon: Cordon, capsys: pytest.CaptureFixture[str]
) -> None:
    first = cordon("log", "radiology is hit", "--status", "hypothesis")["seq"]
    second = cordon("log", "it is not", "--status", "discarded", "--corrects", str(first))["seq"]
    old, new = cordon("log", "show")["entries"]
    assert (old["text"], old["corrected_by"]) == ("radiology is hit", second)
    assert (new["data"]["corrects"], new["corrected_by"]) == (str(first), None)
    assert f"CORRECTED by entry {second}" in shown(capsys)
    assert cordon("log", "show", "--open")["entries"] == []
    assert cordon("log", "no such entry", "--corrects", "1")["exit"] == 2  # the home's own first entry
    assert cordon("log", "no such entry", "--corrects", "999")["error"] == "not-found"
    assert len(cordon("log", "show")["entries"]) == 2


def test_names_are_texts_apart_from_what_is_sealed_in_clear(cordon: Cordon, home: Path) -> None:
    cordon("log", "night to day", "--by", "Dr Martin", "--hand-over-to", "M. Durand")
    with closing(sqlite3.connect(home / "cordon.db")) as database:
        rows = database.execute("SELECT subject, data FROM note").fetchall()
        bodies = database.execute("SELECT body FROM entry").fetchall()
    assert not any(name in str(each) for each in (*rows, *bodies) for name in ("Martin", "Durand", "night"))


def test_a_shift_hands_over_what_is_open_and_the_next_finds_it(
    cordon: Cordon, capsys: pytest.CaptureFixture[str]
) -> None:
    cordon("log", "power is back", "--status", "established")
    open_one = cordon("log", "the phones may be next", "--status", "hypothesis")["seq"]
    quiet = cordon("log", "nothing")["seq"]
    capsys.readouterr()
    assert main(["log", "night to day", "--hand-over-to", "M. Durand", "--lang", "en"]) == 0
    assert "1 fact is still unconfirmed or a hypothesis" in capsys.readouterr().out
    assert [each["seq"] for each in cordon("log", "show", "--open")["entries"]] == [open_one]
    [handed] = cordon("log", "show", "--search", "DURAND")["entries"]
    assert handed["data"]["handed_to"] == "M. Durand"
    assert "Nothing to report." in shown(capsys, "--since", str(quiet - 1))
    later = cordon("log", "show", "--since", str(quiet))["entries"]
    assert [each["seq"] for each in later] == [handed["seq"]]
    assert cordon("log", "show", "--since", "2099-01-01T00:00")["error"] == "time-to-come"
    together = cordon("log", "show", "--all")["entries"]
    assert [each["seq"] for each in together] == list(range(1, len(together) + 1))


def test_an_attached_file_is_kept_by_its_digest_and_watched_over(
    cordon: Cordon, home: Path, tmp_path: Path
) -> None:
    note, photo = tmp_path / "ransom note.TXT", tmp_path / "photo"
    note.write_bytes(b"pay")
    photo.write_bytes(b"\xff\xd8")
    written = cordon("log", "found on screens", "--attach", str(note), "--attach", str(photo))
    digests = [hashlib.sha256(each.read_bytes()).hexdigest() for each in (note, photo)]
    assert [each["sha256"] for each in written["attachments"]] == digests
    kept = home / "evidence" / "logbook" / f"{digests[0]}.txt"
    assert kept.read_bytes() == b"pay"
    [entry] = cordon("log", "show")["entries"]
    assert entry["data"][f"attachment logbook/{digests[0]}.txt"] == "ransom note.TXT"
    assert entry["text"] == "found on screens"
    assert cordon("audit", "verify")["whole"]
    kept.write_bytes(b"Pay")
    assert cordon("audit", "verify")["problem"] == "evidence-altered"
    assert cordon("log", "x", "--attach", str(tmp_path))["error"] == "attachment-no-file"
    assert cordon("log", "x", "--attach", str(tmp_path / "none"))["error"] == "attachment-unreadable"
    assert len(cordon("log", "show")["entries"]) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x", "--status", "sure"), "fact-status"),
        (("x", "--at", "2099-01-01T00:00"), "time-to-come"),
        (("x", "--at", "soon"), "time-expected"),
        (("show",), "log-word"),
    ],
)
def test_a_mistake_writes_nothing(cordon: Cordon, arguments: tuple[str, ...], error: str) -> None:
    cordon("log", "first")
    assert cordon("log", "--json", *arguments)["error"] == error
    assert len(cordon("log", "show")["entries"]) == 1


def test_a_note_does_not_wait_for_a_database_that_does_not_answer(
    cordon: Cordon, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_SPOOL_AFTER_MS", "500")
    first = cordon("log", "before")["seq"]
    with closing(sqlite3.connect(home / "cordon.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        spooled = cordon("log", "meanwhile", "--status", "established", "--corrects", str(first))
        assert spooled["exit"] == 0
        assert spooled["seq"] is None
    cordon("log", "after")
    old, found, _ = cordon("log", "show")["entries"]
    assert (found["text"], found["data"]["status"]) == ("meanwhile", "established")
    assert old["corrected_by"] == found["seq"]


def test_a_rhythm_is_agreed_told_of_and_given_up(cordon: Cordon, capsys: pytest.CaptureFixture[str]) -> None:
    cordon("log", "it begins")
    assert cordon("log", "show")["rhythm"] is None
    assert cordon("log", "every", "2h")["minutes"] == 120
    found = cordon("log", "show")["rhythm"]
    assert (found["minutes"], found["due"]) == (120, False)
    assert "Every 120 min" in shown(capsys)
    assert "Toutes les 120 min" in shown(capsys, lang="fr")
    assert cordon("log", "nothing")["exit"] == 0
    assert cordon("log", "show")["rhythm"]["last"] > found["last"]
    for wrong in ("soon", "0", "25h", "30s"):
        assert cordon("log", "every", wrong)["error"] == "rhythm-invalid"
    assert cordon("log", "every", "off")["minutes"] == 0
    assert cordon("log", "show")["rhythm"] is None
