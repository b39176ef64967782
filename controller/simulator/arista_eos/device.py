"""One EOS switch. Arista EOS User Manual, "AAA Commands" (the answer to a line that is not authorised),
"Logging" and "Configure Session"; what a session is refused with, as public reports have it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.simulator.arista_eos.configuration import Configuration, hashed
from controller.simulator.arista_eos.names import interface_name
from controller.simulator.arista_eos.sessions import MOST_PENDING, CommitTimer, Sessions
from controller.simulator.bgp import leads
from controller.simulator.device import Access, Kept, Place
from controller.simulator.grammar import Rejected
from controller.simulator.switching import Interface, Switch

EBGP = 200
"""The distance of what BGP gives: "distance bgp"."""


@dataclass(kw_only=True, eq=False)
class EosSwitch(Switch[Configuration]):
    unauthorized: str = "% Authorization denied for command"
    unasked: str = "%LINEPROTO-5-UPDOWN: Line protocol on Interface Ethernet4, changed state to up"
    sessions: Sessions = field(default_factory=Sessions)

    @property
    def hostname(self) -> str:
        return self.running.settings.hostname

    def rename(self, hostname: str) -> None:
        self.running.settings = replace(self.running.settings, hostname=hostname)

    @property
    def access(self) -> Access:
        own = self.running.settings
        return Access(lines=50, idle=own.idle, banner=own.banner_login, greeting=own.banner_motd)

    def knows(self, user: str, password: str) -> bool:
        account = self.running.users.get(user)
        return account is not None and account.secret == hashed(password)

    def blank(self) -> Configuration:
        return Configuration()

    def port_named(self, text: str) -> str | None:
        name = interface_name(text)
        return name if name and name.startswith("Ethernet") and name in self.running.interfaces else None

    def ordered(self) -> list[Interface]:
        return self.running.ordered()

    def passes(self, place: Place) -> bool:
        if place.kind != "bgp_peer":
            return super().passes(place)
        return not self.booting and leads(self.running, place.name, EBGP)

    def denies(self, family: str, name: str) -> bool:
        found = self.running.lists.get((family, name))
        return found is not None and found.denies_all

    def access_lists(self) -> Mapping[str, list[str]]:
        return {
            f"{family} {name}": [entry.words for entry in each.entries]
            for (family, name), each in self.running.lists.items()
        }

    def logged(self, message: str) -> str:
        return f"{self.stamp()} {self.hostname} Ebra: {message}"

    def announce(self, before: Configuration) -> None:
        for name, interface in self.running.interfaces.items():
            old = before.interfaces.get(name)
            if old is not None and old.shutdown != interface.shutdown:
                word = "up" if self.status(interface).protocol else "down"
                self.say(f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {name}, changed state to {word}")

    # --- configuration sessions ----------------------------------------------------------------------------

    def open_session(self, name: str) -> None:
        """Each of these raises Rejected, in the device's words."""
        if self.sessions.timed(name):
            raise Rejected(f"% Cannot enter session {name} (pendingCommitTimer)")
        if name == self.sessions.completed:
            raise Rejected(f"% Cannot enter session {name} (already completed)")
        if name not in self.drafts:
            if len(self.drafts) == MOST_PENDING:
                raise Rejected(
                    "% Maximum number of pending sessions has been reached. Please commit or abort previous"
                    " sessions before creating a new one."
                )
            self.drafts[name] = self.running.copy()

    def commit_session(self, name: str, after: int = 0) -> None:
        """With a timer of ``after`` seconds, or for good: then also what a timer is running for."""
        timer = self.sessions.timer
        if timer is not None and timer.session != name:
            raise Rejected(f"% Another session {timer.session} is pending commit timer")
        if timer is None and name not in self.drafts:
            raise Rejected(f"% Session {name} does not exist")
        kept = self._stop_timer() or self.running.copy()
        if name in self.drafts:
            before, self.running = self.running, self.drafts.pop(name)
            self.announce(before)
        if not after:
            self.sessions.completed = name
            return
        delay = after * self.minute / 60
        handle = asyncio.get_running_loop().call_later(delay, self.abort_session, name)
        self.sessions.timer = CommitTimer(name, kept, time.monotonic() + delay, self.minute, handle)

    def abort_session(self, name: str) -> None:
        if self.sessions.timed(name):
            kept = self._stop_timer()
            if kept is not None:
                self.revert_to(kept)
        elif self.drafts.pop(name, None) is None:
            raise Rejected(f"% Session {name} does not exist")

    def _stop_timer(self) -> Configuration | None:
        """What would have returned."""
        timer, self.sessions.timer = self.sessions.timer, None
        if timer is None:
            return None
        timer.handle.cancel()
        return timer.kept

    def put_back(self, kept: Kept[Configuration]) -> None:
        """A commit that is put back began no timer, and completed nothing."""
        super().put_back(kept)
        timer = self.sessions.timer
        if timer is not None and timer.session in self.drafts:
            self._stop_timer()
        if self.sessions.completed in self.drafts:
            self.sessions.completed = ""

    def cancel_timers(self) -> None:
        super().cancel_timers()
        self._stop_timer()
        self.sessions = Sessions()
