"""The log of a home gets signed while it is led, and nothing waits for it or fails with it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.domain.checkpoint import checkpoint_from, open_note, spoken, verifier_key_from
from controller.domain.errors import InvalidRequest
from controller.domain.facts import SYSTEM, Actor, CheckpointSigned, Noted, RunMoved, Text
from controller.domain.lifecycle import RunState
from controller.domain.merkle import TILE, consistent, includes
from controller.domain.tags import Tag
from controller.drivers.clock import SystemClock
from controller.evidence.keys import new_key, verifies
from controller.store.home import Home, open_home
from controller.store.leader import Lead
from controller.store.tree import LogRewritten
from controller.workers.auditing import LogSeal, witness_file, witnesses_in
from controller.workers.notary import Notary, Rhythm
from controller.workers.requests import RecordWitness, SealAct, SealLog
from tests.fakes.homes import new_home

ALICE = Actor("os:7", Text("alice"))
RARE = Rhythm(entries=1000, minutes=60)


class At(SystemClock):
    """The wall clock, so far ahead."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        super().__init__()
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


@pytest.fixture
def lead(home: Home) -> Iterator[Lead]:
    with home.lead() as lead:
        yield lead


def write(lead: Lead, times: int = 1) -> None:
    for _ in range(times):
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text("x"))], ALICE)


def sizes(home: Home) -> list[int]:
    return [
        fact.size for record in home.entries() for fact in record.facts if isinstance(fact, CheckpointSigned)
    ]


def led(home: Home, lead: Lead, rhythm: Rhythm = RARE, ahead: timedelta = timedelta()) -> None:
    """One lead, as far as the notary is concerned."""
    with Notary(home, lead.journal, At(ahead), rhythm).at_work():
        pass


def seal_of(home: Home, lead: Lead) -> LogSeal:
    notary = Notary(home, lead.journal, At(), RARE)

    def ask(request: SealLog | RecordWitness) -> int | None:
        if isinstance(request, RecordWitness):
            note = Noted("witness", (("entries", str(request.size)),), Text(request.name))
            return lead.journal.commit(Tag.LOG_WITNESSED, [note], request.actor).seq
        if request.act is SealAct.SIGN:
            notary.sign()
        else:
            notary.rotate(request.reason, request.actor, lost=request.act is SealAct.REPLACE)
        return None

    return LogSeal(lambda: home, ask)


def test_the_first_lead_makes_the_key_and_signs(home: Home, lead: Lead) -> None:
    led(home, lead)
    assert sizes(home) == [3]
    assert stat.S_IMODE(home.log_key.stat().st_mode) == 0o600
    found = home.verify()
    assert (found.sound, found.signed, len(found.keys)) == (True, 3, 1)
    text, (signature,) = open_note(seal_of(home, lead).checkpoint(ALICE).note)
    assert verifies(verifier_key_from(found.keys[0]), text, signature)


def test_it_signs_at_a_runs_end_after_so_many_entries_and_after_so_long_and_not_else(
    home: Home, lead: Lead
) -> None:
    led(home, lead)
    write(lead)
    led(home, lead)
    assert sizes(home) == [3]
    lead.journal.commit(Tag.RUN_MOVED, [RunMoved("r-1", RunState.RUNNING)], SYSTEM)
    led(home, lead)
    assert sizes(home) == [3]
    lead.journal.commit(Tag.RUN_MOVED, [RunMoved("r-1", RunState.FINISHED)], SYSTEM)
    led(home, lead)
    assert sizes(home) == [3, 7]
    write(lead, 3)
    led(home, lead, Rhythm(entries=3, minutes=60))
    assert sizes(home) == [3, 7, 11]
    write(lead)
    led(home, lead, ahead=timedelta(minutes=61))
    assert sizes(home) == [3, 7, 11, 13]


def test_a_checkpoint_calls_for_no_other(home: Home, lead: Lead) -> None:
    for _ in range(3):
        led(home, lead, Rhythm(entries=1, minutes=1), timedelta(days=1))
    assert sizes(home) == [3]


def test_without_its_key_the_log_goes_on_unsigned_and_says_so(home: Home, lead: Lead) -> None:
    seal = seal_of(home, lead)
    seal.checkpoint(ALICE, now=True)
    kept = home.log_key.read_bytes()
    home.log_key.unlink()
    write(lead)
    led(home, lead, Rhythm(entries=1))
    assert (sizes(home), seal.keys().trouble) == ([3], "missing")
    with pytest.raises(InvalidRequest) as refused:
        seal.checkpoint(ALICE, now=True)
    assert refused.value.data["cause"] == "missing"
    home.log_key.write_bytes(kept)
    home.log_key.chmod(0o640)
    assert seal.keys().trouble == "open-to-others"
    home.log_key.chmod(0o600)
    led(home, lead, Rhythm(entries=1))
    assert sizes(home) == [3, 5]
    assert home.verify().sound


def test_a_key_put_in_place_of_the_logs_signs_nothing(home: Home, lead: Lead) -> None:
    seal = seal_of(home, lead)
    name = seal.checkpoint(ALICE, now=True).checkpoint.origin
    new_key(name).write(home.log_key)
    write(lead)
    led(home, lead, Rhythm(entries=1))
    assert (sizes(home), seal.keys().trouble) == ([3], "unknown")


def test_the_old_key_vouches_for_the_new_one(home: Home, lead: Lead) -> None:
    seal = seal_of(home, lead)
    seal.checkpoint(ALICE, now=True)
    before = home.log_key.read_bytes()
    found = seal.rotate("yearly", ALICE, lost=False)
    assert (len(found.keys), found.trouble) == (2, "")
    assert home.log_key.read_bytes() != before
    assert (home.verify().sound, home.verify().replaced, sizes(home)) == (True, (), [3, 5])
    with pytest.raises(InvalidRequest) as refused:
        seal.rotate("not lost at all", ALICE, lost=True)
    assert refused.value.reason == "log-key-there"


def test_a_lost_key_is_replaced_and_verification_says_where(home: Home, lead: Lead) -> None:
    seal = seal_of(home, lead)
    seal.checkpoint(ALICE, now=True)
    home.log_key.unlink()
    with pytest.raises(InvalidRequest):
        seal.rotate("lost", ALICE, lost=False)
    assert seal.rotate("lost", ALICE, lost=True).trouble == ""
    assert (home.verify().sound, home.verify().replaced) == (True, (5,))


def test_a_change_of_key_cut_short_is_finished(
    home: Home, lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = seal_of(home, lead)
    seal.checkpoint(ALICE, now=True)

    def crash(self: Path, target: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(SystemExit):
            seal.rotate("yearly", ALICE, lost=False)
    assert seal.keys().trouble == "unknown"
    led(home, lead, Rhythm(entries=1))
    assert (seal.keys().trouble, sizes(home), home.verify().sound) == ("", [3, 5], True)


def test_nothing_is_signed_that_contradicts_what_was(home: Home, lead: Lead) -> None:
    led(home, lead)
    home.tree()
    lead.journal.commit(Tag.CHECKPOINT_SIGNED, [CheckpointSigned(2, another_root(home, lead))], SYSTEM)
    with pytest.raises(LogRewritten):
        seal_of(home, lead).checkpoint(ALICE, now=True)


def another_root(home: Home, lead: Lead) -> str:
    signed = seal_of(home, lead).checkpoint(ALICE).note
    return signed.replace("\n3\n", "\n2\n", 1)


def test_proofs_hold_under_the_signed_root_with_tiles_without_and_with_false_ones(
    home: Home, lead: Lead
) -> None:
    seal = seal_of(home, lead)
    write(lead, TILE)
    seal.checkpoint(ALICE, now=True)
    write(lead, TILE)
    head = seal.checkpoint(ALICE, now=True)
    tiles = home.path / "tiles"
    assert len(tiles.read_bytes()) == 2 * 32
    for content in (tiles.read_bytes(), b"", os.urandom(96)):
        tiles.write_bytes(content)
        for seq in (1, TILE, TILE + 1, head.checkpoint.size):
            found = seal.entry(seq)
            assert (found.root, found.note) == (head.checkpoint.root, head.note)
            assert includes(found.leaf, seq - 1, found.size, found.proof, found.root)
        grown = seal.growth(TILE - 1, head.checkpoint.size)
        assert consistent(grown.old, grown.old_root, grown.new, grown.new_root, grown.proof)
    # A new leader does not build on false tiles either.
    write(lead)
    assert seal_of(home, lead).checkpoint(ALICE, now=True).checkpoint.size == head.checkpoint.size + 2
    assert home.verify().sound


def test_what_is_not_signed_yet_is_proven_without_a_note(home: Home, lead: Lead) -> None:
    seal = seal_of(home, lead)
    seal.checkpoint(ALICE, now=True)
    assert seal.entry(4).note == ""
    for wrong in (0, 5):
        with pytest.raises(InvalidRequest):
            seal.entry(wrong)
    with pytest.raises(InvalidRequest):
        seal.growth(3, 5)


def test_witnesses_are_recorded_only_where_they_agree(home: Home, lead: Lead, tmp_path: Path) -> None:
    seal = seal_of(home, lead)
    head = seal.checkpoint(ALICE, now=True)
    assert seal.witnessed(head.spoken, "Marie", ALICE) == (3, 5)
    assert seal.witnessed(head.note, "Marie", ALICE) == (3, 6)
    path, seq = seal.witness_to(tmp_path, ALICE)
    assert (seq, path.read_text()) == (7, head.note)
    assert home.verify(witness_file(path)).sound
    other = spoken(checkpoint_from(f"{head.checkpoint.origin}\n3\n{'A' * 43}=\n"))
    longer = spoken(checkpoint_from(f"{head.checkpoint.origin}\n99\n{'A' * 43}=\n"))
    for said, problem in ((other, "witness-differs"), (longer, "witness-longer")):
        with pytest.raises(InvalidRequest) as refused:
            seal.witnessed(said, "Marie", ALICE)
        assert refused.value.data["problem"] == problem
    wrong = head.spoken[:-1] + str((int(head.spoken[-1]) + 1) % 10)
    with pytest.raises(InvalidRequest) as refused:
        witnesses_in(wrong)
    assert (refused.value.reason, refused.value.data["group"]) == ("witness-misheard", 6)


def test_an_older_copy_put_in_place_is_caught_by_any_witness(home: Home, tmp_path: Path) -> None:
    with home.lead() as lead:
        seal_of(home, lead).checkpoint(ALICE, now=True)
    older = (home.path / "cordon.db").read_bytes()
    with home.lead() as lead:
        write(lead, 5)
        head = seal_of(home, lead).checkpoint(ALICE, now=True)
    (home.path / "cordon.db").write_bytes(older)
    again = open_home(home.path)
    assert again.verify().sound
    for witness in (head.note, head.spoken):
        found = again.verify(witnesses_in(witness))
        assert [(fault.code, fault.entry) for fault in found.faults] == [("witness-longer", 5)]
