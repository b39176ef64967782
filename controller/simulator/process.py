"""The simulator as a subprocess, for the demo and the tests.

::

    with simulate([DeviceSpec("acc-1", users={"cordon": Account("secret", 15)})]) as site:
        site["acc-1"].port, site["acc-1"].host_key
        site.fault("acc-1", "drop_after_change", nth=1)
        site.state("acc-1")["interfaces"]["GigabitEthernet1/0/1"]["admin"]
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from controller.simulator.site import DeviceSpec, End, written


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device answers; ``host_key`` is what a client pins, without comment. ``api``: the port of its
    API, ``certificate`` what that shows: SHA-256, in hexadecimal."""

    address: str
    port: int
    host_key: str
    api: int = 0
    certificate: str = ""


class SimulatorFailed(RuntimeError):
    """The process did not start, or a control request was refused; the text says why."""


class Simulation:
    """A running simulator. Requests may be made from one thread at a time."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, ready: dict[str, Any]) -> None:
        self._process, self._folder = process, folder
        self.devices = {name: Address(**address) for name, address in ready["devices"].items()}
        self._control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control.connect(ready["control"])
        self._answers = self._control.makefile("r", encoding="utf-8")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def control(self) -> Path:
        return self._folder / "control"

    @property
    def log_file(self) -> Path:
        return self._folder / "commands.jsonl"

    def __getitem__(self, device: str) -> Address:
        return self.devices[device]

    def request(self, do: str, **values: Any) -> Any:
        """One request of the control socket; its result. Raises SimulatorFailed."""
        self._control.sendall(json.dumps({"do": do, **values}).encode() + b"\n")
        line = self._answers.readline()
        if not line:
            raise SimulatorFailed("the simulator is gone")
        answer = json.loads(line)
        if not answer["ok"]:
            raise SimulatorFailed(answer["error"])
        return answer["result"]

    def state(self, device: str) -> dict[str, Any]:
        found: dict[str, Any] = self.request("state", device=device)
        return found

    def interface(self, device: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.state(device)["interfaces"][name]
        return found

    def passes(
        self,
        device: str,
        kind: str,
        name: str,
        *,
        vlan: int = 0,
        family: int = 4,
        prefixes: Sequence[str] = (),
    ) -> bool:
        """Whether traffic still goes through there: what a cut is about, whatever the device says of it."""
        asked = {"kind": kind, "name": name, "vlan": vlan, "family": family, "prefixes": list(prefixes)}
        return bool(self.request("passes", device=device, **asked))

    def running(self, device: str) -> str:
        return str(self.request("config", device=device)["running"])

    def startup(self, device: str) -> str | None:
        found: str | None = self.request("config", device=device)["startup"]
        return found

    def log(self, since: int = 0, device: str | None = None) -> list[dict[str, Any]]:
        wanted = {} if device is None else {"device": device}
        found: list[dict[str, Any]] = self.request("log", since=since, **wanted)
        return found

    def heard(self, device: str) -> dict[str, str]:
        """Every character a device was sent on the channel of each session, by the session's name."""
        sessions: dict[str, str] = {}
        for name, text in self.request("heard", device=device):
            sessions[name] = sessions.get(name, "") + text
        return sessions

    def lines(self, device: str, since: int = 0) -> list[str]:
        """The command lines a device was sent, questions' answers left out."""
        log = self.log(since, device)
        return [each["line"] for each in log if each["event"] == "line" and each["mode"] != "question"]

    def wait(self, **wanted: Any) -> dict[str, Any]:
        """The first record of the log that fits (``device``, ``event``, ``line``, ``since``, ``timeout``)."""
        found: dict[str, Any] = self.request("wait", **wanted)
        return found

    def fault(self, device: str, fault: str, /, **params: Any) -> None:
        """Sets a fault of controller.simulator.faults, instead of the same one set before."""
        self.request("fault", device=device, name=fault, params=params)

    def clear(self, device: str, name: str | None = None) -> None:
        self.request("clear", device=device, name=name)

    def configure(self, device: str, *lines: str) -> None:
        """As a person at the console would; raises SimulatorFailed where a line is refused."""
        if refused := self.request("configure", device=device, lines=list(lines)):
            raise SimulatorFailed("; ".join(refused))

    def plug(self, device: str, port: str, plugged: bool) -> None:
        self.request("plug", device=device, port=port, plugged=plugged)

    def count(self, device: str, port: str, packets: int = 0, broadcasts: int = 0) -> None:
        """What has come in at the port, so far."""
        self.request("count", device=device, port=port, packets=packets, broadcasts=broadcasts)

    def reload(self, device: str) -> None:
        self.request("reload", device=device)

    def reset(self) -> None:
        """Every device as it was started, without sessions, faults and records; faster than a new start."""
        self.request("reset")

    def stop(self) -> None:
        """Ends the process and removes its files; safe to call twice."""
        self._answers.close()
        self._control.close()
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def simulate(
    devices: Sequence[DeviceSpec], links: Sequence[tuple[End, End]] = (), port_base: int = 0
) -> Simulation:
    """Starts the devices and returns once all of them answer. Raises SimulatorFailed."""
    folder = Path(tempfile.mkdtemp(prefix="cordon-sim-"))
    site = folder / "site.json"
    site.write_text(json.dumps(written(devices, links)), encoding="utf-8")
    command = [sys.executable, "-m", "controller.simulator", "--attached", "--site", str(site)]
    command += ["--control", str(folder / "control"), "--log", str(folder / "commands.jsonl")]
    command += ["--port-base", str(port_base)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout else ""
    ready = json.loads(line) if line else {"ready": False, "error": "it ended without a word"}
    if not ready["ready"]:
        process.communicate()
        shutil.rmtree(folder, ignore_errors=True)
        raise SimulatorFailed(ready["error"])
    return Simulation(process, folder, ready)
