"""A session on a line of the device: reads lines, has the shell carry them out, applies the device's faults,
and puts on the command log what was asked and what it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from controller.simulator.device import Device
from controller.simulator.faults import Fault
from controller.simulator.shell import EMPTY_LINE, Ask, Reply, Shell
from controller.simulator.terminal import Ended, HungUp, IdleTooLong, Terminal

_UNDOING = {"reject": "unauthorized", "ignore": "ignored", "drop_mid_command": "dropped-before"}
"""Faults that keep a line from taking effect, with the result the log shows."""


class Broken(Exception):
    """A fault broke the connection."""


class Session:
    """``drop`` breaks the connection at once; ``pause`` stops (True) or resumes reading from it."""

    def __init__(
        self,
        device: Device[Any],
        shell: Shell[Any],
        terminal: Terminal,
        identity: str,
        drop: Callable[[], None],
        pause: Callable[[bool], None],
    ) -> None:
        self.device, self.shell, self.terminal, self.identity = device, shell, terminal, identity
        self._drop, self._pause = drop, pause
        self._seen_before = device.kept()
        self._changes = False
        terminal.noise = partial(self._noise, "echo")
        terminal.keeps = self._keeps

    async def run(self) -> None:
        """Until the session ends, for whatever reason."""
        _, greeting = self.device.welcome()
        try:
            if greeting:
                self.terminal.write(f"\n{greeting.strip()}\n")
            self.terminal.write("\n")
            if hang := self.device.faults.at("hang", "shell"):
                self._log("", "hung", [])
                await hang.wait(None)
            while True:
                await self._prompt()
                line, ended = await self.terminal.line(idle=self._idle)
                if ended is not Ended.ABANDONED:
                    reply = await self._command(line, self.shell.execute)
                    if reply.close:
                        return
                if ended is not Ended.RETURN:
                    self.shell.interrupted()
        except IdleTooLong:
            self.terminal.write("\n")
        except HungUp:
            return
        except Broken:
            self._drop()
        finally:
            self.shell.ended()

    async def one(self, line: str) -> None:
        """A single command of ``ssh device command``, its answer unpaged."""
        self.shell.screen.length = 0
        try:
            await self._command(line, self.shell.execute)
        except (HungUp, IdleTooLong):
            return
        except Broken:
            self._drop()
        finally:
            self.shell.ended()

    async def carry_out(self, line: str, act: Callable[[str], Reply]) -> Reply:
        """A line that came by no terminal, with all that may happen to it; a secret is not ``line`` but what
        ``act`` knows. Raises Broken."""
        if self.device.latency:
            await asyncio.sleep(self.device.latency)
        reply = await self._carry_out(line, act, self.shell.shown_mode, None)
        if reply.then:
            reply.then()
        self._by_itself(line)
        return reply

    @property
    def _idle(self) -> float | None:
        return self.device.access.idle or None

    async def _prompt(self) -> None:
        if slow := self.device.faults.get("slow_prompt"):
            await slow.wait(slow.number("seconds", 1))
        self.terminal.write(self.shell.prompt)

    async def _command(self, line: str, act: Callable[[str], Reply], shown: str | None = None) -> Reply:
        """One line or one answer to a question, with all that follows from it."""
        if self.device.latency:
            await asyncio.sleep(self.device.latency)
        if self.terminal.broken:
            raise HungUp
        mode = self.shell.shown_mode
        reply = await self._carry_out(line, act, mode if shown is None else "question", shown)
        await self._print(reply)
        if reply.then:
            reply.then()
        self._by_itself(line)
        if reply.ask:
            return await self._question(reply.ask)
        return reply

    async def _question(self, ask: Ask) -> Reply:
        self.terminal.write(ask.prompt)
        if ask.key:
            answer = await self.terminal.key(self._idle)
            self.terminal.write("\n")
            if answer not in "\r\n yY":
                return Reply()
        else:
            answer, ended = await self.terminal.line(echo=not ask.secret, idle=self._idle)
            if ended is Ended.ABANDONED:
                return Reply()
        return await self._command(answer, ask.answer, shown="(secret)" if ask.secret else answer)

    # --- what a line does, and what the faults make of it --------------------------------------------

    async def _carry_out(self, line: str, act: Callable[[str], Reply], mode: str, shown: str | None) -> Reply:
        device, faults = self.device, self.device.faults
        before = device.kept()
        text = line if shown is None else shown
        if line.strip() and not device.authorises(self.shell.user):
            self._log(text, "unauthorized", [], mode)
            return Reply(device.unauthorized, result="unauthorized")
        reply = act(line)
        changed = device.changed_since(before)
        self._seen_before, self._changes = before, bool(changed)
        strike = partial(faults.at_line, line=line, changes=bool(changed))
        undone = next((name for name in _UNDOING if strike(name)), None)
        if strike("aaa_dies") and not device.authorises(self.shell.user):
            undone = "drop_mid_command" if faults.told("aaa_dies", "breaks") else "reject"
        if failover := strike("failover"):
            self._log(text, "failover", [], mode)
            device.fail_over(failover.kept)
            raise Broken
        asks = strike("asks") if not undone else None
        if asks:
            device.put_back(before)
            self._log(text, "asked", [], mode)
            return Reply(ask=Ask(str(asks.params.get("text")), partial(_if_yes, act, line)))
        strike("more")
        hang = strike("hang")
        if undone or (hang and not hang.params.get("applied")):
            device.put_back(before)
            changed = []
        result = _UNDOING[undone] if undone else "hung" if hang else reply.result
        self._log(text, result, changed, mode)
        if undone == "drop_mid_command":
            raise Broken
        if undone == "reject":
            return Reply(device.unauthorized, result="unauthorized")
        if changed:
            device.changed_at, device.changed_by = datetime.now(UTC), self.shell.user
            device.announce(before.running)
        if strike("drop_after_change"):
            raise Broken
        if hang:
            await hang.wait(None)
        await self._stall(strike)
        if reply.after:
            await asyncio.sleep(reply.after)
        return reply

    async def _stall(self, strike: Callable[[str], Fault | None]) -> None:
        """The faults between a line that took effect and its answer."""
        if stop := strike("stop_reading"):
            self._pause(True)
            await stop.wait(None)
            self._pause(False)
        if late := strike("late"):
            await late.wait(late.number("seconds", 40))
        if renamed := strike("changing_prompt"):
            self.device.rename(str(renamed.params.get("name", "renamed")))

    def _by_itself(self, line: str) -> None:
        """Reload and revert, where a line set them off."""
        for name in ("reload_by_itself", "revert_by_itself"):
            fault = self.device.faults.get(name)
            by_line = fault and ("on" in fault.params or "nth" in fault.params)
            if fault and by_line and fault.strikes(line, self._changes):
                by_itself(self.device, fault, self._seen_before.running)

    def _log(self, line: str, result: str, changed: list[dict[str, object]], mode: str = "") -> None:
        self.device.log.add(
            self.device.name,
            "line",
            session=self.identity,
            user=self.shell.user,
            mode=mode or self.shell.shown_mode,
            line=line,
            result=result,
            changed=changed,
        )

    def _keeps(self) -> int | None:
        overrun = self.device.faults.get("overrun")
        return int(overrun.number("bytes", 100)) if overrun else None

    # --- output ----------------------------------------------------------------------------------------

    async def _print(self, reply: Reply) -> None:
        if not reply.text:
            return
        text = reply.text if reply.text == EMPTY_LINE else reply.text + "\n"
        noise = self._noise("output")
        if noise:
            lines = text.split("\n")
            for index in range(1, len(lines), 4):
                lines[index:index] = ["", noise]
            text = "\n".join(lines)
        length = self.shell.screen.length if reply.paged else 0
        if reply.paged and (more := self.device.faults.get("more")) and more.begun:
            length = int(more.number("lines", 10))
        await self.terminal.page(text, length, self._idle)

    def _noise(self, where: str) -> str:
        fault = self.device.faults.get("syslog_noise")
        if (
            fault is None
            or fault.params.get("where", "both") not in (where, "both")
            or not fault.strikes("", False)
        ):
            return ""
        return self.device.logged(self.device.unasked)


def _if_yes(act: Callable[[str], Reply], line: str, told: str) -> Reply:
    """What follows from the answer to a question that came instead of the line's effect."""
    return act(line) if told[:1] in ("y", "Y") else Reply()


def by_itself(device: Device[Any], fault: Fault, was: Any) -> None:
    """Starts the reload or the return to ``was`` that the fault stands for; without delay it is done at once,
    before another line is read."""
    act = partial(device.reload, "by itself")
    if fault.name == "revert_by_itself":
        act = partial(device.revert_to, was.copy())
    seconds = fault.number("seconds", 0)
    if seconds:
        asyncio.get_running_loop().call_later(seconds, act)
    else:
        act()
