"""``cordon serve`` as a process, and people who work with it over HTTPS."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pyotp

from tests.conftest import UNHURRIED_MS

PASSWORD = "correct horse battery staple"

ROOT = Path(__file__).parents[2]

FAST = {"CORDON_ARGON2_MEMORY_KIB": "8", "CORDON_ARGON2_PASSES": "1"}


class Served:
    """One service after the other over one home. ``url`` and ``fingerprint`` are those it printed."""

    def __init__(self, folder: Path, inventory: Path, environ: Mapping[str, str] | None = None) -> None:
        self.home = folder / "home"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CORDON_")},
            "CORDON_HOME": str(self.home),
            "CORDON_INVENTORY": str(inventory),
            "CORDON_LANG": "en",
            "PYTHONPATH": str(ROOT),
            "CORDON_SPOOL_AFTER_MS": UNHURRIED_MS,
            **FAST,
            **(environ or {}),
        }
        self.errors = folder / "service.err"
        self.process: subprocess.Popen[bytes] | None = None
        self.said: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return str(self.said["url"])

    def start(self, *options: str, seconds: float = 60) -> None:
        # Its own after a restart too: below those that others are given while it is down.
        port = self.url.rpartition(":")[2] if self.said else str(_free_port())
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*CORDON, "--json", "serve", "--bind", f"127.0.0.1:{port}", *options],
                env=self.environ,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.said = json.loads(_object(self.process, seconds, self.errors))

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self, seconds: float = 60) -> int:
        return self._end(signal.SIGTERM, seconds)

    def _end(self, how: signal.Signals, seconds: float = 20) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(seconds)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return code

    def cordon(self, *arguments: str, typed: str = "", **environ: str) -> tuple[int, dict[str, Any]]:
        """The command line beside the service: its exit code and its one object."""
        done = self._called("--json", *arguments, typed=typed, **environ)
        return done.returncode, json.loads(done.stdout) if done.stdout else {"stderr": done.stderr.decode()}

    def says(self, *arguments: str, **environ: str) -> list[str]:
        """The lines the command line has for people."""
        return self._called(*arguments, **environ).stdout.decode().splitlines()

    def _called(self, *arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*CORDON, *arguments],
            env={**self.environ, **environ},
            cwd=ROOT,
            input=typed.encode(),
            capture_output=True,
            timeout=90,
            check=False,
        )

    def client(self, who: Someone | None = None, **headers: str) -> httpx2.Client:
        trusted = ssl.create_default_context(cafile=str(self.home / "tls-certificate.pem"))
        return httpx2.Client(
            base_url=f"{self.url}/api/v1",
            verify=trusted,
            headers={**(who.headers if who else {}), **headers},
            timeout=60,
            trust_env=False,
        )


def _free_port() -> int:
    """One the system gives to nobody who asks for just any."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.Random().sample(range(10_000, lowest), 100):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


CORDON = [sys.executable, "-m", "controller.cli.main"]


def _object(process: subprocess.Popen[bytes], seconds: float, errors: Path) -> bytes:
    """The one JSON object a service prints once it listens."""
    stdout, said, until = process.stdout, b"", time.monotonic() + seconds
    assert stdout is not None
    while time.monotonic() < until:
        if select.select([stdout], [], [], 0.1)[0]:
            part = os.read(stdout.fileno(), 65536)
            said += part
            with suppress(ValueError):
                if "url" in json.loads(said):
                    return said
                break
            if not part:
                break
    raise AssertionError(f"the service did not start: {said!r}\n{errors.read_text()}")


@contextmanager
def served(folder: Path, inventory: Path, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    service = Served(folder, inventory, environ)
    try:
        service.start()
        yield service
    finally:
        with suppress(subprocess.TimeoutExpired):
            service.kill()


# --- people ------------------------------------------------------------------------------------------


@dataclass
class Someone:
    """An account with its second factor; ``headers`` are those of its session."""

    name: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)
    steps: int = -1

    def code(self) -> str:
        """Each code counts once: the next one is of a later step, which the service takes too."""
        found = pyotp.TOTP(self.secret).at(datetime.now(UTC), counter_offset=self.steps)
        self.steps += 1
        return found

    def typed(self) -> str:
        """What they type when a command asks who they are."""
        return f"{PASSWORD}\n{self.code()}\n"


def enrolled(service: Served, invitation: str, *, by_recovery: bool = False) -> Someone:
    """Takes an invitation up and signs in. ``by_recovery``: with a printed code, so that two codes of the app
    are left for the words that count; else one is."""
    with service.client() as client:
        factor = client.post("/enrolments/factor", json={"token": invitation})
        assert factor.status_code == 200, factor.text
        someone = Someone(factor.json()["name"], factor.json()["secret"])
        enrolling = {"token": invitation, "password": PASSWORD, "code": someone.code()}
        done = client.post("/enrolments", json=enrolling)
        assert done.status_code == 201, done.text
        asked: dict[str, str | bool] = {"name": someone.name, "password": PASSWORD}
        if by_recovery:
            asked |= {"code": done.json()["codes"][0], "recovery": True}
        else:
            asked["code"] = someone.code()
        answer = client.post("/sessions", json=asked)
        assert answer.status_code == 201, answer.text
        someone.headers = {
            "Cookie": f"__Host-session={answer.cookies['__Host-session']}",
            "X-CSRF-Token": answer.json()["csrf"],
        }
    return someone


def first_administrator(service: Served) -> Someone:
    link = str(service.said["enrolment"])
    return enrolled(service, link.partition("?token=")[2])


def hired(
    service: Served, boss: Someone, name: str, roles: Iterable[str], *, by_recovery: bool = False
) -> Someone:
    """As :func:`enrolled`."""
    with service.client(boss) as client:
        made = client.post("/users", json={"name": name, "roles": [{"role": role} for role in roles]})
        assert made.status_code == 201, made.text
    return enrolled(service, made.json()["token"], by_recovery=by_recovery)


def token_of(service: Served, someone: Someone, scope: Iterable[str]) -> str:
    with service.client(someone) as client:
        made = client.post("/tokens", json={"label": "test", "scope": list(scope)})
        assert made.status_code == 201, made.text
    return str(made.json()["secret"])


# --- streams -----------------------------------------------------------------------------------------


class Stream(threading.Thread):
    """Listens to the events until stopped, coming back by itself with the last id whenever the service is
    gone. ``heard`` are id and event in the order in which they came."""

    def __init__(self, service: Served, who: Someone) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._who = who
        self._over = threading.Event()
        self._changed = threading.Condition()
        self.heard: list[tuple[int, str, dict[str, Any]]] = []
        self.connections = 0
        self.last: str | None = None
        self.start()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except httpx2.HTTPError:
                self._over.wait(0.1)

    def _listen(self) -> None:
        headers = {"Last-Event-ID": self.last} if self.last else {}
        listening = self._service.client(self._who)
        with listening as client, client.stream("GET", "/events", headers=headers) as got:
            assert got.status_code == 200, got.read()
            self.connections += 1
            name, data = "", ""
            for line in got.iter_lines():
                if self._over.is_set():
                    return
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif key == "id":
                    self.last = value
                elif not line and name:
                    with self._changed:
                        self.heard.append((int(self.last or 0), name, json.loads(data)))
                        self._changed.notify_all()
                    name, data = "", ""

    def wait_for(
        self, wanted: Callable[[list[tuple[int, str, dict[str, Any]]]], bool], seconds: float = 30
    ) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self.heard), seconds), self.heard[-5:]

    def stop(self) -> None:
        self._over.set()
