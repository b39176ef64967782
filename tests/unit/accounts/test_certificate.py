"""The service's own certificate, as whoever prints paper finds it."""

from __future__ import annotations

from pathlib import Path

from controller.identity.certificate import CERTIFICATE, kept_fingerprint, own_certificate


def test_the_fingerprint_kept_is_that_of_the_certificate_made_and_none_is_made_to_know_it(
    tmp_path: Path,
) -> None:
    assert kept_fingerprint(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    made = own_certificate(tmp_path)
    assert kept_fingerprint(tmp_path) == made.fingerprint
    (tmp_path / CERTIFICATE).write_text("garbage")
    assert kept_fingerprint(tmp_path) == ""
