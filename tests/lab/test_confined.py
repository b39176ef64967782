"""The service as its unit confines it: a root file system that cannot be written, no network but loopback, no
capability, no new privilege, no memory both writable and executable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.lab

_OUTSIDE = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,ro,bind /
ip link set lo up
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$2" -c "$3" "$1" "$4"
"""

_INSIDE = """
import ctypes, json, os, pathlib, signal, subprocess, sys, time
from controller.api.alive import alive
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
confined = ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0
try:
    pathlib.Path(sys.argv[2], "written").write_text("x")
    written = True
except OSError:
    written = False
cordon = [sys.executable, "-m", "controller.cli.main", "--json"]
service = subprocess.Popen([*cordon, "serve", "--bind", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
said = ""
while True:
    said += service.stdout.readline()
    try:
        url = json.loads(said)["url"]
        break
    except ValueError:
        assert service.poll() is None
found = {
    "alive": alive(url + "/api/v1/health"),
    "asleep": alive("https://127.0.0.1:1/"),
    "log": subprocess.run([*cordon, "log", "confined"], capture_output=True).returncode,
    "plan": subprocess.run([*cordon, "plan", "level-5"], capture_output=True).returncode,
    "written": written,
    "mdwe": confined,
}
status = pathlib.Path(f"/proc/{service.pid}/status").read_text()
found["caps"] = [line.split()[1] for line in status.splitlines() if line.startswith("Cap")]
service.send_signal(signal.SIGTERM)
found["ended"] = service.wait(60)
print(json.dumps(found))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take a root file system away")
def test_the_service_needs_nothing_its_unit_takes_away(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    inventory = ROOT / "examples" / "ch-exemple" / "inventory.yaml"
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CORDON_HOME": str(home),
        "CORDON_INVENTORY": str(inventory),
    }
    said = subprocess.run(
        [
            "unshare",
            "--mount",
            "--net",
            "sh",
            "-c",
            _OUTSIDE,
            "-",
            str(home),
            sys.executable,
            _INSIDE,
            str(ROOT),
        ],
        env=environ,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout.splitlines()[-1])
    assert set(found.pop("caps")) == {"0" * 16}
    mdwe = found.pop("mdwe")
    assert mdwe or tuple(int(part) for part in os.uname().release.split(".")[:2]) < (6, 3)
    assert found == {
        "alive": True,
        "asleep": False,
        "log": 0,
        "plan": 0,
        "written": False,
        "ended": 0,
    }
