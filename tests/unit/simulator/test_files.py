"""Files on a switch: what is asked before one is merged or removed, and who may send one."""

from __future__ import annotations

import pytest

from controller.simulator.process import Simulation
from tests.unit.simulator.console import PASSWORD, PROMPT, USER, Console

MAY = f"username {USER} privilege 15 secret {PASSWORD}"
MERGED = "interface Gi1/0/3\n shutdown\n nonsense\ninterface Gi1/0/4\n shutdown\nend\n"


def send(console: Console, path: str, content: str) -> bytes:
    """What the device answers each step of ``scp -t`` with."""
    channel = console.transport.open_session()
    channel.settimeout(10)
    channel.exec_command(f"scp -t {path}")
    said: bytes = channel.recv(1)
    for part in (f"C0644 {len(content)} any\n", f"{content}\0"):
        channel.sendall(part.encode())
        said += channel.recv(200)
    channel.close()
    return said


def test_a_file_is_merged_line_by_line_once_the_question_is_answered(site: Simulation) -> None:
    site.configure("acc-1", MAY, "ip scp server enable")
    with Console(site["acc-1"], enabled=False) as sender:
        assert send(sender, "flash:/new.cfg", MERGED) == b"\0\0\0"
    with Console(site["acc-1"], enabled=False) as console:
        console.until(PROMPT)
        console.ask("terminal length 0")
        assert "new.cfg" in console.ask("dir flash:/new.cfg")
        listed = console.ask("show archive config incremental-diffs flash:/new.cfg")
        assert "interface Gi1/0/3\n shutdown\n nonsense\n" in listed
        console.type("copy flash:/new.cfg running-config")
        console.until("Destination filename [running-config]? ")
        said = console.ask("")
        assert "% Invalid input detected at '^' marker." in said
        assert f"{len(MERGED)} bytes copied in" in said
        assert [site.interface("acc-1", f"GigabitEthernet1/0/{n}")["admin"] for n in (3, 4)] == ["down"] * 2
        console.type("delete new.cfg")
        console.until("Delete filename [new.cfg]? ")
        console.type("")
        console.until("Delete flash:/new.cfg? [confirm]")
        console.ask("")
        assert "No such file or directory" in console.ask("more flash:/new.cfg")


def test_without_questions_none_is_asked(site: Simulation, console: Console) -> None:
    console.configure("file prompt quiet")
    assert "bytes copied in" in console.ask("copy running-config flash:/kept.cfg")
    md5 = console.ask("verify /md5 flash:/kept.cfg")
    assert "verify /md5 (flash:/kept.cfg) = " in md5
    console.ask("delete /force kept.cfg")
    assert site.state("acc-1")["files"] == []
    assert "No such device" in console.ask("dir usb9:/kept.cfg")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("ip scp server enable",), b"Privilege denied."),
        ((MAY,), b"Administratively disabled."),
    ],
)
def test_a_file_is_taken_where_it_is_allowed_and_from_who_may(
    site: Simulation, lines: tuple[str, ...], told: bytes
) -> None:
    site.configure("acc-1", *lines)
    with Console(site["acc-1"], enabled=False) as sender:
        assert send(sender, "flash:/new.cfg", MERGED) == b"\0\0\1" + told + b"\n"
    assert site.state("acc-1")["files"] == []
