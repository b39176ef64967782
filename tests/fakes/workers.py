"""Real worker processes, without a home."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.shards.driver import ShardedDriver
from controller.drivers.shards.nursery import Nursery
from controller.engine.ports import Secrets

COMMAND = (sys.executable, "-P", "-m", "controller.workers.devices")


@contextmanager
def worker_processes(
    workers: int, lock: Path | None = None, secrets: Secrets | None = None
) -> Iterator[ShardedDriver]:
    nursery = Nursery(COMMAND, workers, lock, always=True)
    driver = ShardedDriver(nursery, NetmikoDriver, secrets)
    try:
        yield driver
    finally:
        driver.close()
        nursery.close()
