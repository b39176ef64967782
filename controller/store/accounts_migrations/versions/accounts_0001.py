"""Accounts with what they sign in by, what two persons consent to, and the break-glass seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        _number("id", key=True),
        _text("name"),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("grants", sa.JSON, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("password", sa.String),
        sa.Column("factor", sa.String),
        _number("step"),
        _text("created_at"),
    )
    op.create_table("recovery_code", _text("hash", key=True), _number("user"))
    op.create_table(
        "invitation",
        _text("hash", key=True),
        _number("user"),
        _text("factor"),
        _text("made_at"),
        _number("lasts"),
    )
    op.create_table(
        "session",
        _text("hash", key=True),
        _text("id"),
        sa.Column("user", sa.Integer),
        sa.Column("glass", sa.Integer),
        *(_text(name) for name in ("name", "source", "opened_at", "seen_at")),
    )
    op.create_table(
        "api_token",
        _text("hash", key=True),
        _text("id"),
        _number("user"),
        _text("label"),
        sa.Column("scope", sa.JSON, nullable=False),
        _text("created_at"),
        _text("expires_at"),
        sa.Column("used_at", sa.String),
    )
    for table in ("recovery_code", "invitation", "session", "api_token"):
        op.create_index(f"ix_{table}_user", table, ["user"])
    op.create_table(
        "approval_request",
        _text("id", key=True),
        *(_text(name) for name in ("site", "action", "playbook", "plan", "revision", "cause")),
        *(_text(name) for name in ("requester", "requester_name", "reason")),
        sa.Column("accept_drift", sa.JSON, nullable=False),
        _number("needed"),
        sa.Column("roles", sa.JSON, nullable=False),
        *(_text(name) for name in ("state", "opened_at", "run")),
    )
    op.create_table(
        "consent", _text("request", key=True), _text("person", key=True), _text("name"), _text("at")
    )
    op.create_table(
        "countersignature", _text("run", key=True), *(_text(name) for name in ("person", "name", "at"))
    )
    op.create_table(
        "seal",
        _number("id", key=True),
        *(_text(name) for name in ("hash", "sealed_at", "sealed_by")),
        sa.Column("void", sa.Boolean, nullable=False),
        sa.Column("broken_at", sa.String),
        _text("broken_by"),
    )


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=key, nullable=False, autoincrement=False)
