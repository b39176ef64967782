"""The verifier's own Ed25519, against the RFC's vectors and a library."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.evidence.verify import ORDER, TEXT, signs

# RFC 8032 section 7.1: public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(public: str, message: str, signature: str) -> None:
    key, said, value = (bytes.fromhex(each) for each in (public, message, signature))
    assert signs(key, said, value)
    assert not signs(key, said + b"x", value)
    assert not signs(key, said, value[:32] + value[32:63] + bytes([value[63] ^ 1]))
    beyond = int.from_bytes(value[32:], "little") + ORDER
    assert not signs(key, said, value[:32] + beyond.to_bytes(32, "little"))  # the same, malleably
    assert not signs(key, said, value[:63])


def test_it_agrees_with_a_library_and_finds_every_changed_bit() -> None:
    chance = random.Random(5)
    for _ in range(20):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), chance.randbytes(chance.randrange(200))
        signature = private.sign(message)
        assert signs(public, message, signature)
        changed = bytearray(signature)
        changed[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not signs(public, message, bytes(changed))
        assert not signs(chance.randbytes(32), message, signature)


def test_both_languages_say_the_same_things() -> None:
    assert TEXT["en"].keys() == TEXT["fr"].keys()
