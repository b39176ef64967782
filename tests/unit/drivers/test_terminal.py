"""When has a device answered? On text alone, however it is cut into packets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path as File

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.catalog.profiles import load_profiles
from controller.drivers.messages import Messages
from controller.drivers.prompt import Prompt, page_break, resembles_prompt
from controller.drivers.redaction import Redactor
from controller.drivers.reply import Progress, Reply
from controller.drivers.screen import Terminal, visible
from controller.engine.ports import Login

IOS = Messages(load_profiles([File(__file__).parents[3] / "device_profiles"])["cisco_ios"].session.noise)


def read(chunks: list[bytes], command: str = "show x", prompt: str = "sw-1#") -> tuple[str, Progress]:
    reply, terminal = Reply(command, Prompt(prompt), IOS), Terminal()
    for chunk in chunks:
        progress = reply.take(terminal, chunk)
        if progress is not Progress.WAITING:
            return reply.text(), progress
    return reply.text(), Progress.WAITING


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


# --- messages nobody asked for ---------------------------------------------------------------------

MESSAGES = [
    "*Mar  1 00:00:00.000: %LINK-5-CHANGED: Interface p1, changed state to administratively down",
    "Nov 21 22:00:00: %SYS-5-CONFIG_I: Configured from console by cordon on vty0 (10.0.0.1)",
    "000123: .Nov 21 2024 22:00:00.123 CET: %SEC_LOGIN-1-QUIET_MODE_ON: Still timeleft: 5 [user: x] #",
    "00:00:59: %LINEPROTO-5-UPDOWN: Line protocol on Interface p1, changed state to down",
    "1w2d: %C4K_IOSMODPORTMAN-4-POWERSUPPLYBAD: Power supply 1 has failed",
    "%PLATFORM-SP-3-TEMP: hot",
]
OUTPUT = [
    "p1 is up, line protocol is up (connected)",
    "  5 minute input rate 0 bits/sec, 10% of 100%",
    " description 100% ours: %SYS",
    "% Invalid input detected at '^' marker.",
    "%Error opening tftp://10.0.0.1/x",
    "*Mar  1 00:00:00.000: nothing",
    "12:00:00.000 UTC Fri Mar 1 2024",
    "%LINK-5-CHANGED:",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_the_log_is_recognised_alone_and_at_the_end_of_a_line(message: str) -> None:
    assert IOS.before(message) == ""
    assert IOS.before(f"sw-1#{message}\r") == "sw-1#"
    assert Messages().before(message) is None


@pytest.mark.parametrize("line", OUTPUT)
def test_output_with_a_percent_sign_is_no_message(line: str) -> None:
    assert IOS.before(line) is None


def _fresh(printed: str, at: int, message: str) -> str:
    """As IOS does it: on a line of its own, wherever the cursor stands."""
    begin = "" if printed[:at].endswith("\n") else "\r\n"
    return f"{printed[:at]}{begin}{message}\r\n{printed[at:]}"


def _framed(printed: str, at: int, message: str) -> str:
    return f"{printed[:at]}\r\n{message}\r\n{printed[at:]}"


def _glued(printed: str, at: int, message: str) -> str:
    return f"{printed[:at]}{message}\r\n{printed[at:]}"


@given(
    st.sampled_from([_fresh, _framed, _glued]),
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=3),
    st.data(),
)
def test_a_message_anywhere_spoils_no_answer(
    put: Callable[[str, int, str], str], messages: list[str], data: st.DataObject
) -> None:
    shown = ["p1 is up", "  vlan 10", "", "p2 is down", "  vlan 20"]
    clean = "sw-1#show x\r\n" + "".join(f"{line}\r\n" for line in shown) + "sw-1#"
    at = data.draw(
        st.sampled_from([place for place in range(len(clean)) if clean[place - 1 : place] != "\r"])
    )
    printed = put(clean, at, "\r\n".join(messages))
    reply, terminal = Reply("show x", Prompt("sw-1#"), IOS), Terminal()
    progress = Progress.WAITING
    for byte in printed.encode():
        progress = reply.take(terminal, bytes([byte]))
        if progress is not Progress.WAITING:
            break
    if progress is Progress.WAITING:
        # The message fell into the prompt: an empty line brings another.
        assert reply.stalled_at(terminal) is not None
        assert reply.take(terminal, b"\r\nsw-1#") is Progress.DONE
        assert reply.doubtful()
    assert progress in (Progress.WAITING, Progress.DONE)
    # In doubt the same is asked again, and this time nothing comes between. Only an empty line may go.
    left = [line for line in reply.text().split("\n") if line]
    assert reply.doubtful() or left == [line for line in shown if line]


def test_a_line_is_whole_again_where_the_message_stood_in_it() -> None:
    reply, terminal = Reply("show x", Prompt("sw-1#"), IOS), Terminal()
    reply.take(terminal, f"show x\r\np1 is {MESSAGES[0]}\r\nup\r\np2 is up\r\nsw-1#".encode())
    assert reply.doubtful()
    assert reply.text() == "p1 is up\np2 is up"


def test_what_comes_back_word_for_word_is_no_message() -> None:
    reply, terminal = Reply("show x", Prompt("sw-1#"), IOS), Terminal()
    remark = f"remark {MESSAGES[1]}"
    reply.take(terminal, f"show x\r\n {remark}\r\n permit ip any any\r\nsw-1#".encode())
    assert reply.doubtful()
    assert not reply.doubtful(reply.lines)
    assert reply.text(reply.lines) == f" {remark}\n permit ip any any"


def test_the_line_typed_so_far_is_printed_again_after_a_message() -> None:
    printed = f"sw-1#show\r\n{MESSAGES[0]}\r\nsw-1#show x\r\nfine\r\nsw-1#"
    assert read([printed.encode()]) == ("fine", Progress.DONE)


def test_half_an_echo_is_not_the_end_of_another_line() -> None:
    assert read([b"sw-1#show\r\nsomething x\r\nsw-1#"])[1] is Progress.WAITING


@pytest.mark.parametrize("end", ["\r\n{}\r\n", "{}\r\n"])
def test_a_message_behind_a_page_break_hides_it_not(end: str) -> None:
    reply, terminal = Reply("show x", Prompt("sw-1#"), IOS), Terminal()
    first = "show x\r\none\r\n --More-- " + end.format(MESSAGES[0])
    assert reply.take(terminal, first.encode()) is Progress.PAGE
    assert reply.take(terminal, b"two\r\nsw-1#") is Progress.DONE
    assert reply.text() == "one\ntwo"


def test_an_escape_sequence_behind_the_prompt_hides_it_not() -> None:
    for end in (b"\x1b[K", b"\x1b[m\x1b[K ", b" \x1b[0m\x1b[?25h", b"   "):
        assert read([b"show x\r\nfine\r\nsw-1#" + end]) == ("fine", Progress.DONE)


# --- other prompts ---------------------------------------------------------------------------------


def test_a_clock_in_the_prompt() -> None:
    assert Prompt.of(["12:00:01 sw-1#", "12:00:02 sw-1#"]) is None
    prompt = Prompt.of(["12:00:01 sw-1#", "12:00:02 sw-1#", "12:00:03 sw-1#"])
    assert prompt is not None
    assert prompt.matches("23:59:59 sw-1(config-if)#")
    assert not prompt.matches("23:59:59 sw-1 is up#")
    reply, terminal = Reply("show x", prompt, IOS), Terminal()
    assert reply.take(terminal, b"show x\r\nno line end12:00:04 sw-1#") is Progress.DONE
    assert reply.text() == "no line end"


@pytest.mark.parametrize("tail", ["renamed#", "renamed(config)#", "<renamed>", "u@renamed:~$ ", "FGT-2 # "])
def test_what_may_be_a_new_prompt(tail: str) -> None:
    assert resembles_prompt(tail.strip())


@pytest.mark.parametrize(
    "tail", ["[confirm]", "Proceed? [yes/no]:", "Are you sure? #", ">", "[startup-config]?", "100%", "a b>"]
)
def test_what_is_never_answered_with_an_empty_line(tail: str) -> None:
    assert not resembles_prompt(tail)


def test_something_printed_behind_the_prompt_hides_it_not() -> None:
    assert read([b"show x\r\nfine\r\nsw-1#\r\n%LINK-5-CHANGED: p1\r\n"]) == ("fine", Progress.DONE)


@pytest.mark.parametrize(
    ("shown", "later"),
    [
        ("sw-1>", ["sw-1>", "sw-1#", "sw-1(config)#", "sw-1(config-if)#", "sw-1(config-ext-nacl)# "]),
        ("a-very-long-host-name-of-a-switch#", ["a-very-long-host-na(config-if)#"]),
        ("cordon@fw-1:~$ ", ["cordon@fw-1:~$", "cordon@fw-1:~# "]),
        ("<core>", ["<core>", "[core]", "[core-GigabitEthernet1/0/1]"]),
        ("<ce-1>", ["<ce-1>", "[~ce-1]", "[*ce-1-10GE1/0/1]"]),
        ("FGT-1 # ", ["FGT-1 # ", "FGT-1 (policy) # "]),
        ("cordon@mx> ", ["cordon@mx> ", "cordon@mx# "]),
        ("RP/0/RP0/CPU0:pe-1#", ["RP/0/RP0/CPU0:pe-1(config)#", "RP/0/RP0/CPU0:pe-1(config-bgp-nbr)#"]),
        ("(Cisco Controller) >", ["(Cisco Controller) >", "(Cisco Controller) config>"]),
        ("(wlc-1) #", ["(wlc-1) #", "(wlc-1) (config) #", '(wlc-1) (Virtual AP profile "ward 4") #']),
        (
            "(mc-1) [mynode] #",
            ["(mc-1) [mm] (config) #", "(mc-1) ^[mynode] (config) #", "(mc-1) *[mynode] #"],
        ),
        ("x440-1.12 # ", ["x440-1.13 # ", "* x440-1.14 # ", "x440-1.155 #"]),
        ("* Slot-1 core.9 # ", ["* Slot-1 core.10 # ", "Slot-1 core.11 # "]),
        (
            "[cordon@edge-router-of-site-1] > ",
            ["[cordon@edge-router-of-site-1] >", "[cordon@edge-router-of-site-1] /interface>"],
        ),
        ("cordon@vy-1:~$ ", ["cordon@vy-1:~$ ", "cordon@vy-1# "]),
        ("gw-1> ", ["gw-1> ", "gw-1:0> "]),
        ("réa-étage-4>", ["réa-étage-4#", "réa-étage-4(config-if)#"]),
        ("-> ", ["-> "]),
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
    ("shown", "line"),
    [
        ("(Cisco Controller) >", "(Cisco Controller) Status: up >"),
        ("(Cisco Controller) >", "(Other Controller) >"),
        ("(mc-1) [mynode] #", "(mc-2) [mynode] #"),
        ("x440-1.12 # ", "x440-2.13 #"),
        ("x440-1.12 # ", "* y440-1.13 #"),
        ("[cordon@edge-1] > ", "[cordon@edge-2] >"),
        ("[cordon@edge-1] > ", "[cordon@edge-1] 5 of 6: up >"),
        ("cordon@vy-1:~$ ", "[edit]"),
    ],
)
def test_a_line_that_only_resembles_a_framed_or_counted_one_is_none(shown: str, line: str) -> None:
    assert not Prompt(shown).matches(line)


def test_a_prompt_that_counts_commands_is_the_same_one_with_and_without_unsaved_changes() -> None:
    prompt = Prompt.of(["x440-1.1 #", "x440-1.2 #", "x440-1.3 #"])
    assert prompt is not None
    assert all(prompt.matches(line) for line in ("* x440-1.4 #", "x440-1.50 #"))


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
