"""What a live check may send, taken from the profile alone: the allow-list that device-side records are held
against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from controller.domain.profile import DeviceProfile
from controller.domain.template import Template

_VALUE = r"[\w/.:, -]+"


def readings(profile: DeviceProfile, session: Sequence[str] = ()) -> re.Pattern[str]:
    """Matches a whole line that is a reading of ``profile``, or one of ``session``."""
    lines = [*map(re.escape, ("", *session)), *_own(profile)]
    return re.compile("|".join(f"(?:{line})" for line in dict.fromkeys(lines)))


def _own(profile: DeviceProfile) -> Iterator[str]:
    for spec in profile.points.values():
        yield from (_pattern(read.send) for read in spec.reads)
    readiness = profile.readiness
    yield from (_pattern(look.send) for look in readiness.looks)
    yield from (_pattern(revert.send) for revert in readiness.reverts)
    if profile.save is not None:
        yield from (re.escape(each) for each in (profile.save.running, profile.save.startup) if each)
    if readiness.grant is not None:
        for spec in profile.points.values():
            for method in spec.methods.values():
                for line in (line for way in method.ways for line in way.send):
                    asked = str(line.send).removeprefix("sudo -n ")
                    yield _pattern(Template.parse(str(readiness.grant.send).replace("${command}", asked)))


def _pattern(template: Template) -> str:
    return "".join(re.escape(part) if index % 2 == 0 else _VALUE for index, part in enumerate(template.parts))
