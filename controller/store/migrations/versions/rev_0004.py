"""What persons stated and decided of a subject's return, and how its gate stood before each wave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.store import triggers

revision = "4"
down_revision = "3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _covered(
        "attested",
        *(_text(name) for name in ("attestation", "subject", "statement", "person")),
        _integer("given"),
        _text("dated"),
        _text("attachment"),
        sa.Column("text", sa.String),
    )
    _covered("gate_decision", _text("subject"), _text("person"), _integer("go"), sa.Column("text", sa.String))
    _covered(
        "gate_check",
        _text("run"),
        _integer("wave"),
        _text("subject"),
        _text("plan"),
        _integer("passed"),
        _text("wants"),
        index="run",
    )


def _covered(table: str, *columns: sa.Column[object], index: str = "") -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer, sa.ForeignKey("entry.seq"), nullable=False),
        _integer("place"),
        _text("recorded_at"),
        *columns,
    )
    for name in ("entry", *([index] if index else ())):
        op.create_index(f"ix_{table}_{name}", table, [name])
    for statement in triggers.covered(table).values():
        op.execute(sa.text(statement))


def _integer(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False)
