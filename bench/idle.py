"""What sessions that wait cost: processor time and memory of this process, for each of 200 held open.

Simulated IOS switches, in a process of their own. First the sessions rest, as armed ones do between two
readings; then each is read once.
"""

from __future__ import annotations

import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.peers.site import ENABLE, PASSWORD, USERNAME, bench_site
from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path as DevicePath
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.ports import Block, Command, Login, Purpose, Session

SESSIONS = 200
RESTED = 30.0
"""Seconds."""

MOST = 0.02
"""Of one processor, for all of them together."""

_AT_ONCE = 10


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, bench_site(Path(folder), SESSIONS, 5) as site:
        profile = load_profiles([shipped_profiles()])["cisco_ios"]
        driver = NetmikoDriver()
        login = Login(USERNAME, PASSWORD, enable=ENABLE)

        def opened(name: str) -> Session:
            at = site.simulation[name]
            device = Device(
                name, "cisco_ios", DeviceRole.CORE, (DevicePath(at.address, at.port),), host_key=at.host_key
            )
            return driver.open(device, profile, [login], time.monotonic() + 60)

        before = _resident()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sessions = list(pool.map(opened, site.simulation.devices))
        memory = (_resident() - before) / len(sessions)
        time.sleep(5)  # what was just said is not yet idle
        began, used = time.monotonic(), time.process_time()
        time.sleep(RESTED)
        share = (time.process_time() - used) / (time.monotonic() - began)
        used = time.process_time()
        read = Block((Command("show clock", Purpose.READ, ahead=True),))
        for session in sessions:
            session.write(read)
            session.collect(time.monotonic() + 10)
        each = (time.process_time() - used) / len(sessions)
        print(f"{len(sessions)} sessions, {sum(one.is_open for one in sessions)} open: {memory:.0f} KiB each")
        print(f"at rest: {share * 100:.2f} % of a processor (limit {MOST * 100:.0f} %)")
        print(f"a reading: {each * 1000:.1f} ms of a processor", flush=True)
        for session in sessions:
            session.close()
    return int(share > MOST)


def _resident() -> float:
    """KiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1024
