"""What became of startup configurations, and the evidence taken before a cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.store import triggers

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _covered(
        "startup",
        *(_text(name) for name in ("run", "device", "state", "cause")),
        _integer("cut"),
        sa.Column("transcript", sa.String),
        indexes=("run", "device"),
    )
    _covered(
        "evidence",
        *(_text(name) for name in ("run", "device", "kind", "file", "digest")),
        _integer("size"),
        _text("read_at"),
        _text("cause"),
        indexes=("run",),
    )


def _covered(table: str, *columns: sa.Column[object], indexes: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer, sa.ForeignKey("entry.seq"), nullable=False),
        _integer("place"),
        _text("recorded_at"),
        *columns,
    )
    for name in ("entry", *indexes):
        op.create_index(f"ix_{table}_{name}", table, [name])
    for statement in triggers.covered(table).values():
        op.execute(sa.text(statement))


def _integer(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False)
