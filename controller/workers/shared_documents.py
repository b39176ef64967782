"""The documents of a process that stays, read again when a file changes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import RLock, Thread

import structlog

from controller.bootstrap import Composition
from controller.domain.errors import CordonError
from controller.domain.inventory import Inventory
from controller.domain.plan import Basis, Plan
from controller.engine.planning.plans import Documents
from controller.workers.documents import CurrentDocuments

_log = structlog.get_logger(__name__)


class SharedDocuments(CurrentDocuments):
    """For many threads, and for long: files that changed are read again, and their plans kept."""

    def __init__(self, composition: Composition) -> None:
        super().__init__(composition)
        self._loading = RLock()
        self._files: object = None
        self._plans_of: Documents | None = None
        self._kept_plans: dict[str, Plan] = {}

    def present(self, *, anew: bool = False) -> Documents:
        with self._loading:
            self._forget_what_changed()
            before = self._present
            found = super().present(anew=anew)
        if found is not before:
            self._composition.nursery.expect(len(found.inventory.devices))
            Thread(target=self._keep_plans, name="keeping", daemon=True).start()
        return found

    def in_force(self) -> Documents:
        with self._loading:
            self._forget_what_changed()
            return super().in_force()

    def known(self, basis: Basis) -> Documents | None:
        with self._loading:
            return super().known(basis)

    def kept_plan(self, documents: Documents, playbook: str) -> Plan | None:
        """Read from the disk once for as long as the documents are the same."""
        with self._loading:
            if self._plans_of is not documents:
                self._plans_of, self._kept_plans = documents, {}
            if playbook not in self._kept_plans:
                plan = super().kept_plan(documents, playbook)
                if plan is None:
                    return None
                self._kept_plans[playbook] = plan
            return self._kept_plans[playbook]

    def prepare(self) -> None:
        """Reads the documents, so that their plans are kept before anybody asks."""
        with suppress(CordonError):
            self.present()

    def inventory(self) -> Inventory | None:
        """In force now; None where there is none."""
        try:
            return self.in_force().inventory
        except CordonError:
            return None

    def _keep_plans(self) -> None:
        kept = self.keep()
        if kept.problem:
            _log.warning("the plans of the levels are not kept", why=kept.problem)

    def _forget_what_changed(self) -> None:
        """The files are read again when they changed, not for every question."""
        found = _state_of_files(self._composition)
        if found != self._files:
            self._files = found
            self.forget()


def _state_of_files(composition: Composition) -> object:
    """Changes when a file the documents are read from does."""
    files: list[Path] = [composition.inventory_path()]
    for directory in (*composition.profile_directories(), *composition.playbook_directories()):
        files.extend(sorted(directory.glob("*.y*ml")))
    return tuple((str(file), *_stamp(file)) for file in files)


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)
