"""Everything a site rests on, loaded together: every mistake of every file is reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from controller.catalog.bundle import unbundled
from controller.catalog.document import read_source
from controller.catalog.findings import Findings
from controller.catalog.inventory import WrittenInventory, inventory_from_text
from controller.catalog.playbooks import KIND as PLAYBOOK
from controller.catalog.playbooks import Playbooks, examine_playbooks, playbooks_from_sources
from controller.catalog.profiles import Profiles, examine_profiles, profiles_from_text
from controller.domain.errors import InvalidInput
from controller.domain.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Site:
    """``inventory_text`` is the revision of which ``inventory.digest`` is the SHA-256; ``profiles`` are those
    of the inventory's platforms."""

    inventory: Inventory
    inventory_text: str
    profiles: Profiles
    playbooks: Playbooks


def load_site(
    inventory: Path,
    profiles: Sequence[Path],
    playbooks: Sequence[Path],
    instead: str | None = None,
    playbooks_instead: Mapping[str, str] = MappingProxyType({}),
    *,
    whole: bool = False,
) -> Site:
    """Directories are searched in order, the user's own first. ``instead``: a text to be examined in the
    place of the inventory's; ``playbooks_instead``: by name, in the place of playbooks; ``whole``: the
    profiles that come with Cordon are read also where no device has their platform. Raises InvalidInput with
    every mistake."""
    findings = Findings()
    text = read_source(inventory, findings) if instead is None else instead
    name = str(inventory) if instead is None else "inventory"
    written = WrittenInventory(text, name) if text is not None else None
    asked = None if whole else written.platforms if written is not None else ()
    known_profiles, others = examine_profiles(profiles, findings, asked)
    known_playbooks = examine_playbooks(playbooks, findings, playbooks_instead)
    found = written.examine(known_profiles, others, findings) if written is not None else None
    if found is not None:
        findings.extend(known_playbooks.unmatched(found))
    if found is None or text is None or len(findings):
        raise InvalidInput(tuple(findings))
    return Site(found, text, known_profiles.used_by(found), known_playbooks)


def inventory_of(text: str, name: str, profiles: Sequence[Path]) -> Inventory:
    """The inventory written in ``text``, held against the profiles of the directories. Raises InvalidInput
    with every mistake of the profiles, else with every mistake of the text."""
    findings = Findings()
    written = WrittenInventory(text, name)
    known_profiles, others = examine_profiles(profiles, findings, written.platforms)
    findings.raise_if_any()
    found = written.examine(known_profiles, others, findings)
    if found is None:
        raise InvalidInput(tuple(findings))
    return found


def site_from_texts(inventory: str, profiles: str, playbooks: Iterable[str]) -> Site:
    """The site once stored as ``inventory_text``, ``profiles.text`` and the text of each playbook. Raises
    InvalidInput where this Cordon finds mistakes in it."""
    findings = Findings()
    files: dict[str, str] = {}
    for text in playbooks:
        files |= unbundled(PLAYBOOK, text, PLAYBOOK, findings)
    findings.raise_if_any()
    known_profiles, known_playbooks = profiles_from_text(profiles), playbooks_from_sources(files)
    found = inventory_from_text(inventory, "inventory", known_profiles)
    findings.extend(known_playbooks.unmatched(found))
    findings.raise_if_any()
    return Site(found, inventory, known_profiles, known_playbooks)
