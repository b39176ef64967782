"""``cordon audit export``: the log as a file that proves itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.logbook import bound
from controller.text import LANGUAGES


def export(
    call: Call,
    file: Annotated[Path, typer.Argument(help="help.export-file")],
    run: Annotated[str | None, typer.Option("--run", help="help.export-run")] = None,
    begin: Annotated[str | None, typer.Option("--since", help="help.export-since")] = None,
    end: Annotated[str | None, typer.Option("--until", help="help.export-until")] = None,
    without_names: Annotated[bool, typer.Option("--roles-only", help="help.export-roles")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="help.export-read-only")] = False,
) -> int:
    from controller.cli.watching import actor
    from controller.workers.exporting import Extract

    reports = (call.words.lang,) if call.asked.lang else LANGUAGES
    extract = Extract(run or "", bound(begin), bound(end), without_names, reports)
    handed = call.office.export(file, extract, None if read_only else actor())
    done = handed.exported
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "file": str(file),
                "entries": done.entries,
                "shown": done.shown,
                "checkpoints": done.checkpoints,
                "replaced": done.replaced,
                "files": done.files,
                "absent": done.absent,
                "sha256": done.digest,
                "entry": handed.entry,
                "unrecorded": handed.unrecorded,
                "exit": 0,
            }
        )
        return Exit.DONE
    about = {"entries": done.entries, "checkpoints": done.checkpoints, "files": done.files}
    call.out.say(call.text("export.done", file=file, count=done.shown, **about))
    call.out.say(call.text("export.digest", digest=done.digest))
    if handed.entry is not None:
        call.out.say(call.text("export.recorded", entry=handed.entry))
    elif handed.unrecorded or read_only:
        call.out.say(call.text("export.unrecorded", why=handed.unrecorded or "--read-only"))
    if not done.checkpoints:
        call.out.say(call.text("export.unsigned"))
    if done.absent:
        call.out.say(call.text("export.absent", detail=", ".join(done.absent)))
    if without_names:
        call.out.say(call.text("export.names", count=done.replaced))
    call.out.say(call.text("export.check", file=file))
    return Exit.DONE
