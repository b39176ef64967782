"""Who sits at this terminal."""

from __future__ import annotations

import os
import pwd


def account() -> tuple[str, str]:
    """The operating system's account: its number as an actor's id, and its name."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    behind = os.environ.get("SUDO_USER")
    return f"os:{number}", f"{name} ({behind})" if behind and behind != name else name
