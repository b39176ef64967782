"""A block as one line of a shell, tried on real shells: every answer stands by its command, a command that
fails keeps back the rest of its group and nothing else, and half a line does nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from controller.domain.inventory import Method
from controller.domain.plan import Operation, Rendering
from controller.domain.profile.session import AtOnceSpec, SessionSpec
from controller.engine.points.at_once import at_once_block, joint, size_of
from controller.engine.points.shell_line import ShellLine
from controller.engine.ports import Answer, Block, Command, Purpose

TOKEN = "0a1b2c3d"
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]


def read(text: str) -> Command:
    return Command(text, Purpose.READ, ahead=True)


def change(text: str, group: int) -> Command:
    return Command(text, Purpose.CHANGE, group)


def run(shell: str, text: str, folder: Path) -> list[str]:
    words = [shell, "sh"] if shell == "busybox" else [shell]
    done = subprocess.run([*words, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")


def told(shell: str, block: Block, folder: Path) -> tuple[Answer, ...]:
    line = ShellLine(block, TOKEN)
    line.take(f"user@host:~$ {line.text}")  # the echo is no answer
    assert not line.begun
    for each in run(shell, line.text, folder):
        line.take(each)
    assert line.ended
    assert line.tidy
    return line.answers()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_answer_stands_by_its_command(shell: str, tmp_path: Path) -> None:
    block = Block(
        (
            read("echo one; echo two"),
            change("touch made", 1),
            read("ls && echo complete"),
            read("printf 'no end of line'"),
            read("true"),
        )
    )
    answers = told(shell, block, tmp_path)
    assert [each.text for each in answers] == ["one\ntwo", "", "made\ncomplete", "no end of line", ""]
    assert [each.command for each in answers] == list(block.commands)
    assert all(each.sent and each.complete for each in answers)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_that_fails_keeps_back_the_rest_of_its_group_alone(shell: str, tmp_path: Path) -> None:
    block = Block(
        (
            change("echo refused; false", 1),
            change("touch first", 1),
            change("touch first-too", 1),
            change("touch second", 2),
            change("touch second-too", 2),
            read("ls"),
        )
    )
    answers = told(shell, block, tmp_path)
    assert answers[0].text == "refused"
    assert [each.sent for each in answers] == [True, False, False, True, True, True]
    assert answers[-1].text == "second\nsecond-too"


@pytest.mark.parametrize("shell", SHELLS)
def test_half_a_line_does_nothing(shell: str, tmp_path: Path) -> None:
    line = ShellLine(Block((change("touch made", 1), change("touch also", 2))), TOKEN).text
    for size in range(len(line)):
        subprocess.run(
            [shell, *(["sh"] if shell == "busybox" else []), "-c", line[:size]],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "marks",
    [(0, 2, 1, 3), (1, 2, 3), (0, 1, 2, 4), (0, 0, 1, 2, 3, 3)],
    ids=["out of order", "without its beginning", "more than there are", "twice"],
)
def test_marks_that_are_not_as_they_must_be_count_for_nothing(marks: tuple[int, ...]) -> None:
    line = ShellLine(Block((read("a"), read("b"))), TOKEN)
    for mark in marks:
        line.take(f"{TOKEN} {mark} 0")
    assert not line.tidy


@pytest.mark.parametrize(
    ("marks", "tidy"),
    [
        (("0 1", "1 0", "2 1", "4 0", "5 0"), True),
        (("0 0", "1 0", "3 0", "4 0", "5 0"), False),
        (("0 0", "1 1", "3 0", "4 0", "5 0"), False),
        (("0 0", "1 0", "2 1", "3 0", "4 0", "5 0"), False),
        (("0 0", "1 0", "2 0", "3 0", "5 0"), False),
    ],
    ids=[
        "kept back",
        "change lost",
        "change lost behind a reading that failed",
        "not kept back",
        "reading lost",
    ],
)
def test_a_command_whose_mark_is_lost_is_not_taken_for_one_kept_back(
    marks: tuple[str, ...], tidy: bool
) -> None:
    line = ShellLine(Block((read("a"), change("b", 1), change("c", 1), read("d"))), TOKEN)
    for mark in marks:
        line.take(f"{TOKEN} {mark}")
    assert line.ended
    assert line.tidy is tidy


# --- made of operations -----------------------------------------------------------------------------------

SESSION = SessionSpec(netmiko="linux", at_once=AtOnceSpec(600, shell_line=True))


def operation(*reads: str) -> Operation:
    return Operation("sw", "linux", reads, (), (), ())


def rendering(*lines: str) -> Rendering:
    return Rendering(Method.SHUTDOWN, lines, {})


def made(reads: tuple[str, ...], *renderings: Rendering) -> Block:
    block = at_once_block(operation(*reads), reads[:1], renderings, SESSION)
    assert block is not None
    return block


def test_steps_of_a_shell_need_no_context_and_may_differ() -> None:
    block = made(("ls", "pwd"), rendering("touch a", "touch b"), rendering("rm c"))
    assert [(each.text, each.group) for each in block.commands] == [
        *(("ls", 0), ("touch a", 1), ("touch b", 1), ("rm c", 2), ("ls", 0), ("pwd", 0)),
    ]
    assert at_once_block(operation("ls"), ("ls",), [rendering()], SESSION) is None


@pytest.mark.parametrize("shell", SHELLS)
def test_operations_of_one_device_read_once_and_each_has_its_own_answers(shell: str, tmp_path: Path) -> None:
    blocks = [
        made(("ls",), rendering("touch a; echo A")),
        made(("ls", "echo read"), rendering("false", "touch b"), rendering("touch c; echo C")),
    ]
    spec = SESSION.at_once
    assert spec is not None
    both = joint(blocks, spec)
    assert both is not None
    texts = [each.text for each in both.block.commands]
    assert texts == ["ls", "touch a; echo A", "false", "touch b", "touch c; echo C", "ls", "echo read"]
    assert [each.group for each in both.block.commands] == [0, 1, 2, 2, 3, 0, 0]
    answers = told(shell, both.block, tmp_path)
    first, second = (both.answers(at, block, answers) for at, block in enumerate(blocks))
    assert [each.command for each in first] == list(blocks[0].commands)
    assert [each.text for each in first] == ["", "A", "a\nc"]
    assert [each.command for each in second] == list(blocks[1].commands)
    assert [each.sent for each in second] == [True, True, False, True, True, True]
    assert [each.text for each in second][-2:] == ["a\nc", "read"]


def test_what_is_too_long_together_goes_out_apart() -> None:
    block = made(("ls",), rendering(f"touch {'a' * 200}"))
    spec = AtOnceSpec(size_of(block, SESSION.at_once), shell_line=True)
    assert joint([block], spec) is not None
    assert joint([block, block], spec) is None


def test_lines_that_stand_in_a_context_go_out_together_only_where_they_are_the_same() -> None:
    spec = AtOnceSpec(1000)

    def block(*lines: str) -> Block:
        return Block((Command("conf t", Purpose.MODE), *(change(line, 1) for line in lines), read("show")))

    shut, other = block("interface p1", "shutdown"), block("interface p2", "shutdown")
    assert joint([shut, other], spec) is not None
    assert joint([shut, block("interface p2", "switchport access vlan 9")], spec) is None
