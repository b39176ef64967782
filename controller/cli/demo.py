"""``cordon demo``: a simulated hospital cut and brought back, by the commands a person would type.

Every step is a call of ``cordon`` itself with the arguments shown. What the demo adds is the hospital, two
faults, and the comparison with what the switches themselves say at the end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.domain.inventory import Inventory
    from controller.simulator.process import Simulation

KeepRunning = Annotated[bool, typer.Option("--keep-running", help="help.keep-running")]

HANGS, IGNORES = "acc-b7", "acc-c2"
"""The sick switches: one never answers the line that shuts a port, one accepts every line and changes
nothing."""

MOST_WAVES = 12

WIDTH = 100
"""Columns of the demo's own sentences."""

LIMITS = {
    "CORDON_CONNECT_TIMEOUT": "8",
    "CORDON_OPERATION_TIMEOUT": "12",
    "CORDON_THREADS": "20",
    "CORDON_SPOOL_AFTER_MS": "10000",
}
"""The switch that hangs is given up sooner than on a real site; the disk, which forty simulated switches
share with us, is waited for longer."""

_FOREIGN = ("CORDON_PROFILES", "CORDON_PLAYBOOKS")
"""Settings of the user's own site that must not reach the demo."""


class _Amiss(Exception):
    """A command did not end as it should: there is nothing more to show."""


@dataclass
class _Story:
    """The demo while it is told. ``amiss``: what did not go as it should, as codes of texts."""

    call: Call
    inventory: Inventory
    simulation: Simulation
    home: Path
    done: list[tuple[str, int]] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)

    def say(self, code: str, /, **data: object) -> None:
        self.call.out.say(
            *textwrap.wrap(
                self.call.text(code, **data), WIDTH, break_long_words=False, break_on_hyphens=False
            )
        )

    def heading(self, code: str) -> None:
        self._stress(f"── {self.call.text(code)} ".ljust(WIDTH, "─"))

    def cordon(self, *arguments: str, expected: Exit = Exit.DONE) -> None:
        """Shows the command, runs it, says how it ended."""
        from controller.cli.main import main

        shown = shlex.join(("cordon", *arguments))
        self._stress(f"$ {shown}")
        code = main(arguments, self.call.make_office)
        self.done.append((shown, code))
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt
        if code != expected:
            self.amiss.append("demo.amiss-exit")
        if code:
            self.say(
                f"demo.exit-{code}" if f"demo.exit-{code}" in self.call.words else "demo.exit", code=code
            )

    def _stress(self, line: str) -> None:
        """A line apart from the one before; on a terminal in bold."""
        out = self.call.out
        out.say("")
        if not out.live:
            out.say(line)
            return
        from rich.console import Console

        with contextlib.suppress(OSError):  # the terminal hung up: a reader gone ends nothing
            Console(file=out.people, highlight=False, markup=False, emoji=False).print(
                line, style="bold", soft_wrap=True
            )

    def switches_say(self) -> None:
        from controller.cli.hospital import cut_points

        cut, wanted = cut_points(self.inventory, self.simulation, kept=False)
        lost, kept = cut_points(self.inventory, self.simulation, kept=True)
        self.say("demo.switches-say", cut=cut, wanted=wanted, up=kept - lost, kept=kept)
        if lost:
            self.amiss.append("demo.amiss-kept")


def demo(call: Call, keep_running: KeepRunning = False) -> int:
    from controller.cli.hospital import cables, located, running, switches
    from controller.simulator.process import simulate

    began = time.monotonic()
    if call.asked.dry_run:
        raise InvalidRequest("demo-no-dry-run")
    home = _new_home(call)
    source = _shipped()
    environment = {
        "CORDON_HOME": str(home),
        "CORDON_INVENTORY": str(home / "inventory.yaml"),
        "CORDON_DEMO_PASSWORD": secrets.token_hex(8),
        "CORDON_DEMO_ENABLE": secrets.token_hex(8),
        "CORDON_LANG": call.words.lang,
        **LIMITS,
    }
    with contextlib.ExitStack() as ends:
        ends.enter_context(_environment(environment))
        if call.asked.json:
            ends.enter_context(contextlib.redirect_stdout(sys.stderr))
        inventory = call.make_office(inventory=source).documents().inventory
        specs = switches(inventory, environment["CORDON_DEMO_PASSWORD"], environment["CORDON_DEMO_ENABLE"])
        with _deaf_to_interrupts():
            simulation = ends.enter_context(simulate(specs, cables(inventory)))
        text = located(source.read_text("utf-8"), inventory, simulation)
        (home / "inventory.yaml").write_text(text, "utf-8")
        story = _Story(call, inventory, simulation, home)
        story.say("demo.welcome", devices=len(inventory.devices))
        story.say(
            "demo.limits",
            connect=LIMITS["CORDON_CONNECT_TIMEOUT"],
            operation=LIMITS["CORDON_OPERATION_TIMEOUT"],
        )
        before = running(inventory, simulation)
        with contextlib.suppress(_Amiss):
            _tell(story, before)
        _close(story, environment, time.monotonic() - began, keep_running=keep_running)
        if keep_running:
            _stay(story, environment)
    code = Exit.UNPROVEN if story.amiss else Exit.DONE
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "home": str(home),
                "inventory": environment["CORDON_INVENTORY"],
                "commands": [{"command": shown, "exit": ended} for shown, ended in story.done],
                "amiss": story.amiss,
                "exit": int(code),
            }
        )
    return code


def _tell(story: _Story, before: Mapping[str, str]) -> None:
    simulation = story.simulation
    reason = story.call.text("demo.reason")
    story.heading("demo.title-site")
    story.call.out.say("", f"$ export CORDON_HOME={shlex.quote(str(story.home))}")
    story.call.out.say(f"$ export CORDON_INVENTORY={shlex.quote(str(story.home / 'inventory.yaml'))}")
    story.cordon("check")

    story.heading("demo.title-cut")
    simulation.fault(HANGS, "hang", on="^shutdown")
    simulation.fault(IGNORES, "ignore")
    story.say("demo.sick", hangs=HANGS, ignores=IGNORES)
    story.cordon("isolate", "--level", "5", "--yes", "--reason", reason, expected=Exit.UNPROVEN)
    _explain(story)
    story.switches_say()

    story.heading("demo.title-again")
    simulation.clear(HANGS)
    simulation.clear(IGNORES)
    story.say("demo.healed", hangs=HANGS, ignores=IGNORES)
    story.cordon("isolate", "--level", "5", "--yes", "--reason", story.call.text("demo.reason-again"))
    story.switches_say()
    story.cordon("status")
    story.say("demo.confirmed-not-proven")

    story.heading("demo.title-return")
    for _ in range(MOST_WAVES):
        if not _held(story.call):
            break
        story.cordon("restore", "--next", "--yes", "--reason", story.call.text("demo.reason-return"))

    story.heading("demo.title-checks")
    _compare(story, before)
    story.cordon("audit", "verify")


def _explain(story: _Story) -> None:
    """What became of the sick switches, in one sentence for each; by what the journal has of it."""
    from controller.cli.upstream import of_record

    office = story.call.make_office()
    record, plan, errands = office.run(office.runs()[-1].run)
    off = {each.device for each in of_record(plan, record.steps)}
    left = {errand.point.device for errand in errands}
    story.call.out.say("")
    if HANGS in off:
        story.say("demo.hangs", device=HANGS)
    if IGNORES in left:
        story.say("demo.ignores", device=IGNORES)
    if off != {HANGS} or left != {IGNORES}:
        story.amiss.append("demo.amiss-sick")


def _held(call: Call) -> bool:
    return any(each.held for each in call.make_office().situation().subjects)


def _compare(story: _Story, before: Mapping[str, str]) -> None:
    from controller.cli.hospital import SHUT_BEFORE, running

    after = running(story.inventory, story.simulation)
    differ = sorted(name for name in before if after[name] != before[name])
    story.call.out.say("")
    story.say("demo.equal", equal=len(before) - len(differ), devices=len(before))
    shut = sum(story.simulation.interface(device, port)["admin"] == "down" for device, port in SHUT_BEFORE)
    story.say("demo.still-shut", shut=shut, ports=len(SHUT_BEFORE))
    if differ or shut != len(SHUT_BEFORE):
        story.amiss.append("demo.amiss-differ")
        story.call.out.say(*(f"  {name}" for name in differ))


def _close(story: _Story, environment: Mapping[str, str], seconds: float, *, keep_running: bool) -> None:
    from controller.text.times import duration

    call = story.call
    runs = call.make_office().runs()
    ours = ["--home", environment["CORDON_HOME"], "--inventory", environment["CORDON_INVENTORY"]]
    story.heading("demo.title-explore")
    for code in dict.fromkeys(story.amiss):
        story.say(code)
    story.say("demo.over", duration=duration(call.words, seconds), home=story.home)
    shows = [["show", record.run] for record in runs[:1]]
    for command in (["status"], ["audit", "show"], *shows, ["audit", "verify"]):
        call.out.say("  " + shlex.join(["cordon", *ours, *command]))
    if not keep_running:
        story.say("demo.remove", command=shlex.join(["rm", "-r", str(story.home)]))


def _stay(story: _Story, environment: Mapping[str, str]) -> None:
    """Until Ctrl-C."""
    story.heading("demo.title-stay")
    story.say("demo.stay")
    story.call.out.say("", *(f"export {name}={shlex.quote(value)}" for name, value in environment.items()))
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    story.say("demo.stopped")


def _shipped() -> Path:
    from controller.catalog.shipped import shipped_examples

    return shipped_examples() / "demo" / "inventory.yaml"


def _new_home(call: Call) -> Path:
    """A directory of its own: never the user's home, whatever CORDON_HOME says. Raises InvalidRequest where
    ``--home`` names one that holds something."""
    if call.asked.home is None:
        return Path(tempfile.mkdtemp(prefix="cordon-demo-"))
    home = call.asked.home.resolve()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise InvalidRequest("demo-home-used", home=home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in _FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started here does not hear Ctrl-C: the switches must answer until the cut under way has come to
    its end. It ends with us."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
