"""The tables of a home's database.

``entry`` is the log. Every other table but ``payload`` holds rows *covered* by an entry: the entry's body
seals a digest over them. Times are ISO 8601 in UTC, states and lists are JSON, and only integers, text and
bytes are stored, so that what is read back is exactly what was sealed. There is no unique key besides the
primary key: rows are only ever added, in order (see :mod:`controller.store.triggers`).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Named, Table, TypedColumns

REVISION = 4
"""The newest revision of the schema this Cordon knows."""

metadata = MetaData()


class EntryColumns(TypedColumns):
    seq = Column(Integer, primary_key=True, autoincrement=False)
    epoch: Named[int]
    body: Named[bytes]
    leaf: Named[bytes]
    chain: Named[bytes]


class PayloadColumns(TypedColumns):
    """What may be erased: names, reasons, transcripts. ``salt`` and ``content`` are NULL once erased."""

    commitment: Named[str] = Column(primary_key=True)
    entry: Named[int] = Column(ForeignKey("entry.seq"), index=True)
    salt: Named[bytes | None]
    content: Named[bytes | None]


class CoveredColumns(TypedColumns):
    """``entry`` covers the row; ``place`` is the number of its fact in that commit, from 0."""

    id = Column(Integer, primary_key=True, autoincrement=False)
    entry: Named[int] = Column(ForeignKey("entry.seq"), index=True)
    place: Named[int]
    recorded_at: Named[str]


class EpochColumns(CoveredColumns):
    epoch: Named[int]
    pid: Named[int]
    boot: Named[str]


class ErasureColumns(CoveredColumns):
    commitment: Named[str] = Column(index=True)


class RevisionColumns(CoveredColumns):
    kind: Named[str]
    digest: Named[str] = Column(index=True)
    content: Named[str]


class RunColumns(CoveredColumns):
    """``reason`` is a commitment."""

    run: Named[str] = Column(index=True)
    action: Named[str]
    plan: Named[str]
    playbook: Named[str]
    level: Named[int | None]
    inventory: Named[str]
    profiles: Named[str]
    reason: Named[str | None]
    joins: Named[str | None]


class RunMoveColumns(CoveredColumns):
    run: Named[str] = Column(index=True)
    state: Named[str]
    cause: Named[str]


class WaveMoveColumns(CoveredColumns):
    run: Named[str] = Column(index=True)
    wave: Named[int]
    state: Named[str]


class PointIdColumns(CoveredColumns):
    device: Named[str]
    object: Named[str]
    vlan: Named[int | None]


class PointColumns(PointIdColumns):
    kind: Named[str]
    tagged: Named[int]


class BaselineColumns(PointColumns):
    run: Named[str] = Column(index=True)
    state: Named[str | None]
    read_at: Named[str]


class HoldColumns(PointColumns):
    run: Named[str] = Column(index=True)
    subject: Named[str]
    method: Named[str]
    attribution: Named[str]


class HoldEndColumns(PointIdColumns):
    run: Named[str] = Column(index=True)
    subject: Named[str]
    ending: Named[str]
    by: Named[str]


class IntentColumns(CoveredColumns):
    """``steps``: JSON list of ``[[device, object, vlan], method]``."""

    run: Named[str] = Column(index=True)
    wave: Named[int]
    device: Named[str]
    attempt: Named[int]
    action: Named[str]
    steps: Named[str]


class OutcomeColumns(CoveredColumns):
    """``transcript`` is a commitment."""

    run: Named[str]
    device: Named[str]
    attempt: Named[int]
    outcome: Named[str]
    cause: Named[str]
    transcript: Named[str | None]


class PointReadColumns(PointIdColumns):
    run: Named[str]
    wanted: Named[str]
    method: Named[str]
    outcome: Named[str]
    proof: Named[str]
    state: Named[str | None]
    read_at: Named[str | None]
    cause: Named[str]


class ProbeAnswerColumns(CoveredColumns):
    run: Named[str] = Column(index=True)
    subject: Named[str]
    source: Named[str]
    target: Named[str]
    phase: Named[str]
    answered: Named[int]
    control: Named[int]
    at: Named[str]


class StartupColumns(CoveredColumns):
    """``transcript`` is a commitment."""

    run: Named[str] = Column(index=True)
    device: Named[str] = Column(index=True)
    state: Named[str]
    cause: Named[str]
    cut: Named[int]
    transcript: Named[str | None]


class EvidenceColumns(CoveredColumns):
    """``file`` is a path below the home's evidence directory, ``digest`` the SHA-256 of its content."""

    run: Named[str] = Column(index=True)
    device: Named[str]
    kind: Named[str]
    file: Named[str]
    digest: Named[str]
    size: Named[int]
    read_at: Named[str]
    cause: Named[str]


class CheckpointColumns(CoveredColumns):
    """``note`` is a signed note over the first ``size`` entries."""

    size: Named[int]
    note: Named[str]


class AttestedColumns(CoveredColumns):
    """``attestation`` is the statement's own id, ``text`` a commitment."""

    attestation: Named[str]
    subject: Named[str]
    statement: Named[str]
    person: Named[str]
    given: Named[int]
    dated: Named[str]
    attachment: Named[str]
    text: Named[str | None]


class GateDecisionColumns(CoveredColumns):
    """``text`` is a commitment."""

    subject: Named[str]
    person: Named[str]
    go: Named[int]
    text: Named[str | None]


class GateCheckColumns(CoveredColumns):
    """``plan`` is the hash of a subject's part of the run's plan; ``wants``: JSON list of codes."""

    run: Named[str] = Column(index=True)
    wave: Named[int]
    subject: Named[str]
    plan: Named[str]
    passed: Named[int]
    wants: Named[str]


class NoteColumns(CoveredColumns):
    """``data``: JSON list of pairs; ``text`` is a commitment."""

    subject: Named[str] = Column(index=True)
    data: Named[str]
    text: Named[str | None]


entry = Table("entry", metadata, EntryColumns)
payload = Table("payload", metadata, PayloadColumns)
epoch = Table("epoch", metadata, EpochColumns)
erasure = Table("erasure", metadata, ErasureColumns)
revision = Table("revision", metadata, RevisionColumns)
run = Table("run", metadata, RunColumns)
run_move = Table("run_move", metadata, RunMoveColumns)
wave_move = Table("wave_move", metadata, WaveMoveColumns)
baseline = Table("baseline", metadata, BaselineColumns)
hold = Table("hold", metadata, HoldColumns)
hold_end = Table("hold_end", metadata, HoldEndColumns)
intent = Table("intent", metadata, IntentColumns)
outcome = Table("outcome", metadata, OutcomeColumns)
point_read = Table("point_read", metadata, PointReadColumns)
probe_answer = Table("probe_answer", metadata, ProbeAnswerColumns)
startup = Table("startup", metadata, StartupColumns)
evidence = Table("evidence", metadata, EvidenceColumns)
checkpoint = Table("checkpoint", metadata, CheckpointColumns)
attested = Table("attested", metadata, AttestedColumns)
gate_decision = Table("gate_decision", metadata, GateDecisionColumns)
gate_check = Table("gate_check", metadata, GateCheckColumns)
note = Table("note", metadata, NoteColumns)

Index("ix_outcome_operation", outcome.c.run, outcome.c.device, outcome.c.attempt)
# The latest reading of a point, in one run and in all of them, is found in the index alone.
Index("ix_point_read_run", point_read.c.run, point_read.c.device, point_read.c.object, point_read.c.vlan)
Index("ix_point_read_point", point_read.c.device, point_read.c.object, point_read.c.vlan)

COVERED: tuple[Table, ...] = tuple(
    table for table in metadata.sorted_tables if table.name not in {"entry", "payload"}
)
"""The tables whose rows an entry seals."""
