"""Whatever one changes in the database, verification finds it and names the first entry not as sealed.

The hashes are worked out here a second time, with hashlib and sqlite3 alone.
"""

# ruff: noqa: S608 - table names are our own
from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from controller.domain.checkpoint import LOG_KEY, Checkpoint, note, origin_of
from controller.domain.facts import (
    Actor,
    Attested,
    BaselineTaken,
    CheckpointSigned,
    EvidenceTaken,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    ProbeAnswered,
    RevisionStored,
    RunMoved,
    RunOpened,
    StartupMoved,
    Text,
    WaveMoved,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.merkle import root
from controller.domain.playbook import Action
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import StartupState
from controller.domain.tags import Tag
from controller.evidence.keys import SigningKey, new_key
from controller.store import schema, triggers
from controller.store.home import Home, open_home
from controller.store.places import Places
from controller.store.verification import verify
from tests.fakes.facts import COMMITS
from tests.fakes.homes import new_home

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example is a home on disk: to shrink a failing one would take longer than a test may."""

ALICE = Actor("user:7", Text("Alice"))
MONDAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
PORT = Point(PointId("acc-1", "Gi1/0/1", 110), PointKind.INTERFACE, tagged=True)
Row = tuple[Any, ...]
COVERED = [table.name for table in schema.COVERED]


def story(run: str) -> list[list[Fact]]:
    content = f"format: 1\nsite: {run}é\n"
    return [
        [
            RevisionStored("inventory", hashlib.sha256(content.encode()).hexdigest(), content),
            RunOpened(run, Action.ISOLATE, "f00d", "level-5", None, "1a", "2b", Text("rançongiciel"), "r-0"),
            BaselineTaken(run, PORT, {"admin": "up"}, MONDAY),
            HoldOpened(run, "emergency", PORT, Method.SHUTDOWN, Attribution.OURS),
            HoldOpened(run, "icu", PORT, Method.SHUTDOWN, Attribution.OURS),
            IntentRecorded(run, 0, "acc-1", 1, Action.ISOLATE, ((PORT.id, Method.SHUTDOWN),)),
        ],
        [
            OutcomeRecorded(run, "acc-1", 1, Outcome.ACCEPTED, "", Text("shutdown\n")),
            PointRead(
                run,
                PORT.id,
                Action.ISOLATE,
                Method.SHUTDOWN,
                Outcome.ACCEPTED,
                Proof.CONFIRMED,
                {"admin": "down"},
                MONDAY,
            ),
            StartupMoved(run, "acc-1", StartupState.SAVED, "", cut=True, transcript=Text("saved\n")),
            EvidenceTaken(run, "acc-1", TableKind.MAC, "", "", 0, MONDAY, "time-box"),
            ProbeAnswered(run, "emergency", "controller", "tcp 10.0.0.1:443", "after", False, True, MONDAY),
        ],
        [
            HoldEnded(run, "icu", PORT.id, Ending.RETIREMENT, run),
            WaveMoved(run, 0, WaveState.DONE),
            RunMoved(run, RunState.FINISHED, "done"),
            Noted(run, (("a", "b"),), Text("note")),
        ],
        [
            Attested(f"a-{run}", "icu", "edr-clean", "user:7", True, "2026-03-02", "", Text("seen clean")),
            GateDecided("icu", "user:7", True, Text("go")),
            GateChecked(run, 0, "icu", "f00d", False, ("approvals",)),
        ],
        [],
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with rows in every table, three epochs, one erased text, and all of it in the database file."""
    home = new_home(tmp_path_factory.mktemp("written") / "home")
    key = new_key(origin_of(next(home.entries()).entry.leaf))
    for run in ("r-1", "r-2"):
        with home.lead(actor=ALICE) as lead:
            if run == "r-1":
                made = Noted(LOG_KEY, (("verifier", str(key.verifier)),))
                lead.journal.commit(Tag.LOG_KEY_MADE, [made], ALICE)
            for facts in story(run):
                lead.journal.commit(Tag.LOG_WRITTEN, facts, ALICE)
            lead.journal.commit(Tag.CHECKPOINT_SIGNED, [signed(home, key)], ALICE)
            if run == "r-1":
                lead.journal.erase([reason(home, run)], Text("request"), ALICE)
    with closing(sqlite3.connect(home.path / "cordon.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for table in ("entry", "payload", *COVERED):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0], table
    return home.path


def signed(home: Home, key: SigningKey) -> CheckpointSigned:
    leaves = [record.entry.leaf for record in home.entries()]
    text = Checkpoint(key.name, len(leaves), root(leaves)).text()
    return CheckpointSigned(len(leaves), note(text, [key.sign(text)]))


def reason(home: Home, run: str) -> str:
    with closing(sqlite3.connect(home.path / "cordon.db")) as database:
        found: str = database.execute("SELECT reason FROM run WHERE run = ?", (run,)).fetchone()[0]
    return found


class Tampered:
    """A home whose database has lost all that protects it, to be changed and restored many times."""

    def __init__(self, original: Path, path: Path) -> None:
        self.places = Places(path)
        shutil.copytree(original, path)
        with self.opened() as database:
            for name in triggers.expected():
                database.execute(f"DROP TRIGGER {name}")
            tables = ("entry", "payload", *COVERED)
            self.columns = {
                table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables
            }
            self.rows: dict[str, list[Row]] = {
                table: database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables
            }
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._bytes = self.places.database.read_bytes()

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.places.database, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous=OFF")
            yield database

    def restore(self) -> None:
        self.places.database.write_bytes(self._bytes)

    def entry(self, table: str, row: Row) -> Any:
        return row[self.columns[table].index("seq" if table == "entry" else "entry")]

    def change(self, table: str, row: Row, column: str, value: object) -> Row | None:
        """Puts ``value`` into one cell; the row as it is then, None where the database would not have it."""
        key = self.columns[table][0]
        with self.opened() as database:
            try:
                database.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (value, row[0]))
            except sqlite3.IntegrityError:
                return None
            (after,) = set(database.execute(f"SELECT * FROM {table}")) - (set(self.rows[table]) - {row})
            changed: Row = after
            return changed

    def first_bad(self) -> int | None:
        found = verify(self.places)
        assert any(fault.code == "triggers" for fault in found.faults)
        return found.first_bad

    def expected(self, table: str, before: Row, after: Row) -> int:
        """The entry that lost a row or whose row is not as it was, or the earlier one that was given it."""
        old, new = self.entry(table, before), self.entry(table, after)
        if table == "erasure" and before[-1] != after[-1]:
            return self.erased_at(before)
        return int(min(old, new) if isinstance(new, int) else old)

    def erased_at(self, erasure: Row) -> int:
        """The entry whose text an erasure took, earlier than the erasure's own."""
        (gone,) = (row for row in self.rows["payload"] if row[0] == erasure[-1])
        return int(self.entry("payload", gone))


@pytest.fixture(scope="module")
def tampered(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Tampered:
    return Tampered(written, tmp_path_factory.mktemp("tampered") / "home")


def near(cell: object) -> list[Any]:
    """Values as close to ``cell`` as one could wish for."""
    match cell:
        case int():
            return [cell + 1, -cell - 1]
        case str():
            return [cell + "\n", cell.swapcase(), unicodedata.normalize("NFD", cell), cell.encode()]
        case bytes():
            return [cell[:-1] + bytes([cell[-1] ^ 1]) if cell else b"x", cell + b"\x00", None]
        case _:
            return ["", 0]


@pytest.mark.parametrize("table", ["entry", "payload", *COVERED])
def test_every_changed_cell_is_found_and_its_entry_named(tampered: Tampered, table: str) -> None:
    tried = 0
    for row in tampered.rows[table]:
        for place, (column, cell) in enumerate(zip(tampered.columns[table], row, strict=True)):
            values = near(cell)
            # Each cell once; over the rows and columns all kinds of change come up.
            value = values[(place + row[0] if isinstance(row[0], int) else place) % len(values)]
            tampered.restore()
            after = tampered.change(table, row, column, value)
            if after is None or after == row:
                continue
            tried += 1
            expected = tampered.expected(table, row, after)
            assert tampered.first_bad() == expected, (row, column, value)
    assert tried >= len(tampered.columns[table])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_cell_is_found(tampered: Tampered, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(["entry", "payload", *COVERED]))
    row = data.draw(st.sampled_from(tampered.rows[table]))
    column = data.draw(st.sampled_from(tampered.columns[table]))
    value = data.draw(
        st.one_of(
            st.none(),
            st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(codec="utf-8"), max_size=5),
            st.binary(max_size=33),
            st.floats(allow_nan=False),
        )
    )
    tampered.restore()
    after = tampered.change(table, row, column, value)
    if after is not None and after != row:
        assert tampered.first_bad() == tampered.expected(table, row, after)


@pytest.mark.parametrize("table", ["entry", "payload", *COVERED])
def test_every_removed_row_is_found_and_its_entry_named(tampered: Tampered, table: str) -> None:
    for row in tampered.rows[table]:
        tampered.restore()
        with tampered.opened() as database:
            database.execute(f"DELETE FROM {table} WHERE {tampered.columns[table][0]} = ?", (row[0],))
        expected = tampered.erased_at(row) if table == "erasure" else tampered.entry(table, row)
        assert tampered.first_bad() == expected, row


@pytest.mark.parametrize("table", ["entry", "payload", *COVERED])
def test_an_added_row_is_found_and_its_entry_named(tampered: Tampered, table: str) -> None:
    entries = len(tampered.rows["entry"])
    row = tampered.rows[table][-1]
    key = entries + 1 if table == "entry" else "0" * 64 if table == "payload" else row[0] + 1
    marks = ", ".join("?" * len(row))
    for entry in (key,) if table == "entry" else (1, entries // 2, entries, entries + 7):
        tampered.restore()
        with tampered.opened() as database:
            cells = (key, *row[1:]) if table == "entry" else (key, entry, *row[2:])
            database.execute(f"INSERT INTO {table} VALUES ({marks})", cells)
        assert tampered.first_bad() == entry


def test_swapped_rows_are_found(tampered: Tampered) -> None:
    """Two holds of one entry, each right in itself, in the other's place."""
    tampered.restore()
    with tampered.opened() as database:
        database.execute("UPDATE hold SET id = -id WHERE id IN (1, 2)")
        database.execute("UPDATE hold SET id = 3 + id WHERE id IN (-1, -2)")
    assert tampered.first_bad() == tampered.entry("hold", tampered.rows["hold"][0])


def test_an_erased_text_that_is_there_again_is_found(written: Path, tampered: Tampered) -> None:
    erased = next(row for row in tampered.rows["payload"] if row[3] is None)
    other = next(row for row in tampered.rows["payload"] if row[3] is not None)
    tampered.restore()
    with tampered.opened() as database:
        database.execute(
            "UPDATE payload SET salt = ?, content = ? WHERE commitment = ?", (other[2], other[3], erased[0])
        )
    assert tampered.first_bad() == erased[1]


def test_a_text_gone_without_an_erasure_is_found(tampered: Tampered) -> None:
    there = next(row for row in tampered.rows["payload"] if row[3] is not None)
    tampered.restore()
    with tampered.opened() as database:
        database.execute("UPDATE payload SET salt = NULL, content = NULL WHERE commitment = ?", (there[0],))
    assert tampered.first_bad() == there[1]


def test_only_the_first_bad_entry_is_named(tampered: Tampered) -> None:
    tampered.restore()
    last, first = tampered.rows["note"][-1], tampered.rows["run"][0]
    tampered.change("note", last, "subject", "changed")
    tampered.change("run", first, "plan", "changed")
    found = verify(tampered.places)
    assert [(fault.entry, fault.code, fault.detail) for fault in found.faults if fault.entry] == [
        (tampered.entry("run", first), "rows", "run")
    ]
    assert found.seq == tampered.entry("run", first) - 1


def test_a_file_that_is_no_database_is_a_fault(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "home")
    database = tmp_path / "home" / "cordon.db"
    database.write_bytes(database.read_bytes()[:5000] + b"\xff" * 20000)
    assert [fault.code for fault in verify(Places(tmp_path / "home")).faults] == ["unreadable"]


# --- the log as written -----------------------------------------------------------------------------


def test_what_was_written_is_sound(written: Path) -> None:
    found = open_home(written).verify()
    assert found.sound
    assert found.first_bad is None
    assert (found.epochs, found.erased, found.degraded) == (3, 1, ())


def test_an_erased_text_is_gone_from_every_file_and_the_log_still_verifies(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    secret = "the name of a witness"
    with home.lead() as lead:
        lead.journal.commit(Tag.RUN_OPENED, [story("r-1")[0][1], Noted("x", (), Text(secret))], ALICE)
        with closing(sqlite3.connect(home.path / "cordon.db")) as database:
            (commitment,) = database.execute("SELECT text FROM note WHERE subject = 'x'").fetchone()
        lead.journal.erase([commitment], Text("request of 4 March"), ALICE)
        (told,) = home.entries(tag="engine:run:opened")
        assert (told.facts[1], told.erased) == (Noted("x"), 1)
        (erasure,) = home.entries(tag="home:payload")
        assert erasure.facts == (Noted("erasure", (("texts", "1"),), Text("request of 4 March")),)
    assert (home.verify().sound, home.verify().erased) == (True, 1)
    assert not any(secret.encode() in path.read_bytes() for path in home.path.rglob("*") if path.is_file())


@settings(
    max_examples=30, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(COMMITS)
def test_the_hashes_are_those_of_the_format(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[Fact]]
) -> None:
    home = new_home(tmp_path_factory.mktemp("format") / "home")
    with home.lead() as lead:
        for facts in commits:
            lead.journal.commit(Tag.LOG_WRITTEN, facts, ALICE)
    found = home.verify()
    assert found.sound
    assert found.chain == worked_out(home.path / "cordon.db")


@settings(
    max_examples=30, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(COMMITS)
def test_entries_tell_the_facts_as_committed(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[Fact]]
) -> None:
    home = new_home(tmp_path_factory.mktemp("told") / "home")
    with home.lead() as lead:
        start = home.verify().seq
        for facts in commits:
            lead.journal.commit(Tag.LOG_WRITTEN, facts, ALICE)
    revisions: set[Fact] = set()
    for facts, told in zip(commits, home.entries(after=start), strict=True):
        expected = []
        for fact in facts:
            if isinstance(fact, RevisionStored):
                if fact in revisions:
                    continue
                revisions.add(fact)
            if fact != Noted(""):
                expected.append(fact)
        assert list(told.facts) == expected
        assert (told.actor, told.tag, told.degraded, told.erased) == (ALICE, Tag.LOG_WRITTEN, False, 0)


def worked_out(path: Path) -> bytes:
    """The chain hash at the end, everything on the way checked against the rows."""
    chain = hashlib.sha256(b"cordon-log-v1").digest()
    with closing(sqlite3.connect(path)) as database:
        for number, (seq, _epoch, body, leaf, link) in enumerate(
            database.execute("SELECT seq, epoch, body, leaf, chain FROM entry ORDER BY seq").fetchall(), 1
        ):
            assert seq == number
            assert leaf == hashlib.sha256(b"\x00" + body).digest()
            chain = hashlib.sha256(b"\x02" + chain + leaf).digest()
            assert link == chain
            said = json.loads(body)
            rows = {}
            for table in COVERED:
                select = f"SELECT * FROM {table} WHERE entry = ? ORDER BY id"
                found = database.execute(select, (seq,)).fetchall()
                text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
                if found:
                    rows[table] = [len(found), hashlib.sha256(text.encode()).hexdigest()]
            assert said["rows"] == rows
            texts = []
            for commitment, salt, content in database.execute(
                "SELECT commitment, salt, content FROM payload WHERE entry = ?", (seq,)
            ):
                assert commitment == hashlib.sha256(b"\x03" + salt + content).hexdigest()
                texts.append(commitment)
            assert sorted(texts) == said["texts"]
    return chain


def test_entries_are_chosen_by_time_tag_and_run(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    clock = iter(MONDAY.replace(minute=minute) for minute in range(60))
    with home.lead(clock=lambda: next(clock)) as lead:
        for run in ("r-1", "r-2"):
            lead.journal.commit(Tag.RUN_OPENED, [story(run)[0][1]], ALICE)
            lead.journal.commit(Tag.RUN_MOVED, [RunMoved(run, RunState.FINISHED)], ALICE)
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("r-1", (), Text("seen"))], ALICE)
    ours = [record for record in home.entries() if record.actor == ALICE]
    assert [record.at.minute for record in ours] == [0, 1, 2, 3, 4]

    def minutes(**chosen: Any) -> list[int]:
        return [record.at.minute for record in home.entries(**chosen) if record.actor == ALICE]

    assert minutes(run="r-1") == [0, 1, 4]
    assert minutes(tag="engine:run") == [0, 1, 2, 3]
    assert minutes(tag="engine:run:moved", run="r-2") == [3]
    assert minutes(since=ours[1].at, until=ours[3].at) == [1, 2]
    assert minutes(tag="engine:ru") == []
