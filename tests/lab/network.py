"""The whole lab: cables, hosts, devices, controller; booted and gone as one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.lab import inventory
from tests.lab.device import Access, Device
from tests.lab.forked import Forks
from tests.lab.hospital import CABLES, DEVICES, HOSTS, NOC, PROBE_LEG, SWITCHES, Host, management6
from tests.lab.namespace import Namespace, run
from tests.lab.snapshot import Snapshot, snapshot
from tests.lab.traffic import Traffic

PASSWORD = "CORDON_LAB_PASSWORD"
"""Environment variable the lab's inventory takes the password of every device from."""
KEY = "CORDON_LAB_KEY"
"""Environment variable with the path of the private key every device accepts as well."""
_PREFIX = "cordon-lab-"


class Lab:
    """Boots on construction, with flows not yet started. Use as a context manager, or :meth:`close` it.

    ``inband``: the controller manages through VLAN 5 of the data network instead of a network of its own.
    Namespaces are held by open files of this process, so nothing of the lab survives it; its directory of
    keys and logs is swept up by the next lab.
    """

    def __init__(self, inband: bool = False) -> None:
        started = time.monotonic()
        self.inband = inband
        self._directory, self._lock = _directory()
        self.home = self._directory / "home"
        self.access = _access(self._directory)
        self._forks: Forks | None = None
        self.noc = Namespace("noc")
        self.hosts = {name: Namespace(name) for name in HOSTS}
        self.devices = {name: Device(name, self._directory / name, self.access, inband) for name in DEVICES}
        self.traffic = Traffic(self.hosts)
        try:
            self._lay_cables()
            for device in self.devices.values():
                device.start()
            for host in HOSTS.values():
                self._set_up_host(host)
            self._set_up_noc()
            for device in self.devices.values():
                device.wait()
        except BaseException:
            self.close()
            raise
        self.inventory = self._directory / "inventory.yaml"
        self.inventory.write_text(inventory.text(self.host_keys, inband))
        self.boot_seconds = time.monotonic() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._forks is not None:
            self._forks.close()
        self.traffic.close()
        for device in self.devices.values():
            device.close()
        for namespace in (self.noc, *self.hosts.values()):
            namespace.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        self._lock.close()

    # --- the controller's place -----------------------------------------------------------------

    @property
    def host_keys(self) -> Mapping[str, str]:
        return {name: device.host_key for name, device in self.devices.items()}

    @property
    def environment(self) -> dict[str, str]:
        """What a controller needs to know: inventory, home and secrets, by environment."""
        return {
            "CORDON_INVENTORY": str(self.inventory),
            "CORDON_HOME": str(self.home),
            PASSWORD: self.access.password,
            KEY: str(self.access.private_key),
        }

    def controller(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Runs ``command`` to its end where the controller stands: what it printed, and its code."""
        return subprocess.run(
            [*self.noc.enter(), *command],
            env={**os.environ, **self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def forked(
        self, arguments: Sequence[str], env: Mapping[str, str] | None = None, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """``cordon`` with ``arguments`` where the controller stands, in a process that need not import."""
        if self._forks is None:
            self._forks = Forks(self.noc.enter())
        environment = {**os.environ, **self.environment, **(env or {})}
        return subprocess.CompletedProcess(arguments, *self._forks.call(arguments, environment, typed))

    def start_controller(
        self, command: Sequence[str], env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """The same, left running: the caller waits for it or kills it. The process is ``command`` itself."""
        return subprocess.Popen(
            [*self.noc.enter(), *command],
            env={**os.environ, **self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    # --- the network ----------------------------------------------------------------------------

    def configuration(self) -> Snapshot:
        """What every device that is on is configured to do, read at its own console."""
        return snapshot(self.devices.values())

    def is_whole(self) -> bool:
        """Whether every device is on and answers at its console."""
        return all(device.is_on for device in self.devices.values())

    def unplug(self, host: str) -> None:
        """Pulls the host's cable: its port loses the link, without anyone having shut it."""
        self.hosts[host].run("ip", "link", "set", "eth0", "down")

    def plug_in(self, host: str) -> None:
        at = HOSTS[host]
        self.hosts[host].shell(
            [
                "ip link set eth0 up",
                f"ip address replace {at.address6}/64 dev eth0 nodad",
                f"ip route replace default via {at.gateway4}",
                f"ip route replace ::/0 via {at.gateway6}",
            ]
        )

    def _lay_cables(self) -> None:
        ends = {name: device.namespace.path for name, device in self.devices.items()}
        ends["noc"] = self.noc.path
        ends |= {name: namespace.path for name, namespace in self.hosts.items()}
        cables = [(*near, *far) for near, far in CABLES]
        cables += [(host.name, "eth0", host.device, host.port) for host in HOSTS.values()]
        if self.inband:
            cables.append(("noc", "eth0", "core", "noc"))
        else:
            cables += [("noc", name, name, "mgmt0") for name in self.devices]
            cables.append(("noc", "probe", "core", "probe0"))
        run(
            ["ip", "-batch", "-"],
            "".join(
                f"link add {port} netns {ends[end]} type veth peer name {other_port} netns {ends[other]}\n"
                for end, port, other, other_port in cables
            ),
        )

    def _set_up_host(self, host: Host) -> None:
        self.hosts[host.name].shell(
            [
                "echo 1000 > /proc/sys/net/ipv4/tcp_rto_max_ms",
                "echo 120 > /proc/sys/net/ipv4/tcp_retries2",
                "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range",
                # Without it a checksum left to a network card that does not exist reaches Open vSwitch.
                "ethtool -K eth0 tx off >/dev/null",
                "ip -batch - <<END",
                "link set lo up",
                "link set eth0 up",
                f"address add {host.address4}/24 dev eth0",
                f"address add {host.address6}/64 dev eth0 nodad",
                f"route add default via {host.gateway4}",
                f"route add ::/0 via {host.gateway6}",
                "END",
            ]
        )

    def _set_up_noc(self) -> None:
        lines = ["link set lo up"]
        if self.inband:
            lines += ["link set eth0 up", f"address add {NOC}/24 dev eth0"]
            lines += [f"address add {management6(NOC)}/64 dev eth0 nodad"]
            core = DEVICES["core"].management[0]
            lines += [f"route add default via {core}", f"route add ::/0 via {management6(core)}"]
            for name in DEVICES.keys() - SWITCHES.keys():
                for address in DEVICES[name].management:
                    lines += [f"route add {address}/32 via {core}"]
                    lines += [f"route add {management6(address)}/128 via {management6(core)}"]
            leg = "eth0"
        else:
            lines += ["link add mgmt type bridge", "link set mgmt up"]
            for name in self.devices:
                lines += [f"link set {name} master mgmt", f"link set {name} up"]
            lines += [f"address add {NOC}/24 dev mgmt", f"address add {management6(NOC)}/64 dev mgmt nodad"]
            lines += ["link set probe up", f"address add {PROBE_LEG}/30 dev probe"]
            lines += ["address add 2001:db8:254:1::2/64 dev probe nodad"]
            for prefix in ("10.10.0.0/16", "203.0.113.0/24", "198.51.100.0/24"):
                lines += [f"route add {prefix} via 10.254.0.9"]
            for prefix in ("2001:db8:10::/48", "2001:db8:ff::/64", "2001:db8:fe::/64"):
                lines += [f"route add {prefix} via 2001:db8:254:1::1"]
            leg = "probe"
        self.noc.shell([f"ethtool -K {leg} tx off >/dev/null", "ip -batch - <<END", *lines, "END"])


def _directory() -> tuple[Path, IO[str]]:
    """A directory of our own, locked for as long as we live; those of the dead are removed."""
    for stale in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (stale / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(stale, ignore_errors=True)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    directory.chmod(0o755)  # the devices' unprivileged daemons pass through
    lock = (directory / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return directory, lock


def _access(directory: Path) -> Access:
    password = secrets.token_urlsafe(12)
    digest = run(["openssl", "passwd", "-6", "-stdin"], password + "\n").strip()
    key = directory / "controller_key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "cordon", "-f", str(key)])
    return Access(password, digest, key, (directory / "controller_key.pub").read_text())
