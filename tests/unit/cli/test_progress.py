"""What a run tells while it goes on that is neither a device's result nor its end."""

from __future__ import annotations

import io

import pytest

from controller.cli.board import Board
from controller.cli.output import Output
from controller.cli.progress import LineDisplay, LiveDisplay
from controller.engine.events import CredentialDropped
from controller.text import Catalogue

DROPPED = CredentialDropped("r1", "net-admin", ("acc-1", "acc-2", "acc-3"))


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("en", "Credential net-admin dropped after three rejects (acc-1, acc-2, acc-3)"),
        ("fr", "Identifiant net-admin abandonné après trois refus (acc-1, acc-2, acc-3)"),
    ],
)
@pytest.mark.parametrize("kind", [LineDisplay, LiveDisplay])
def test_a_dropped_credential_is_named_with_who_rejected_it(
    lang: str, wanted: str, kind: type[LineDisplay | LiveDisplay], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream, board = io.StringIO(), Board()
    shown = kind(Output(stdout=stream, stderr=stream), Catalogue(lang), board)
    board.hear(DROPPED)
    shown.hear(DROPPED)
    shown.close()
    assert wanted in stream.getvalue()
