"""NAPALM's ``nxos_ssh``: lines typed behind a checkpoint, and the way back to it where one was refused.

Cisco Nexus 9000 Series NX-OS System Management Configuration Guide, "Configuring Rollback". What it sends:
``show running-config all``, from which it makes the difference itself; ``checkpoint file``; the lines;
``rollback running-config file``; ``delete``. The device holds no timer for it. What is done otherwise than
NAPALM does it:

- ``copy running-config startup-config``, after every commit and every way back, is not sent: only a playbook
  saves.
- *Any* line that was refused leads back, not only what is "Invalid command".
- Before the first line the checkpoint is looked for, where there was none before, and after the last it is
  removed. NAPALM leaves it.
- It is waited for the prompt until the way back is over. NAPALM takes the ``#`` of "#Generating Rollback
  Patch" for it, and then a way back that was completed for one that was not.
"""

from __future__ import annotations

from typing import Any

from napalm.base.exceptions import CommandErrorException, MergeConfigException, ReplaceConfigException
from napalm.nxos_ssh import NXOSSSHDriver

from controller.domain.napalm import CHECKPOINT
from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.drivers.candidate import quiet
from controller.drivers.napalm_ssh import TypedConnection, indented
from controller.drivers.ssh import HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login


class NxosConnection(TypedConnection):
    """Implements Connection."""

    def enter(self, name: str, deadline: float) -> None:
        """NX-OS has no candidate that could have a name."""
        del name
        self.napalm = _Nxos(self.session(deadline), self.profile, self.login.username)


class _Nxos(NXOSSSHDriver):  # type: ignore[misc] # NAPALM ships no types
    """Over a session that is there already."""

    def __init__(self, made: Any, profile: DeviceProfile, username: str) -> None:
        # The address and the password are of no use to it: nothing of it connects.
        super().__init__("device", username, "")
        self._profile = profile
        self.rollback_cfg = CHECKPOINT
        self.device = self._netmiko_device = made

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        super().load_merge_candidate(filename, indented(config or "", "  "))

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        super().commit_config(message, revert_in)
        self._remove()

    def rollback(self) -> None:
        back = ["terminal dont-ask", f"rollback running-config file {CHECKPOINT}", "no terminal dont-ask"]
        said = str(self._send_command_list(back))
        if "Rollback completed successfully" not in said and "Rollback Patch is Empty" not in said:
            raise ReplaceConfigException(f"not taken back, the checkpoint is {CHECKPOINT}: {said}")
        self._remove()

    def _save_to_checkpoint(self, filename: str) -> None:
        # One of before, taken for that of now, would bring back what was then.
        self._remove()
        if self._check_file_exists(filename):
            raise CommandErrorException(f"{filename} of before could not be removed: nothing was sent")
        super()._save_to_checkpoint(filename)
        if not self._check_file_exists(filename):
            raise CommandErrorException("no checkpoint could be written: nothing was sent")

    def _send_config(self, commands: Any) -> str:
        said = str(super()._send_config(commands))
        refused = self._profile.error_in(said)
        if refused is not None:
            raise MergeConfigException(refused)
        return said

    def _copy_run_start(self) -> None:
        """See above."""

    def _remove(self) -> None:
        self._send_command(f"delete {CHECKPOINT} no-prompt")


def connection(
    path: Path,
    login: Login,
    waypoints: Waypoints,
    host_key: HostKey,
    legacy: bool,
    profile: DeviceProfile,
) -> NxosConnection:
    """Nothing is contacted yet."""
    return NxosConnection(path, login, waypoints, host_key, legacy, profile)


quiet("napalm")
