"""Debian's ``netconfd`` (Yuma123), a NETCONF server nobody here wrote, behind a real OpenSSH server: a
candidate, its lock, and commits that are taken back unless they are confirmed."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path as File

from tests.fakes import sshd
from tests.fakes.sshd import Sshd

NETCONFD, SUBSYSTEM = "/usr/sbin/netconfd", "/usr/sbin/netconf-subsystem"
NAMESPACE = "urn:cordon:test:ports"

_MODULE = f"""module test-ports {{
  namespace "{NAMESPACE}";
  prefix tp;
  container ports {{
    list port {{ key name; leaf name {{ type string; }} leaf enabled {{ type boolean; }} }}
  }}
}}
"""


def missing() -> str:
    """Why it cannot run here, or ""."""
    tools = [tool for tool in (NETCONFD, SUBSYSTEM) if shutil.which(tool) is None]
    return f"needs {', '.join(tools)}" if tools else sshd.missing()


@dataclass
class Netconfd:
    """``directory`` takes all files of both servers."""

    directory: File
    sshd: Sshd = field(init=False)

    def start(self) -> None:
        # Where the user sees it: the directory itself may be root's alone.
        seen = f"{{port}}@{sshd.HOME}/ncx.sock"
        self.sshd = Sshd(
            self.directory, config=(f'Subsystem netconf "{SUBSYSTEM} --ncxserver-sockname={seen}"',)
        )
        self.sshd.start()
        module, socket = self.directory / "test-ports.yang", self.directory / "home" / "ncx.sock"
        module.write_text(_MODULE)
        # It lets in only who comes by a port it knows.
        options = [f"--module={module}", "--no-startup", "--target=candidate", "--access-control=off"]
        options += [f"--superuser={sshd.USER}", f"--port={self.sshd.port}"]
        options += [f"--ncxserver-sockname={socket}", f"--log={self.directory / 'netconfd.log'}"]
        self._process = subprocess.Popen([NETCONFD, *options], cwd=self.directory)
        until = time.monotonic() + 20
        while not socket.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.sshd.stop()
                raise RuntimeError("netconfd did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        self.sshd.stop()
        self._process.terminate()
        self._process.wait(10)
