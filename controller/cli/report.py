"""``cordon audit report``: an incident as a document for people."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.logbook import bound
from controller.domain.errors import InvalidRequest


def report(
    call: Call,
    file: Annotated[Path, typer.Argument(help="help.report-file")],
    run: Annotated[str | None, typer.Option("--run", help="help.report-run")] = None,
    begin: Annotated[str | None, typer.Option("--since", help="help.export-since")] = None,
    end: Annotated[str | None, typer.Option("--until", help="help.export-until")] = None,
    without_names: Annotated[bool, typer.Option("--roles-only", help="help.export-roles")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="help.export-read-only")] = False,
) -> int:
    from controller.cli.watching import actor
    from controller.workers.exporting import Extract

    extract = Extract(run or "", bound(begin), bound(end), without_names)
    if file.exists():  # before the log is read: that takes a while
        raise InvalidRequest("export-exists", file=str(file))
    handed = call.office.report(extract, call.words.lang, None if read_only else actor())
    made = handed.made
    _write(file, made.pdf)
    code = Exit.UNPROVEN if made.problem else Exit.DONE
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "file": str(file),
                "entries": made.entries,
                "sha256": handed.digest,
                "whole": not made.problem,
                "problem": made.problem,
                "entry": handed.entry,
                "unrecorded": handed.unrecorded,
                "exit": int(code),
            }
        )
        return code
    call.out.say(call.text("report.written", file=file, count=made.entries))
    if made.problem:
        call.out.say(call.text("report.log-bad"), call.text("audit.what-now"))
    call.out.say(call.text("export.digest", digest=handed.digest))
    if handed.entry is not None:
        call.out.say(call.text("export.recorded", entry=handed.entry))
    elif handed.unrecorded or read_only:
        call.out.say(call.text("export.unrecorded", why=handed.unrecorded or "--read-only"))
    if without_names:
        call.out.say(call.text("report.names"))
    return code


def _write(path: Path, content: bytes) -> None:
    """Makes the file anew, readable by its owner alone. Raises InvalidRequest."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise InvalidRequest("export-exists", file=str(path)) from None
    except OSError as error:
        raise InvalidRequest("not-writable", file=str(path), detail=error.strerror or str(error)) from error
