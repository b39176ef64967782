"""The log, its payload, and one table per family of facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.store import triggers

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

_COVERED = (
    "epoch",
    "erasure",
    "revision",
    "run",
    "run_move",
    "wave_move",
    "baseline",
    "hold",
    "hold_end",
    "intent",
    "outcome",
    "point_read",
    "probe_answer",
    "note",
)


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "payload",
        sa.Column("commitment", sa.String, primary_key=True),
        _entry(),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("content", sa.LargeBinary),
    )
    op.create_index("ix_payload_entry", "payload", ["entry"])
    _covered("epoch", _integer("epoch"), _integer("pid"), _text("boot"))
    _covered("erasure", _text("commitment"), index="commitment")
    _covered("revision", _text("kind"), _text("digest"), _text("content"), index="digest")
    _covered(
        "run",
        *(_text(name) for name in ("run", "action", "plan", "playbook")),
        sa.Column("level", sa.Integer),
        _text("inventory"),
        _text("profiles"),
        sa.Column("reason", sa.String),
        sa.Column("joins", sa.String),
        index="run",
    )
    _covered("run_move", _text("run"), _text("state"), _text("cause"), index="run")
    _covered("wave_move", _text("run"), _integer("wave"), _text("state"), index="run")
    _covered(
        "baseline", *_point(), _text("run"), sa.Column("state", sa.String), _text("read_at"), index="run"
    )
    _covered("hold", *_point(), *(_text(n) for n in ("run", "subject", "method", "attribution")), index="run")
    _covered(
        "hold_end", *_point_id(), *(_text(name) for name in ("run", "subject", "ending", "by")), index="run"
    )
    _covered(
        "intent",
        _text("run"),
        _integer("wave"),
        _text("device"),
        _integer("attempt"),
        _text("action"),
        _text("steps"),
        index="run",
    )
    _covered(
        "outcome",
        _text("run"),
        _text("device"),
        _integer("attempt"),
        _text("outcome"),
        _text("cause"),
        sa.Column("transcript", sa.String),
    )
    op.create_index("ix_outcome_operation", "outcome", ["run", "device", "attempt"])
    _covered(
        "point_read",
        *_point_id(),
        *(_text(name) for name in ("run", "wanted", "method", "outcome", "proof")),
        sa.Column("state", sa.String),
        sa.Column("read_at", sa.String),
        _text("cause"),
    )
    op.create_index("ix_point_read_run", "point_read", ["run", "device", "object", "vlan"])
    op.create_index("ix_point_read_point", "point_read", ["device", "object", "vlan"])
    _covered(
        "probe_answer",
        *(_text(name) for name in ("run", "subject", "source", "target", "phase")),
        _integer("answered"),
        _integer("control"),
        _text("at"),
        index="run",
    )
    _covered("note", _text("subject"), _text("data"), sa.Column("text", sa.String), index="subject")
    for statement in triggers.of_tables(_COVERED).values():
        op.execute(sa.text(statement))


def _covered(table: str, *columns: sa.Column[object], index: str | None = None) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _entry(),
        _integer("place"),
        _text("recorded_at"),
        *columns,
    )
    for name in ("entry", index):
        if name:
            op.create_index(f"ix_{table}_{name}", table, [name])


def _entry() -> sa.Column[object]:
    return sa.Column("entry", sa.Integer, sa.ForeignKey("entry.seq"), nullable=False)


def _integer(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False)


def _point_id() -> tuple[sa.Column[object], ...]:
    return (_text("device"), _text("object"), sa.Column("vlan", sa.Integer))


def _point() -> tuple[sa.Column[object], ...]:
    return (*_point_id(), _text("kind"), _integer("tagged"))
