"""Checkpoints byte for byte as C2SP has them, and as people read them to each other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.checkpoint import (
    Checkpoint,
    Malformed,
    Misheard,
    VerifierKey,
    checkpoint_from,
    note,
    open_note,
    spoken,
    spoken_from,
    verifier_key_from,
)
from controller.evidence.keys import new_key, verifies

# The examples of the specifications themselves.
CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9"
    "nTo+zyWE+xeMcTOAYQ8=\n"
)
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJ"
    "nAM=\n"
)
CHECKPOINTS = st.builds(
    Checkpoint,
    st.sampled_from(["cordon/0123456789abcdef", "example.com/é"]),
    st.integers(0, 10**18),
    st.binary(min_size=32, max_size=32),
)


def test_the_example_of_the_specification_is_read_and_written_alike() -> None:
    text, signatures = open_note(CHECKPOINT)
    found = checkpoint_from(text)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.text() == text
    assert note(text, signatures) == CHECKPOINT


def test_a_note_signed_by_another_program_verifies() -> None:
    key = verifier_key_from(KEY)
    text, (signature,) = open_note(SAID)
    assert str(key) == KEY
    assert verifies(key, text, signature)
    assert not verifies(key, text.replace("your", "Your", 1), signature)


@given(CHECKPOINTS)
def test_what_is_signed_is_read_back_and_no_other_key_signed_it(checkpoint: Checkpoint) -> None:
    ours, other = new_key(checkpoint.origin), new_key(checkpoint.origin)
    signed = note(checkpoint.text(), [ours.sign(checkpoint.text())])
    text, (signature,) = open_note(signed)
    assert checkpoint_from(text) == checkpoint
    assert verifies(ours.verifier, text, signature)
    assert not verifies(other.verifier, text, signature)
    assert verifier_key_from(str(ours.verifier)) == ours.verifier


@pytest.mark.parametrize("at", range(len(CHECKPOINT.encode())))
def test_a_changed_byte_is_another_checkpoint_or_none(at: int) -> None:
    data = bytearray(CHECKPOINT.encode())
    data[at] ^= 1
    try:
        text, signatures = open_note(data.decode())
        checkpoint_from(text)
    except (Malformed, UnicodeDecodeError):
        return
    assert (text, signatures) != open_note(CHECKPOINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n1\n",
        "a\n01\nAA==\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1\n\n",
        "a\n1\nAAAA\n",
        "a\n1\nÿ\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        checkpoint_from(text)


@pytest.mark.parametrize(
    "key", ["", "a+b", KEY.replace("c74f", "c74e"), KEY.replace("+AR", "+Ag"), " " + KEY]
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Malformed):
        verifier_key_from(key)


def test_a_key_that_no_reader_would_take_signs_nothing() -> None:
    for name in ("a b", "a+b", ""):
        with pytest.raises(Malformed):
            note("text\n", [new_key(name).sign("text\n")])
    assert VerifierKey("a", bytes(32)).id != VerifierKey("b", bytes(32)).id


# --- over the telephone ------------------------------------------------------------------------------


@given(CHECKPOINTS, st.sampled_from([" ", "", "-", ". ", "\n"]))
def test_what_was_read_out_is_understood_however_it_is_typed(checkpoint: Checkpoint, between: str) -> None:
    typed = between.join(re.findall(r"[0-9]+", spoken(checkpoint)))
    found = spoken_from(typed)
    assert (found.size, found.matches(checkpoint.root)) == (checkpoint.size, True)
    assert not found.matches(bytes([*checkpoint.root[:-1], checkpoint.root[-1] ^ 1]))


@given(CHECKPOINTS, st.data())
def test_one_wrong_digit_is_heard(checkpoint: Checkpoint, data: st.DataObject) -> None:
    said = spoken(checkpoint)
    at = data.draw(st.sampled_from([at for at, each in enumerate(said) if each.isdigit()]))
    wrong = data.draw(st.sampled_from([each for each in "0123456789" if each != said[at]]))
    with pytest.raises(Misheard) as misheard:
        spoken_from(said[:at] + wrong + said[at + 1 :])
    assert misheard.value.group == said[:at].count(" ")


@given(CHECKPOINTS, st.integers(1, 5))
def test_groups_that_changed_places_are_heard(checkpoint: Checkpoint, first: int) -> None:
    parts = spoken(checkpoint).split()
    swapped = [*parts[:first], parts[first + 1], parts[first], *parts[first + 2 :]]
    if parts[first][:4] != parts[first + 1][:4]:
        with pytest.raises(Misheard):
            spoken_from(" ".join(swapped))


@pytest.mark.parametrize("said", ["", "12", "hello", "1" * 31])
def test_what_is_no_checkpoint_at_all_is_not_understood(said: str) -> None:
    with pytest.raises(Misheard) as misheard:
        spoken_from(said)
    assert misheard.value.group is None
