"""A FortiGate with FortiOS 7.4 in multi-VDOM mode: the one of the neighbouring package with virtual domains
enabled.

FortiOS Administration Guide, "Virtual Domains", "General configurations" (``set vdom-mode multi-vdom``).
"""

from __future__ import annotations

from controller.simulator.commandlog import CommandLog
from controller.simulator.fortinet import console, fortigate
from controller.simulator.fortinet.device import FortiGate
from controller.simulator.fortinet.shell import Shell
from controller.simulator.platform import Platform
from controller.simulator.spec import DeviceSpec


def _device(spec: DeviceSpec, log: CommandLog) -> FortiGate:
    device = fortigate(spec, log)
    shared = device.running.table("system global")
    shared[""] = shared[""].having("vdom-mode", ["multi-vdom"])
    return device


PLATFORM = Platform("fortinet_vdom", _device, Shell, console, software="FortiSSH_1.0")
