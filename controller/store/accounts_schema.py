"""The tables of the accounts of a home, in a database of their own.

They change with every sign-in, and strangers cause that: in the log's database each change would hold up the
commits of a cut. What changes here is also an entry of the log, whose tables are append-only; these are not.
Columns bear the names of the records' fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, MetaData, String, Table

from controller.engine.people import account_records as records

REVISION = 1
"""The newest revision of these tables this Cordon knows."""

metadata = MetaData()


def _text(name: str, **how: Any) -> Column[Any]:
    return Column(name, String, **({"nullable": False} | how))


def _number(name: str, **how: Any) -> Column[Any]:
    return Column(name, Integer, **({"nullable": False} | how))


def _list(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


TABLES: Mapping[type, Table] = {
    records.Account: Table(
        "account",
        metadata,
        _number("id", primary_key=True, autoincrement=False),
        _text("name"),
        _text("key", unique=True),
        _list("grants"),
        _flag("disabled"),
        _text("password", nullable=True),
        _text("factor", nullable=True),
        _number("step"),
        _text("created_at"),
    ),
    records.RecoveryCode: Table(
        "recovery_code", metadata, _text("hash", primary_key=True), _number("user", index=True)
    ),
    records.Invited: Table(
        "invitation",
        metadata,
        _text("hash", primary_key=True),
        _number("user", index=True),
        _text("factor"),
        _text("made_at"),
        _number("lasts"),
    ),
    records.OpenSession: Table(
        "session",
        metadata,
        _text("hash", primary_key=True),
        _text("id"),
        _number("user", nullable=True, index=True),
        _number("glass", nullable=True),
        _text("name"),
        _text("source"),
        _text("opened_at"),
        _text("seen_at"),
    ),
    records.ApiToken: Table(
        "api_token",
        metadata,
        _text("hash", primary_key=True),
        _text("id"),
        _number("user", index=True),
        _text("label"),
        _list("scope"),
        _text("created_at"),
        _text("expires_at"),
        _text("used_at", nullable=True),
    ),
    records.Request: Table(
        "approval_request",
        metadata,
        _text("id", primary_key=True),
        *(_text(name) for name in ("site", "action", "playbook", "plan", "revision", "cause")),
        *(_text(name) for name in ("requester", "requester_name", "reason")),
        _list("accept_drift"),
        _number("needed"),
        _list("roles"),
        _text("state"),
        _text("opened_at"),
        _text("run"),
    ),
    records.Consent: Table(
        "consent",
        metadata,
        _text("request", primary_key=True),
        _text("person", primary_key=True),
        _text("name"),
        _text("at"),
    ),
    records.Countersignature: Table(
        "countersignature",
        metadata,
        _text("run", primary_key=True),
        _text("person"),
        _text("name"),
        _text("at"),
    ),
    records.Seal: Table(
        "seal",
        metadata,
        _number("id", primary_key=True, autoincrement=False),
        _text("hash"),
        _text("sealed_at"),
        _text("sealed_by"),
        _flag("void"),
        _text("broken_at", nullable=True),
        _text("broken_by"),
    ),
}
