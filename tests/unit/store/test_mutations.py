"""A signed log, spoilt in hundreds of ways: verification names the first bad entry each time, and a witness
catches what is whole in itself.

``CORDON_MUTATIONS`` sets how many bytes are flipped; ``make mutations`` does thousands.
"""

# ruff: noqa: S608 - table names are our own
from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.domain.checkpoint import (
    LOG_KEY,
    Checkpoint,
    Spoken,
    checkpoint_from,
    note,
    open_note,
    origin_of,
    spoken,
    spoken_from,
)
from controller.domain.facts import SYSTEM, CheckpointSigned, Noted, Text
from controller.domain.merkle import root
from controller.domain.tags import Tag
from controller.evidence.keys import SigningKey, new_key
from controller.store import schema, sealing, triggers
from controller.store.database import writing
from controller.store.draft import draft
from controller.store.places import Places
from controller.store.verification import Verification, verify
from tests.fakes.homes import new_home

FLIPS = int(os.environ.get("CORDON_MUTATIONS", "300"))
TABLES = ["entry", "payload", *(table.name for table in schema.COVERED)]
SIGNED_AT = (6, 12, 18)
"""Sizes the log is signed at."""


class Log:
    """A home whose log can be spoilt and put back."""

    def __init__(self, path: Path) -> None:
        home = new_home(path)
        self.places = Places(path)
        self.notes: list[str] = []
        with home.lead() as lead:
            leaf = next(home.entries()).entry.leaf
            self.key = new_key(origin_of(leaf))
            made = Noted(LOG_KEY, (("verifier", str(self.key.verifier)),))
            lead.journal.commit(Tag.LOG_KEY_MADE, [made], SYSTEM)
            while self.size() < 20:
                if self.size() in SIGNED_AT:
                    self.notes.append(self.signed(self.key))
                    fact = CheckpointSigned(self.size(), self.notes[-1])
                    lead.journal.commit(Tag.CHECKPOINT_SIGNED, [fact], SYSTEM)
                said = Noted("log", (("number", str(self.size())),), Text(f"été {self.size()}"))
                lead.journal.commit(Tag.LOG_WRITTEN, [said, Noted("x")], SYSTEM)
        with self.opened() as database:
            for name in triggers.expected():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._bytes = self.places.database.read_bytes()

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.places.database, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous=OFF")
            yield database

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.opened() as database:
            return database.execute(query, values).fetchall()

    def size(self) -> int:
        return int(self.rows("SELECT max(seq) FROM entry")[0][0])

    def leaves(self) -> list[bytes]:
        return [leaf for (leaf,) in self.rows("SELECT leaf FROM entry ORDER BY seq")]

    def signed(self, key: SigningKey) -> str:
        leaves = self.leaves()
        text = Checkpoint(key.name, len(leaves), root(leaves)).text()
        return note(text, [key.sign(text)])

    def restore(self) -> None:
        for beside in ("-wal", "-shm"):
            self.places.database.with_name(f"{self.places.database.name}{beside}").unlink(missing_ok=True)
        self.places.database.write_bytes(self._bytes)

    def verify(self, *witnesses: Any) -> Verification:
        return verify(self.places, witnesses)

    def reseal(self, database: sqlite3.Connection) -> None:
        """What a forger without the key does: the rows as they are now, sealed and chained anew."""
        chain = hashlib.sha256(b"cordon-log-v1").digest()
        for seq, raw in database.execute("SELECT seq, body FROM entry ORDER BY seq").fetchall():
            body = json.loads(raw)
            body["rows"] = {
                table.name: [len(found), digest(found)]
                for table in schema.COVERED
                if (
                    found := database.execute(
                        f"SELECT * FROM {table.name} WHERE entry = ?", (seq,)
                    ).fetchall()
                )
            }
            sealed = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            leaf = hashlib.sha256(b"\x00" + sealed).digest()
            chain = hashlib.sha256(b"\x02" + chain + leaf).digest()
            database.execute(
                "UPDATE entry SET body = ?, leaf = ?, chain = ? WHERE seq = ?", (sealed, leaf, chain, seq)
            )


def read_out(signed: str) -> Spoken:
    return spoken_from(spoken(checkpoint_from(open_note(signed)[0])))


def digest(rows: list[tuple[Any, ...]]) -> str:
    text = json.dumps(sorted(rows), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("mutations") / "home")


@pytest.fixture
def log(made: Log) -> Log:
    made.restore()
    return made


def test_the_log_itself_is_sound_and_its_witnesses_agree(log: Log) -> None:
    found = log.verify(*log.notes, *map(read_out, log.notes))
    assert [fault.code for fault in found.faults] == ["triggers"]
    assert (found.signed, found.checkpoints, found.replaced) == (18, 3, ())
    assert found.root == root(log.leaves())
    assert found.keys == (str(log.key.verifier),)


def test_every_flipped_byte_is_found_in_its_entry(made: Log) -> None:
    """Bytes of every cell that holds text or bytes, each changed in one bit."""
    cells = [
        (table, column, row[0], seq, value)
        for table in TABLES
        for column in (info[1] for info in made.rows(f"PRAGMA table_info({table})"))
        for row in made.rows(f"SELECT rowid, {'seq' if table == 'entry' else 'entry'}, {column} FROM {table}")
        for seq, value in [row[1:]]
        if isinstance(value, str | bytes) and value
    ]
    chance = random.Random(FLIPS)
    for _ in range(FLIPS):
        table, column, rowid, seq, value = chance.choice(cells)
        data = bytearray(value.encode() if isinstance(value, str) else value)
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        data[at] ^= bit
        text = isinstance(value, str)
        made.restore()
        with made.opened() as database:
            spoilt = f"UPDATE {table} SET {column} = {'CAST(? AS TEXT)' if text else '?'} WHERE rowid = ?"
            database.execute(spoilt, (bytes(data), rowid))
        found = made.verify()
        assert found.first_bad == seq, (table, column, rowid, at, bit)
    made.restore()


@pytest.mark.parametrize("seq", range(1, 21))
def test_a_removed_entry_is_missed_by_number(log: Log, seq: int) -> None:
    with log.opened() as database:
        for table in TABLES:
            database.execute(
                f"DELETE FROM {table} WHERE {'seq' if table == 'entry' else 'entry'} = ?", (seq,)
            )
    found = log.verify(log.notes[-1])
    # The last one, gone with all of its rows, is a tail cut off: no earlier than the last signature.
    assert found.first_bad == seq if seq < 20 else found.first_bad is None


@pytest.mark.parametrize("seq", range(1, 20))
def test_entries_that_changed_places_are_found(log: Log, seq: int) -> None:
    with log.opened() as database:
        for before, after in ((seq, -1), (seq + 1, seq), (-1, seq + 1)):
            database.execute("UPDATE entry SET seq = ? WHERE seq = ?", (after, before))
    assert log.verify().first_bad == seq


@pytest.mark.parametrize("seq", [2, 7, 13, 19])
def test_an_inserted_entry_is_found(log: Log, seq: int) -> None:
    with log.opened() as database:
        database.execute("UPDATE entry SET seq = -seq - 1 WHERE seq >= ?", (seq,))
        database.execute("UPDATE entry SET seq = -seq WHERE seq < 0")
        database.execute(
            "INSERT INTO entry SELECT ?, epoch, body, leaf, chain FROM entry WHERE seq = 1", (seq,)
        )
    assert log.verify().first_bad == seq


@pytest.mark.parametrize("left", [17, 12, 5, 1])
def test_a_tail_cut_off_is_caught_by_a_witness_and_by_nothing_else(log: Log, left: int) -> None:
    with log.opened() as database:
        for table in TABLES:
            database.execute(
                f"DELETE FROM {table} WHERE {'seq' if table == 'entry' else 'entry'} > ?", (left,)
            )
    assert log.verify().first_bad is None
    found = log.verify(log.notes[-1])
    assert (found.first_bad, found.faults[-1].code) == (left + 1, "witness-longer")


@pytest.mark.parametrize("seq", [4, 8, 14])
def test_a_forger_without_the_key_is_caught_by_the_next_signature(log: Log, seq: int) -> None:
    with log.opened() as database:
        database.execute("UPDATE note SET data = '[]' WHERE entry = ?", (seq,))
        log.reseal(database)
    found = log.verify()
    good = max((size for size in SIGNED_AT if size < seq), default=0)
    assert [(fault.entry, fault.code) for fault in found.faults[1:]] == [(good + 1, "root")]
    assert (found.seq, found.signed) == (good, good)


def test_a_forger_after_the_last_signature_is_caught_by_a_later_witness(log: Log) -> None:
    later = log.signed(log.key)
    with log.opened() as database:
        database.execute("UPDATE note SET data = '[]' WHERE entry = 20")
        log.reseal(database)
    assert log.verify(*log.notes).first_bad is None
    found = log.verify(*log.notes, later)
    assert (found.first_bad, found.faults[-1].code, found.seq) == (19, "witness-differs", 18)


def test_a_whole_log_under_another_key_is_caught_by_any_witness(log: Log) -> None:
    """The forger holds the account: rewrites, makes a key, signs every checkpoint again."""
    forged = new_key(log.key.name)
    with log.opened() as database:
        said = json.dumps([["verifier", str(forged.verifier)]], separators=(",", ":"))
        database.execute("UPDATE note SET data = ? WHERE subject = ?", (said, LOG_KEY))
        for entry, size in database.execute("SELECT entry, size FROM checkpoint").fetchall():
            log.reseal(database)
            leaves = [row[0] for row in database.execute("SELECT leaf FROM entry WHERE seq <= ?", (size,))]
            text = Checkpoint(forged.name, size, root(leaves)).text()
            signed = note(text, [forged.sign(text)])
            database.execute("UPDATE checkpoint SET note = ? WHERE entry = ?", (signed, entry))
        log.reseal(database)
    assert [fault.code for fault in log.verify().faults] == ["triggers"]
    for witness in (log.notes[0], read_out(log.notes[0])):
        found = log.verify(witness)
        assert (found.first_bad, found.faults[-1].code) == (1, "witness-differs")


@pytest.mark.parametrize("tag", [Tag.LOG_KEY_ROTATED, Tag.LOG_KEY_MADE])
def test_a_key_without_the_old_ones_word_is_named(tmp_path: Path, made: Log, tag: Tag) -> None:
    other = new_key(made.key.name)
    found = appended(tmp_path, made, [(tag, Noted(LOG_KEY, (("verifier", str(other.verifier)),)))])
    assert (found.first_bad, found.faults[-1].code) == (21, "key")


def test_a_checkpoint_by_a_key_the_log_does_not_know_is_named(tmp_path: Path, made: Log) -> None:
    made.restore()
    by_another = CheckpointSigned(20, made.signed(new_key(made.key.name)))
    found = appended(tmp_path, made, [(Tag.CHECKPOINT_SIGNED, by_another)])
    assert (found.first_bad, found.faults[-1].code) == (21, "signature")


def appended(tmp_path: Path, made: Log, commits: list[tuple[Tag, Any]]) -> Verification:
    """The log and, well sealed after it, what a process with the home's account adds."""
    made.restore()
    shutil.copytree(made.places.home, tmp_path / "home")
    places = Places(tmp_path / "home")
    with writing(places.database).connect() as connection, connection.begin():
        epoch = sealing.last_epoch(connection)
        sealing.write(connection, [draft(tag, [fact], SYSTEM, epoch) for tag, fact in commits])
    return verify(places)


def test_witnesses_of_another_log_and_altered_ones_are_told_apart(log: Log) -> None:
    size, whole = 6, log.leaves()[:6]
    elsewhere = new_key("cordon/0000000000000000")
    text = Checkpoint(elsewhere.name, size, root(whole)).text()
    found = log.verify(note(text, [elsewhere.sign(text)]))
    assert (found.first_bad, found.faults[-1].code) == (None, "witness-other")
    text = Checkpoint(log.key.name, size, root(whole)).text()
    found = log.verify(note(text, [new_key(log.key.name).sign(text)]))
    assert (found.first_bad, found.faults[-1].code) == (None, "witness-unsigned")
