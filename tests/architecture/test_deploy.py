"""The unit file and the image: what they promise in the documents is written in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "cordon.service"


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("NoNewPrivileges", ["yes"]),
        ("CapabilityBoundingSet", [""]),
        ("ProtectSystem", ["strict"]),
        ("ProtectHome", ["yes"]),
        ("PrivateTmp", ["yes"]),
        ("PrivateDevices", ["yes"]),
        ("RestrictAddressFamilies", ["AF_UNIX AF_INET AF_INET6"]),
        ("SystemCallFilter", ["@system-service", "~@privileged"]),
        ("MemoryDenyWriteExecute", ["yes"]),
        ("StateDirectory", ["cordon"]),
        ("StateDirectoryMode", ["0700"]),
        ("LimitCORE", ["0"]),
        ("User", ["cordon"]),
        ("StartLimitIntervalSec", ["0"]),
    ],
)
def test_the_unit_confines_the_service(name: str, values: list[str]) -> None:
    assert directives()[name] == values


def test_the_unit_waits_for_no_network_and_writes_nothing_else() -> None:
    found = directives()
    assert "network-online.target" not in " ".join([*found["After"], *found["Wants"], *found["Requires"]])
    assert not found["ReadWritePaths"]
    assert "ProcSubset" not in found, "locks and the boot's number are read from /proc"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit_and_finds_it_confined(tmp_path: Path) -> None:
    unit = tmp_path / "cordon.service"
    unit.write_text(UNIT.read_text().replace("/opt/cordon/bin/cordon", "/bin/true"))
    said = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert not [line for line in said.stderr.splitlines() if "cordon.service" in line]
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert level, said.stderr
    assert float(level[1]) <= 1.5


# --- the image ----------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, stage by stage; continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, value) for name, value in pairs]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def test_both_stages_are_the_small_python_3_13() -> None:
    bases = [value.split()[0] for name, value in instructions() if name == "FROM"]
    assert bases == ["python:3.13-slim"] * 2


def test_everything_installed_is_locked_to_its_hash_or_our_own() -> None:
    installs = [
        part.strip()
        for name, value in instructions()
        if name == "RUN"
        for part in value.split("&&")
        if "pip install" in part
    ]
    assert len(installs) == 3
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
    assert all("--no-cache-dir" in each for each in installs)


def test_what_runs_is_nobody_has_no_tools_and_asks_only_itself_whether_it_lives() -> None:
    stage = last_stage()
    by_name = dict(stage)
    order = [name for name, _ in stage]
    assert by_name["USER"] == "10001"
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert "USER" not in order[order.index("USER") + 1 :]
    runs = [value for name, value in stage if name == "RUN"]
    assert not [run for run in runs if re.search(r"pip|apt|curl|wget", run)]
    copied = [value for name, value in stage if name in ("COPY", "ADD")]
    assert copied == ["--from=build /opt/cordon /opt/cordon"]
    assert "controller.api.alive" in by_name["HEALTHCHECK"]
    assert by_name["ENTRYPOINT"] == '["cordon"]'
    settings = {part.partition("=")[0] for name, value in stage if name == "ENV" for part in value.split()}
    assert not [name for name in settings if re.search("PASS|SECRET|TOKEN|KEY", name)]


def test_the_image_gets_what_it_needs_of_the_checkout_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert {"!controller", "!device_profiles", "!playbooks", "!examples", "!requirements.lock"} <= set(
        ignored
    )
    assert not {"!.git", "!tests", "!."} & set(ignored)
