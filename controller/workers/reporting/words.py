"""How a report names persons, subjects and moments, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.domain.proof import Proof
from controller.engine.incident.told import RunTold
from controller.text import Catalogue
from controller.text.times import duration

NAMED = 6
"""Subjects of a sentence before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """``inventory``: the revision the last run rests on, for titles; ``masked`` takes names out of its words
    where the report goes out without them."""

    catalogue: Catalogue
    inventory: Inventory | None
    masked: Callable[[str], str]

    def __call__(self, code: str, /, **data: object) -> str:
        return self.catalogue.text(f"report.{code}", **data)

    def plain(self, code: str, /, **data: object) -> str:
        """A text of the catalogue that is not the report's own."""
        return self.catalogue.text(code, **data)

    # --- who and what ----------------------------------------------------------------------------------

    def who(self, actor: Actor) -> str:
        if actor.id == "system":
            return self("system")
        name = str(actor.name)
        return f"{name} ({actor.id})" if name and name != actor.id else actor.id

    def subject(self, name: str) -> str:
        found = self.inventory.subject(name) if self.inventory else None
        title = self.masked(self.catalogue.pick(found.title)) if found else ""
        return f"{title} ({name})" if title and title != name else name

    def subjects(self, names: Iterable[str], most: int = NAMED) -> str:
        shown = [self.subject(name) for name in names]
        if len(shown) > most:
            return self("and-more", shown=", ".join(shown[:most]), count=len(shown) - most)
        return ", ".join(shown)

    def run(self, run: RunTold) -> str:
        """What was done, without who and when."""
        if run.action.value == "isolate":
            if run.level is not None:
                return self("cut-level", level=run.level)
            return self("cut-of", subjects=self.subjects(run.subjects) or run.playbook)
        return self("return-of", subjects=self.subjects(run.subjects) or run.playbook)

    # --- moments ---------------------------------------------------------------------------------------

    def time(self, at: datetime) -> str:
        return f"{at.astimezone():%H:%M:%S}"

    def day(self, at: datetime) -> str:
        local = at.astimezone()
        return self(
            "day",
            weekday=self(f"weekday.{local.weekday()}"),
            day=self("first-of-month") if local.day == 1 else local.day,
            month=self(f"month.{local.month}"),
            year=local.year,
        )

    def moment(self, at: datetime) -> str:
        return self("moment", day=self.day(at), time=self.time(at))

    def zone(self, at: datetime) -> str:
        offset = f"{at.astimezone():%z}"
        return f"UTC{offset[:3]}:{offset[3:5]}"

    def between(self, first: datetime, last: datetime) -> str:
        """``14:02:11 – 14:02:15``, with the day where it is another."""
        if self.time(first) == self.time(last) and first.astimezone().date() == last.astimezone().date():
            return self.time(first)
        end = self.time(last)
        if first.astimezone().date() != last.astimezone().date():
            end = f"{last.astimezone():%d/%m} {end}"
        return f"{self.time(first)} – {end}"

    def span(self, first: datetime, last: datetime) -> str:
        """Both moments, the day once where it is the same."""
        if first.astimezone().date() == last.astimezone().date():
            return self("span-day", day=self.day(first), first=self.time(first), last=self.time(last))
        return self("span", first=self.moment(first), last=self.moment(last))

    def stamp(self, at: datetime | None, day: datetime | None = None) -> str:
        """In a table: the time, before it the date where it is not that of ``day``."""
        if at is None:
            return "—"
        local = at.astimezone()
        same = day is not None and day.astimezone().date() == local.date()
        return self.time(at) if same else f"{local:%d/%m} {self.time(at)}"

    def lasted(self, first: datetime, last: datetime) -> str:
        return duration(self.catalogue, max(0.0, (last - first).total_seconds()))

    # --- numbers ---------------------------------------------------------------------------------------

    def points(self, count: int) -> str:
        return self.catalogue.text("count.points", count=count)

    def wants(self, codes: Iterable[str]) -> str:
        """What a gate lacked, by code."""
        return ", ".join(
            self(f"want.{code}") if f"report.want.{code}" in self.catalogue else code for code in codes
        )

    def proofs(self, counts: Iterable[tuple[Proof, int]]) -> str:
        """``46 confirmed, 2 unknown``, the strongest first."""
        found = {proof: number for proof, number in counts if number}
        strongest_first = (proof for proof in reversed(Proof) if proof in found)
        return ", ".join(self(f"of.{proof}", count=found[proof]) for proof in strongest_first)


def grouped(digest: str) -> str:
    """In groups that an eye can compare."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
