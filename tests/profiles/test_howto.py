"""“Add a platform in one YAML file”, done as docs/profiles.md tells it: its example is a whole profile."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controller.cli.main import main
from tests.profiles.table import ROOT

INVENTORY = """
format: 1
site: ch-exemple
credentials:
  net-admin: {username: cordon, password: {env: CORDON_TEST_PASSWORD}}
devices:
  new-1:
    platform: example_os
    role: access
    paths: [{ssh: 192.0.2.1}]
    credentials: net-admin
segments:
  ward:
    title: {fr: Soins, en: Ward}
    priority: 1
    vlans: [110]
    prefixes: [10.10.1.0/24]
    ipv6: none
    points: [{device: new-1, interface: port7, vlan: 110}]
"""


@pytest.mark.parametrize("page", ["profiles.md", "profiles.fr.md"])
def test_one_file_is_a_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str], page: str) -> None:
    example = re.search(r"```yaml\n(.+?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    assert example
    own = tmp_path / "own"
    own.mkdir()
    (own / "example_os.yaml").write_text(example[1], "utf-8")
    (tmp_path / "inventory.yaml").write_text(INVENTORY, "utf-8")
    given = ["--inventory", str(tmp_path / "inventory.yaml"), "--profiles", str(own), "--home"]
    given += [str(tmp_path / "home"), "--json"]
    assert main(["profiles", *given]) == 0
    (listed,) = [
        each for each in json.loads(capsys.readouterr().out)["profiles"] if each["platform"] == "example_os"
    ]
    assert [(each["kind"], each["methods"]) for each in listed["points"]] == [("interface", ["shutdown"])]
    assert listed["tested"] == "nothing"
    assert main(["isolate", "--segment", "ward", "--dry-run", *given]) == 0
    said = capsys.readouterr().out
    assert "interface port7" in said


def test_a_file_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "profiles.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.+?)```", text, re.DOTALL)
    assert example
    (tmp_path / "own").mkdir()
    broken = example[1].replace("isolated: {admin: down", "isolated: {admni: down")
    (tmp_path / "own" / "example_os.yaml").write_text(broken, "utf-8")
    (tmp_path / "inventory.yaml").write_text(INVENTORY, "utf-8")
    given = ["--inventory", str(tmp_path / "inventory.yaml"), "--profiles", str(tmp_path / "own")]
    assert main(["--lang", "en", "profiles", *given, "--home", str(tmp_path / "home")]) == 2
    line = next(index for index, each in enumerate(broken.splitlines(), 1) if "admni" in each)
    said = "".join(capsys.readouterr())
    assert f"example_os.yaml:{line}" in said
    assert "admin" in said


@pytest.mark.parametrize("page", ["profiles.md", "profiles.fr.md"])
def test_every_command_it_names_is_one(capsys: pytest.CaptureFixture[str], page: str) -> None:
    """With its options, as they stand there."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    howto = re.split(r"^## ", text, flags=re.MULTILINE)[1]
    named = re.findall(r"`cordon ([a-z]+)([^`]*)`", howto)
    assert {"profiles", "schema", "check", "plan", "rehearse"} == {command for command, _ in named}
    for command, rest in named:
        assert main([command, "--help"]) == 0
        said = capsys.readouterr().out
        assert [option for option in re.findall(r"--[a-z-]+", rest) if option not in said] == [], command
        if command == "rehearse":
            assert "--device" in rest
