"""The floor with sessions held open: asyncssh, logged in beforehand, then everything in one write.

No product, as ``asyncssh_raw``. Its clock starts when every session is ready.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import asyncssh

job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
PROMPT = re.compile(r"[\r\n][\w.-]{1,40}(?:\([\w-]+\))?[>#]\Z")
OPENING = 50
SECONDS = 300.0


async def until(process: Any, wanted: re.Pattern[str]) -> str:
    read = ""
    while not wanted.search(read):
        came = await process.stdout.read(65536)
        if not came:
            raise ConnectionError("hung up")
        read += came
    return read


async def ready(device: dict[str, Any], place: asyncio.Semaphore) -> Any:
    async with place:
        connection = await asyncssh.connect(
            device["address"],
            device["port"],
            username=job["username"],
            password=job["password"],
            known_hosts=None,
            client_keys=None,
            config=None,
        )
        process = await connection.create_process(term_type="vt100", term_size=(511, 1000))
        await until(process, PROMPT)
        for line, answer in (
            ("enable", re.compile("assword: ")),
            (job["enable"], PROMPT),
            ("terminal length 0", PROMPT),
        ):
            process.stdin.write(line + "\n")
            await until(process, answer)
        return process


async def read_back(process: Any) -> bool:
    read = await until(process, re.compile(r"privilege level is \d+"))
    return len(re.findall(job["shut"], read)) == len(job["reads"])


async def main() -> None:
    place = asyncio.Semaphore(OPENING)
    processes = await asyncio.gather(*(ready(device, place) for device in job["devices"]))
    lines = ["configure terminal", *job["lines"], "end", *job["reads"], "show privilege"]
    block = "\n".join(lines) + "\n"
    verified, errors = [], {}

    async def one(device: dict[str, Any], process: Any) -> None:
        try:
            if await asyncio.wait_for(read_back(process), SECONDS):
                verified.append(device["name"])
        except Exception as error:  # noqa: BLE001 - a failure is counted, whatever it is
            errors[device["name"]] = f"{type(error).__name__}: {error}"[:200]

    go = time.monotonic_ns()
    for process in processes:
        process.stdin.write(block)
    await asyncio.gather(*(one(*each) for each in zip(job["devices"], processes, strict=True)))
    print(json.dumps({"go": go, "verified": verified, "errors": errors}))


if __name__ == "__main__":
    asyncio.run(main())
