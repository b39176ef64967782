"""Who may do what: roles, permissions, and the one table between them. Pure.

A role is given for one site or for all of a home. Whoever may ask for an act that needs two persons still
waits for the second (:mod:`controller.engine.people.approvals`), administrators included.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum


class Role(StrEnum):
    """The text a person reads is ``role.<value>``."""

    VIEWER = "viewer"
    AUDITOR = "auditor"
    RESPONDER = "responder"
    RESTORER = "restorer"
    APPROVER = "approver"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a route or a command needs. The text a person reads is ``permission.<value>``."""

    VIEW = "view"
    """Situation, inventory, playbooks, plans, runs, walk-list, logbook, readiness on record."""
    READ_TRANSCRIPTS = "read-transcripts"
    """What devices answered, word for word."""
    READ_AUDIT = "read-audit"
    """The whole log, its verification and its export."""
    READ_ACCOUNTS = "read-accounts"
    """Users, roles, sessions and tokens of everybody; never a secret."""
    OWN_ACCOUNT = "own-account"
    """One's own password, codes, sessions and tokens."""
    WRITE_LOG = "write-log"
    PLAN = "plan"
    """Compiling a plan and comparing two; nothing is sent."""
    CHECK = "check"
    """Reading the devices now; nothing on them changes."""
    ISOLATE = "isolate"
    OVERRIDE = "override"
    """Asking for a cut of what is kept alive; it still takes two persons, or the break-glass code."""
    CONFIRM = "confirm"
    """Saying that a step of the walk-list was done by hand."""
    ABORT = "abort"
    RESUME = "resume"
    COUNTERSIGN = "countersign"
    RESTORE = "restore"
    APPROVE = "approve"
    """Consenting to another's request, and saying go or no-go for a return."""
    ATTEST = "attest"
    """Stating what a gate asks for: that a segment is clean, patched, that a backup was verified."""
    EDIT_DOCUMENTS = "edit-documents"
    """Revisions of the inventory, profiles and playbooks: upload, validate, activate."""
    REHEARSE = "rehearse"
    MANAGE_SECRETS = "manage-secrets"
    MANAGE_ACCOUNTS = "manage-accounts"
    SEAL_GLASS = "seal-glass"
    """Printing a break-glass code, which voids the one before."""
    ERASE = "erase"
    """Erasing texts from the log; the log still verifies."""


_P = Permission
_VIEWER = frozenset({_P.VIEW, _P.OWN_ACCOUNT})
_ACTS = _VIEWER | {
    _P.PLAN,
    _P.CHECK,
    _P.WRITE_LOG,
    _P.ISOLATE,
    _P.OVERRIDE,
    _P.CONFIRM,
    _P.ABORT,
    _P.RESUME,
    _P.COUNTERSIGN,
    _P.ATTEST,
}

ALLOWS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.AUDITOR: _VIEWER | {_P.READ_TRANSCRIPTS, _P.READ_AUDIT, _P.READ_ACCOUNTS},
    Role.RESPONDER: _ACTS | {_P.READ_TRANSCRIPTS},
    Role.RESTORER: _ACTS | {_P.READ_TRANSCRIPTS, _P.RESTORE},
    Role.APPROVER: _VIEWER | {_P.PLAN, _P.WRITE_LOG, _P.APPROVE, _P.ATTEST, _P.COUNTERSIGN},
    Role.ENGINEER: _VIEWER
    | {
        _P.READ_TRANSCRIPTS,
        _P.PLAN,
        _P.CHECK,
        _P.WRITE_LOG,
        _P.CONFIRM,
        _P.ATTEST,
        _P.EDIT_DOCUMENTS,
        _P.REHEARSE,
        _P.MANAGE_SECRETS,
    },
    Role.ADMINISTRATOR: frozenset(Permission),
}
"""Role × permission. Nothing else decides."""

BREAK_GLASS = frozenset({_P.VIEW, _P.PLAN, _P.CHECK, _P.ISOLATE, _P.OVERRIDE, _P.CONFIRM, _P.WRITE_LOG})
"""What a person may do who came in by the break-glass code: cut and watch, never bring back."""


def allows(roles: Collection[Role], permission: Permission) -> bool:
    return any(permission in ALLOWS[role] for role in roles)
