"""Revisions of playbooks kept in a home, and those in force: files in the site's own directory, which go
before the shipped ones of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from controller.bootstrap import Composition
from controller.catalog.bundle import yaml_files
from controller.catalog.findings import Findings
from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.facts import Actor, Fact, Noted, RevisionStored
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents
from controller.engine.ports import History, Journal
from controller.workers.revisions import text_of, write_whole

KIND = "playbook-file"
"""One file as it was written; a run keeps what it rests on together, with what is included."""

SUBJECT = "playbook-revision"
"""The subject of the notes about revisions."""


class PlaybookRevisions:
    """What is kept is named by the SHA-256 of its text. Nothing of what ships with Cordon is ever written
    to: a changed one becomes the site's own."""

    def __init__(self, composition: Composition, history: History, journal: Journal) -> None:
        self._composition = composition
        self._history = history
        self._journal = journal
        self._lock = Lock()

    def documents(self, name: str, text: str) -> Documents:
        """What would be in force with ``text`` for the playbook. Raises InvalidInput with every mistake, also
        of playbooks that include it."""
        return self._composition.documents(playbooks={name: text})

    def in_force(self, name: str) -> str:
        """The text as it is now, "" where there is no such playbook. Raises InvalidInput where it is not
        UTF-8, InvalidRequest where it cannot be read."""
        file = self._found(name, self._composition.playbook_directories())
        if file is None:
            return ""
        try:
            return text_of(file.read_bytes(), file.name)
        except OSError as error:
            raise InvalidRequest("playbook-unreadable", cause=error.strerror or str(error)) from None

    def active(self, name: str) -> str:
        """The digest of the text in force, "" where there is none."""
        text = self.in_force(name)
        return sha256(text.encode()).hexdigest() if text else ""

    def keep(self, name: str, text: str, actor: Actor) -> str:
        """Gives its digest; what is kept already is not kept again. Raises InvalidInput; then nothing is
        kept."""
        self.documents(name, text)
        digest = sha256(text.encode()).hexdigest()
        if digest not in {known for _, known in self.known(name)}:
            facts: list[Fact] = [RevisionStored(KIND, digest, text), _note(name, digest, "kept")]
            self._journal.commit(Tag.REVISION_KEPT, facts, actor)
        return digest

    def text(self, name: str, digest: str) -> str:
        """Raises NotFound."""
        if digest not in {known for _, known in self.known(name)}:
            raise NotFound(kind="revision", name=digest)
        return self._history.revision(KIND, digest)

    def known(self, name: str) -> Sequence[tuple[datetime, str]]:
        """The revisions of that playbook that were kept, the newest first."""
        found: dict[str, datetime] = {}
        for at, note in self._history.noted(SUBJECT):
            data = dict(note.data)
            if (data.get("act"), data.get("playbook")) == ("kept", name):
                found[data["revision"]] = at
        return sorted(((at, digest) for digest, at in found.items()), reverse=True)

    def activate(self, name: str, digest: str, expected: str, actor: Actor) -> None:
        """Puts the revision in force, if what is in force is still ``expected``. Raises NotFound,
        InvalidInput as :meth:`documents`, InvalidRequest (playbook-changed, playbooks-nowhere,
        playbook-not-writable)."""
        with self._lock:
            text, file = self.text(name, digest), self._file(name)
            self.documents(name, text)
            if self.active(name) != expected:
                raise InvalidRequest("playbook-changed", name=name)
            self._journal.commit(Tag.REVISION_ACTIVATED, [_note(name, digest, "activated")], actor)
            write_whole(file, text, "playbook-not-writable")

    def writable(self) -> bool:
        """Whether the site has a directory of its own."""
        return bool(self._composition.settings.playbooks)

    def _file(self, name: str) -> Path:
        own = self._composition.settings.playbooks
        if not own:
            raise InvalidRequest("playbooks-nowhere", name=name)
        return self._found(name, own) or own[0] / f"{name}.yaml"

    def _found(self, name: str, directories: Sequence[Path]) -> Path | None:
        files = (file for each in directories for file in yaml_files(each, Findings()))
        return next((file for file in files if file.stem == name), None)


def _note(name: str, digest: str, act: str) -> Noted:
    return Noted(SUBJECT, (("playbook", name), ("revision", digest), ("act", act)))
