"""NAPALM's ``ios``: a file sent by secure copy, compared, and merged under the device's own timer.

Cisco IOS Configuration Management Configuration Guide, "Configuration Replace and Configuration Rollback",
"Contextual Configuration Diff Utility". What it sends: ``dir``, ``verify /md5``, ``show archive config
incremental-diffs``, ``show archive``, ``configure terminal revert timer``, ``copy … running-config``; and
``configure revert now`` where the device did not understand a line. What it would do beyond that is kept from
it, or it is not begun:

- ``file prompt quiet`` is not put into the configuration: it has to be there.
- No copy of the whole configuration is left on the flash, neither before a commit nor by what is thrown away:
  the archive, without which there is no timer, holds it.
- ``write mem`` after a merge that was taken back is not sent: only a playbook saves.
- A merge in which *any* line was refused is taken back, not only what is "Invalid input".
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Any

from napalm.base.exceptions import CommandErrorException, MergeConfigException
from napalm.ios import IOSDriver

from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.drivers.candidate import NotEntered, quiet
from controller.drivers.napalm_ssh import Locked, Refused, TypedConnection, indented
from controller.drivers.ssh import HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login

NEEDED = ("file prompt quiet", "ip scp server enable")
"""Lines of the configuration without which nothing is begun."""

_MERGED = re.compile(r"^\d+ bytes copied in ", re.MULTILINE)


class IosConnection(TypedConnection):
    """Implements Connection."""

    def enter(self, name: str, deadline: float) -> None:
        made = self.session(deadline)
        said = made.send_command("show running-config | include ^file prompt|^ip scp server")
        missing = [line for line in NEEDED if line not in (each.strip() for each in said.splitlines())]
        if missing:
            raise NotEntered(f"not in its configuration: {', '.join(f'“{line}”' for line in missing)}")
        self.napalm = _Ios(made, self.profile, self.login.username, name)
        if not self.napalm._check_archive_feature():  # noqa: SLF001 - what its commit asks first
            raise NotEntered("not in its configuration: “archive” with a “path”")

    def before_enabling(self, made: Any) -> None:
        if not made.dialogue.prompt.shown.endswith("#"):
            name = self.login.username
            raise NotEntered(f"{name} has no privilege 15 at log-in: secure copy asks for no enable secret")


class _Ios(IOSDriver):  # type: ignore[misc] # NAPALM ships no types
    """Over a session that is there already. ``name``: of the file on the flash, without ``.cfg``."""

    def __init__(self, made: Any, profile: DeviceProfile, username: str, name: str) -> None:
        # The address and the password are of no use to it: nothing of it connects.
        super().__init__(
            "device", username, "", optional_args={"auto_file_prompt": False, "merge_cfg": f"{name}.cfg"}
        )
        self._profile = profile
        self._merging = ""
        self.device = made
        made.save_config = _not_saved
        made.config_mode = partial(_entered, made, profile)

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """By a file nobody else can read here; it would leave one where the transfer fails."""
        del filename
        with TemporaryDirectory(prefix="cordon-") as folder:
            file = File(folder, self.merge_cfg)
            file.write_text(f"{indented(config or '', ' ')}\nend\n", encoding="utf-8")
            super().load_merge_candidate(filename=str(file))

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        self._merging = ""
        super().commit_config(message, revert_in)
        refused = self._profile.error_in(self._merging)
        if refused is not None or not _MERGED.search(self._merging):
            self.rollback()
            raise MergeConfigException(f"merge refused and taken back: {refused or self._merging}")

    def rollback(self) -> None:
        """To the archive, by the timer that this commit began: there is no other copy."""
        if not self.has_pending_commit():
            raise CommandErrorException("no timer runs that could take it back")
        super().rollback()

    def _commit_handler(self, cmd: str) -> str:
        said = str(super()._commit_handler(cmd))
        if cmd.startswith("copy "):
            self._merging = said
        return said

    def _gen_rollback_cfg(self) -> None:
        """See above."""

    def _discard_config(self) -> None:
        self.device.send_command(f"delete /force {self._gen_full_path(self.merge_cfg)}")


def _not_saved(*_: object, **__: object) -> str:
    """In place of ``write mem``."""
    return ""


def _entered(made: Any, profile: DeviceProfile, config_command: str, **_: object) -> str:
    """Netmiko's tells of a refusal without its words, and NAPALM takes each for a missing archive."""
    said = str(made.send_command(config_command, expect_string=r"[>#]\s*$"))
    if not made.check_config_mode():
        refusal = " ".join(said.split())
        raise Locked(refusal) if profile.locked_in(said) else Refused(refusal)
    return said


def connection(
    path: Path,
    login: Login,
    waypoints: Waypoints,
    host_key: HostKey,
    legacy: bool,
    profile: DeviceProfile,
) -> IosConnection:
    """Nothing is contacted yet."""
    return IosConnection(path, login, waypoints, host_key, legacy, profile)


quiet("napalm")
