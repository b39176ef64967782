"""A signal counts when its sender's key signed exactly it, just now; whatever else comes is nobody's."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from controller.identity.signals import AGREES, Signals

KEY = b"0123456789abcdef0123456789abcdef"
NOW = 1_800_000_000
BODY = b'{"subject": "maternity"}'


@pytest.fixture
def signals(tmp_path: Path) -> Signals:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "edr").write_bytes(KEY + b"\n")
    (keys / "weak").write_bytes(b"short")
    (tmp_path / "outside").write_bytes(KEY)
    return Signals(keys)


def signature(time: str = str(NOW), body: bytes = BODY, key: bytes = KEY) -> str:
    return hmac.new(key, time.encode() + b"." + body, hashlib.sha256).hexdigest()


def test_what_its_key_signed_just_now_is_genuine(signals: Signals) -> None:
    assert signals.genuine("edr", str(NOW), BODY, signature(), NOW)


@pytest.mark.parametrize(
    ("sender", "time", "body", "signed"),
    [
        ("edr", str(NOW), BODY + b" ", signature()),
        ("edr", str(NOW + 1), BODY, signature()),
        ("edr", str(NOW), BODY, signature(key=b"x" * 32)),
        ("edr", str(NOW), BODY, ""),
        ("edr", "soon", BODY, signature("soon")),
        ("siem", str(NOW), BODY, signature()),
        ("../outside", str(NOW), BODY, signature()),
        ("weak", str(NOW), BODY, signature(key=b"short")),
    ],
)
def test_anything_else_is_not(signals: Signals, sender: str, time: str, body: bytes, signed: str) -> None:
    assert not signals.genuine(sender, time, body, signed, NOW)


@pytest.mark.parametrize("off", [-AGREES - 1, AGREES + 1])
def test_a_signature_does_not_keep(signals: Signals, off: float) -> None:
    assert not signals.genuine("edr", str(NOW), BODY, signature(), NOW + off)
    assert signals.genuine("edr", str(NOW), BODY, signature(), NOW + off - (1 if off > 0 else -1))


def test_the_same_signature_is_heard_once(signals: Signals) -> None:
    assert signals.first("edr", signature())
    assert not signals.first("edr", signature())
    assert signals.first("siem", signature())


def test_without_a_directory_nobody_may_signal() -> None:
    assert not Signals(None).genuine("edr", str(NOW), BODY, signature(), NOW)
