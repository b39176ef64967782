"""The documents a process works with: as the files say, else as they were valid last."""

from __future__ import annotations

from controller.bootstrap import Composition
from controller.domain.errors import InvalidInput, InvalidRequest
from controller.domain.plan import Basis, Plan
from controller.engine.planning.plans import Documents
from controller.workers.keeper import Keeper
from controller.workers.office import Keeping


class CurrentDocuments:
    """Read at the first question, then the same for all that follow. One thread at a time."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._keeper = Keeper(composition)
        self._present: Documents | None = None
        self._mistakes: InvalidInput | None = None
        self._lapsed: Documents | None = None

    def present(self, *, anew: bool = False) -> Documents:
        """As :meth:`controller.workers.office.Office.documents`."""
        if anew:
            self.forget()
        if self._mistakes is not None:
            raise self._mistakes
        if self._present is None:
            try:
                self._present = self._keeper.present(anew=anew)
            except InvalidInput as mistakes:
                self._mistakes = mistakes
                raise
        return self._present

    def in_force(self) -> Documents:
        """As :meth:`controller.workers.office.Office.documents_in_force`."""
        try:
            return self.present()
        except InvalidRequest:
            raise
        except InvalidInput as mistakes:
            lapse = self._lapsed.lapse if self._lapsed is not None else None
            if self._lapsed is None or lapse is None or lapse.problems != mistakes.problems:
                self._lapsed = self._keeper.last_valid(mistakes)
            return self._lapsed

    def forget(self) -> None:
        """The files are read at the next question."""
        self._present = self._mistakes = self._lapsed = None

    def keep(self, *, make_home: bool = True) -> Keeping:
        """As :meth:`controller.workers.office.Office.keep`."""
        if self._present is None or not (make_home or self._composition.settings.home.is_dir()):
            return Keeping()
        try:
            return self._keeper.keep(self._present)
        except OSError as error:
            return Keeping(problem=error.strerror or str(error))

    def kept_plan(self, documents: Documents, playbook: str) -> Plan | None:
        """The plan of a level that was compiled from ``documents`` before; None where it has to be."""
        return self._keeper.plan(documents, playbook)

    def known(self, basis: Basis) -> Documents | None:
        """The documents of just these revisions, if they need not be read again."""
        for each in (self._present, self._lapsed):
            if each and (each.inventory.digest, each.profiles_digest) == (basis.inventory, basis.profiles):
                return each
        return self._keeper.documents_of(basis)
