"""A new inventory: typed or imported, examined whole, compared, and only then put in force.

Nothing is kept of a text with mistakes; of one without, a revision, which changes nothing by itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from controller.api.inventory import etag
from controller.api.models.inventory import ListDifference, listed
from controller.api.problems import Changed, status_of
from controller.domain.errors import InvalidInput, InvalidRequest
from controller.domain.inventory import Inventory
from controller.engine.people.roles import Permission
from controller.engine.planning.kept import levels
from controller.engine.planning.plans import Documents
from controller.text import Catalogue
from controller.text.sentences import sentence
from controller.web.candidates import Candidates
from controller.web.comparing import Change, PlanChange, changes_named
from controller.web.inventory import PATH, Mistake, mistakes_of
from controller.web.pages import again, go, show
from controller.web.telling import joined, title_of
from controller.web.visits import For, Viewing, Visit
from controller.workers.revisions import text_of

router = APIRouter()

EDIT = f"{PATH}/edit"
REVISION = f"{PATH}/revisions/{{revision}}"
Editing = Annotated[Visit, Depends(For(Permission.EDIT_DOCUMENTS))]
Revision = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get(EDIT)
def edit(visit: Editing) -> Response:
    """The text in force, or ``?revision=`` another that was kept."""
    revisions = visit.service.office.revisions
    wanted = visit.sent.get("revision")
    digest = wanted if len(wanted) == len(revisions.active()) else revisions.active()
    return _editor(visit, revisions.text(digest))


@router.post(EDIT)
def import_text(visit: Editing) -> Response:
    """Examines all of it; without mistake it is kept as a revision, once however often it is sent."""
    revisions, text = visit.service.office.revisions, visit.sent.raw("text")
    try:
        text = sent_text(visit, "inventory")
        if not text.strip():
            raise InvalidRequest("inventory-empty")
        found = _candidates(visit).documents(text).inventory
    except InvalidInput as error:
        return _editor(visit, text, error)
    if found.digest not in {revisions.active(), *(digest for _, digest in revisions.known())}:
        revisions.keep(text, visit.person.actor)
    return go(REVISION.format(revision=found.digest))


@router.get(REVISION)
def revision(visit: Viewing, revision: Revision) -> Response:
    text = visit.service.office.revisions.text(revision)

    def compare() -> None:
        before, after = visit.service.office.documents_in_force(), _candidates(visit).documents(text)
        _plan_change(visit, text, before, after)

    if not _candidates(visit).ready((revision, visit.sent.get("level"), visit.words.lang), compare):
        return again(show(visit, "examining.html"), 2)
    return _compared(visit, revision)


@router.post(f"{REVISION}/activate")
def activate(visit: Editing, revision: Revision) -> Response:
    revisions, expected = visit.service.office.revisions, visit.sent.get("expected")
    present = revisions.active()
    if present == revision:
        return go(PATH, "inventory-active", revision=revision[:12])
    if expected != present:
        return _compared(visit, revision, Changed(expected=etag(expected), found=etag(present)))
    try:
        revisions.activate(revision, present, visit.person.actor)
    except InvalidInput as error:
        return _compared(visit, revision, error)
    return go(PATH, "inventory-active", revision=revision[:12])


def sent_text(visit: Visit, name: str) -> str:
    """Of the file that was chosen, else what was typed. Raises InvalidInput for a file that is no text."""
    chosen = visit.sent.file("file")
    return visit.sent.raw("text") if chosen is None else text_of(chosen, name)


def _editor(visit: Visit, text: str, error: InvalidInput | None = None) -> Response:
    """What was typed stands there again to the letter."""
    words = visit.words
    found: tuple[Mistake, ...] = ()
    why = ""
    if isinstance(error, InvalidRequest):
        why = sentence(error, words)
    elif error is not None:
        found = mistakes_of(error.problems, text, words)
    return show(
        visit,
        "inventory-edit.html",
        *(() if error is None else (status_of(error),)),
        typed=text,
        rows=min(40, max(18, text.count("\n") + 2)),
        mistakes=found,
        why=why,
    )


def _compared(visit: Visit, digest: str, error: Changed | InvalidInput | None = None) -> Response:
    words, office = visit.words, visit.service.office
    text, before = office.revisions.text(digest), office.documents_in_force()
    after: Documents | None = None
    found: tuple[Mistake, ...] = ()
    try:
        after = _candidates(visit).documents(text)
    except InvalidInput as unfit:
        found = mistakes_of(unfit.problems, text, words)
    active = office.revisions.active()
    return show(
        visit,
        "inventory-revision.html",
        *(() if error is None else (status_of(error),)),
        digest=digest,
        active=active,
        same=digest == active,
        expected=active,
        why=sentence(error, words) if error is not None else "",
        mistakes=found,
        other_site=after.inventory.site if after and after.inventory.site != before.inventory.site else "",
        unprotected=_unprotected(before.inventory, after.inventory, words) if after else "",
        changes=_changes(before.inventory, after.inventory) if after else (),
        touched=_touched(before.inventory, after.inventory) if after else False,
        levels=[each.level for each in levels(after)] if after else (),
        plan=_plan_change(visit, text, before, after) if after and digest != active else None,
        may_edit=visit.may(Permission.EDIT_DOCUMENTS),
    )


def _changes(before: Inventory, after: Inventory) -> tuple[tuple[str, tuple[Change, ...]], ...]:
    """By kind of thing, only those that differ."""
    found = (
        ("segments", listed(before.segments, after.segments)),
        ("conduits", listed(before.conduits, after.conduits)),
        ("devices", listed(before.devices, after.devices)),
        ("credentials", listed(before.credentials, after.credentials)),
    )
    told = ((kind, _told(each)) for kind, each in found)
    return tuple((kind, changes) for kind, changes in told if changes)


def _told(found: ListDifference) -> tuple[Change, ...]:
    return changes_named(("added", found.added), ("removed", found.removed), ("changed", found.changed))


def _unprotected(before: Inventory, after: Inventory, words: Catalogue) -> str:
    """Segments that would no longer stay alive: gone, or without the mark."""
    still = {each.name for each in after.segments.values() if each.keep_alive}
    return joined(
        (
            title_of(each, each.name, words)
            for each in before.segments.values()
            if each.keep_alive and each.name not in still
        ),
        words,
    )


def _touched(before: Inventory, after: Inventory) -> bool:
    """Whether links, contacts or the controller's own place differ, which have no names to list."""
    return (before.links, before.contacts, before.controller, before.hypervisors) != (
        after.links,
        after.contacts,
        after.controller,
        after.hypervisors,
    )


def _candidates(visit: Visit) -> Candidates:
    found: Candidates = visit.request.app.state.candidates
    return found


def _plan_change(visit: Visit, text: str, before: Documents, after: Documents) -> PlanChange | None:
    """Of the level asked for, else of the one that cuts most."""
    asked = visit.sent.get("level")
    known = {each.level: each for each in levels(before)}
    offered = [each for each in levels(after) if each.level in known]
    wanted = next((each for each in offered if str(each.level) == asked), offered[-1] if offered else None)
    if wanted is None:
        return None
    return _candidates(visit).change(text, known[wanted.level].name, wanted, visit.words)
