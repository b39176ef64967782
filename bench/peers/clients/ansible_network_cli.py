"""Ansible over network_cli: ios_config with one entry of lines (it sends the whole list once for each), then
ios_command, 50 forks. ``go`` is the start of ansible-playbook: it connects within seconds of reading itself.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))

VARIABLES = {
    "ansible_connection": "ansible.netcommon.network_cli",
    "ansible_network_os": "cisco.ios.ios",
    "ansible_network_cli_ssh_type": "paramiko",
    "ansible_user": job["username"],
    "ansible_password": job["password"],
    "ansible_become": True,
    "ansible_become_method": "ansible.netcommon.enable",
    "ansible_become_password": job["enable"],
}


def playbook() -> list[dict[str, Any]]:
    config = {"lines": ["\n".join(job["lines"])], "match": "none"}
    tasks = [{"cisco.ios.ios_config": config}, {"cisco.ios.ios_command": {"commands": job["reads"]}}]
    return [{"hosts": "all", "gather_facts": False, "tasks": tasks}]


def main() -> None:
    hosts = {
        device["name"]: {"ansible_host": device["address"], "ansible_port": device["port"]}
        for device in job["devices"]
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": VARIABLES}}), "utf-8")
        (folder / "cut.json").write_text(json.dumps(playbook()), "utf-8")
        environ = {
            **os.environ,
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_PERSISTENT_CONNECT_TIMEOUT": "60",
            "ANSIBLE_PERSISTENT_COMMAND_TIMEOUT": "60",
        }
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(folder / "hosts.json")]
        go = time.monotonic_ns()
        done = subprocess.run(
            [*command, "-f", str(job["threads"]), str(folder / "cut.json")],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    verified, errors = told(done.stdout, done.stderr)
    print(json.dumps({"go": go, "verified": verified, "errors": errors}))


def told(out: str, err: str) -> tuple[list[str], dict[str, str]]:
    try:
        tasks = json.loads(out[out.index("{") :])["plays"][0]["tasks"]
    except (ValueError, LookupError):
        return [], {"ansible-playbook": (err or out).strip()[-200:]}
    read = tasks[-1]["hosts"]
    verified = [
        name
        for name, result in read.items()
        if len(result.get("stdout", [])) == len(job["reads"])
        and all(re.search(job["shut"], answer) for answer in result["stdout"])
    ]
    failed = {
        name: str(result.get("msg", "?"))[:200]
        for task in tasks
        for name, result in task["hosts"].items()
        if result.get("failed") or result.get("unreachable")
    }
    return verified, failed


if __name__ == "__main__":
    main()
