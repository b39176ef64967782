"""Nornir with nornir_netmiko, its threaded runner and an inventory in memory."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from nornir.core import Nornir
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.task import Result, Task
from nornir.plugins.runners import ThreadedRunner
from nornir_netmiko.connections import Netmiko
from nornir_netmiko.tasks import netmiko_send_command, netmiko_send_config

job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))


def cut(task: Task) -> Result:
    task.run(task=netmiko_send_config, config_commands=job["lines"])
    answers = [task.run(task=netmiko_send_command, command_string=read).result for read in job["reads"]]
    return Result(host=task.host, result=all(re.search(job["shut"], str(answer)) for answer in answers))


def main() -> None:
    ConnectionPluginRegister.register("netmiko", Netmiko)
    options = {"netmiko": ConnectionOptions(extras={"secret": job["enable"]})}
    hosts = Hosts(
        {
            device["name"]: Host(
                name=device["name"],
                hostname=device["address"],
                port=device["port"],
                username=job["username"],
                password=job["password"],
                platform="cisco_ios",
                connection_options=options,
            )
            for device in job["devices"]
        }
    )
    nornir = Nornir(
        inventory=Inventory(hosts=hosts, groups=Groups(), defaults=Defaults()),
        runner=ThreadedRunner(num_workers=job["threads"]),
    )
    go = time.monotonic_ns()
    found = nornir.run(task=cut)
    nornir.close_connections(on_good=True, on_failed=True)
    verified = [name for name, result in found.items() if not result.failed and result[0].result]
    errors = {name: str(result[0].exception)[:200] for name, result in found.items() if result.failed}
    print(json.dumps({"go": go, "verified": verified, "errors": errors}))


if __name__ == "__main__":
    main()
