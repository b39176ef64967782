"""Playbooks: those in force, and others typed or imported: examined whole, compared, only then in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Response

from controller.api.inventory import etag
from controller.api.problems import Changed, status_of
from controller.domain.errors import CordonError, InvalidInput, InvalidRequest, NotFound
from controller.domain.playbook import Action, Playbook, Selector, Stage
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Documents
from controller.text import Catalogue
from controller.text.sentences import sentence
from controller.web.candidates import Candidates
from controller.web.comparing import PlanChange
from controller.web.editing import Editing, Revision, sent_text
from controller.web.inventory import PATH as INVENTORY
from controller.web.inventory import REVISIONS, Mistake, mistakes_of
from controller.web.pages import again, day_time, go, show
from controller.web.visits import Viewing, Visit

router = APIRouter()

PATH = f"{INVENTORY}/playbooks"
EDIT = f"{PATH}/edit"
KEPT = f"{PATH}/{{name}}/revisions/{{revision}}"

_LINES = 400
"""Of a difference between two texts; more are counted."""

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
Name = Annotated[str, Path(pattern=_NAME)]


@dataclass(frozen=True, slots=True)
class StageRow:
    name: str
    action: str
    what: str
    methods: str
    proof: str


@dataclass(frozen=True, slots=True)
class PlaybookShown:
    """``address``: where it is changed, "" where its name keeps it from that."""

    name: str
    title: str
    level: int | None
    address: str
    includes: tuple[str, ...]
    stages: tuple[StageRow, ...]


@router.get(PATH)
def playbooks(visit: Viewing) -> Response:
    documents = visit.service.office.documents_in_force()
    every = sorted(documents.playbooks.values(), key=_order)
    return show(
        visit,
        "playbooks.html",
        levels=sum(each.level is not None for each in every),
        playbooks=[_playbook(each, documents, visit.words) for each in every],
        writable=visit.service.office.playbooks.writable(),
        may_edit=visit.may(Permission.EDIT_DOCUMENTS),
    )


@router.get(EDIT)
def edit(visit: Editing) -> Response:
    """``?name=`` the one to be changed, else a new one; ``&revision=`` another text of it that was kept."""
    name, wanted = visit.sent.get("name"), visit.sent.get("revision")
    kept = visit.service.office.playbooks
    if not name:
        return _editor(visit, "", "", new=True)
    text = kept.text(name, wanted) if wanted else kept.in_force(name) if _fits(name) else ""
    if not text:
        raise NotFound(kind="playbook", name=name)
    return _editor(visit, name, text, new=False)


@router.post(EDIT)
def import_text(visit: Editing) -> Response:
    """Examines all of it; without mistake it is kept as a revision, once however often it is sent."""
    office, sent = visit.service.office, visit.sent
    name, text, new = sent.get("name"), sent.raw("text"), "new" in sent
    try:
        text = sent_text(visit, f"{name}.yaml")
        if not _fits(name):
            raise InvalidRequest("playbook-name", name=name[:80])
        if not text.strip():
            raise InvalidRequest("playbook-empty")
        if new and office.playbooks.in_force(name):
            raise InvalidRequest("playbook-is-there", name=name)
        digest = office.playbooks.keep(name, text, visit.person.actor)
    except InvalidInput as error:
        return _editor(visit, name, text, error, new=new)
    return go(KEPT.format(name=name, revision=digest))


@router.get(KEPT)
def revision(visit: Viewing, name: Name, revision: Revision) -> Response:
    text = visit.service.office.playbooks.text(name, revision)

    def compare() -> None:
        _, wanted = _chosen(visit, name, _candidates(visit).documents(text, name))
        if wanted is not None:
            _plan_change(visit, name, text, wanted)

    asked = (name, revision, visit.sent.get("of"), visit.words.lang)
    if not _candidates(visit).ready(asked, compare):
        return again(show(visit, "examining.html"), 2)
    return _compared(visit, name, revision)


@router.post(f"{KEPT}/activate")
def activate(visit: Editing, name: Name, revision: Revision) -> Response:
    kept, expected = visit.service.office.playbooks, visit.sent.get("expected")
    present = kept.active(name)
    if present == revision:
        return go(PATH, "playbook-active", name=name, revision=revision[:12])
    if expected != present:
        return _compared(visit, name, revision, Changed(expected=etag(expected), found=etag(present)))
    try:
        kept.activate(name, revision, present, visit.person.actor)
    except InvalidInput as error:
        return _compared(visit, name, revision, error)
    return go(PATH, "playbook-active", name=name, revision=revision[:12])


def _editor(visit: Visit, name: str, text: str, error: InvalidInput | None = None, *, new: bool) -> Response:
    """What was typed stands there again to the letter."""
    words, kept = visit.words, visit.service.office.playbooks
    found: tuple[Mistake, ...] = ()
    why = ""
    if isinstance(error, InvalidRequest):
        why = sentence(error, words)
    elif error is not None:
        found = mistakes_of(error.problems, text, words, f"{name}.yaml")
    return show(
        visit,
        "playbook-edit.html",
        *(() if error is None else (status_of(error),)),
        typed=text,
        playbook=name,
        new=new,
        rows=min(40, max(18, text.count("\n") + 2)),
        mistakes=found,
        why=why,
        writable=kept.writable(),
        revisions=[] if new else [(day_time(at), each) for at, each in kept.known(name)[:REVISIONS]],
    )


def _compared(visit: Visit, name: str, digest: str, error: CordonError | None = None) -> Response:
    words, kept = visit.words, visit.service.office.playbooks
    text, present, active = kept.text(name, digest), kept.in_force(name), kept.active(name)
    after: Documents | None = None
    found: tuple[Mistake, ...] = ()
    try:
        after = _candidates(visit).documents(text, name)
    except InvalidInput as unfit:
        found = mistakes_of(unfit.problems, text, words, f"{name}.yaml")
    affected, wanted = _chosen(visit, name, after) if after else ([], None)
    lines = list(_difference(present, text))
    return show(
        visit,
        "playbook-revision.html",
        *(() if error is None else (status_of(error),)),
        playbook=name,
        digest=digest,
        same=digest == active,
        expected=active,
        is_new=not active,
        why=sentence(error, words) if error is not None else "",
        mistakes=found,
        lines=lines[:_LINES],
        more=max(0, len(lines) - _LINES),
        affected=[(each.name, words.pick(each.title)) for each in affected],
        plan=_plan_change(visit, name, text, wanted) if wanted is not None and digest != active else None,
        cuts=wanted is not None,
        writable=kept.writable(),
        edit_address=f"{EDIT}?{urlencode({'name': name, 'revision': digest})}",
        may_edit=visit.may(Permission.EDIT_DOCUMENTS),
    )


def _chosen(visit: Visit, name: str, after: Documents) -> tuple[list[Playbook], Playbook | None]:
    """The playbooks that would be others, and the one that was asked for."""
    before, asked = visit.service.office.documents_in_force(), visit.sent.get("of")
    affected = sorted(_affected(name, before, after), key=_order)
    return affected, next(
        (each for each in affected if each.name == asked), affected[0] if affected else None
    )


def _affected(name: str, before: Documents, after: Documents) -> Iterator[Playbook]:
    """Those that cut and would be another: it, and those that include it."""
    for each in after.playbooks.values():
        stages = after.stages[each.name]
        own = before.playbooks.get(each.name)
        if any(stage.action is Action.RESTORE for stage in stages):
            continue
        if own is not None and each.digest != own.digest:
            if all(stage.action is Action.ISOLATE for stage in before.stages[each.name]):
                yield each
        elif own is None and each.name == name:
            yield each


def _plan_change(visit: Visit, name: str, text: str, wanted: Playbook) -> PlanChange:
    """Of a new one there is nothing to compare it with: all of it is new."""
    known = visit.service.office.documents_in_force().playbooks
    old = wanted.name if wanted.name in known else ""
    return _candidates(visit).change(text, old, wanted, visit.words, name)


def _difference(present: str, text: str) -> Iterator[tuple[str, str]]:
    """A sign and the line after it; "@" where lines alike are left out."""
    for line in unified_diff(present.splitlines(), text.splitlines(), n=2, lineterm=""):
        if not line.startswith(("---", "+++")):
            yield (line[:1].strip(), line[1:]) if not line.startswith("@@") else ("@", "…")


def _candidates(visit: Visit) -> Candidates:
    found: Candidates = visit.request.app.state.candidates
    return found


def _fits(name: str) -> bool:
    return re.fullmatch(_NAME, name) is not None


def _order(playbook: Playbook) -> tuple[bool, int, str]:
    return (playbook.level is None, playbook.level or 0, playbook.name)


def _playbook(playbook: Playbook, documents: Documents, words: Catalogue) -> PlaybookShown:
    return PlaybookShown(
        name=playbook.name,
        title=words.pick(playbook.title),
        level=playbook.level,
        address=f"{EDIT}?{urlencode({'name': playbook.name})}" if _fits(playbook.name) else "",
        includes=playbook.include,
        stages=tuple(_stage(each, words) for each in documents.stages.get(playbook.name, ())),
    )


def _stage(stage: Stage, words: Catalogue) -> StageRow:
    cuts = stage.action is Action.ISOLATE
    return StageRow(
        name=stage.name,
        action=words.text("inventory.cuts") if cuts else words.text("inventory.brings-back"),
        what=" · ".join(_selected(each, words) for each in stage.select),
        methods=", ".join(stage.method),
        proof=words.text(f"proof.{stage.verify.value}"),
    )


def _selected(selector: Selector, words: Catalogue) -> str:
    scope = words.text(f"inventory.scope-{selector.scope.value}")
    chosen = ", ".join(selector.names) or ", ".join(
        f"{name} = {'/'.join(map(str, values))}" for name, values in selector.attributes.items()
    )
    if not chosen:
        return words.text("inventory.every", scope=scope)
    return words.text("inventory.these", scope=scope, chosen=chosen)
