"""The documents in force, and the plans of all levels kept compiled from them.

What was read and compiled before is used as long as the files, and the program, are the same to the byte.
When the files hold mistakes, what was valid last stands in for them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from controller.bootstrap import Composition
from controller.bootstrap.documents import StoredDocuments
from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import InvalidInput
from controller.domain.plan import Basis, Plan
from controller.engine.planning.kept import (
    Kept,
    KeptPlan,
    Sources,
    basis_of,
    documents_from_tables,
    documents_to_tables,
    levels,
    plan_from_tables,
    plan_to_tables,
    sources_of,
)
from controller.engine.planning.plans import Documents, Lapse, plan_playbook
from controller.workers.office import Keeping

_log = logging.getLogger(__name__)

_NOT_WHOLE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What reading raises that was written by another program, or altered with care."""


class Keeper:
    """Of one configuration. One thread at a time."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._files: str | None = None

    def present(self, *, anew: bool = False) -> Documents:
        """What the files say now; ``anew``: read even if they are as they were, and every profile, used or
        not. Raises InvalidInput."""
        files = self._composition.files_digest()
        if not anew and files is not None:
            kept = self._of_file()
            if kept is not None and (kept.files, kept.program) == (files, self._program()):
                documents = self._documents(kept)
                if documents is not None:
                    self._files = files
                    return documents
        documents = self._composition.documents(whole=anew)
        self._files = files if self._composition.files_digest() == files else None
        return documents

    def last_valid(self, mistakes: InvalidInput) -> Documents:
        """What was valid last: of the same file, or else of whichever was kept last. Raises ``mistakes``
        where there is nothing."""
        for kept in self._candidates():
            documents = self._documents(kept) or self._read_again(kept)
            if documents is not None:
                return replace(documents, lapse=Lapse(kept.kept_at, kept.file, mistakes.problems))
        raise mistakes

    def documents_of(self, basis: Basis) -> Documents | None:
        """Those a plan with ``basis`` was made from, if they are kept."""
        for kept in self._candidates():
            if (kept.inventory, kept.profiles) == (basis.inventory, basis.profiles):
                return self._documents(kept)
        return None

    def plan(self, documents: Documents, playbook: str) -> Plan | None:
        """The plan of the level, kept and current; None where it has to be compiled."""
        wanted = documents.playbooks.get(playbook)
        if wanted is None or wanted.level is None:
            return None
        for kept in self._candidates():
            entry = kept.plan(playbook, basis_of(documents, wanted), self._program())
            if entry is not None:
                return self._plan(entry)
        return None

    def keep(self, documents: Documents) -> Keeping:
        """Compiles what is not kept or no longer current, and puts it on disk. Raises OSError."""
        files, program = self._files, self._program()
        if files is None or documents.lapse is not None:
            return Keeping()
        store, before = self._composition.kept(), self._of_file()
        entries: list[KeptPlan] = []
        contents: dict[str, bytes] = {}

        def stored(value: object) -> str:
            name, contents[name] = store.packed(value)
            return name

        damaged = 0
        for playbook in levels(documents):
            basis = basis_of(documents, playbook)
            entry = before.plan(playbook.name, basis, program) if before else None
            if entry is None or not store.whole(entry.content):
                damaged += entry is not None
                plan = plan_playbook(documents, playbook.name)
                content = stored(plan_to_tables(plan))
                level, refused = playbook.level or 0, bool(plan.refusals)
                entry = KeptPlan(playbook.name, level, basis, plan.hash, content, refused)
            entries.append(entry)
        if before is not None and not contents and (before.files, before.program) == (files, program):
            if store.whole(before.sources) and store.whole(before.documents):
                return Keeping(tuple(entries))
            damaged += 1
        compiled, reused = len(contents), {each.content for each in entries} - contents.keys()
        index = Kept(
            file=self._file(),
            files=files,
            program=program,
            kept_at=self._composition.clock().now(),
            site=documents.inventory.site,
            inventory=documents.inventory.digest,
            profiles=documents.profiles_digest,
            sources=stored(to_plain(sources_of(documents))),
            documents=stored(documents_to_tables(documents)),
            plans=tuple(entries),
        )
        alone = store.keep(index.file, to_plain(index), contents, reused)
        return Keeping(tuple(entries), compiled, damaged, "" if alone else "busy")

    # --- parts -------------------------------------------------------------------------------------

    def _program(self) -> str:
        return self._composition.program_digest()

    def _file(self) -> str:
        return str(self._composition.inventory_path().absolute())

    def _of_file(self) -> Kept | None:
        return _index(self._composition.kept().index(self._file()))

    def _candidates(self) -> Iterator[Kept]:
        """What is kept of this configuration's file, then of others, the latest first."""
        own = self._of_file()
        if own is not None:
            yield own
        for plain in self._composition.kept().newest():
            other = _index(plain)
            if other is not None and other.file != self._file():
                yield other

    def _documents(self, kept: Kept) -> Documents | None:
        """As this program wrote them down."""
        store, sources = self._composition.kept(), self._sources(kept)
        tables = store.content(kept.documents)
        if kept.program != self._program() or sources is None or tables is None:
            return None
        try:
            profiles = StoredDocuments().profiles(sources.texts[sources.profiles])
            return documents_from_tables(tables, sources, profiles)
        except (*_NOT_WHOLE, InvalidInput) as error:
            _log.warning("what is kept of %s cannot be read: %s", kept.file, error)
            return None

    def _read_again(self, kept: Kept) -> Documents | None:
        """From their sources, by this program: another wrote down the rest, or it is damaged."""
        sources = self._sources(kept)
        try:
            return StoredDocuments().documents(sources) if sources is not None else None
        except (*_NOT_WHOLE, InvalidInput) as error:
            _log.warning("what was valid in %s no longer is: %s", kept.file, error)
            return None

    def _sources(self, kept: Kept) -> Sources | None:
        plain = self._composition.kept().content(kept.sources)
        try:
            return None if plain is None else from_plain(Sources, plain)
        except _NOT_WHOLE:
            return None

    def _plan(self, entry: KeptPlan) -> Plan | None:
        tables = self._composition.kept().content(entry.content)
        try:
            plan = None if tables is None else plan_from_tables(tables)
        except _NOT_WHOLE:
            plan = None
        if plan is None:
            _log.warning("the kept plan of level %d is damaged: it is compiled anew", entry.level)
            return None
        return plan


def _index(plain: object) -> Kept | None:
    try:
        return None if plain is None else from_plain(Kept, plain)
    except _NOT_WHOLE:
        return None
