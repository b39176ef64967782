"""Runs the measurements named, or all of them; ends 1 where one misses its limit."""

from __future__ import annotations

import sys

from bench import console, idle, lab, log, planning, reachability, service, sick, speed, startup

MEASUREMENTS = {
    "console": console.main,
    "idle": idle.main,
    "lab": lab.main,
    "log": log.main,
    "planning": planning.main,
    "reachability": reachability.main,
    "service": service.main,
    "sick": sick.main,
    "speed": speed.main,
    "startup": startup.main,
}

WITH_OPTIONS = {"lab": lab.main, "sick": sick.main, "speed": speed.main}


def main(names: list[str]) -> int:
    if names and names[0] in WITH_OPTIONS and (len(names) == 1 or names[1] not in MEASUREMENTS):
        return WITH_OPTIONS[names[0]](names[1:])
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"no such measurement: {', '.join(unknown)} (there are: {', '.join(MEASUREMENTS)})")
        return 2
    return max(MEASUREMENTS[name]() for name in names or MEASUREMENTS)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
