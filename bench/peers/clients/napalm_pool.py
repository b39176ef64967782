"""NAPALM's session in a pool of threads: opened and enabled by NAPALM, the lines sent through its Netmiko
handle. Its own merge needs a file transfer, which a simulated switch has not."""

from __future__ import annotations

import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from napalm import get_network_driver

job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
Ios = get_network_driver("ios")


def cut(device: dict[str, Any]) -> bool:
    options = {"port": device["port"], "secret": job["enable"]}
    with Ios(device["address"], job["username"], job["password"], optional_args=options) as session:
        session.device.send_config_set(job["lines"])
        answers = session.cli(list(job["reads"]))
    return all(re.search(job["shut"], answer) for answer in answers.values())


def main() -> None:
    go = time.monotonic_ns()
    verified, errors = [], {}
    with ThreadPoolExecutor(job["threads"]) as pool:
        found = {device["name"]: pool.submit(cut, device) for device in job["devices"]}
        for name, result in found.items():
            try:
                if result.result():
                    verified.append(name)
            except Exception as error:  # noqa: BLE001 - a failure is counted, whatever it is
                errors[name] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps({"go": go, "verified": verified, "errors": errors}))


if __name__ == "__main__":
    main()
