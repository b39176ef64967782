"""``${name}`` placeholders in a profile's lines, split once so that filling them is a join."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PLACEHOLDER = re.compile(r"\$\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Alternating literal and name: ``("interface ", "interface", "")`` for ``interface ${interface}``.

    Lower-case names with dots only, so a shell's ``$PATH`` or a pattern's ``$`` stays as written.
    """

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        return cls(tuple(_PLACEHOLDER.split(text)))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str], escape: Callable[[str], str] | None = None) -> str:
        """The text with every name replaced, each value passed through ``escape``.

        Raises KeyError, with the missing name, rather than leaving a hole in a command.
        """
        if len(self.parts) == 1:
            return self.parts[0]
        filled = list(self.parts)
        found = map(values.__getitem__, self.parts[1::2])
        filled[1::2] = map(escape, found) if escape else found
        return "".join(filled)

    def __str__(self) -> str:
        return "".join(part if index % 2 == 0 else f"${{{part}}}" for index, part in enumerate(self.parts))
