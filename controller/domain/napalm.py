"""A return that goes through NAPALM: one candidate, compared, committed under the device's own timer.

Only a return under a timer: without one NAPALM's commit writes the startup configuration on several
platforms, unasked and whatever the playbook says of saving. Where the device cannot hold a timer, the lines
of its profile are typed, and the controller holds it. A cut is always typed: a candidate would only make it
wait. What confirms, and what takes the timer away, is typed by another log-in, whichever way the return went.

The words below stand in plans where other lines do; the driver knows them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from controller.domain.inventory import Device
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec
from controller.domain.template import Template
from controller.domain.timer import OPERATION

OPEN = "napalm open"
"""With the name of the candidate behind it."""

LOAD, COMPARE, COMMIT, DISCARD = (
    "napalm load_merge_candidate",
    "napalm compare_config",
    "napalm commit_config revert_in=",
    "napalm discard_config",
)

SAID = "napalm: "
"""How an answer begins that tells of a failure; one that could not have the configuration goes on with
``locked``."""

_ERRORS = (re.compile(rf"^{SAID}.+", re.MULTILINE),)
_LOCKED = (re.compile(rf"^{SAID}locked\b", re.MULTILINE),)


def returning(profile: DeviceProfile, device: Device) -> DeviceProfile:
    """The profile as a return at ``device`` uses it: under a timer through NAPALM, where both know how."""
    spec, timer = profile.napalm, profile.timer
    if spec is None or timer is None or not by_napalm(profile, device):
        return profile
    timed = timer.commit
    commit = CommitSpec(
        send=(LOAD, COMPARE, f"{COMMIT}${{seconds}}"),
        discard=(DISCARD,),
        within=spec.within,
        abandoned=timed.abandoned if timed else (),
    )
    session = replace(
        profile.session,
        errors=(*profile.session.errors, *_ERRORS),
        locked=(*profile.session.locked, *_LOCKED),
        # What a line must be answered with is for lines that are typed: these are taken or refused as one.
        insist=(),
        escape=(),
    )
    enter = (Template.parse(f"{OPEN} ${{{OPERATION}}}"),)
    return replace(profile, session=session, timer=replace(timer, enter=enter, commit=commit, leave=()))


def by_napalm(profile: DeviceProfile, device: Device) -> bool:
    """Whether returns at ``device`` go through NAPALM: never to one whose certificate nobody pinned."""
    if profile.napalm is None or profile.timer is None or device.napalm is None:
        return False
    return device.napalm.certificate is not None or not profile.napalm.driver.over_tls
