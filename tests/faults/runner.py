"""``python -m tests.faults.runner``: starts controllers as processes of their own, quickly.

It imports everything once and forks for each job: a line of JSON on standard input starts one, lines on
standard output tell what became of it (``started``, then ``stopped`` or ``ended`` with the wait status). A
child is a process like any other: killed and frozen for itself alone, with locks and threads of its own.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from controller.domain.errors import InvalidInput
from tests.faults.hooks import HookedComposition, Hooks

_EXAMPLE = Path(__file__).parents[2] / "examples" / "lab" / "inventory.yaml"
_PRELOAD = (
    "controller.catalog.site",
    "controller.drivers.netmiko_driver",
    "controller.drivers.prober",
    "controller.store.home",
    "controller.vault.secrets",
    "controller.workers.front",
)


def warm_up() -> None:
    """Builds what is built at the first use: models, patterns, tables."""
    from controller.catalog.shipped import shipped_playbooks, shipped_profiles  # noqa: PLC0415 - imported after the hooks are in place
    from controller.catalog.site import load_site  # noqa: PLC0415 - imported after the hooks are in place

    with suppress(InvalidInput):  # whether the example is sound is for others to test
        load_site(_EXAMPLE, [shipped_profiles()], [shipped_playbooks()])


def carry_out(job: Mapping[str, Any]) -> int:
    """In the child: the job's verb with the job's hooks; its exit status."""
    from tests.faults.verbs import VERBS  # noqa: PLC0415 - imports the controller

    hooks = Hooks(**job["hooks"]) if job.get("hooks") else None

    def composition(**settings: Any) -> HookedComposition:
        return HookedComposition(hooks, **settings)

    return VERBS[job["verb"]](composition, job)


def _child(job: Mapping[str, Any]) -> None:
    """Never returns."""
    status = 70
    try:
        os.environ.clear()
        os.environ.update(job["environ"])
        for descriptor, path in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        status = carry_out(job)
    except BaseException:  # noqa: BLE001 - the last word of this process, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def serve() -> None:
    """Until standard input ends; what is still running then is killed."""
    for name in _PRELOAD:
        __import__(name)
    warm_up()
    if threading.active_count() > 1:
        raise RuntimeError(f"forking beside threads: {threading.enumerate()}")
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    children: set[int] = set()
    buffer = b""
    _say({"ready": os.getpid()})
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(children)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                _start(json.loads(line), children, (woken, wake))
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _start(job: Mapping[str, Any], children: set[int], own: Sequence[int]) -> None:
    pid = os.fork()
    if pid == 0:
        for descriptor in own:
            os.close(descriptor)
        _child(job)
    children.add(pid)
    _say({"started": pid})


def _reap(children: set[int]) -> None:
    for pid in tuple(children):
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if not found:
            continue
        if os.WIFSTOPPED(status):
            _say({"stopped": pid})
        else:
            children.discard(pid)
            _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(line: Mapping[str, object]) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    serve()
