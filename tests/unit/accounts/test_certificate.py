"""The service's own certificate, as whoever prints paper finds it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from controller.domain.errors import InvalidRequest
from controller.identity.certificate import (
    CERTIFICATE,
    KEY,
    given_certificate,
    kept_fingerprint,
    own_certificate,
)


def test_the_fingerprint_kept_is_that_of_the_certificate_made_and_none_is_made_to_know_it(
    tmp_path: Path,
) -> None:
    assert kept_fingerprint(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    made = own_certificate(tmp_path)
    assert kept_fingerprint(tmp_path) == made.fingerprint
    (tmp_path / CERTIFICATE).write_text("garbage")
    assert kept_fingerprint(tmp_path) == ""


def test_one_that_its_key_does_not_fit_is_made_anew_or_refused_where_the_site_gave_it(tmp_path: Path) -> None:
    made = own_certificate(tmp_path)
    assert given_certificate(made.certificate, made.key) == made
    (tmp_path / "other").mkdir()
    other = own_certificate(tmp_path / "other").key.read_bytes()
    for key in (other, b"", b"garbage"):
        (tmp_path / KEY).write_bytes(key)
        with pytest.raises(InvalidRequest) as refused:
            given_certificate(made.certificate, made.key)
        assert refused.value.data["file"] == str(tmp_path / KEY)
        made = own_certificate(tmp_path)
        assert own_certificate(tmp_path) == made
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
