"""What makes the tables append-only, in the database itself.

SQLite drops triggers together with a table it rebuilds and says nothing, so they are compared with this
list after every migration and whenever a home is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, text

from controller.store.schema import COVERED

STALE_EPOCH = "stale epoch"
"""What the database says to a writer whose lead was taken over."""


class TriggersMissing(RuntimeError):
    """The database does not protect its log: triggers were dropped or altered."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__("missing or altered triggers: " + ", ".join(names))


def _refuse(name: str, event: str, table: str, condition: str, why: str) -> tuple[str, str]:
    when = f" WHEN {condition}" if condition else ""
    return (
        name,
        f"CREATE TRIGGER {name} BEFORE {event} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{why}'); END",
    )


def append_only(table: str) -> dict[str, str]:
    return dict(
        [
            _refuse(f"{table}_no_update", "UPDATE", table, "", "append-only"),
            _refuse(f"{table}_no_delete", "DELETE", table, "", "append-only"),
        ]
    )


def covered(table: str) -> dict[str, str]:
    """A row goes to the end of its table and belongs to the newest entry."""
    return append_only(table) | dict(
        [
            _refuse(
                f"{table}_in_sequence",
                "INSERT",
                table,
                f"NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM {table}) "  # noqa: S608 - our own names
                "OR NEW.entry <> (SELECT coalesce(max(seq), 0) FROM entry)",
                "out of sequence",
            )
        ]
    )


def entries() -> dict[str, str]:
    return append_only("entry") | dict(
        [
            _refuse(
                "entry_in_sequence",
                "INSERT",
                "entry",
                "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entry)",
                "out of sequence",
            ),
            _refuse(
                "entry_of_this_epoch",
                "INSERT",
                "entry",
                "NEW.epoch < (SELECT coalesce(max(epoch), 0) FROM epoch)",
                STALE_EPOCH,
            ),
            _refuse(
                "epoch_rises",
                "INSERT",
                "epoch",
                "NEW.epoch <= (SELECT coalesce(max(epoch), 0) FROM epoch) "
                "OR NEW.epoch <> (SELECT epoch FROM entry WHERE seq = NEW.entry)",
                STALE_EPOCH,
            ),
            _refuse(
                "revision_once",
                "INSERT",
                "revision",
                "EXISTS (SELECT 1 FROM revision WHERE digest = NEW.digest AND kind = NEW.kind)",
                "stored already",
            ),
        ]
    )


def payloads() -> dict[str, str]:
    """The one table where something may go: salt and content of what an erasure names, never the row."""
    return dict(
        [
            _refuse("payload_no_delete", "DELETE", "payload", "", "append-only"),
            _refuse(
                "payload_only_erased",
                "UPDATE",
                "payload",
                "NEW.commitment <> OLD.commitment OR NEW.entry <> OLD.entry "
                "OR NEW.salt IS NOT NULL OR NEW.content IS NOT NULL "
                "OR NOT EXISTS (SELECT 1 FROM erasure WHERE commitment = OLD.commitment)",
                "append-only",
            ),
            _refuse(
                "payload_in_sequence",
                "INSERT",
                "payload",
                "NEW.entry <> (SELECT coalesce(max(seq), 0) FROM entry) "
                "OR EXISTS (SELECT 1 FROM payload WHERE commitment = NEW.commitment)",
                "out of sequence",
            ),
        ]
    )


def expected() -> Mapping[str, str]:
    """Every trigger a home must have: name to its statement."""
    return of_tables(table.name for table in COVERED)


def of_tables(names: Iterable[str]) -> Mapping[str, str]:
    """The triggers of a home whose covered tables are these: a migration knows those of its own time."""
    found = entries() | payloads()
    for name in names:
        found |= covered(name)
    return found


def missing(connection: Connection) -> tuple[str, ...]:
    """The names of triggers that are not there, or not as they should be."""
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    present = {str(name): str(statement) for name, statement in found.all()}
    return tuple(sorted(name for name, statement in expected().items() if present.get(name) != statement))


def assert_present(connection: Connection) -> None:
    """Raises TriggersMissing."""
    absent = missing(connection)
    if absent:
        raise TriggersMissing(absent)
