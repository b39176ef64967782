"""When has a device answered? On text alone, however it is cut into packets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.drivers.redaction import Redactor
from controller.drivers.terminal import Progress, Prompt, Reply, Terminal, page_break, visible
from controller.engine.ports import Login


def read(chunks: list[bytes], command: str = "show x", prompt: str = "sw-1#") -> tuple[str, Progress]:
    reply, terminal = Reply(command, Prompt(prompt)), Terminal()
    for chunk in chunks:
        progress = reply.take(terminal, chunk)
        if progress is not Progress.WAITING:
            return reply.text, progress
    return reply.text, Progress.WAITING


@given(
    st.lists(st.text(st.characters(blacklist_categories=["C", "Z"]), max_size=20), max_size=8),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_an_answer_reads_the_same_however_it_is_cut(lines: list[str], cuts: list[int]) -> None:
    lines = [line for line in lines if line.strip() and not Prompt("sw-1#").matches(line)]
    printed = ("show x\r\n" + "".join(f"{line}\r\n" for line in lines) + "\x1b[0msw-1#").encode()
    edges = [0, *sorted({min(cut, len(printed)) for cut in cuts}), len(printed)]
    chunks = [printed[start:end] for start, end in pairwise(edges)]
    assert read(chunks) == ("\n".join(lines), Progress.DONE)


@pytest.mark.parametrize("end", range(1, len(b"sw-1#show x\r\nfine\r\nsw-1#")))
def test_nothing_short_of_the_prompt_after_the_echo_is_an_answer(end: int) -> None:
    assert read([b"sw-1#show x\r\nfine\r\nsw-1#"[:end]])[1] is Progress.WAITING


def test_prompts_before_the_echo_belong_to_the_past() -> None:
    assert read([b"\r\nsw-1#\r\nsw-1#"])[1] is Progress.WAITING
    assert read([b"\r\nsw-1#\r\nsw-1#", b"show x\r\nfine\r\nsw-1#"]) == ("fine", Progress.DONE)


def test_something_printed_behind_the_prompt_hides_it_not() -> None:
    assert read([b"show x\r\nfine\r\nsw-1#\r\n%LINK-5-CHANGED: p1\r\n"]) == ("fine", Progress.DONE)


@pytest.mark.parametrize(
    ("shown", "later"),
    [
        ("sw-1>", ["sw-1>", "sw-1#", "sw-1(config)#", "sw-1(config-if)#", "sw-1(config-ext-nacl)# "]),
        ("a-very-long-host-name-of-a-switch#", ["a-very-long-host-na(config-if)#"]),
        ("cordon@fw-1:~$ ", ["cordon@fw-1:~$", "cordon@fw-1:~# "]),
        ("<core>", ["<core>", "[core]", "[core-GigabitEthernet1/0/1]"]),
        ("FGT-1 # ", ["FGT-1 # ", "FGT-1 (policy) # "]),
        ("cordon@mx> ", ["cordon@mx> ", "cordon@mx# "]),
        ("#", ["#"]),
    ],
)
def test_a_prompt_is_known_in_every_mode(shown: str, later: list[str]) -> None:
    assert [line for line in later if not Prompt(shown).matches(line)] == []


@pytest.mark.parametrize(
    "line",
    ["sw-1 is up >", "sw-1# show x", "sw-1", "x sw-1#", "hostname sw-1", "sw-2#", "", "sw-1: 5 of 6 #", "#"],
)
def test_a_line_that_only_resembles_one_is_none(line: str) -> None:
    assert not Prompt("sw-1#").matches(line)


@pytest.mark.parametrize(
    "tail", ["--More--", " --More-- ", "---- More ----", "---(more 12%)---", "Press any key to continue"]
)
def test_page_breaks(tail: str) -> None:
    assert page_break(tail)


@pytest.mark.parametrize("tail", ["more", "--Mo", "no more --", "description --More-- of it", "", "-----"])
def test_what_is_no_page_break(tail: str) -> None:
    assert not page_break(tail)


def test_a_screen_shows_what_was_written_last() -> None:
    assert visible("abc\b\bX\r") == "aXc"
    assert visible("12345\rab") == "ab345"
    assert visible("\b\bab") == "ab"


def test_escape_sequences_and_bells_are_not_text() -> None:
    assert read([b"show x\r\n\x1b[31mred\x1b[0m\x07\x1b]0;title\x07\x1b(B\r\n\x1b[?2004hsw-1#"]) == (
        "red",
        Progress.DONE,
    )


def test_redaction_spares_words_a_short_secret_is_part_of() -> None:
    redact = Redactor([Login("cordon", "admin", enable="longer-than-ten")])
    assert redact("p1 is administratively down") == "p1 is administratively down"
    assert redact("password admin!") == "password [redacted]!"
    assert redact("xlonger-than-tenx") == "x[redacted]x"
    assert "admin" not in repr(redact)


def test_no_line_of_a_private_key_gets_through() -> None:
    key = (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nAAAEbm9uZQAAAAAAAAABAAAAMwAA\n"
    )
    assert "b3BlbnNza" not in Redactor([Login("cordon", key=key)])(f"echo {key}")
