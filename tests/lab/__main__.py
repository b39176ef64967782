"""``python -m tests.lab``: the lab to play with, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from tests.lab.device import ROUTER_USER, USER
from tests.lab.hospital import DEVICES, HOSTS
from tests.lab.network import KEY, PASSWORD, Lab
from tests.lab.requirements import missing


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab", description="A hospital in network namespaces."
    )
    parser.add_argument("--inband", action="store_true", help="manage through the data network (VLAN 5)")
    arguments = parser.parse_args()
    reasons = missing()
    if reasons:
        sys.stderr.write("The lab cannot boot here:\n" + "".join(f"  - {reason}\n" for reason in reasons))
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Lab(inband=arguments.inband) as lab, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(_welcome(lab))
        sys.stdout.flush()
        signal.pause()
    return 0


def _welcome(lab: Lab) -> str:
    noc, host = " ".join(lab.noc.enter()), " ".join(lab.hosts["emergency1"].enter())
    beside = Path(sys.executable).with_name("cordon")
    cordon = beside if beside.exists() else "cordon"
    exports = "".join(f"  export {name}={value}\n" for name, value in lab.environment.items())
    devices = "".join(f"  {name:6} {', '.join(device.management)}\n" for name, device in DEVICES.items())
    hosts = "".join(
        f"  {at.name:11} {at.address4:15} {at.address6:22} {at.device} {at.port}"
        + (f" (VLAN {at.vlan})\n" if at.vlan else "\n")
        for at in HOSTS.values()
    )
    return f"""\
The hospital is up ({lab.boot_seconds:.1f} s). It lives as long as this process: Ctrl-C ends it.

In another terminal, as root, stand where the controller stands:

{exports}
  {noc} {cordon} check --live
  {noc} {cordon} isolate --level 5
  {noc} {cordon} restore --next
  {noc} ssh -i ${KEY} -o StrictHostKeyChecking=no {USER}@10.255.0.21

Devices ({USER}: shell and sudo; {ROUTER_USER}@10.255.0.12: FRR's command line; password: ${PASSWORD}):

{devices}
Hosts; to stand on one: {host} bash

{hosts}
"""


if __name__ == "__main__":
    sys.exit(main())
