"""``cordon``: one call, from its arguments to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controller.cli.asked import OfficeMaker
    from controller.domain.errors import CordonError
    from controller.text import Catalogue
    from controller.workers.office import Office


def main(arguments: Sequence[str] | None = None, make_office: OfficeMaker | None = None) -> int:
    """Runs one command and returns its exit code; never raises for anything a person can cause."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if make_office is None and "isolate" in given:
        from controller.cli.handover import handed

        code = handed(given, steps_back=arguments is None)
        if code is not None:
            return code
    return _ordinary(given, make_office or _cordon_office)


def _ordinary(given: Sequence[str], make_office: OfficeMaker) -> int:
    import typer

    from controller.cli.application import application
    from controller.cli.asked import Invocation
    from controller.cli.exits import Exit
    from controller.domain.errors import CordonError
    from controller.text import Catalogue, language

    words = Catalogue(language(_lang(given), os.environ))
    invocation = Invocation(make_office)
    try:
        code = application(words, given).main(
            args=list(given) or ["--help"], prog_name="cordon", standalone_mode=False, obj=invocation
        )
    except (typer.TyperException, CordonError) as error:
        code = _told(error, words, as_json="--json" in given)
    if not given:
        return Exit.INVALID
    return int(code or 0)


def _told(error: Exception, words: Catalogue, *, as_json: bool) -> int:
    from controller.cli.errors import tell
    from controller.cli.output import Output

    return tell(_request(error), words, Output(as_json=as_json))


def _request(error: Exception) -> CordonError:
    """A mistake in the command line itself, in our own words where Typer tells what it was."""
    from controller.domain.errors import CordonError, InvalidRequest

    if isinstance(error, CordonError):
        return error
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        near = ", ".join(error.possibilities or ()) or "--help"
        return InvalidRequest("no-such-option", option=option, near=near)
    if option is not None:
        return InvalidRequest("option-needs-value", option=option)
    parameter = getattr(error, "param", None)
    if parameter is not None:
        return InvalidRequest("argument-missing", argument=str(parameter.name).upper())
    return InvalidRequest("usage", detail=str(error))


def _lang(arguments: Sequence[str]) -> str | None:
    """``--lang`` as it stands in the arguments: help and mistakes are told before they are parsed."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and index + 1 < len(arguments):
            return arguments[index + 1]
    return None


def _cordon_office(**settings: Any) -> Office:
    from controller.workers.front import cordon_office

    return cordon_office(**settings)


if __name__ == "__main__":
    sys.exit(main())
