"""The log at a million entries: appended as a run appends, signed, verified, proven from, exported, and the
export verified by the program that goes with it.

``CORDON_BENCH_ENTRIES`` sets how many. Beside the time that passed stands what the processor worked: on a
machine that others use too, only that one can be compared.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from controller.domain.checkpoint import LOG_KEY, Checkpoint, note
from controller.domain.facts import (
    SYSTEM,
    CheckpointSigned,
    Fact,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    ProbeAnswered,
    Text,
)
from controller.domain.inventory import Method, PointId
from controller.domain.merkle import consistent, includes
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.evidence.export import Scope, write_export
from controller.evidence.keys import SigningKey, new_key
from controller.store import sealing
from controller.store.database import writing
from controller.store.draft import Draft, draft
from controller.store.home import Home, open_home

ENTRIES = int(os.environ.get("CORDON_BENCH_ENTRIES", "1000000"))
TOGETHER = 200
"""Commits in one transaction, as the journal groups those of many devices."""

VERIFY_WITHIN = 60.0 * ENTRIES / 1_000_000
"""Seconds of work."""

PROVE_WITHIN = 0.05
GROWTH_WITHIN = 64.0
"""MiB that verification may add to what the process holds."""

AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
T = TypeVar("T")


def commits(count: int) -> Iterator[tuple[Tag, Sequence[Fact]]]:
    """Intent, outcome with its readings and the device's answer, probe: one device after the other."""
    for number in range(count):
        run, device = f"r-{number // 3000}", f"acc-{number // 3 % 1000}"
        point = PointId(device, f"Gi1/0/{number % 48}")
        match number % 3:
            case 0:
                steps = ((point, Method.SHUTDOWN),)
                yield Tag.OPERATION_INTENDED, [IntentRecorded(run, 0, device, 1, Action.ISOLATE, steps)]
            case 1:
                said = Text(f"{device}(config-if)#shutdown\n")
                read = PointRead(
                    run, point, Action.ISOLATE, Method.SHUTDOWN, Outcome.ACCEPTED, Proof.CONFIRMED, {}, AT
                )
                yield (
                    Tag.OPERATION_SETTLED,
                    [OutcomeRecorded(run, device, 1, Outcome.ACCEPTED, "", said), read],
                )
            case _:
                target = "tcp 10.0.0.1:443"
                yield (
                    Tag.PROBE_ANSWERED,
                    [ProbeAnswered(run, "icu", device, target, "after", False, True, AT)],
                )


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cordon-bench-") as directory:
        home = open_home(Path(directory) / "home")
        key, tree = _key(home), home.tree()
        took, slowest = _append(home, key, tree.head)
        size = (home.path / "cordon.db").stat().st_size / 2**30
        print(
            f"appended {ENTRIES} entries in {took:.0f} s, {1e6 * took / ENTRIES:.0f} µs each; {size:.2f} GiB"
        )
        print(f"signed every {ENTRIES // 20} of them: at most {slowest:.2f} s beside the engine")
        _, cold = _timed(home.tree().head)
        print(f"a new leader takes the tree up in {cold:.2f} s")
        proving = max(_prove(home, seq) for seq in (1, ENTRIES // 3, ENTRIES - 1))
        print(f"a proof and its root in at most {1000 * proving:.1f} ms")
        before, worked = _peak(), time.process_time()
        verdict, verifying = _timed(home.verify)
        worked, grown = time.process_time() - worked, _peak() - before
        print(
            f"verified in {verifying:.1f} s, {worked:.1f} s of work ({verdict.checkpoints} checkpoints), "
            f"{grown:.0f} MiB more"
        )
        sound = verdict.sound and verdict.checkpoints == 20 and _exported(home, Path(directory))
    within = worked <= VERIFY_WITHIN and proving <= PROVE_WITHIN and grown <= GROWTH_WITHIN
    return 0 if sound and within else 1


def _exported(home: Home, directory: Path) -> bool:
    """Whether the export is whole by the program in it, run by Python alone."""
    path, program, last = directory / "log.zip", directory / "verify.py", home.head()[0]
    worked = time.process_time()
    _, took = _timed(lambda: write_export(path, lambda: home.sealed(last), home.evidence, Scope(), AT))
    worked = time.process_time() - worked
    print(f"exported in {took:.0f} s, {worked:.0f} s of work, {path.stat().st_size / 2**20:.0f} MiB")
    with zipfile.ZipFile(path) as archive:
        program.write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", "-c", _ALONE, str(program), str(path)]
    done, took = _timed(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = used.ru_utime + used.ru_stime
    print(f"verified on its own in {took:.1f} s, {worked:.1f} s of work, {done.stderr.strip()} in all")
    return done.returncode == 0


_ALONE = """
import runpy, sys
del sys.argv[0]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    with open("/proc/self/status") as status:
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(kib // 1024, "MiB", file=sys.stderr)
"""
"""Runs a program and says what memory it took at most: what the system counts for a child begins with the
memory of its parent."""


def _append(home: Home, key: SigningKey, head: Callable[[], Checkpoint | None]) -> tuple[float, float]:
    slowest, written, batch = 0.0, 0, list[Draft]()
    began = time.monotonic()
    with writing(home.path / "cordon.db").connect() as connection:
        for tag, facts in commits(ENTRIES):
            batch.append(draft(tag, facts, SYSTEM, 1))
            if len(batch) == TOGETHER:
                with connection.begin():
                    sealing.write(connection, batch)
                written += len(batch)
                batch.clear()
                if written % (ENTRIES // 20) == 0:
                    found, took = _timed(head)
                    slowest = max(slowest, took)
                    assert found is not None
                    text = Checkpoint(key.name, found.size, found.root).text()
                    signed = CheckpointSigned(found.size, note(text, [key.sign(text)]))
                    with connection.begin():
                        sealing.write(connection, [draft(Tag.CHECKPOINT_SIGNED, [signed], SYSTEM, 1)])
                    print(f"  {written}", file=sys.stderr)
    return time.monotonic() - began, slowest


def _key(home: Home) -> SigningKey:
    with home.proving() as proofs:
        key = new_key(proofs.origin())
    made = Noted(LOG_KEY, (("verifier", str(key.verifier)),))
    with writing(home.path / "cordon.db").connect() as connection, connection.begin():
        sealing.write(connection, [draft(Tag.LOG_KEY_MADE, [made], SYSTEM, 1)])
    return key


def _prove(home: Home, seq: int) -> float:
    began = time.monotonic()
    with home.proving() as proofs:
        signed = proofs.last_signed()
        assert signed is not None
        size, root = signed.checkpoint.size, signed.checkpoint.root
        proof, leaf = proofs.inclusion(seq, size), proofs.leaf(seq)
        took = time.monotonic() - began
        assert includes(leaf, seq - 1, size, proof, root)
        assert consistent(seq, proofs.root(seq), size, root, proofs.consistency(seq, size))
    return took


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.monotonic()
    found = work()
    return found, time.monotonic() - began


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
