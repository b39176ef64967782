"""``cordon paper``: every level on paper beforehand, for the night in which Cordon itself is dead."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest
from controller.domain.playbook import Action

if TYPE_CHECKING:
    from controller.engine.execution.walklist import Errand
    from controller.engine.planning.plans import Documents


def paper(call: Call, out: Annotated[Path | None, typer.Option("--out", help="help.out")] = None) -> int:
    from controller.cli.sheets import level_frame, level_of, write
    from controller.engine.execution.walklist import beforehand
    from controller.paper.level import print_level
    from controller.workers.office import Cut

    documents = call.office.documents()
    inventory, now = documents.inventory, datetime.now().astimezone()
    head = call.office.seal().latest() or call.office.log_head()
    fingerprint = call.office.service_fingerprint()
    directory = out or Path()
    levels = _levels(documents)
    if not levels:
        raise InvalidRequest("no-levels")
    _make(directory, dry_run=call.asked.dry_run)
    printed: list[Path] = []
    done: set[tuple[object, ...]] = set()
    for index, level in enumerate(levels):
        plan = call.office.plan_cut(Cut(level=level))
        errands = [each for each in beforehand(plan, inventory) if _key(each) not in done]
        done.update(_key(each) for each in errands)
        frame = level_frame(plan, now, head, call.words)
        page = level_of(plan, errands, inventory, levels[:index], head, call.words, fingerprint)
        path = directory / call.text("paper.file", level=level)
        if not call.asked.dry_run:
            write(path, print_level(frame, page))
        printed.append(path)
    if call.out.as_json:
        files = [str(path) for path in printed]
        call.out.object({"command": call.command, "files": files, "dry_run": call.asked.dry_run, "exit": 0})
    else:
        said = "paper.would-write" if call.asked.dry_run else "paper.written"
        call.out.say(*(call.text(said, file=path) for path in printed), call.text("paper.renew"))
    return Exit.DONE


def _levels(documents: Documents) -> list[int]:
    """The levels that cut, from the lowest."""
    return sorted(
        playbook.level
        for name, playbook in documents.playbooks.items()
        if playbook.level is not None
        and all(stage.action is Action.ISOLATE for stage in documents.stages.get(name, ()))
    )


def _key(errand: Errand) -> tuple[object, ...]:
    """What is typed where: a higher level repeats what a lower one has on its sheets."""
    return (errand.point, errand.commands)


def _make(directory: Path, *, dry_run: bool) -> None:
    try:
        if not dry_run:
            directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = error.strerror or str(error)
        raise InvalidRequest("not-writable", file=str(directory), detail=detail) from error
