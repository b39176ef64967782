"""A return that goes through NAPALM: one candidate, compared, committed under the device's own timer.

Only a return under a timer, wherever the platform has one: without it NAPALM's commit writes the startup
configuration, unasked and whatever the playbook says of saving. Where the device cannot hold a timer, the
lines of its profile are typed, and the controller holds it. A platform without any timer (NX-OS) returns
through NAPALM under the controller's as well, and its driver keeps NAPALM from saving. A cut is always typed:
a candidate would only make it wait. What confirms, and what takes the timer away, is typed by another log-in,
whichever way the return went.

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

COMMIT_UNTIMED = "napalm commit_config"

CHECKPOINT = "bootflash:cordon-rollback.cfg"
"""What NX-OS goes back to where a line was refused; a session that broke leaves it."""

_LEFT_UNTIMED = (f"delete {CHECKPOINT} no-prompt",)

CANDIDATE = "cordon"
"""What one without a timer of the device's is called, which has no name there."""

SAID = "napalm: "
"""How an answer begins that tells of a failure; one that could not have the configuration goes on with
``locked``."""

_ERRORS = (re.compile(rf"^{SAID}.+", re.MULTILINE),)
_LOCKED = (re.compile(rf"^{SAID}locked\b", re.MULTILINE),)


def returning(profile: DeviceProfile, device: Device) -> DeviceProfile:
    """The profile as a return at ``device`` uses it: under a timer through NAPALM, where both know how."""
    spec, timer = profile.napalm, profile.timer
    if spec is None or not by_napalm(profile, device):
        return profile
    if timer is None:
        known = _knowing(profile)
        return replace(known, session=replace(known.session, abandoned=_LEFT_UNTIMED))
    enter = (Template.parse(f"{OPEN} ${{{OPERATION}}}"),)
    if timer.enter == enter:
        return profile
    timed = timer.commit
    left = spec.driver.leaves
    commit = CommitSpec(
        send=(LOAD, COMPARE, f"{COMMIT}${{seconds}}"),
        discard=(DISCARD,),
        within=spec.within,
        abandoned=(*(timed.abandoned if timed else ()), *left),
    )
    # What is left behind goes once it is confirmed; a cut that takes the timer away does not wait for that.
    confirm = (*timer.confirm, *map(Template.parse, left))
    cancel = timer.confirm if timer.cancel is None else timer.cancel
    timer = replace(timer, enter=enter, commit=commit, leave=(), confirm=confirm, cancel=cancel)
    # What a line must be answered with is for lines that are typed: these are taken or refused as one.
    known = _knowing(profile)
    return replace(known, session=replace(known.session, insist=(), escape=()), timer=timer)


def untimed(profile: DeviceProfile) -> DeviceProfile:
    """The profile as a return through NAPALM uses it where the platform has no timer."""
    spec = profile.napalm
    if spec is None or spec.driver.timed:
        return profile
    commit = CommitSpec(
        send=(LOAD, COMPARE, COMMIT_UNTIMED),
        discard=(DISCARD,),
        within=spec.within,
        abandoned=_LEFT_UNTIMED,
    )
    known = _knowing(profile)
    enter = (f"{OPEN} {CANDIDATE}",)
    session = replace(known.session, enter=enter, leave=(), commit=commit, insist=(), escape=())
    return replace(known, session=session)


def _knowing(profile: DeviceProfile) -> DeviceProfile:
    """That knows what a failure of NAPALM's looks like."""
    session = profile.session
    if session.errors[-1:] == _ERRORS:
        return profile
    errors, locked = (*session.errors, *_ERRORS), (*session.locked, *_LOCKED)
    return replace(profile, session=replace(session, errors=errors, locked=locked))


def by_napalm(profile: DeviceProfile, device: Device) -> bool:
    """Whether returns at ``device`` go through NAPALM: never to one whose certificate nobody pinned."""
    if profile.napalm is None or device.napalm is None:
        return False
    if profile.napalm.driver.timed is (profile.timer is None):
        return False
    return device.napalm.certificate is not None or not profile.napalm.driver.over_tls
