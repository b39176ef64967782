"""``cordon check --live`` on real devices: every byte typed into their shells is heard; nothing changes."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from tests.fakes.readings import readings
from tests.lab.cordon import Cordon
from tests.lab.device import Device
from tests.lab.network import Lab
from tests.lab.snapshot import difference

pytestmark = pytest.mark.lab

PROFILES = load_profiles([shipped_profiles()])
NETMIKO = ("terminal width 511", "terminal length 0", "enable")
"""What Netmiko prepares a session of FRRouting with; a session of a shell needs nothing."""

_EAR = """#!/bin/sh
export SHELL=/bin/sh
exec script -q -f --log-in {heard}/{name}.$$ -c 'exec {shell}'
"""


@contextmanager
def _file_of(device: Device, path: str, text: str) -> Iterator[None]:
    """The file holds ``text`` meanwhile. It is written in place: it is mounted from elsewhere."""
    write = 'printf %s "$2" > "$1"'
    before = device.run("cat", path)
    device.run("sh", "-c", write, "sh", path, text)
    try:
        yield
    finally:
        device.run("sh", "-c", write, "sh", path, before)


@contextmanager
def _ears(lab: Lab) -> Iterator[Path]:
    """Every login shell behind a program that writes down each byte typed into it, by device."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        heard = directory / "heard"
        heard.mkdir()
        directory.chmod(0o755)
        heard.chmod(0o777)
        made = []
        for device in lab.devices.values():
            passwd = device.run("cat", "/etc/passwd")
            for shell in ("/bin/bash", "/usr/bin/vtysh"):
                ear = directory / f"{device.name}-{Path(shell).name}"
                inner = f"{shell} -l" if shell.endswith("bash") else shell
                ear.write_text(_EAR.format(heard=heard, name=ear.name, shell=inner))
                ear.chmod(0o755)
                passwd = re.sub(rf"^((?:cordon|router):.*:){shell}$", rf"\1{ear}", passwd, flags=re.MULTILINE)
            made.append(_file_of(device, "/etc/passwd", passwd))
        for each in made:
            each.__enter__()
        try:
            yield heard
        finally:
            for each in made:
                each.__exit__(None, None, None)


def _typed(path: Path) -> str:
    """Without the lines the listener itself writes first and last."""
    _, _, text = path.read_text().partition("\n")
    return re.sub(r"\n?Script done on [^\n]*\n\Z", "", text)


def test_not_a_byte_but_readings_reaches_a_real_device(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    with _ears(lab) as heard:
        answer = cordon("check", "--live")
        typed = {path.name.partition(".")[0]: _typed(path) for path in heard.iterdir()}
    assert not difference(before, lab.configuration())
    assert all(device["ready"] for device in answer.data["devices"])
    assert answer.data["levels"][-1]["points"] > 30
    assert set(typed) == {f"{name}-bash" for name in lab.devices} | {"core-vtysh"}
    platforms = {"fw": "linux_nftables", "vpn": "linux"}
    for name, text in typed.items():
        platform = "frr" if name == "core-vtysh" else platforms.get(name.split("-")[0], "ovs_linux")
        allowed = readings(PROFILES[platform], NETMIKO if platform == "frr" else ())
        lines = re.split(r"[\r\n]", text)
        assert [line for line in lines if not allowed.fullmatch(line)] == [], name
        assert len(set(lines)) > 2, f"{name} was asked something"


def test_the_ear_hears_a_cut(lab: Lab, tmp_path: Path) -> None:
    """Were anything else sent, the same comparison would show it."""
    cordon = Cordon(lab, tmp_path)
    with _ears(lab) as heard:
        cordon.act("isolate", "--segment", "imaging", code=None)
        cordon.act("restore", "--all", code=None)
        typed = "\n".join(_typed(path) for path in heard.iterdir())
    allowed = [readings(profile, NETMIKO) for profile in PROFILES.values()]
    lines = {line for line in re.split(r"[\r\n]", typed) if not any(each.fullmatch(line) for each in allowed)}
    assert any("mod-port" in line for line in lines)


def test_a_command_sudo_forbids_and_a_shutdown_to_come_are_found(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    fw, acc1 = lab.devices["fw"], lab.devices["acc1"]
    forbidden = "".join(
        line for line in fw.run("cat", "/etc/sudoers").splitlines(keepends=True) if "add element" not in line
    )
    until = int(time.time()) + 1800
    acc1.run("mkdir", "-p", "/run/systemd/shutdown")
    acc1.run("sh", "-c", f"printf 'USEC={until}000000\\nMODE=reboot\\n' > /run/systemd/shutdown/scheduled")
    try:
        with _file_of(fw, "/etc/sudoers", forbidden):
            answer = cordon("check", "--live", code=6)
    finally:
        acc1.run("rm", "-r", "/run/systemd/shutdown")
    found = {device["device"]: device for device in answer.data["devices"]}
    assert {each["code"] for each in found["fw"]["obstacles"]} == {"not-allowed"}
    assert "sudo -n -l nft" in found["fw"]["obstacles"][0]["text"]
    (revert,) = [each for each in found["acc1"]["hazards"] if each["code"] == "revert-reload"]
    assert 1700 < int(revert["data"]["seconds"]) <= 1800
    assert "sudo -n shutdown -c" in revert["text"]
    assert [name for name, device in found.items() if not device["ready"]] == ["fw"]
    assert not difference(before, lab.configuration())
