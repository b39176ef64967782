"""How much longer a cut takes while 200 people watch and somebody guesses 50 passwords a second.

One service over simulated switches; cuts of level 5 by turns with and without the load, so that a machine
that gets busier meanwhile weighs on both. The time is the run's own, from its decision to its end, as
recorded. Watchers and guesses come from many addresses: what one place may try is bounded anyway.

Twice: with switches that take 30 ms for a command, which is quick for a switch, and with switches that answer
at once. Service, switches and load share this machine's processors; with the latter nothing but processors is
measured, and the limit is the harder one to keep.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.e2e.service import Served, Someone, first_administrator, served
from tests.faults.site import DEVICES, ENABLE, PASSWORD, running_site

WATCHERS = 200
GUESSES = 50
"""A second."""

PLACES = 50
"""They come from."""

ANSWERS_IN = (30, 0)
"""Milliseconds."""

ROUNDS = 12
PAUSE = 1.0
"""Seconds between two cuts: what is left of the load before ends."""

MOST = 1.10
"""Times the median of the cuts without load."""

_AT_MOST = 60.0
"""Seconds for a run, and for an answer that the service puts off."""

refused: Counter[str] = Counter()
"""How often the one who cuts was told to ask again, by status and code."""

_ENVIRON = {
    "CORDON_TEST_PASSWORD": PASSWORD,
    "CORDON_TEST_ENABLE": ENABLE,
    # What a real service takes for a password, not what its tests take.
    "CORDON_ARGON2_MEMORY_KIB": "65536",
    "CORDON_ARGON2_PASSES": "3",
}


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder)) as site,
        served(Path(folder), site.inventory, _ENVIRON) as service,
    ):
        boss = first_administrator(service)
        _cut_and_return(service, boss)  # everything is imported and compiled now
        worst = 0
        for milliseconds in ANSWERS_IN:
            for name in DEVICES:
                site.simulation.request("latency", device=name, ms=milliseconds)
            worst = max(worst, _measured(service, boss, milliseconds))
    return worst


def _measured(service: Served, boss: Someone, milliseconds: int) -> int:
    quiet: list[float] = []
    loaded: list[float] = []
    asked: dict[str, Any] = {}
    for _ in range(ROUNDS):
        quiet.append(_cut_and_return(service, boss))
        with _load(service, boss) as answered:
            time.sleep(PAUSE)
            loaded.append(_cut_and_return(service, boss))
            asked = answered()
        time.sleep(PAUSE)
    ratio = statistics.median(loaded) / statistics.median(quiet)
    print(f"switches that answer in {milliseconds} ms")
    for name, times in (("without", quiet), ("with", loaded)):
        shown = " ".join(f"{seconds * 1000:.0f}" for seconds in sorted(times))
        print(f"cut {name} load: median {statistics.median(times) * 1000:.0f} ms ({shown})")
    guessed = f"{asked['guessed']} guesses in {asked['seconds']:.0f} s, {asked['answers']}"
    print(f"load: {asked['watching']} watching, {guessed}")
    again = dict(refused) or "never"
    print(f"who cuts was told to ask again: {again}; load average {os.getloadavg()[0]:.1f}")
    print(f"{(ratio - 1) * 100:+.1f} % (limit {(MOST - 1) * 100:+.0f} %)", flush=True)
    return int(ratio > MOST or asked["watching"] < WATCHERS)


def _cut_and_return(service: Served, boss: Someone) -> float:
    """Seconds the cut took."""
    with service.client(boss) as client:
        cut = _asked(client, "POST", "/runs", {"action": "isolate", "level": 5, "reason": "bench"})
        found = _ended(client, cut["run"])
        plan = _asked(client, "POST", "/plans", {"action": "restore", "everything": True})["plan"]
        wanted = {"action": "restore", "everything": True, "plan": plan, "reason": "bench"}
        _ended(client, _asked(client, "POST", "/runs", wanted)["run"])
    taken = datetime.fromisoformat(found["moved_at"]) - datetime.fromisoformat(found["opened_at"])
    return taken.total_seconds()


def _ended(client: Any, run: str) -> dict[str, Any]:
    until = time.monotonic() + _AT_MOST
    while time.monotonic() < until:
        found = _asked(client, "GET", f"/runs/{run}")
        if found["over"]:
            return found
        time.sleep(0.2)
    raise AssertionError(f"run {run} did not end")


def _asked(client: Any, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Asked again when the service said to, as any client does; how often it did is told at the end. What
    acts bears a key: asked again, it is not done twice."""
    headers = {"Idempotency-Key": secrets.token_hex(8)} if method == "POST" else {}
    until = time.monotonic() + _AT_MOST
    while True:
        answer = client.request(method, path, json=body, headers=headers)
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
        said = f"{method} {path}: {answer.status_code} {answer.text}"
        assert "Retry-After" in answer.headers, said
        assert time.monotonic() < until, said
        refused[f"{answer.status_code} {answer.json()['code']}"] += 1
        time.sleep(int(answer.headers["Retry-After"]))


@contextmanager
def _load(service: Served, boss: Someone) -> Iterator[Any]:
    """In a process of its own, which tells what it did so far when asked."""
    command = [sys.executable, "-m", "bench.service", service.url, boss.headers["Cookie"]]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        assert stdout.readline() == "watching\n"

        def answered() -> dict[str, Any]:
            stdin.write("\n")
            found: dict[str, Any] = json.loads(stdout.readline())
            return found

        try:
            yield answered
        finally:
            process.terminate()


# --- the load -----------------------------------------------------------------------------------------


class Load:
    def __init__(self, url: str, cookie: str) -> None:
        self._host, _, port = url.removeprefix("https://").rpartition(":")
        self._port = int(port)
        self._cookie = cookie
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE
        self._all_watch = asyncio.Event()
        self.watching = 0
        self.answers: dict[str, int] = {}
        self.guessed = 0

    async def run(self) -> None:
        watchers = [asyncio.create_task(self._watch(f"127.1.0.{each + 1}")) for each in range(WATCHERS)]
        await self._all_watch.wait()
        began = time.monotonic()
        print("watching", flush=True)
        guessing = asyncio.create_task(self._guess())
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            seconds = time.monotonic() - began
            told = {"watching": self.watching, "guessed": self.guessed, "seconds": seconds}
            print(json.dumps({**told, "answers": self.answers}), flush=True)
        for task in (*watchers, guessing):
            task.cancel()

    async def _watch(self, source: str) -> None:
        """Comes back when it is turned away, as a browser does."""
        while True:
            status = "refused"
            with suppress(OSError, IndexError):
                reader, _ = await self._ask(source, "GET", "/api/v1/events", f"Cookie: {self._cookie}\r\n")
                status = (await reader.readline()).decode().split()[1]
                if status == "200":
                    self._count(1)
                    try:
                        while await reader.read(65536):
                            pass
                    finally:
                        self._count(-1)
            self.answers[f"watching {status}"] = self.answers.get(f"watching {status}", 0) + 1
            await asyncio.sleep(0.5)

    def _count(self, more: int) -> None:
        self.watching += more
        if self.watching == WATCHERS:
            self._all_watch.set()

    async def _guess(self) -> None:
        """Each on time, whether or not the ones before were answered."""
        pending: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while True:
            task = asyncio.create_task(self._guess_once(self.guessed))
            self.guessed += 1
            pending.add(task)
            task.add_done_callback(pending.discard)
            due += 1 / GUESSES
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _guess_once(self, number: int) -> None:
        guess = {"name": f"administrator{number % 7 or ''}", "password": f"wrong {number}", "code": "000000"}
        body = json.dumps(guess)
        try:
            source = f"127.2.0.{number % PLACES + 1}"
            reader, writer = await self._ask(
                source, "POST", "/api/v1/sessions", "Content-Type: application/json\r\n", body
            )
            status = (await reader.readline()).decode().split()[1]
            writer.close()
        except (OSError, IndexError) as error:
            status = type(error).__name__
        self.answers[status] = self.answers.get(status, 0) + 1

    async def _ask(
        self, source: str, method: str, path: str, headers: str, body: str = ""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(
            self._host, self._port, ssl=self._tls, local_addr=(source, 0)
        )
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n{headers}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        return reader, writer


if __name__ == "__main__":
    asyncio.run(Load(*sys.argv[1:3]).run())
