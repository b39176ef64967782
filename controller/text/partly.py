"""What of a subject came back while the rest of it is held, in words."""

from __future__ import annotations

from collections.abc import Sequence

from controller.text.catalogue import Catalogue


def partly_back(held: int, back: int, towards: Sequence[str], words: Catalogue) -> list[str]:
    """``back`` points came back while ``held`` are held; those let through ``towards``."""
    said = [words.text("status.back", back=back, total=back + held)] if back else []
    return [*said, *([words.text("status.towards", towards=", ".join(towards))] if towards else [])]
