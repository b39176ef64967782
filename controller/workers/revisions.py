"""Revisions of the inventory kept in a home, and the one in force: the site's own file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from controller.bootstrap import Composition
from controller.catalog.document import decoded
from controller.catalog.findings import Findings
from controller.catalog.site import inventory_of
from controller.domain.errors import InvalidInput, InvalidRequest
from controller.domain.facts import Actor, Fact, Noted, RevisionStored
from controller.domain.inventory import Inventory
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents
from controller.engine.ports import History, Journal

KIND = "inventory"
SUBJECT = "inventory-revision"
"""The subject of the notes about revisions."""


class Revisions:
    """What is kept is named by the SHA-256 of its text. The file stays the one thing that counts: the command
    line reads it, whether a service runs or not."""

    def __init__(self, composition: Composition, history: History, journal: Journal) -> None:
        self._composition = composition
        self._history = history
        self._journal = journal
        self._lock = Lock()

    def examined(self, text: str) -> Inventory:
        """Raises InvalidInput with every mistake."""
        return inventory_of(text, KIND, self._composition.profile_directories())

    def documents(self, text: str) -> Documents:
        """What would be in force with ``text`` for inventory. Raises InvalidInput with every mistake, also of
        playbooks that name what is not in it."""
        return self._composition.documents(text)

    def keep(self, text: str, actor: Actor) -> Inventory:
        """Raises InvalidInput; then nothing is kept."""
        found = self.documents(text).inventory
        facts: list[Fact] = [RevisionStored(KIND, found.digest, text), _note(found.digest, "kept")]
        self._journal.commit(Tag.REVISION_KEPT, facts, actor)
        return found

    def text(self, digest: str) -> str:
        """Raises NotFound."""
        present = self._file().read_bytes()
        if sha256(present).hexdigest() == digest:
            return present.decode()
        return self._history.revision(KIND, digest)

    def known(self) -> Sequence[tuple[datetime, str]]:
        """The revisions that were kept, the newest first."""
        found: dict[str, datetime] = {}
        for at, note in self._history.noted(SUBJECT):
            data = dict(note.data)
            if data.get("act") == "kept":
                found[data["revision"]] = at
        return sorted(((at, digest) for digest, at in found.items()), reverse=True)

    def active(self) -> str:
        """The digest of the file as it is now, whatever stands in it."""
        try:
            return sha256(self._file().read_bytes()).hexdigest()
        except OSError as error:
            raise InvalidRequest("inventory-unreadable", cause=error.strerror or str(error)) from None

    def activate(self, digest: str, expected: str, actor: Actor) -> Inventory:
        """Puts the revision in the place of the file, which must still be ``expected``. Raises NotFound,
        InvalidInput as :meth:`documents`, InvalidRequest (inventory-changed, inventory-not-writable)."""
        with self._lock:
            text = self.text(digest)
            found = self.documents(text).inventory
            if self.active() != expected:
                raise InvalidRequest("inventory-changed")
            self._journal.commit(Tag.REVISION_ACTIVATED, [_note(digest, "activated")], actor)
            write_whole(self._file(), text, "inventory-not-writable")
            return found

    def _file(self) -> Path:
        return self._composition.inventory_path()


def text_of(content: bytes, file: str) -> str:
    """Of a document that came over a wire. Raises InvalidInput where it is not UTF-8."""
    findings = Findings()
    text = decoded(content, file, findings)
    if text is None:
        raise InvalidInput(tuple(findings))
    return text


def write_whole(file: Path, text: str, refused: str) -> None:
    """The whole file or the old one, with the same permissions. Raises InvalidRequest (``refused``)."""
    path = file.resolve()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        raise InvalidRequest(refused, cause=error.strerror or str(error)) from None
    finally:
        beside.unlink(missing_ok=True)


def _note(digest: str, act: str) -> Noted:
    return Noted(SUBJECT, (("revision", digest), ("act", act)))
