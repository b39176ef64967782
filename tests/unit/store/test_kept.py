"""What a home keeps compiled is whole or not there: whoever is killed, whatever the disk does."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.store.kept import INDEXES, KeptFiles
from controller.store.places import Places

FILE = "/etc/cordon/inventory.yaml"


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles(Places(tmp_path / "home"))


def _put(kept: KeptFiles, *values: str, file: str = FILE) -> bool:
    contents = dict(kept.packed(value) for value in values)
    return kept.keep(file, {"values": list(contents)}, contents)


def _got(kept: KeptFiles, file: str = FILE) -> list[object] | None:
    """None where a content that the index names is not whole."""
    index = kept.index(file)
    found = [kept.content(each) for each in index["values"]] if index else []
    return None if None in found else found


def _files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "home" / "plans").iterdir() if path.name != "lock"]


def test_what_was_kept_is_there_and_what_it_replaced_is_gone(kept: KeptFiles, tmp_path: Path) -> None:
    assert _got(kept) == []
    assert _put(kept, "one", "two")
    assert _got(kept) == ["one", "two"]
    assert _put(kept, "two", "three")
    assert _got(kept) == ["two", "three"]
    assert len(_files(tmp_path)) == 3
    assert {path.stat().st_mode & 0o777 for path in _files(tmp_path)} == {0o600}


def test_a_content_kept_before_can_be_named_again(kept: KeptFiles) -> None:
    _put(kept, "one")
    name, _ = kept.packed("one")
    gone, _ = kept.packed("gone")
    assert kept.keep(FILE, {"values": [name]}, {}, [name])
    assert _got(kept) == ["one"]
    assert not kept.keep(FILE, {"values": [gone]}, {}, [gone])
    assert _got(kept) == ["one"]


def test_a_damaged_file_counts_as_not_kept(kept: KeptFiles, tmp_path: Path) -> None:
    for suffix in (".content", ".index"):
        _put(kept, "one")
        (damaged,) = (path for path in _files(tmp_path) if path.suffix == suffix)
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        assert not _got(kept)
        assert _put(kept, "one")
        assert _got(kept) == ["one"]


def test_an_index_that_reads_well_and_was_altered_counts_as_not_kept(kept: KeptFiles, tmp_path: Path) -> None:
    assert kept.keep(FILE, {"level": 5}, {})
    (index,) = _files(tmp_path)
    index.write_text(index.read_text().replace("5}", "4}"))
    assert kept.index(FILE) is None
    index.write_text(index.read_text().replace("4}", "5}"))
    assert kept.index(FILE) == {"level": 5}


def test_what_others_could_have_written_does_not_count(kept: KeptFiles, tmp_path: Path) -> None:
    _put(kept, "one")
    directory = tmp_path / "home" / "plans"
    directory.chmod(0o770)
    assert kept.index(FILE) is None
    assert list(kept.newest()) == []
    with pytest.raises(PermissionError):
        _put(kept, "two")
    directory.chmod(0o700)
    assert _got(kept) == ["one"]


def test_of_many_files_the_latest_are_kept(kept: KeptFiles) -> None:
    names = [f"/inventory-{number}.yaml" for number in range(INDEXES + 2)]
    for at, name in enumerate(names):
        _put(kept, name, file=name)
        _older_by_name(kept, names[: at + 1])
    assert [_got(kept, name) for name in names] == [[], [], *([name] for name in names[2:])]
    assert [index["values"] for index in kept.newest()] == [
        [kept.packed(name)[0]] for name in reversed(names[2:])
    ]


def _older_by_name(kept: KeptFiles, names: list[str]) -> None:
    """The clock of a file system is too coarse to tell them apart."""
    for age, name in enumerate(names):
        for path in kept._directory.glob("*.index"):  # noqa: SLF001 - times are set from outside, as a clock would
            if kept.packed(name)[0] in path.read_text():
                os.utime(path, (age, age))


def _steps(monkeypatch: pytest.MonkeyPatch, stop: Callable[[int], None]) -> None:
    """``stop`` is called with a number before every step that touches the disk."""
    done = iter(range(1_000))
    for name in ("open", "fsync", "unlink", "rename", "replace"):
        real = getattr(os, name)

        def step(*given: object, real: Callable[..., object] = real, **more: object) -> object:
            stop(next(done))
            return real(*given, **more)

        monkeypatch.setattr(os, name, step)


def _count(kept: KeptFiles) -> int:
    with pytest.MonkeyPatch.context() as patch:
        seen: list[int] = []
        _steps(patch, seen.append)
        _put(kept, "two", "three")
    return len(seen)


def _every_step(tmp_path: Path) -> Iterator[tuple[int, KeptFiles]]:
    trial = KeptFiles(Places(tmp_path / "trial"))
    _put(trial, "one")
    count = _count(trial)
    assert count > 8
    for step in range(count):
        kept = KeptFiles(Places(tmp_path / str(step)))
        _put(kept, "one")
        yield step, kept


def test_a_kill_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    found = set()
    for step, kept in _every_step(tmp_path):
        child = os.fork()
        if not child:

            def die(at: int, step: int = step) -> None:
                if at == step:
                    os.kill(os.getpid(), signal.SIGKILL)

            with pytest.MonkeyPatch.context() as patch:
                _steps(patch, die)
                _put(kept, "two", "three")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        found.add(tuple(_got(kept) or ()))
        assert _put(kept, "four")
        assert _got(kept) == ["four"]
        assert len(list((tmp_path / str(step) / "plans").iterdir())) == 3
    assert found == {("one",), ("two", "three")}


def test_a_disk_that_fails_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    found = set()
    for step, kept in _every_step(tmp_path):

        def fail(at: int, step: int = step) -> None:
            if at == step:
                raise OSError(28, "No space left on device")

        with pytest.MonkeyPatch.context() as patch:
            _steps(patch, fail)
            with pytest.raises(OSError, match="No space"):
                _put(kept, "two", "three")
        found.add(tuple(_got(kept) or ()))
    assert found == {("one",), ("two", "three")}


def test_of_two_at_once_one_keeps(kept: KeptFiles, tmp_path: Path) -> None:
    _put(kept, "one")
    with (tmp_path / "home" / "plans" / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not _put(kept, "two")
        assert _got(kept) == ["one"]
    assert _put(kept, "two")


def test_many_at_once_never_leave_half_of_anything(kept: KeptFiles) -> None:
    _put(kept, "0", "1")
    over = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not over.is_set():
            index = kept.index(FILE)
            again = _got(kept)
            if index is None or (again is None and kept.index(FILE) == index):
                wrong.append(index)

    def write(first: int) -> None:
        for number in range(first, first + 40):
            _put(kept, str(number), str(number + 1))

    threads = [threading.Thread(target=write, args=(100 * each,)) for each in range(3)]
    reader = threading.Thread(target=read)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    reader.join()
    assert wrong == []
    assert len(_got(kept) or ()) == 2
