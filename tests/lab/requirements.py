"""What this machine must have before the lab can boot; what lacks is named with its Debian package."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

TOOLS = {
    "ip": "iproute2",
    "ethtool": "ethtool",
    "nft": "nftables",
    "ovsdb-server": "openvswitch-switch",
    "ovsdb-tool": "openvswitch-common",
    "ovs-vswitchd": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
    "ovs-ofctl": "openvswitch-common",
    "vtysh": "frr",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
    "openssl": "openssl",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
}
ROUTING = (Path("/usr/lib/frr/zebra"), Path("/usr/lib/frr/bgpd"))


def missing() -> list[str]:
    """Every reason why the lab cannot boot here, for a person to act on; empty when it can."""
    if platform.system() != "Linux":
        return ["the lab needs Linux network namespaces"]
    reasons = [] if os.geteuid() == 0 else ["the lab needs root"]
    absent = [f"{tool} ({package})" for tool, package in TOOLS.items() if not shutil.which(tool)]
    absent += [f"{daemon.name} (frr)" for daemon in ROUTING if not daemon.exists()]
    if absent:
        reasons.append("the lab needs tools that are not on PATH: " + ", ".join(absent))
    if not reasons and not _namespaces_allowed():
        reasons.append("the lab needs CAP_SYS_ADMIN: this container may not create namespaces")
    return reasons


def _namespaces_allowed() -> bool:
    attempt = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(attempt, check=False, capture_output=True).returncode == 0
