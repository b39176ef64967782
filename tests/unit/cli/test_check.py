"""``cordon check`` at a site's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.main import main

INVENTORY = """\
format: 1
site: ch-exemple
devices:
  modem: {platform: manual, role: wan}
segments:
  a: {title: A, priority: 1, ipv6: none, depends_on: [b], points: [{device: modem, interface: p1}]}
  b: {title: B, priority: 1, ipv6: none, depends_on: [c], points: [{device: modem, interface: p2}]}
  c: {title: C, priority: 1, ipv6: none, depends_on: [a], points: [{device: modem, interface: p3}]}
"""


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_segments_that_wait_for_each_other_are_shown_in_a_loop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(INVENTORY)
    asked = ["--lang", lang, "--home", str(tmp_path / "home"), "--inventory", str(file), "check"]
    assert main(asked) == 2
    assert "a → b → c → a" in capsys.readouterr().err
    file.write_text(INVENTORY.replace("depends_on: [a], ", ""))
    assert main(asked) == 0


FIREWALL = """\
format: 1
site: ch-exemple
credentials:
  net: {username: cordon, password: {env: NET}, fallback: local}
  local: {username: local-admin, password: {env: LOCAL}}
devices:
  fw: {platform: paloalto_panos, role: firewall, paths: [{ssh: 192.0.2.10}], credentials: net, settings: {}}
segments:
  a: {title: A, priority: 1, ipv6: none, points: [{device: fw, interface: ethernet1/1}]}
"""


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_log_in_whose_changes_nobody_commits_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(FIREWALL)
    asked = ["--lang", lang, "--home", str(tmp_path / "home"), "--inventory", str(file), "check"]
    assert main(asked) == 0
    assert "local-admin" in capsys.readouterr().out
    file.write_text(FIREWALL.replace("settings: {}", 'settings: {admin: "[ cordon local-admin ]"}'))
    assert main(asked) == 0
    assert "local-admin" not in capsys.readouterr().out
