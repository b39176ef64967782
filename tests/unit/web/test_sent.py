"""What browsers send: forms without and with files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.web.sent import sent_as

MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryAbC"
EDGE = b"------WebKitFormBoundaryAbC"


def part(head: str, content: bytes) -> bytes:
    return (
        EDGE + b'\r\nContent-Disposition: form-data; name="' + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    )


BODY = (
    part('text"', "é\r\nb ".encode())
    + part('csrf"', b"one")
    + part('csrf"', b"two")
    + part('file"; filename="a.yaml"\r\nContent-Type: text/yaml', b"\xff\r\n--not\r\n")
    + part('none"; filename=""\r\nContent-Type: application/octet-stream', b"")
    + EDGE
    + b"--\r\n"
)


def test_fields_and_files_of_a_form_with_a_file() -> None:
    sent = sent_as(BODY, MULTIPART)
    assert (sent.raw("text"), sent.get("text")) == ("é\nb ", "é\nb".replace("\n", "\r\n"))
    assert sent.every("csrf") == ("one", "two")
    assert sent.file("file") == b"\xff\r\n--not\r\n"
    assert sent.file("none") is None
    assert "file" not in sent


def test_a_form_without_files_is_read_as_before() -> None:
    sent = sent_as(b"drift%3Aacc-1=ours&drift%3Aacc-2=+stop&x=1", "application/x-www-form-urlencoded")
    assert sent.beginning("drift:") == {"acc-1": "ours", "acc-2": "stop"}


@pytest.mark.parametrize("body", [b"", BODY[:-40], BODY.replace(b"AbC", b"abc"), EDGE * 3000 + b"--"])
def test_what_is_cut_off_or_foreign_holds_nothing(body: bytes) -> None:
    assert "csrf" not in sent_as(body, MULTIPART)


@given(st.binary(), st.text())
def test_nothing_that_is_sent_is_too_much(body: bytes, kind: str) -> None:
    sent_as(body, kind)
    sent_as(EDGE + body + EDGE + b"--", MULTIPART)
