"""What stands behind a command of Serverd, and what a command is.

CLI Serverd Commands Reference Guide (v4): ``name=value``, and words without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.simulator.stormshield_sns.answers import format_error
from controller.simulator.stormshield_sns.device import SnsFirewall


@dataclass(frozen=True, slots=True)
class Arguments:
    """``words`` in upper case, after those of the command; ``values`` by parameter."""

    words: list[str]
    values: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        found = self.values.get(name, default)
        if found is None:
            raise format_error()
        return found

    def only(self, *names: str) -> None:
        """Raises Rejected where there is anything else."""
        if self.words or set(self.values) - set(names):
            raise format_error()

    def chosen(self, name: str, *choices: str) -> str:
        found = self.text(name, choices[0]).lower()
        if found not in choices:
            raise format_error()
        return found

    def number(self, name: str) -> int:
        text = self.text(name)
        if not text.isdigit() or not 1 <= int(text) <= 10:
            raise format_error()
        return int(text)


Act = Callable[[SnsFirewall, Arguments], str]


@dataclass(frozen=True, slots=True)
class Command:
    act: Act
    changes: bool = False
