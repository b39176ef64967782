"""Everything a site rests on, loaded together: every mistake of every file is reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.catalog.document import read_source
from controller.catalog.findings import Findings
from controller.catalog.inventory import examine
from controller.catalog.playbooks import Playbooks, examine_playbooks
from controller.catalog.profiles import Profiles, examine_profiles
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


def load_site(inventory: Path, profiles: Sequence[Path], playbooks: Sequence[Path]) -> Site:
    """Directories are searched in order, the user's own first. Raises InvalidInput with every mistake."""
    findings = Findings()
    known_profiles, broken = examine_profiles(profiles, findings)
    known_playbooks = examine_playbooks(playbooks, findings)
    text = read_source(inventory, findings)
    found = examine(text, str(inventory), known_profiles, broken, findings) if text is not None else None
    if found is not None:
        findings.extend(known_playbooks.unmatched(found))
    if found is None or text is None or len(findings):
        raise InvalidInput(tuple(findings))
    return Site(found, text, known_profiles.used_by(found), known_playbooks)
