"""Device profiles: ``device_profiles/<platform>.yaml`` into :class:`DeviceProfile`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from controller.catalog.bundle import bundled, unbundled, yaml_files
from controller.catalog.document import parse, read_source
from controller.catalog.findings import Findings
from controller.catalog.listing_checks import ListingCheck
from controller.catalog.profile_checks import ProfileCheck
from controller.catalog.profile_shape import ProfileShape
from controller.catalog.profile_values import profile_of
from controller.catalog.readiness_checks import ReadinessCheck
from controller.catalog.shape import validate
from controller.catalog.shipped import shipped_profiles
from controller.catalog.timer_checks import TimerCheck
from controller.domain.errors import InvalidInput, Problem
from controller.domain.inventory import Inventory
from controller.domain.profile import DeviceProfile

KIND = "profiles"

_AT_HAND = 128
"""Profiles kept as they were read last: those that are shipped, and as many revisions of a site's own."""


class Profiles(Mapping[str, DeviceProfile]):
    """Profiles by platform, with the one text that stores them all and its SHA-256."""

    def __init__(self, profiles: Mapping[str, DeviceProfile], sources: Mapping[str, str]) -> None:
        self._profiles = dict(sorted(profiles.items()))
        self._sources = {platform: sources[platform] for platform in self._profiles}
        self.text = bundled(KIND, self._sources)
        self.digest = hashlib.sha256(self.text.encode()).hexdigest()

    def __getitem__(self, platform: str) -> DeviceProfile:
        return self._profiles[platform]

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)

    def used_by(self, inventory: Inventory) -> Profiles:
        """Those of the inventory's platforms: a plan rests on no other."""
        return self.only(device.platform for device in inventory.devices.values())

    def only(self, platforms: Iterable[str]) -> Profiles:
        wanted = set(platforms)
        return Profiles({name: self[name] for name in self if name in wanted}, self._sources)


def load_profiles(directories: Sequence[Path]) -> Profiles:
    """Every ``*.yaml`` of the directories; a platform found in an earlier one replaces a later one's.

    Raises InvalidInput with every mistake of every file that counts."""
    findings = Findings()
    profiles, _ = examine_profiles(directories, findings)
    findings.raise_if_any()
    return profiles


def profiles_from_text(text: str, name: str = KIND) -> Profiles:
    """The profiles that :attr:`Profiles.text` stored. Raises InvalidInput."""
    findings = Findings()
    profiles: dict[str, DeviceProfile] = {}
    sources = unbundled(KIND, text, name, findings)
    for platform, source in sources.items():
        profile = _examine(source, f"{name}:{platform}", findings)[1]
        if profile:
            profiles[platform] = profile
    findings.raise_if_any()
    return Profiles(profiles, sources)


def profile_from_text(text: str, name: str) -> DeviceProfile:
    """One profile as written; ``name`` stands for its file. Raises InvalidInput."""
    findings = Findings()
    profile = _examine(text, name, findings)[1]
    if profile is None:
        raise InvalidInput(tuple(findings))
    return profile


def examine_profiles(
    directories: Sequence[Path], findings: Findings, asked: Collection[str] | None = None
) -> tuple[Profiles, frozenset[str]]:
    """The sound profiles, and the platforms whose profile is not, or was not read; mistakes go to
    ``findings``. ``asked``: of the profiles that come with Cordon, only those of these platforms are read;
    None: all. Those of a site's own are read in any case: their mistakes are told whoever uses them."""
    profiles: dict[str, DeviceProfile] = {}
    sources: dict[str, str] = {}
    others: set[str] = set()
    shipped = shipped_profiles() if asked is not None else None
    for directory in directories:
        here: dict[str, str] = {}
        for path in yaml_files(directory, findings):
            if asked is not None and directory == shipped and path.stem not in asked:
                others.add(path.stem)
                continue
            problems = Findings()
            text = read_source(path, problems)
            platform, profile = _examine(text, str(path), problems) if text is not None else (None, None)
            platform = platform or path.stem
            if platform in here:
                problems.add(str(path), (1, 1), "platform-duplicate", name=platform, other=here[platform])
            elif platform in profiles or platform in others:
                continue
            here[platform] = str(path)
            findings.extend(problems)
            if profile and text is not None and platform not in profiles:
                profiles[platform], sources[platform] = profile, text
            elif profile is None:
                others.add(platform)
    return Profiles(profiles, sources), frozenset(others)


def _examine(text: str, name: str, findings: Findings) -> tuple[str | None, DeviceProfile | None]:
    """The platform as far as it can be told, and the profile where there is no mistake."""
    platform, profile, problems = _examined(text, name)
    findings.extend(problems)
    return platform, profile


@lru_cache(maxsize=_AT_HAND)
def _examined(text: str, name: str) -> tuple[str | None, DeviceProfile | None, tuple[Problem, ...]]:
    """With every mistake. Kept by the whole text: a service reads its documents again at every change of one,
    and their patterns are more than Python keeps compiled."""
    findings = Findings()
    platform, profile = _read(text, name, findings)
    return platform, profile, tuple(findings)


def _read(text: str, name: str, findings: Findings) -> tuple[str | None, DeviceProfile | None]:
    document = parse(text, name, findings)
    if document is None:
        return None, None
    written = document.find(("platform",))
    platform = written.value if written and isinstance(written.value, str) else None
    shape = validate(ProfileShape, document, findings)
    if shape is None:
        return platform, None
    ProfileCheck(document, shape, findings).run()
    ReadinessCheck(document, shape, findings).run()
    ListingCheck(document, shape, findings).run()
    TimerCheck(document, shape, findings).run()
    if len(findings):
        return platform, None
    return shape.platform, profile_of(shape, hashlib.sha256(text.encode()).hexdigest())
