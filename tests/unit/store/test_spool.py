"""The spool: what was acknowledged is read back, what was torn is not, at every byte."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.store import spool
from controller.store.spool import SECTOR, START, Spool

SIZE = START + 400


def contents(path: Path) -> list[bytes]:
    opened = Spool(path)
    try:
        return list(opened.records())
    finally:
        opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    spool.create(tmp_path / "spool", SIZE)
    return tmp_path / "spool"


def test_all_its_blocks_are_there_from_the_start(path: Path) -> None:
    assert path.stat().st_size == SIZE
    assert path.stat().st_blocks * 512 >= SIZE
    assert path.stat().st_mode & 0o777 == 0o600
    assert contents(path) == []


def test_records_survive_in_order(path: Path) -> None:
    opened = Spool(path)
    assert not opened.used
    assert opened.append([b"one", b"two"]) == [True, True]
    assert opened.append([b"", b"\x00" * 20]) == [True, True]
    assert opened.used
    opened.close()
    assert contents(path) == [b"one", b"two", b"", b"\x00" * 20]


def test_a_torn_tail_ends_the_spool_at_the_last_whole_record(path: Path) -> None:
    records = [b"first", b"second record", b"third"]
    opened = Spool(path)
    ends = []
    for record in records:
        opened.append([record])
        ends.append(end_of(path))
    opened.close()
    whole = path.read_bytes()
    for cut in range(START, ends[-1] + 1):
        expected = [record for record, end in zip(records, ends, strict=True) if end <= cut]
        path.write_bytes(whole[:cut] + bytes(SIZE - cut))
        assert contents(path) == expected, f"zeros after byte {cut}"
        path.write_bytes(whole[:cut])
        assert contents(path) == expected, f"ends at byte {cut}"


def end_of(path: Path) -> int:
    """Records end in a byte that is not zero here."""
    return len(path.read_bytes().rstrip(b"\x00"))


def test_one_changed_byte_ends_the_spool_before_its_record(path: Path) -> None:
    opened = Spool(path)
    opened.append([b"first"])
    first = end_of(path)
    opened.append([b"second"])
    last = end_of(path)
    opened.close()
    whole = path.read_bytes()
    for position in range(START, last):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        path.write_bytes(changed)
        assert contents(path) == ([] if position < first else [b"first"])


def test_what_follows_a_torn_start_is_never_taken_for_its_continuation(path: Path) -> None:
    opened = Spool(path)
    opened.append([b"lost", b"unacknowledged"])
    opened.close()
    whole = bytearray(path.read_bytes())
    # The first record of the block never reached the disk; the second did.
    record = 20 + len(b"lost")
    whole[START : START + record] = bytes(record)
    path.write_bytes(whole)
    again = Spool(path)
    again.append([b"next"])
    again.close()
    assert contents(path) == [b"next"]


def test_cleared_it_is_empty_and_usable_again(path: Path) -> None:
    opened = Spool(path)
    for number in range(4):
        opened.append([b"old %d" % number, b"older"])
        opened.clear()
        assert not opened.used
        assert contents(path) == []
    opened.append([b"new"])
    opened.close()
    assert contents(path) == [b"new"]


def test_a_torn_header_leaves_the_spool_before_or_after_clearing(path: Path) -> None:
    opened = Spool(path)
    opened.append([b"record"])
    before = path.read_bytes()
    opened.clear()
    after = path.read_bytes()
    opened.close()
    changed = [position for position in range(START) if before[position] != after[position]]
    assert changed
    assert changed[-1] < SECTOR  # the slot that was not in use
    for cut in range(changed[0], changed[-1] + 1):
        path.write_bytes(after[:cut] + before[cut:])
        assert contents(path) == [b"record"], f"torn at byte {cut}"
    path.write_bytes(after)
    assert contents(path) == []


def test_what_does_not_fit_is_said_and_the_rest_kept(path: Path) -> None:
    opened = Spool(path)
    assert opened.append([b"x" * 300, b"y" * 300, b"z" * 30]) == [True, False, True]
    assert opened.append([b"y" * 300]) == [False]
    opened.close()
    assert contents(path) == [b"x" * 300, b"z" * 30]


def test_without_a_header_it_is_no_spool(path: Path) -> None:
    path.write_bytes(bytes(SIZE))
    with pytest.raises(OSError, match="header"):
        Spool(path)


@given(st.lists(st.lists(st.binary(max_size=60), max_size=3), max_size=5), st.integers(0, 5))
def test_any_sequence_of_appends_and_a_clearing(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[list[bytes]], cleared_after: int
) -> None:
    path = tmp_path_factory.mktemp("spool") / "spool"
    spool.create(path, 4 * SECTOR)
    opened = Spool(path)
    expected: list[bytes] = []
    for number, block in enumerate(blocks):
        if number == cleared_after:
            opened.clear()
            expected = []
        assert all(opened.append(block))
        expected += block
        assert contents(path) == expected
    opened.close()


def test_the_checksum_is_of_the_record_as_written(path: Path) -> None:
    """Worked out here from the format alone."""
    opened = Spool(path)
    opened.append([b"abc"])
    opened.close()
    head = path.read_bytes()[START : START + 20]
    generation, length, crc = head[4:12], head[12:16], int.from_bytes(head[16:20], "big")
    assert head[:4] == b"rec\x01"
    assert int.from_bytes(length, "big") == 3
    assert crc == zlib.crc32(b"abc", zlib.crc32(generation + bytes(4) + length))
