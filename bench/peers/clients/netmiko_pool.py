"""Netmiko as its documentation shows it, in a pool of threads."""

from __future__ import annotations

import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from netmiko import ConnectHandler

job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))


def cut(device: dict[str, Any]) -> bool:
    with ConnectHandler(
        device_type="cisco_ios",
        host=device["address"],
        port=device["port"],
        username=job["username"],
        password=job["password"],
        secret=job["enable"],
    ) as connection:
        connection.enable()
        connection.send_config_set(job["lines"])
        answers = [str(connection.send_command(read)) for read in job["reads"]]
    return all(re.search(job["shut"], answer) for answer in answers)


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
