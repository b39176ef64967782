"""A real OpenSSH server on the loopback, with a user of its own that the machine does not have.

It runs in a private mount namespace with its own passwd and shadow: root only.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as File

from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path

SSHD = "/usr/sbin/sshd"
USER = "cordon"
PASSWORD = "Zèbre-au-galop-27"
UID = 64_000
HOME = "/mnt"


def missing() -> str:
    """Why it cannot run here, or ""."""
    if os.geteuid() != 0:
        return "needs root"
    tools = [tool for tool in (SSHD, "unshare", "ssh-keygen", "openssl") if shutil.which(tool) is None]
    return f"needs {', '.join(tools)}" if tools else ""


@dataclass
class Sshd:
    """``directory`` takes all its files. ``config`` are further lines of sshd_config, which may
    name its ``{port}``."""

    directory: File
    key_types: Sequence[str] = ("ed25519",)
    config: Sequence[str] = ()

    def start(self) -> None:
        self.directory.chmod(0o755)
        home = self.directory / "home"
        (home / ".ssh").mkdir(parents=True, exist_ok=True)
        self._account(home)
        for kind in self.key_types:
            if not self._key(kind).exists():
                self.keygen(self._key(kind), kind)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = self.directory / "log"
        self.log.unlink(missing_ok=True)
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            *(f"HostKey {self._key(kind)}" for kind in self.key_types),
            f"PidFile {self.directory}/pid",
            "AuthorizedKeysFile .ssh/authorized_keys",
            "UsePAM no",
            "UseDNS no",
            "PrintMotd no",
            "StrictModes no",
            "LogLevel DEBUG1",
            *(line.replace("{port}", str(self.port)) for line in self.config),
        ]
        (self.directory / "sshd_config").write_text("\n".join(lines) + "\n")
        File("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        # The home goes where an ordinary user may pass: the directory itself may be root's alone.
        mounts = [
            (home, HOME),
            (self.directory / "passwd", "/etc/passwd"),
            (self.directory / "shadow", "/etc/shadow"),
        ]
        binds = "".join(f"mount --bind {ours} {theirs} && " for ours, theirs in mounts)
        script = f"{binds}exec {SSHD} -D -f {self.directory}/sshd_config -E {self.log}"
        self._process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script])
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("sshd did not start")

    def stop(self) -> None:
        """The listener; sessions under way end with their own connections."""
        self._process.terminate()
        self._process.wait(10)

    def freeze(self) -> None:
        """Stops the processes that serve connections."""
        for pid in self._children(self._process.pid):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._children(self._process.pid):
            os.kill(pid, signal.SIGCONT)

    def host_key(self, kind: str | None = None) -> str:
        public = self._key(kind or self.key_types[0]).with_suffix(".pub").read_text()
        return " ".join(public.split()[:2])

    def replace_host_key(self, kind: str = "ed25519") -> None:
        self.stop()
        self._key(kind).unlink()
        self.keygen(self._key(kind), kind)
        self.start()

    def authorize(self, public_key: str) -> None:
        file = self.directory / "home" / ".ssh" / "authorized_keys"
        file.write_text(public_key)
        os.chown(file, UID, UID)

    def keygen(self, path: File, kind: str, passphrase: str = "") -> str:
        """The private key's text."""
        subprocess.run(
            ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        return path.read_text()

    def device(self, **changes: object) -> Device:
        values: dict[str, object] = {
            "name": "fw-1",
            "platform": "linux",
            "role": DeviceRole.FIREWALL,
            "paths": (Path("127.0.0.1", self.port),),
            "host_key": self.host_key(),
        }
        return Device(**(values | changes))  # type: ignore[arg-type] # a test's own values

    def _key(self, kind: str) -> File:
        return self.directory / f"host_{kind}"

    def _account(self, home: File) -> None:
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True, capture_output=True, check=True
        ).stdout.strip()
        (self.directory / "passwd").write_text(
            "root:x:0:0:root:/root:/bin/bash\n"
            "sshd:x:64001:65534::/run/sshd:/usr/sbin/nologin\n"
            f"{USER}:x:{UID}:{UID}::{HOME}:/bin/bash\n"
        )
        (self.directory / "shadow").write_text(
            f"root:*:19000::::::\nsshd:*:19000::::::\n{USER}:{hashed}:19000::::::\n"
        )
        (self.directory / "shadow").chmod(0o600)
        (home / ".bash_profile").write_text("PS1='\\u@fw-1:~\\$ '\n")
        for path in (home, home / ".ssh", home / ".bash_profile"):
            os.chown(path, UID, UID)

    def _children(self, parent: int) -> list[int]:
        tasks = File(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [pid for child in tasks for pid in (int(child), *self._children(int(child)))]
