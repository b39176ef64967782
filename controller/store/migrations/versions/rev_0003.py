"""Signed checkpoints of the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.store import triggers

revision = "3"
down_revision = "2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer, sa.ForeignKey("entry.seq"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    op.create_index("ix_checkpoint_entry", "checkpoint", ["entry"])
    for statement in triggers.covered("checkpoint").values():
        op.execute(sa.text(statement))
