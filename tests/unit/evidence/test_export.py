"""An export of the log, checked by the program that goes with it: on a bare Python, and after every kind of
tampering."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

from controller.cli.main import main
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Actor, EvidenceTaken, Noted, RevisionStored, RunOpened, Text
from controller.domain.logbook import FactStatus, LogDetails
from controller.domain.playbook import Action
from controller.domain.profile.surroundings import TableKind
from controller.domain.tags import Tag
from controller.evidence import verify
from controller.evidence.verify import Bad
from controller.store.home import open_home
from controller.workers.exporting import Extract
from controller.workers.front import HomeOffice, cordon_office

ALICE = Actor("os:1000", Text("Alice Arnaud"))
ROOT = Actor("os:0", Text("root"))
DENIS = Actor("user:7", Text("Denis Dubois"))
RUN = "20260301-030000-beef"
TABLE = "10.0.0.1 aa:bb\n"
CONTENT = ("entries.jsonl", "rows.jsonl", "texts.jsonl", "leaves.txt", "keys.txt", "checkpoint.txt")

FLIPS = int(os.environ.get("CORDON_MUTATIONS", "100"))

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> HomeOffice:
    """A home with a bit of everything: notes, names, a run, documents, files, an erasure, two keys."""
    directory = tmp_path_factory.mktemp("export")
    office = cordon_office(home=directory / "home")
    photo = directory / "photo of Bernard.jpg"
    photo.write_bytes(b"\xff\xd8")
    details = LogDetails(FactStatus.UNCONFIRMED, by="Dr Bernard", attachments=(office.attach(photo),))
    office.write_log("écrans chiffrés, see the photo", ALICE, details)
    office.write_log("BERNARD agrees", ALICE)
    office.write_log("=1+1", ALICE)
    office.write_log("Bernard says: not the laboratory", ALICE, LogDetails(handed_to="Mme Caron"))
    home = open_home(directory / "home")
    (home.evidence / "run").mkdir()
    (home.evidence / "run" / "arp.txt").write_text(TABLE)
    digest = hashlib.sha256(TABLE.encode()).hexdigest()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    contact = "{role: {fr: astreinte, en: on call}, phone: '18', name: Mme Petit}"
    document = f"contacts: [{contact}]\n# Dr Bernard\n"
    revision = RevisionStored("inventory", hashlib.sha256(document.encode()).hexdigest(), document)
    opened = RunOpened(RUN, Action.ISOLATE, "p" * 64, "level-5", 5, "i" * 64, "q" * 64, Text("ransomware"))
    with home.lead() as lead:
        lead.journal.commit(Tag.RUN_OPENED, [revision, opened], ALICE)
        taken = EvidenceTaken(RUN, "acc-1", TableKind.ARP, "run/arp.txt", digest, len(TABLE), at)
        lead.journal.commit(Tag.EVIDENCE_TAKEN, [taken], ALICE)
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text("to be erased"))], ALICE)
        created = Noted("user:7", (("roles", "responder@*"),), Text("Denis Dubois"))
        lead.journal.commit(Tag.ACCOUNT_CREATED, [created], ALICE)
        called, by = Text("M. Dubois calls Mme Petit"), Text("Denis Dubois")
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), called), Noted("log-by", (), by)], ALICE)
        more = Noted("user:7", (("roles", "approver@ch-exemple responder@*"),))
        lead.journal.commit(Tag.ROLES_CHANGED, [more], ALICE)
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text("DUBOIS agrees"))], DENIS)
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text("spanning-tree root"))], ROOT)
    office.seal().checkpoint(ALICE, now=True)
    office.seal().rotate("yearly", ALICE, lost=False)
    sealed = list(home.sealed(home.head()[0]))
    gone = next(each for one in sealed for each in one.texts if each.content == b"to be erased")
    with home.lead() as lead:
        lead.journal.erase([gone.commitment], Text("asked for"), ALICE)
    office.seal().checkpoint(ALICE, now=True)
    office.write_log("after the last checkpoint", ALICE)
    return office


@pytest.fixture(scope="module")
def whole(office: HomeOffice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "log.zip"
    office.export(path, Extract())
    return path


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(path: Path, files: Mapping[str, bytes], **manifest: object) -> Path:
    """As somebody would who knows how: the manifest is made to fit."""
    changed = dict(files)
    listed = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in changed.items()
        if not name.startswith("manifest.")
    }
    said = {**json.loads(files["manifest.json"]), **manifest, "files": listed}
    changed["manifest.json"] = json.dumps(said).encode()
    digest = hashlib.sha256(changed["manifest.json"]).hexdigest()
    changed["manifest.sha256"] = f"{digest}  manifest.json\n".encode()
    return zipped(path, changed)


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def checked(path: Path, witness: str = "") -> list[str]:
    said: list[str] = []
    verify.verify(str(path), witness, lambda what, **_: said.append(what))
    return said


def bare(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python alone, in another directory, with the program as it is in the ZIP."""
    program = path.with_name("alone.py")
    program.write_bytes(files_of(path)["verify.py"])
    command = [sys.executable, "-I", "-S", str(program), str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)


def test_an_export_is_checked_by_python_alone_in_two_languages(whole: Path) -> None:
    english = bare(whole, "--lang", "en")
    assert (english.returncode, english.stderr) == (0, "")
    assert english.stdout.splitlines()[-1] == "WHOLE: what is in this file is what was written."
    assert "Texts erased, on record: 1, of the entries " in english.stdout
    assert "ATTENTION" not in english.stdout
    french = bare(whole, "--lang", "fr")
    assert french.returncode == 0
    assert french.stdout.splitlines()[-1].startswith("ENTIER")
    assert whole.stat().st_mode & 0o077 == 0


def test_the_command_says_how_to_check_and_writes_over_nothing(
    office: HomeOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_HOME", str(open_home_of(office)))
    file = tmp_path / "log.zip"
    assert main(["audit", "export", str(file), "--lang", "en"]) == 0
    assert f"unzip {file} verify.py && python3 verify.py {file}" in capsys.readouterr().out
    before = file.read_bytes()
    [made] = list(office.log(tag=Tag.LOG_EXPORTED))
    assert made.data["sha256"] == hashlib.sha256(before).hexdigest()
    assert (made.data["scope"], made.data["names"], made.data["size"]) == ("all", "in", str(len(before)))
    assert main(["audit", "export", str(file), "--json", "--lang", "en"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "export-exists"
    assert file.read_bytes() == before
    assert main(["audit", "export", str(tmp_path / "none" / "x.zip"), "--lang", "en"]) == 2
    capsys.readouterr()
    last = str(tmp_path / "last.zip")
    head = office.log_head()
    assert main(["audit", "export", last, "--read-only", "--since", "3", "--json", "--lang", "en"]) == 0
    assert json.loads(capsys.readouterr().out)["entry"] is None
    assert office.log_head() == head  # a copy stays as it was
    part = ["audit", "export", str(tmp_path / "part.zip"), "--since", "3", "--roles-only"]
    assert main([*part, "--json", "--lang", "en"]) == 0
    said = json.loads(capsys.readouterr().out)
    *_, made = office.log(tag=Tag.LOG_EXPORTED)
    assert (said["entry"], said["unrecorded"]) == (made.seq, "")
    assert (made.data["scope"], made.data["names"]) == ("since entry 3", "replaced")
    assert made.data["sha256"] == said["sha256"]


def open_home_of(office: HomeOffice) -> Path:
    return office._composition.settings.home  # noqa: SLF001 - the command opens the same home


def test_every_byte_changed_in_a_file_of_the_zip_is_found(whole: Path, tmp_path: Path) -> None:
    chance, files = random.Random(8), files_of(whole)
    for name, content in files.items():
        for place in chance.sample(range(len(content)), min(12, len(content))):
            changed = bytearray(content)
            changed[place] ^= 1 << chance.randrange(8)
            with pytest.raises(Bad):
                checked(zipped(tmp_path / "changed.zip", {**files, name: bytes(changed)}))


def test_a_change_is_found_even_if_the_list_of_files_is_made_to_fit(whole: Path, tmp_path: Path) -> None:
    chance, files = random.Random(9), files_of(whole)
    assert "good" in checked(put_together(tmp_path / "same.zip", files))
    for name in (*CONTENT, "evidence/run/arp.txt"):
        content = files[name]
        for place in chance.sample(range(len(content)), min(30, len(content))):
            changed = bytearray(content)
            changed[place] ^= 1
            with pytest.raises(Bad):
                checked(put_together(tmp_path / "changed.zip", {**files, name: bytes(changed)}))


@pytest.mark.parametrize("name", ["entries.jsonl", "rows.jsonl", "texts.jsonl"])
def test_the_first_bad_entry_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    files = files_of(whole)
    lines = files[name].split(b"\n")
    for seq, line in enumerate(lines[:-1], 1):
        value = b'"tag":"' if name == "entries.jsonl" else b'"text":"' if name == "texts.jsonl" else b'"20'
        if value not in line:
            continue
        place = line.index(value) + len(value)
        changed = [*lines[: seq - 1], line[:place] + b"9" + line[place + 1 :], *lines[seq:]]
        with pytest.raises(Bad) as bad:
            checked(put_together(tmp_path / "x.zip", {**files, name: b"\n".join(changed)}))
        assert bad.value.seq == seq


def test_every_flipped_bit_is_found_in_its_entry(whole: Path, tmp_path: Path) -> None:
    """Of leaves, entries, rows and texts, each with a list of files made to fit."""
    chance, files = random.Random(FLIPS), files_of(whole)
    for _ in range(FLIPS):
        name = chance.choice(CONTENT[:4])
        changed = bytearray(files[name])
        place, bit = chance.randrange(len(changed)), 1 << chance.randrange(8)
        changed[place] ^= bit
        with pytest.raises(Bad) as bad:
            checked(put_together(tmp_path / "flipped.zip", {**files, name: bytes(changed)}))
        entry = files[name].count(b"\n", 0, place) + 1
        assert bad.value.seq == entry, (name, place, bit)


def test_checkpoints_are_those_an_independent_implementation_works_out(whole: Path) -> None:
    files = files_of(whole)
    theirs = InmemoryTree(algorithm="sha256")
    for line in files["entries.jsonl"].splitlines():
        theirs.append_entry(line)
    rows = [json.loads(line)["rows"] for line in files["rows.jsonl"].splitlines()]
    notes = [row[5] for covered in rows for row in covered.get("checkpoint", ())]
    assert len(notes) > 1
    for note in notes:
        _, _, size, root, _ = verify.note_from(note)
        assert root == theirs.get_root(size)


def forged(path: Path, files: Files, change: Callable[[str, list[object]], None]) -> Path:
    """As somebody would who can do everything but sign: rows changed, and every hash from there on anew."""
    bodies = [json.loads(line) for line in files["entries.jsonl"].splitlines()]
    rows = [json.loads(line) for line in files["rows.jsonl"].splitlines()]
    leaves, chain = [], hashlib.sha256(b"cordon-log-v1").digest()
    for body, covered in zip(bodies, rows, strict=True):
        for table, found in covered["rows"].items():
            for row in found:
                change(table, row)
            text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
            body["rows"][table] = [len(found), hashlib.sha256(text.encode()).hexdigest()]
        line = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        leaves.append(hashlib.sha256(b"\x00" + line).digest())
        chain = hashlib.sha256(b"\x02" + chain + leaves[-1]).digest()
    parts = {
        "entries.jsonl": "".join(
            json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
            for body in bodies
        ),
        "rows.jsonl": "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows),
        "leaves.txt": "".join(leaf.hex() + "\n" for leaf in leaves),
    }
    encoded = {name: content.encode() for name, content in parts.items()}
    return put_together(path, {**files, **encoded}, chain=chain.hex())


def test_a_log_rewritten_by_who_cannot_sign_is_not_under_its_signatures(whole: Path, tmp_path: Path) -> None:
    files = files_of(whole)

    def nothing(table: str, row: list[object]) -> None:
        del table, row

    def level(table: str, row: list[object]) -> None:
        if table == "run":
            row[8] = 1

    def signature(table: str, row: list[object]) -> None:
        if table == "checkpoint":
            note = str(row[5])
            row[5] = note[:-12] + ("A" if note[-12] != "A" else "B") + note[-11:]

    def word(table: str, row: list[object]) -> None:
        if table == "note" and row[4] == "log-key":
            row[5] = str(row[5]).replace('["signature","', '["signature","AAAA')

    assert "good" in checked(forged(tmp_path / "same.zip", files, nothing))
    for change, code in ((level, "root"), (signature, "signature"), (word, "key")):
        with pytest.raises(Bad) as bad:
            checked(forged(tmp_path / "forged.zip", files, change))
        assert bad.value.what == code
        assert bad.value.seq is not None


def test_a_text_passed_off_as_erased_is_missed(whole: Path, tmp_path: Path) -> None:
    files = files_of(whole)
    lines = [json.loads(line) for line in files["texts.jsonl"].splitlines()]
    seq, texts = next((line["entry"], line["texts"]) for line in lines if line["texts"])
    texts[0] = {"commitment": texts[0]["commitment"], "erased": True}
    changed = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    with pytest.raises(Bad, match="erased") as bad:
        checked(put_together(tmp_path / "x.zip", {**files, "texts.jsonl": changed}))
    assert bad.value.seq == seq


def test_entries_taken_out_swapped_or_cut_off_are_missed(whole: Path, tmp_path: Path) -> None:
    files = files_of(whole)
    parts = {name: files[name].splitlines(keepends=True) for name in CONTENT[:3]}

    def without(change: Callable[[list[bytes]], list[bytes]]) -> int | None:
        changed = {name: b"".join(change(list(lines))) for name, lines in parts.items()}
        with pytest.raises(Bad) as bad:
            checked(put_together(tmp_path / "x.zip", {**files, **changed}))
        seq: int | None = bad.value.seq
        return seq

    count = len(parts["entries.jsonl"])
    assert without(lambda lines: [*lines[:4], *lines[5:]]) == 5
    assert without(lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]]) == 5
    assert without(lambda lines: [*lines[:4], lines[0], *lines[4:]]) == 5
    assert without(lambda lines: [*lines, lines[-1]]) == count + 1
    assert without(lambda lines: lines[:-1]) == count


def test_a_log_cut_off_or_rewritten_is_shown_by_a_witness(
    office: HomeOffice, whole: Path, tmp_path: Path
) -> None:
    latest = office.seal().latest()
    assert latest is not None
    assert "agrees" in checked(whole, latest.note)
    assert "agrees" in checked(whole, latest.spoken)
    files = files_of(whole)
    kept = latest.checkpoint.size - 1
    leaves = files["leaves.txt"].splitlines(keepends=True)[:kept]
    chain = hashlib.sha256(b"cordon-log-v1").digest()
    for leaf in leaves:
        chain = hashlib.sha256(b"\x02" + chain + bytes.fromhex(leaf.decode())).digest()
    cut = {name: b"".join(files[name].splitlines(keepends=True)[:kept]) for name in CONTENT[:3]}
    earlier = [
        row[5]
        for line in cut["rows.jsonl"].splitlines()
        for row in json.loads(line)["rows"].get("checkpoint", ())
    ]
    cut |= {"leaves.txt": b"".join(leaves), "checkpoint.txt": earlier[-1].encode()}
    older = put_together(tmp_path / "cut.zip", {**files, **cut}, chain=chain.hex(), entries=kept)
    assert "good" in checked(older)  # whole as far as it goes: only somebody else knows that there was more
    for witness in (latest.note, latest.spoken):
        with pytest.raises(Bad, match="longer"):
            checked(older, witness)
    with pytest.raises(Bad, match="unsigned"):
        checked(whole, latest.note.replace(latest.note.split()[-1][:20], "A" * 20))
    other = latest.spoken[:-3] + ("0-0" if latest.spoken[-3] != "0" else "1-0")
    with pytest.raises(Bad, match="witness"):
        checked(whole, other)


def test_without_names_nobody_is_named_and_the_rest_still_proves_itself(
    office: HomeOffice, tmp_path: Path
) -> None:
    path = tmp_path / "roles.zip"
    done = office.export(path, Extract(without_names=True)).exported
    files = files_of(path)
    for name, content in files.items():
        if name != "verify.py":
            for person in ("Alice", "Arnaud", "Bernard", "Caron", "Denis", "Dubois", "Petit"):
                assert person.casefold() not in content.decode(errors="replace").casefold(), name
    said = [each for line in files["texts.jsonl"].splitlines() for each in json.loads(line)["texts"]]
    replaced = [each["replaced"] for each in said if "replaced" in each]
    assert {"person-1 says: not the laboratory", "person-1 agrees"} <= set(replaced)
    assert {"os:1000", "person-1"} <= set(replaced)
    # An account goes by the roles it had then, a contact of the site by their function.
    assert {"responder-7", "M. responder-7 calls on call"} <= set(replaced)
    assert {"approver+responder-7", "approver+responder-7 agrees"} <= set(replaced)
    assert len(replaced) == done.replaced
    told = {each.get("text") for each in said}
    assert {"écrans chiffrés, see the photo", "spanning-tree root"} <= told
    assert "root" not in told  # who acted goes by the id, the word stays where it is no name
    assert [name for name in files if name.startswith("evidence/")] == ["evidence/run/arp.txt"]
    found = checked(path)
    assert {"names", "absent", "good"} <= set(found)
    with pytest.raises(Bad):  # nobody passes a text off as replaced where names are not
        checked(put_together(tmp_path / "claims.zip", files, without_names=False))


def test_a_part_is_under_the_same_signatures_as_the_whole(office: HomeOffice, tmp_path: Path) -> None:
    one, recent = tmp_path / "run.zip", tmp_path / "recent.zip"
    done = office.export(one, Extract(run="20260301")).exported
    bodies = [json.loads(line) for line in files_of(one)["entries.jsonl"].splitlines()]
    tags = {body["tag"] for body in bodies}
    assert {"engine:run:opened", "engine:evidence:taken", "home:checkpoint:signed"} <= tags
    assert Tag.LOG_WRITTEN not in tags
    assert done.shown == len(bodies) < done.entries
    assert {"signed", "used", "good"} <= set(checked(one))
    last = done.entries
    office.export(recent, Extract(since=last - 3, until=last - 1))
    disclosed = {json.loads(line)["seq"] for line in files_of(recent)["entries.jsonl"].splitlines()}
    assert {last - 2, last - 1} <= disclosed
    assert "good" in checked(recent)
    with pytest.raises(InvalidRequest, match="export-empty"):
        office.export(tmp_path / "none.zip", Extract(since=last + 100))
    assert not (tmp_path / "none.zip").exists()


def test_evidence_that_was_altered_is_named_and_one_that_is_gone_is_told(
    office: HomeOffice, tmp_path: Path
) -> None:
    kept = open_home_of(office) / "evidence" / "run" / "arp.txt"
    try:
        kept.write_text("10.0.0.2 cc:dd\n")
        office.export(tmp_path / "altered.zip", Extract())
        with pytest.raises(Bad, match="evidence") as bad:
            checked(tmp_path / "altered.zip")
        assert bad.value.detail == "run/arp.txt"
        kept.unlink()
        assert office.export(tmp_path / "gone.zip", Extract()).exported.absent == ["run/arp.txt"]
        assert "absent" in checked(tmp_path / "gone.zip")
    finally:
        kept.write_text(TABLE)


def test_what_was_checked_is_written_as_a_table_and_nothing_else_is(whole: Path, tmp_path: Path) -> None:
    table = tmp_path / "log.csv"
    assert bare(whole, "--lang", "en", "--csv", str(table)).returncode == 0
    with table.open(encoding="utf-8-sig", newline="") as opened:
        heads, *lines = csv.reader(opened)
    assert heads == ["entry", "time", "what", "by", "name", "data", "texts"]
    assert [line[0] for line in lines] == [str(seq) for seq in range(1, len(lines) + 1)]
    noted = next(line for line in lines if "not the laboratory" in line[6])
    assert noted[2:5] == ["person:log:written", "os:1000", "Alice Arnaud"]
    assert "'=1+1" in next(line[6] for line in lines if "=1+1" in line[6])
    files = files_of(whole)
    bad = put_together(
        tmp_path / "bad.zip", {**files, "texts.jsonl": files["texts.jsonl"].replace(b"Caron", b"Coran")}
    )
    table.unlink()
    assert bare(bad, "--csv", str(table)).returncode == 1
    assert not table.exists()


def test_a_log_that_nobody_signed_says_so(tmp_path: Path) -> None:
    open_home(tmp_path / "home")
    office = cordon_office(home=tmp_path / "home")
    office.export(tmp_path / "log.zip", Extract())
    assert json.loads(files_of(tmp_path / "log.zip")["manifest.json"])["signed"].startswith("no")
    assert "none" in checked(tmp_path / "log.zip")


def test_what_is_no_export_is_refused_in_words(tmp_path: Path, whole: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(whole.read_bytes()[:-200])
    program = tmp_path / "verify.py"
    program.write_bytes(files_of(whole)["verify.py"])
    for file, code in ((broken, 1), (tmp_path / "none.zip", 2)):
        command = [sys.executable, "-I", "-S", str(program), str(file), "--lang", "en"]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (said.returncode, said.stderr) == (code, "")
        assert str(file) in said.stdout
