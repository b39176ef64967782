"""``cordon audit export``: the log as a file that proves itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.logbook import bound


def export(
    call: Call,
    file: Annotated[Path, typer.Argument(help="help.export-file")],
    run: Annotated[str | None, typer.Option("--run", help="help.export-run")] = None,
    begin: Annotated[str | None, typer.Option("--since", help="help.export-since")] = None,
    end: Annotated[str | None, typer.Option("--until", help="help.export-until")] = None,
    without_names: Annotated[bool, typer.Option("--roles-only", help="help.export-roles")] = False,
) -> int:
    from controller.workers.exporting import Extract

    done = call.office.export(file, Extract(run or "", bound(begin), bound(end), without_names))
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
                "exit": 0,
            }
        )
        return Exit.DONE
    about = {"entries": done.entries, "checkpoints": done.checkpoints, "files": done.files}
    call.out.say(call.text("export.done", file=file, count=done.shown, **about))
    if not done.checkpoints:
        call.out.say(call.text("export.unsigned"))
    if done.absent:
        call.out.say(call.text("export.absent", detail=", ".join(done.absent)))
    if without_names:
        call.out.say(call.text("export.names", count=done.replaced))
    call.out.say(call.text("export.check", file=file))
    return Exit.DONE
