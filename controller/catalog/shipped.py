"""Where the files that come with Cordon are: in the installed package, or in the checkout it runs from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from controller.domain.errors import NotFound


def shipped_profiles() -> Path:
    """The directory of ``<platform>.yaml``. Raises NotFound when the installation lacks it."""
    return _shipped("device_profiles")


def shipped_playbooks() -> Path:
    """The directory of ``<playbook>.yaml``. Raises NotFound when the installation lacks it."""
    return _shipped("playbooks")


def shipped_examples() -> Path:
    """The directory of one directory per example site. Raises NotFound when the installation lacks it."""
    return _shipped("examples")


def _shipped(name: str) -> Path:
    package = Path(str(files("controller")))
    # A wheel carries them in controller/data; in a checkout they lie beside the package.
    bundled = package / "data"
    directory = (bundled if bundled.is_dir() else package.parent) / name
    if not directory.is_dir():
        raise NotFound(kind="directory", name=name)
    return directory
