"""The report of an incident says what the log says, in both languages, and no name where none is wanted."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.domain.facts import HoldEnded, HoldOpened, PointRead, RunOpened
from controller.domain.inventory import PointId
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.evidence import verify
from controller.evidence.verify import Bad
from controller.store.home import Home, open_home
from controller.text import LANGUAGES, Catalogue
from controller.workers.exporting import Extract
from tests.unit.paper.pages import lines, matrices, pages, text
from tests.unit.workers.night import ALICE, BACK, CHLOE, CUT, NAMES, Night, first_note, night


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return night(tmp_path_factory.mktemp("night"))


@pytest.fixture(scope="module")
def reports(told: Night) -> Mapping[str, bytes]:
    return {lang: told.office.report(Extract(), lang).made.pdf for lang in LANGUAGES}


class Phrases:
    """The catalogue of a language, as its phrases read in what a PDF gives back."""

    def __init__(self, lang: str) -> None:
        self._words = Catalogue(lang)

    def text(self, code: str, **data: object) -> str:
        return " ".join(unicodedata.normalize("NFKC", self._words.text(code, **data)).split())

    def page(self, page: int, of: int) -> str:
        return self._words.raw("paper.page").format(page=page, pages=of)


def copy_of(told: Night, folder: Path) -> Home:
    return open_home(Path(shutil.copytree(told.home.path, folder / "home")), create=False, guarded=False)


def facts(told: Night) -> Iterator[tuple[str, object]]:
    for record in told.home.entries():
        for fact in record.facts:
            yield record.tag, fact


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_decision_is_told_with_who_why_and_on_whose_word(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    said, words = text(reports[lang]), Phrases(lang)
    for _, fact in facts(told):
        if isinstance(fact, RunOpened):
            assert fact.run in said
            grouped = " ".join(fact.plan[at : at + 8] for at in range(0, 64, 8))
            assert grouped in said
            assert fact.reason in said
    assert words.text("report.no-reason") in said  # that of the last run
    for person in ("Alice Arnaud (user:3)", "Chloé Caron (user:4)", "Denis Duval (glass:2)"):
        assert person in said
    for what in ("worm in the samu", "far too early", "alone in the house", "pulled the plug"):
        assert what in said
    for what in ("all scanned", "edr-clean", "ready, says", words.text("probation-state.passed")):
        assert what in said
    assert words.text("report.gate.attest", statements="edr-clean") in said
    assert words.text("report.want.gate-go") not in said  # nothing was missing
    assert not re.search(r"\b(report|proof|state|count|tag|cause|open|hazard)\.[a-z]", said)  # no bare code
    assert "{" not in said
    override = words.text("report.override.keep-alive-overridden", culprit="(samu)")
    assert override.removeprefix("(samu)") in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_segments_are_counted_by_the_best_proof_each_point_ever_had(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    """The oracle reads holds and readings again, one by one."""
    proofs: dict[PointId, set[Proof]] = defaultdict(set)
    held: dict[str, set[PointId]] = defaultdict(set)
    for _, fact in facts(told):
        if isinstance(fact, HoldOpened):
            held[fact.subject].add(fact.point.id)
        if isinstance(fact, PointRead) and fact.wanted is Action.ISOLATE:
            proofs[fact.point].add(fact.proof)
    found = lines(reports[lang])
    for subject, points in held.items():
        confirmed = sum(Proof.CONFIRMED in proofs[point] for point in points)
        claimed = sum(Proof.CLAIMED in proofs[point] for point in points)
        counts = [len(points), 0, confirmed, claimed, len(points) - confirmed - claimed]
        cells = " ".join(str(each) if each or not index else "·" for index, each in enumerate(counts))
        rows = [line for line in found if f" {cells} " in f" {line} "]
        assert rows, (subject, cells)
    never = {point for point, seen in proofs.items() if not seen & {Proof.CONFIRMED, Proof.CLAIMED}}
    assert never
    said = text(reports[lang])
    listed = said.split(Phrases(lang).text("report.cuts.never"))[1]
    for point in never:
        assert point.object in listed.split(Phrases(lang).text("report.title.returns"))[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_still_cut_is_what_no_restoration_let_go(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    held = set()
    for _, fact in facts(told):
        if isinstance(fact, HoldOpened):
            held.add((fact.subject, fact.point.id))
        if isinstance(fact, HoldEnded):
            held.discard((fact.subject, fact.point))
    said, words = text(reports[lang]), Phrases(lang)
    assert words.text("report.open.held-intro", count=len({point for _, point in held})) in said
    for subject, count in Counter(subject for subject, _ in held).items():
        points = words.text("count.points", count=count)
        assert f"({subject}): {points};".replace(" ", "") in said.replace(" ", "")
    back = words.text("report.result.let-go", points=words.text("count.points", count=len(told.back)))
    assert back in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_time_line_tells_machine_and_people_in_the_order_of_the_log(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    words = Phrases(lang)
    said = text(reports[lang]).split(words.text("report.line.intro")[:40])[1]
    in_order = [
        "radiology is hit, says Bernard",
        "worm in the samu",
        "far too early",
        "ransomware on three stations",
        "pulled the plug",
        "it was one kiosk",
        "the domain too",
        words.text("report.line.nothing"),
        BACK,
        "alone in the house",
    ]
    places = [said.index(each) for each in in_order]
    assert places == sorted(places)
    first = first_note(told)
    assert words.text("report.line.corrects", seq=first) in said
    assert f"{words.text('fact-status.hypothesis').upper()} — CORR" in said
    assert words.text("fact-status.established").upper() in said
    assert words.text("report.line.times", what="", count=40).strip(", ") in said  # sign-ins, gathered
    assert "a secret transcript" not in said  # what devices answered is in the export


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_entry_is_accounted_for_by_its_kind(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    found = lines(reports[lang])
    read = next(number for number, line in enumerate(found) if "account:session:refused" in line)
    for tag, count in Counter(record.tag for record in told.home.entries()).items():
        assert any(f"{tag} {count} " in f"{line} " for line in found[read - 30 :]), tag


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_clock_the_log_and_its_checkpoint_are_told(
    told: Night, reports: Mapping[str, bytes], lang: str
) -> None:
    words, said = Phrases(lang), text(reports[lang])
    decimal = words.text("unit.decimal")
    assert sum(f"3{part}{decimal}" in said for part in ("600", "599")) >= 1  # the clock was set by an hour
    head = told.office.seal().latest()
    assert head is not None
    assert said.count(head.spoken) == pages(reports[lang]) + 1  # at every foot, and beside the code
    assert len(matrices(reports[lang])) == 1
    assert words.text("report.log.whole", entries=told.office.verify().entries) in said
    [key] = told.office.seal().keys().keys
    assert key in said.replace(" ", "")
    for page in range(1, pages(reports[lang]) + 1):
        assert words.page(page, pages(reports[lang])) in said


def test_without_names_there_is_none_and_the_same_person_is_the_same_word(
    told: Night, reports: Mapping[str, bytes]
) -> None:
    named, plain = text(reports["en"]), text(told.office.report(Extract(without_names=True), "en").made.pdf)
    for name in NAMES:
        assert name.casefold() in named.casefold()
        assert name.casefold() not in plain.casefold()
    assert plain.count("person-1") == named.count("Dr Bernard") + named.count("says Bernard")
    assert "person-2: pulled the plug" in plain


def test_an_export_carries_the_reports_and_its_verifier_takes_and_checks_them(
    told: Night, tmp_path: Path
) -> None:
    path = tmp_path / "night.zip"
    told.office.export(path, Extract(reports=LANGUAGES))
    verify.verify(str(path), "", lambda *_, **__: None)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = json.loads(files["manifest.json"])["files"]
    for lang in LANGUAGES:
        content = files[f"report.{lang}.pdf"]
        assert listed[f"report.{lang}.pdf"] == hashlib.sha256(content).hexdigest()
        said = text(content)
        assert "python3 verify.py night.zip" in said
        assert CUT in said
    files["report.fr.pdf"] = files["report.fr.pdf"].replace(b"1", b"2", 1)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(Bad) as bad:
        verify.verify(str(forged), "", lambda *_, **__: None)
    assert bad.value.detail == "report.fr.pdf"


def test_a_part_of_the_log_tells_of_that_part_alone(told: Night, tmp_path: Path) -> None:
    path = tmp_path / "back.zip"
    told.office.export(path, Extract(run=BACK, without_names=True, reports=("en",)))
    with zipfile.ZipFile(path) as archive:
        said = text(archive.read("report.en.pdf"))
    assert BACK in said
    for other in ("far too early", "alone in the house", "one kiosk", *NAMES):
        assert other not in said  # what is not disclosed is not told
    assert Tag.CHECKPOINT_SIGNED not in said  # disclosed with every part, and no part of what was asked for


def test_the_report_of_a_run_begins_with_what_was_asked_for_it_and_ends_with_its_last_point(
    told: Night,
) -> None:
    said = text(told.office.report(Extract(run=CUT), "en").made.pdf)
    for what in ("worm in the samu", "one kiosk", BACK):
        assert what in said
    assert "alone in the house" not in said
    since = text(told.office.report(Extract(run=CUT, since=first_note(told) + 1), "en").made.pdf)
    assert "worm in the samu" not in since
    assert "one kiosk" in since


def test_the_command_writes_a_private_file_says_so_in_the_log_and_writes_over_nothing(
    told: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(told, tmp_path)
    file = tmp_path / "report.pdf"
    called = ["--home", str(home.path), "--json", "audit", "report", str(file), "--lang", "fr"]
    assert main(called) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_mode & 0o077 == 0
    assert "Chronologie" in text(file.read_bytes())
    [entry] = [record for record in home.entries() if record.tag == Tag.LOG_EXPORTED]
    assert said["entry"] == entry.entry.seq
    assert any(("sha256", said["sha256"]) in getattr(fact, "data", ()) for fact in entry.facts)
    assert main(called) != 0
    assert json.loads(capsys.readouterr().out)["error"] == "export-exists"


def test_a_log_that_is_not_whole_is_said_before_everything_else(
    told: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(told, tmp_path)
    with sqlite3.connect(home.path / "cordon.db") as database:
        triggers = [row[0] for row in database.execute("select name from sqlite_master where type='trigger'")]
        for name in triggers:
            database.execute(f"drop trigger {name}")
        database.execute("update run set reason = null, action = 'nonsense' where run = ?", (CUT,))
    database.close()
    file = tmp_path / "report.pdf"
    called = ["--home", str(home.path), "audit", "report", str(file), "--lang", "en", "--read-only"]
    assert main(called) == 6
    capsys.readouterr()
    said = text(file.read_bytes())
    warning = Phrases("en").text("report.log-bad")
    assert said.index(warning) < said.index(Phrases("en").text("report.title.summary"))
    assert ALICE.name in said  # and the rest is told as far as it can be read
    assert CHLOE.name in said
