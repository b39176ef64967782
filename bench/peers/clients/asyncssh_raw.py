"""The floor: asyncssh, everything typed ahead in one write, nothing checked on the way but the last answers.

No product: a line that is refused, a question or a page break would go unnoticed until the read-back.
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
SECONDS = 60.0


async def until(process: Any, wanted: re.Pattern[str]) -> str:
    read = ""
    while not wanted.search(read):
        came = await process.stdout.read(65536)
        if not came:
            raise ConnectionError("hung up")
        read += came
    return read


async def cut(device: dict[str, Any]) -> bool:
    async with asyncssh.connect(
        device["address"],
        device["port"],
        username=job["username"],
        password=job["password"],
        known_hosts=None,
        client_keys=None,
        config=None,
    ) as connection:
        process = await connection.create_process(term_type="vt100", term_size=(511, 1000))
        await until(process, PROMPT)
        process.stdin.write("enable\n")
        await until(process, re.compile("assword: "))
        process.stdin.write(job["enable"] + "\n")
        await until(process, PROMPT)
        last = "show privilege"
        lines = ["terminal length 0", "configure terminal", *job["lines"], "end", *job["reads"], last]
        process.stdin.write("\n".join(lines) + "\n")
        read = await until(process, re.compile(r"privilege level is \d+"))
        process.stdin.write("exit\n")
    return len(re.findall(job["shut"], read)) == len(job["reads"])


async def main() -> None:
    go = time.monotonic_ns()
    verified, errors = [], {}

    async def one(device: dict[str, Any]) -> None:
        try:
            if await asyncio.wait_for(cut(device), SECONDS):
                verified.append(device["name"])
        except Exception as error:  # noqa: BLE001 - a failure is counted, whatever it is
            errors[device["name"]] = f"{type(error).__name__}: {error}"[:200]

    await asyncio.gather(*(one(device) for device in job["devices"]))
    print(json.dumps({"go": go, "verified": verified, "errors": errors}))


if __name__ == "__main__":
    asyncio.run(main())
